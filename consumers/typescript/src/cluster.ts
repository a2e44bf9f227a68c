/**
 * A Redis Cluster as one server: runs a reader's commands on whichever nodes have their slots.
 *
 * One command of a reader is an XREAD over many symbols, and a cluster takes none over two slots:
 * it becomes one for each slot, each waiting on a connection of its own, and what comes first is
 * the answer; the others go on waiting, and are asked for again by the same words. With more slots
 * than `WAITING_MOST` they are asked in turn instead, without waiting.
 *
 * A node that is away costs its own streams only: what it should have answered counts as nothing
 * new. (node-redis' own cluster has one connection a node, where one waiting XREAD would stop all
 * others.)
 */
import { setTimeout as sleep } from "node:timers/promises";

import { ErrorReply } from "@redis/client";

import { ClusterNodes } from "./cluster-nodes.js";
import { type Command, type Connection, Lost, type Reply } from "./connection.js";
import type { Server } from "./server.js";
import { bySlot, keyOf, slotOf, withoutBlock } from "./slots.js";
import type { Node, Target } from "./url.js";

/** Connections that wait for a reader, at most. */
const WAITING_MOST = 64;
const POLL_S = 0.01;
/** How soon a node that is away is tried again while others are read. */
const LOOK_S = 0.1;
const REDIRECTS_MOST = 40;
const TRYAGAIN_S = 0.05;

/** An XREAD that a connection waits with. */
interface Waiting {
  readonly words: string;
  connection: Connection | undefined;
}

/** What came of an XREAD: streams and entries. */
interface Found {
  readonly slot: number;
  readonly words: string;
  readonly pairs: readonly Reply[];
}

/** One reader's connections to a cluster. */
export class Cluster implements Server {
  private readonly nodes: ClusterNodes;
  private readonly waiting = new Map<number, Waiting>();
  private found: Found[] = [];
  private fault: ErrorReply | undefined;
  private wake = () => {};
  private isOver = false;

  constructor(target: Target, protocol: 2 | 3) {
    this.nodes = new ClusterNodes(target, protocol);
  }

  async run(commands: readonly Command[], blockMs = 0): Promise<(Reply | undefined)[]> {
    await this.nodes.chart();
    if (commands.length === 1 && commands[0][0] === "XREAD") {
      return [await this.read(commands[0], blockMs)];
    }
    return this.runEach(commands);
  }

  redial(): void {
    for (const slot of [...this.waiting.keys()]) this.release(slot);
    this.nodes.giveUp();
  }

  close(): void {
    this.isOver = true;
    this.nodes.close();
    this.redial();
    this.wake();
  }

  // Entries of many slots ------------------------------------------------------------------------

  /** Return what an XREAD over any slots brings: streams and entries as they came. */
  private async read(command: Command, blockMs: number): Promise<Reply> {
    const parts = bySlot(command);
    const until = performance.now() + blockMs;
    if (blockMs === 0 || parts.size > WAITING_MOST) {
      return this.poll([...parts.values()].map(withoutBlock), until);
    }
    // What was asked with other words was asked from where nobody stands any more.
    const isWanted = (slot: number, words: string) => parts.get(slot)?.join(" ") === words;
    for (const [slot, { words }] of this.waiting) if (!isWanted(slot, words)) this.release(slot);
    this.found = this.found.filter(({ slot, words }) => isWanted(slot, words));
    for (;;) {
      const away: Lost[] = [];
      for (const [slot, part] of parts) {
        if (!this.waiting.has(slot)) this.start(slot, part, blockMs, away);
      }
      if (away.length === parts.size) throw away[0];
      const leftMs = until - performance.now();
      await this.woken(Math.max(0, Math.min(leftMs, LOOK_S * 1000)));
      if (this.fault !== undefined) throw this.takeFault();
      if (this.found.length > 0 || leftMs <= 0 || this.isOver) return this.takeFound();
      await this.nodes.chart();
    }
  }

  private async poll(parts: readonly Command[], until: number): Promise<Reply> {
    for (;;) {
      const found = (await this.runEach(parts)).flatMap(pairsOf);
      if (found.length > 0 || performance.now() >= until || this.isOver) return found;
      await sleep(POLL_S * 1000);
    }
  }

  /** Have a slot's XREAD wait; note in `away` why it cannot. */
  private start(slot: number, part: Command, blockMs: number, away: Lost[]): void {
    let place: { node: Node; isAsking: boolean };
    try {
      place = this.nodes.place(slot);
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      away.push(error);
      return;
    }
    const waiting: Waiting = { words: part.join(" "), connection: undefined };
    this.waiting.set(slot, waiting);
    void this.wait(slot, waiting, place, part, blockMs)
      .catch((error: unknown) => {
        if (error instanceof ErrorReply) this.fault ??= error;
      })
      .finally(() => {
        if (this.waiting.get(slot) === waiting) this.waiting.delete(slot);
        this.wake();
      });
  }

