/**
 * What following reads, in which order, and what it tells: the replicas of many streams, fed by one
 * XREAD; of two lines of a stream, given as a pair, an arbiter makes one.
 *
 * Connects again by itself: where Redis is away comes `disconnected`, then pauses that grow, and
 * `reconnected`. Whoever runs it takes all events of a step before the next step.
 */
import { entriesOf, firstOf } from "./answers.js";
import type { Wanted } from "./choosing.js";
import type { Command, Reply } from "./connection.js";
import type { Event } from "./events.js";
import type { EntryId } from "./ids.js";
import { TradeLines } from "./line-trades.js";
import { type Arbiter, type LineNumber, Lines } from "./lines.js";
import { type Missing, type RawEntry, Replica } from "./replica.js";
import { Away, type Shell } from "./shell.js";

/** Entries a stream and read; beyond it the cost of an entry no longer falls. */
export const READ_COUNT = 1000;
/** Entries a read over all streams: bounds memory with many symbols. */
const READ_TOTAL = 20_000;
/** How long a read waits: silence is noticed at least as often. */
export const BLOCK_MS = 1000;
/** Between two looks for a snapshot. */
export const JOIN_RETRY_S = 0.25;
/** Between two looks at how far behind reading is. */
const HORIZON_RETRY_S = 1;
/**
 * No entry in any stream for so long, though each has a heartbeat every 5 s (WIRE §4.6): this may
 * be a replica that is cut off, or a master of yesterday, so Sentinels and names are asked again.
 */
const DOUBT_S = 6;
/** Of each of many streams, between two reads that left nothing behind (WIRE §7.5). */
const PACE_S = 20e-6;
/** Streams; of fewer it would be less than a millisecond. */
const PACED_FROM = 50;
/** First and longest pause before connecting again. */
export const BACKOFF_S = [0.05, 2] as const;

/** What one step of reading tells; `idle` where nothing more could be read right now. */
export type Step<T> = Iterable<T> | "idle";

/** Return the command that reads the newest entry; `XREAD +` is not in every server. */
export function newest(stream: string): Command {
  return ["XREVRANGE", stream, "+", "-", "COUNT", "1"];
}

type SideRead = readonly [
  commands: readonly Command[],
  take: (replies: readonly (Reply | undefined)[]) => Iterable<Event>,
];

/** Follows streams; see the module. */
export class Follower {
  readonly replicas = new Map<string, Replica>();
  private readonly lines = new Map<string, readonly [Arbiter, LineNumber]>();
  private readonly count: number;
  /** When to look for a snapshot, or how far behind reading is. */
  private readonly due = new Map<string, number>();
  private behind = new Set<string>();
  private heads: [Replica, EntryId | undefined][] = [];
  private isAway = false;
  private isPaced = false;
  private heard = 0;

  constructor(
    wanted: readonly Wanted[],
    missing: Missing,
    private readonly blockMs: number,
    private readonly shell: Shell,
  ) {
    for (const streams of wanted) this.add(streams, missing);
    const each = Math.floor(READ_TOTAL / Math.max(1, this.replicas.size));
    this.count = Math.max(1, Math.min(READ_COUNT, each));
  }

  /** Follow for ever, connecting again whenever Redis is away. */
  async *run(): AsyncGenerator<Step<Event>, never, undefined> {
    let [pause] = BACKOFF_S as readonly [number, number];
    for (;;) {
      try {
        yield* this.round();
        pause = BACKOFF_S[0];
      } catch (error) {
        if (!(error instanceof Away)) throw error;
        if (!this.isAway) {
          this.isAway = true;
          yield this.ofAll((replica) => replica.disconnected(error.message));
        }
        yield "idle";
        await this.shell.pause(pause);
        pause = Math.min(pause * 2, BACKOFF_S[1]);
      }
    }
  }

  private add(streams: Wanted, missing: Missing): void {
    if (typeof streams === "string") {
      this.replicas.set(streams, new Replica(streams, 0, missing));
      return;
    }
    // Either line may come later.
    const pair = [new Replica(streams[0], 0), new Replica(streams[1], 0)] as const;
    const arbiter = pair[0].channel === "trade" ? new TradeLines(pair) : new Lines(pair);
    for (const line of [0, 1] as const) {
      this.replicas.set(pair[line].stream, pair[line]);
      this.lines.set(pair[line].stream, [arbiter, line]);
    }
  }

  /** Return what the application gets of what a replica tells, as lazily. */
  private told(replica: Replica, events: Iterable<Event>): Iterable<Event> {
    const lines = this.lines.get(replica.stream);
    return lines === undefined ? events : this.ofLines(...lines, events);
  }

  private *ofLines(arbiter: Arbiter, line: LineNumber, events: Iterable<Event>) {
    for (const event of events) yield* arbiter.take(line, event, this.shell.now);
  }

  private ofAll(tell: (replica: Replica) => Event): Event[] {
    const replicas = [...this.replicas.values()];
    return replicas.flatMap((replica) => [...this.told(replica, [tell(replica)])]);
  }

