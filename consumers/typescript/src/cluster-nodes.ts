/**
 * The nodes of a cluster as one reader knows them: whose slot is whose, who is away, and
 * connections that nobody uses at the moment.
 */
import { ErrorReply } from "@redis/client";

import { passes } from "./answers.js";
import { type Command, Connection, Lost, type Reply } from "./connection.js";
import { mapOf, redirectionOf, type SlotMap } from "./slots.js";
import { type Node, nodeText, type Target } from "./url.js";

/** While it lasts nothing else of that slot is read. */
const CONNECT_S = 0.5;
/** Before a node that did not answer is tried again. */
const AWAY_MS = 2000;
/** Between two looks at the map. */
const CHART_MS = 250;

export class ClusterNodes {
  private map: SlotMap | undefined;
  private chartAt = 0;
  private isDoubtful = true;
  private charting: Promise<void> | undefined;
  private readonly asking = new Map<number, Node>();
  private readonly idle = new Map<string, Connection[]>();
  private readonly away = new Map<string, number>();
  private readonly over = new AbortController();

  constructor(
    private readonly target: Target,
    private readonly protocol: 2 | 3,
  ) {}

  /** Ask for the map if it is in doubt. Throw `Lost` when there is none and none is to be had. */
  chart(): Promise<void> {
    const isDue = this.isDoubtful && performance.now() >= this.chartAt;
    if (this.map !== undefined && !isDue) return Promise.resolve();
    this.charting ??= this.ask().finally(() => (this.charting = undefined));
    return this.charting;
  }

  /** Return the node to ask for a slot, and whether with ASKING. Throw `Lost`. */
  place(slot: number): { node: Node; isAsking: boolean } {
    const asking = this.asking.get(slot);
    if (asking !== undefined) {
      this.asking.delete(slot);
      return { node: asking, isAsking: true };
    }
    const node = this.map?.owner(slot);
    if (node === undefined) {
      this.isDoubtful = true;
      throw new Lost(`no node of the cluster has slot ${slot}`);
    }
    if (this.isAway(node)) throw new Lost(`${nodeText(node)} is away`);
    return { node, isAsking: false };
  }

  /** Return a connection to a node. Throw `Lost`, or `ErrorReply` where it refuses. */
  async take(node: Node): Promise<Connection> {
    const idle = this.idle.get(nodeText(node))?.pop();
    if (idle !== undefined) return idle;
    if (this.isAway(node)) throw new Lost(`${nodeText(node)} is away`);
    try {
      return await this.open(node);
    } catch (error) {
      if (error instanceof Lost) this.lose(node);
      throw error;
    }
  }

  /** Keep a connection for the next one who asks for its node. */
  put(node: Node, connection: Connection): void {
    const name = nodeText(node);
    if (this.over.signal.aborted) connection.close();
    else this.idle.set(name, [...(this.idle.get(name) ?? []), connection]);
  }

  /** Run commands and keep the connection. Throw `Lost`. */
  async exchange(
    node: Node,
    connection: Connection,
    commands: readonly Command[],
    isAsking: boolean,
    blockMs: number,
  ): Promise<(Reply | ErrorReply)[]> {
    const sent = isAsking ? commands.flatMap((command) => [["ASKING"], command]) : commands;
    try {
      const replies = await connection.run(sent, blockMs);
      this.put(node, connection);
      return isAsking ? replies.filter((_, at) => at % 2 === 1) : replies;
    } catch (error) {
      if (!connection.isGivenUp) this.lose(node);
      throw error;
    }
  }

  /** A node did not answer: leave it alone for a while, and ask for the map again. */
  lose(node: Node): void {
    this.away.set(nodeText(node), performance.now() + AWAY_MS);
    this.isDoubtful = true;
    this.drop(nodeText(node));
  }

  /** Take what a redirection says; return false where it is none. */
  isRedirected(text: string, slot: number, asked: Node): boolean {
    const redirection = redirectionOf(text, asked);
    if (redirection === undefined) return false;
    if (redirection.isMoved) {
      this.isDoubtful = true;
      this.map?.move(slot, redirection.node);
    } else {
      this.asking.set(slot, redirection.node);
    }
    return true;
  }

  /** Give up all idle connections and the map. */
  giveUp(): void {
    for (const name of [...this.idle.keys()]) this.drop(name);
    this.away.clear();
    this.asking.clear();
    this.map = undefined;
  }

  /** Close for good. */
  close(): void {
    this.over.abort();
    this.giveUp();
  }

  private isAway(node: Node): boolean {
    return performance.now() < (this.away.get(nodeText(node)) ?? 0);
  }

  private drop(name: string): void {
    for (const connection of this.idle.get(name) ?? []) connection.close();
    this.idle.delete(name);
  }

  private async open(node: Node): Promise<Connection> {
    const { target, protocol } = this;
    const dial = { target, node, role: "", protocol, connectS: CONNECT_S } as const;
    const connection = await Connection.open(dial, this.over.signal);
    this.away.delete(nodeText(node));
    return connection;
  }

  private async ask(): Promise<void> {
    this.chartAt = performance.now() + CHART_MS;
    const known = this.map?.nodes ?? [];
    const nodes = new Map([...known, ...this.target.nodes].map((node) => [nodeText(node), node]));
    const faults: string[] = [];
    for (const node of nodes.values()) {
      if (this.isAway(node) && this.away.size < known.length) continue;
      try {
        this.map = await this.mapBy(node);
        this.isDoubtful = false;
        return;
      } catch (error) {
        // A node that refuses to say has the others asked, unless it is the login that it refuses.
        if (!(error instanceof Lost || error instanceof TypeError)) throw error;
        faults.push(error.message);
        this.away.set(nodeText(node), performance.now() + AWAY_MS);
      }
    }
    if (this.map === undefined) throw new Lost(`no node answers: ${faults.join("; ")}`);
  }

  private async mapBy(node: Node): Promise<SlotMap> {
    const connection = await this.open(node);
    try {
      const [reply] = await connection.run([["CLUSTER", "SLOTS"]]);
      if (reply instanceof ErrorReply) throw passes(reply) ? new Lost(reply.message) : reply;
      return mapOf(reply, node);
    } finally {
      connection.close();
    }
  }
}
