/**
 * One server, or the master behind Sentinels, as a reader has it: a connection of its own, opened
 * when it is first used and anew after each fault. Behind Sentinels each connect asks them where
 * the master is.
 */
import { ErrorReply } from "@redis/client";

import { ANSWER_S, type Command, Connection, Lost, type Reply } from "./connection.js";
import { type Node, nodeText, type Target } from "./url.js";

/** Where a reader's commands go. */
export interface Server {
  /**
   * Return a reply a command. Throw `Lost` where nobody answered, `ErrorReply` for the first that
   * Redis refuses.
   */
  run(commands: readonly Command[], blockMs?: number): Promise<(Reply | undefined)[]>;
  /** Give up all connections: the next command asks anew where the server is. */
  redial(): void;
  /** Close for good; a command under way ends at once. */
  close(): void;
}

/** One server, or the master behind Sentinels. Used for one command, or pipeline, at a time. */
export class OneServer implements Server {
  private connection: Connection | undefined;
  private readonly over = new AbortController();

  constructor(
    private readonly target: Target,
    private readonly protocol: 2 | 3,
  ) {}

  async run(commands: readonly Command[], blockMs = 0): Promise<Reply[]> {
    try {
      this.connection ??= await this.dial();
      return checked(await this.connection.run(commands, blockMs));
    } catch (error) {
      // A demoted master, or a password of yesterday: whatever it was, the next one may be better.
      this.redial();
      throw error;
    }
  }

  redial(): void {
    this.connection?.close();
    this.connection = undefined;
  }

  close(): void {
    this.over.abort();
    this.redial();
  }

  private async dial(): Promise<Connection> {
    const { kind, nodes } = this.target;
    if (kind !== "sentinel") return this.open(nodes[0], "");
    const faults: string[] = [];
    let refusal: ErrorReply | undefined;
    let refusals = 0;
    for (const sentinel of nodes) {
      const master = await this.masterBy(sentinel).catch((error: unknown) => {
        // One that is away, or refuses, has the others asked.
        if (!(error instanceof Lost || error instanceof ErrorReply)) throw error;
        if (error instanceof ErrorReply) [refusal, refusals] = [error, refusals + 1];
        faults.push(error.message);
      });
      if (master === undefined) continue;
      try {
        return await this.open(master, "");
      } catch (error) {
        if (!(error instanceof Lost)) throw error;
        faults.push(error.message); // perhaps it is the master no more, and others know
      }
    }
    if (refusal !== undefined && refusals === nodes.length) throw refusal;
    throw new Lost(`no Sentinel leads to ${this.target.master}: ${faults.join("; ")}`);
  }

  private open(node: Node | undefined, role: "" | "sentinel_"): Promise<Connection> {
    const { target, protocol } = this;
    const where = node === undefined ? {} : { node };
    return Connection.open(
      { target, ...where, role, protocol, connectS: ANSWER_S },
      this.over.signal,
    );
  }

  private async masterBy(sentinel: Node): Promise<Node> {
    const connection = await this.open(sentinel, "sentinel_");
    try {
      const command = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", this.target.master];
      const [reply] = checked(await connection.run([command]));
      if (!Array.isArray(reply)) {
        throw new Lost(`${nodeText(sentinel)} knows no master ${this.target.master}`);
      }
      const [host, port] = reply as readonly Reply[];
      return { host: String(host), port: Number(port) };
    } finally {
      connection.close();
    }
  }
}

/** Return the replies. Throw the first error among them. */
function checked(replies: (Reply | ErrorReply)[]): Reply[] {
  const error = replies.find((reply) => reply instanceof ErrorReply);
  if (error !== undefined) throw error;
  return replies as Reply[];
}