  /**
   * Read what replicas want beside entries, then entries; the newest ids are judged last. They are
   * read before the entries and judged after them, so that an entry that arrives between the two
   * never looks like one that did not come.
   */
  private async *round(): AsyncGenerator<Step<Event>, void, undefined> {
    for (const replica of this.replicas.values()) replica.tick(this.shell.now);
    this.heads = [];
    const reads = [...this.sideReads()];
    if (reads.length > 0) {
      const replies = await this.ask(reads.flatMap(([commands]) => commands));
      if (this.isAway) yield this.back();
      let at = 0;
      for (const [{ length }, take] of reads) yield take(replies.slice(at, (at += length)));
    }
    yield* this.entries();
    for (const [replica, last] of this.heads) {
      yield this.told(replica, replica.headsRead(last, this.shell.now));
    }
    for (const [arbiter, line] of this.lines.values()) {
      if (line === 0) yield arbiter.ticked(this.shell.now);
    }
  }

  private ask(commands: readonly Command[], blockMs = 0): Promise<(Reply | undefined)[]> {
    return this.shell.ask(commands, blockMs);
  }

  private back(): Event[] {
    this.isAway = false;
    return this.ofAll((replica) => replica.reconnected());
  }

  private *sideReads(): Generator<SideRead, void, undefined> {
    for (const [stream, replica] of this.replicas) {
      const snap = `${stream}.snap`;
      const { wants } = replica;
      if (wants === "join" && this.isDue(stream, JOIN_RETRY_S)) {
        yield [[newest(snap)], ([reply]) => this.join(replica, reply)];
      } else if (wants === "pointer") {
        const at = String(replica.cursor);
        const take: SideRead[1] = ([reply]) => this.pointer(replica, reply);
        yield [[["XRANGE", snap, at, at]], take];
      } else if (wants === "heads") {
        yield [[newest(stream)], ([reply]) => this.noteHead(replica, reply)];
      } else if (wants === "entries" && this.behind.has(stream)) {
        if (!this.isDue(stream, HORIZON_RETRY_S)) continue;
        const oldest = ["XRANGE", stream, "-", "+", "COUNT", "1"];
        yield [[oldest, newest(stream)], (replies) => this.horizon(replica, replies)];
      }
    }
  }

  /** Return whether it is time for a stream's look, and if so when the next one is. */
  private isDue(stream: string, everyS: number): boolean {
    const { now } = this.shell;
    if ((this.due.get(stream) ?? 0) > now) return false;
    this.due.set(stream, now + everyS);
    return true;
  }

  private join(replica: Replica, reply: Reply | undefined): Iterable<Event> {
    if (reply === undefined) return []; // its node is away, which says nothing of what there is
    const [entryId, data] = firstOf(reply) ?? [];
    return this.told(replica, replica.snapshotRead(entryId, data, this.shell.now));
  }

  private pointer(replica: Replica, reply: Reply | undefined): Iterable<Event> {
    if (reply === undefined) return [];
    return this.told(replica, replica.pointerRead(firstOf(reply)?.[1], this.shell.now));
  }

  private noteHead(replica: Replica, reply: Reply | undefined): Event[] {
    this.heads.push([replica, firstOf(reply)?.[0]]);
    return [];
  }

  private horizon(replica: Replica, replies: readonly (Reply | undefined)[]): Iterable<Event> {
    const [oldest, latest] = replies.map(firstOf);
    if (oldest === undefined || latest === undefined) return [];
    return this.told(replica, replica.horizonRead(oldest[0], latest[0]));
  }

  /** Read the next entries of all streams in one XREAD, and hand them to their replicas. */
  private async *entries(): AsyncGenerator<Step<Event>, void, undefined> {
    const after = [...this.replicas.values()].flatMap((replica) => {
      const { stream, position } = replica;
      return position === undefined ? [] : [[stream, position.toString()] as const];
    });
    if (after.length === 0) {
      yield "idle";
      await this.shell.pause(JOIN_RETRY_S);
      return;
    }
    if (this.isPaced) await this.shell.pause(PACE_S * after.length);
    const blockMs = this.waitMs();
    const block = blockMs > 0 ? ["BLOCK", String(blockMs)] : [];
    const names = [...after.map(([stream]) => stream), ...after.map(([, id]) => id)];
    const command = ["XREAD", "COUNT", String(this.count), ...block, "STREAMS", ...names];
    const [reply] = await this.ask([command], blockMs);
    if (this.isAway) yield this.back();
    const batches = entriesOf(reply);
    this.behind = new Set(
      batches.filter(([, batch]) => batch.length >= this.count).map(([stream]) => stream),
    );
    for (const [stream, batch] of batches) yield this.handIn(stream, batch);
    this.listen(batches.length > 0);
    this.isPaced = batches.length > 0 && this.behind.size === 0 && after.length >= PACED_FROM;
    if (this.behind.size === 0) yield "idle";
  }

  private handIn(stream: string, batch: RawEntry[]): Iterable<Event> {
    const replica = this.replicas.get(stream);
    if (replica === undefined) return [];
    if (!this.behind.has(stream)) replica.caughtUp();
    return this.told(replica, replica.received(batch, this.shell.now));
  }

  /** Return how long the next read may wait. */
  private waitMs(): number {
    if (this.heads.length > 0) return 0;
    const isJoining = [...this.replicas.values()].some(({ wants }) => wants === "join");
    return isJoining ? Math.min(this.blockMs, JOIN_RETRY_S * 1000) : this.blockMs;
  }

  /** Connect anew where nothing was heard for too long. */
  private listen(isHeard: boolean): void {
    const { now } = this.shell;
    const isDoubtful = !isHeard && now - this.heard >= DOUBT_S;
    if (isHeard || isDoubtful) this.heard = now;
    if (isDoubtful) this.shell.redial();
  }
}