  private async wait(
    slot: number,
    waiting: Waiting,
    { node, isAsking }: { node: Node; isAsking: boolean },
    part: Command,
    blockMs: number,
  ): Promise<void> {
    const connection = await this.nodes.take(node);
    if (this.waiting.get(slot) !== waiting) return this.nodes.put(node, connection);
    waiting.connection = connection;
    const replies = await this.nodes.exchange(node, connection, [part], isAsking, blockMs);
    const [reply] = replies;
    if (this.waiting.get(slot) !== waiting) return;
    if (reply instanceof ErrorReply) {
      if (!(await this.isElsewhere(reply, slot, node))) throw reply;
    } else {
      const pairs = pairsOf(reply);
      if (pairs.length > 0) this.found.push({ slot, words: waiting.words, pairs });
    }
  }

  private release(slot: number): void {
    const waiting = this.waiting.get(slot);
    this.waiting.delete(slot);
    waiting?.connection?.giveUp();
  }

  private woken(ms: number): Promise<void> {
    if (this.found.length > 0 || this.fault !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private takeFound(): Reply[] {
    const { found } = this;
    this.found = [];
    return found.flatMap(({ pairs }) => pairs);
  }

  private takeFault(): ErrorReply | undefined {
    const { fault } = this;
    this.fault = undefined;
    return fault;
  }

  // Commands of one key --------------------------------------------------------------------------

  /**
   * Run commands of one slot each, those of a node in one round trip; undefined where it is away.
   */
  private async runEach(commands: readonly Command[]): Promise<(Reply | undefined)[]> {
    const replies = new Map<number, Reply>();
    let left = commands.map((_, at) => at);
    let lost: Lost | undefined;
    for (let turn = 0; turn < REDIRECTS_MOST && left.length > 0 && !this.isOver; turn += 1) {
      const again: number[] = [];
      const routes = this.routes(commands, left, (error) => (lost = error));
      const runs = [...routes.values()].map(async ({ node, isAsking, places }) => {
        try {
          const asked = places.map((at) => commands[at]);
          const connection = await this.nodes.take(node);
          const answers = await this.nodes.exchange(node, connection, asked, isAsking, 0);
          for (const [number, reply] of answers.entries()) {
            const at = places[number];
            if (!(reply instanceof ErrorReply)) replies.set(at, reply);
            else if (await this.isElsewhere(reply, slotOf(keyOf(commands[at])), node))
              again.push(at);
            else throw reply;
          }
        } catch (error) {
          if (!(error instanceof Lost)) throw error;
          lost = error;
        }
      });
      await Promise.all(runs);
      left = again;
    }
    if (left.length > 0) lost = new Lost("slots of the cluster are on the move");
    if (replies.size === 0 && lost !== undefined) throw lost;
    return commands.map((_, at) => replies.get(at));
  }

  private routes(
    commands: readonly Command[],
    places: readonly number[],
    onLost: (error: Lost) => void,
  ) {
    const routes = new Map<string, { node: Node; isAsking: boolean; places: number[] }>();
    for (const at of places) {
      try {
        const { node, isAsking } = this.nodes.place(slotOf(keyOf(commands[at])));
        const name = `${node.host} ${node.port} ${isAsking}`;
        const route = routes.get(name) ?? { node, isAsking, places: [] };
        route.places.push(at);
        routes.set(name, route);
      } catch (error) {
        if (!(error instanceof Lost)) throw error;
        onLost(error);
      }
    }
    return routes;
  }

  /** Return whether an error only says that the slot is elsewhere, or will be; note where. */
  private async isElsewhere(error: ErrorReply, slot: number, node: Node): Promise<boolean> {
    if (this.nodes.isRedirected(error.message, slot, node)) return true;
    if (error.message.startsWith("CLUSTERDOWN")) {
      this.nodes.lose(node);
      throw new Lost(error.message);
    }
    if (!error.message.startsWith("TRYAGAIN")) return false;
    await sleep(TRYAGAIN_S * 1000); // its keys move one by one, and some are here, some there
    return true;
  }
}

/** Return an XREAD's streams and entries, flat, whichever RESP version shaped them. */
function pairsOf(reply: Reply | undefined): Reply[] {
  return Array.isArray(reply) ? [...(reply as readonly Reply[])] : [];
}
