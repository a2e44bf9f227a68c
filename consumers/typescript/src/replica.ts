/**
 * A consumer's state kept equal to the publisher's: the machine of WIRE §7, for one stream.
 *
 * Pure: no I/O, no clock, no randomness. A shell asks `wants`, reads that, and hands in what it
 * read together with `now` (seconds of any monotonic clock). Every method that takes something in
 * returns the events for the application; `received` does so lazily, one entry at a time, so that
 * `event.state` is the state right after that event: take all of them before handing in more. What
 * a channel's events do to its state stands in `channels`. Promises: a valid state is contiguous, a
 * valid book proven by its checksum; what was not seen is told.
 *
 * | wants     | the shell reads             | hands it to    | wants next                         |
 * |-----------|-----------------------------|----------------|------------------------------------|
 * | `join`    | newest entry of `.snap`     | `snapshotRead` | `entries`, if it is good and helps |
 * | `entries` | the stream after `position` | `received`     | `join`, `pointer`, `heads`         |
 * | `pointer` | `.snap` at the cursor's id  | `pointerRead`  | `entries`; `join` if gone or bad   |
 * | `heads`   | the stream's newest id      | `headsRead`    | what it wanted before, or `join`   |
 *
 * Whenever `position` is not undefined entries are read on, also while it wants `heads` or, after a
 * gap or a bad entry, `join`: then the first that helps is taken, be it a snapshot of `.snap` that
 * is not older or an `epoch` or `snapshot` event (WIRE §7.3).
 */
import {
  apply,
  applyPlain,
  checkLive,
  forget,
  load,
  newState,
  prove,
  provenSnapshot,
} from "./channels.js";
import { DecodeError, NoStream } from "./errors.js";
import { type Body, Event, missedBefore } from "./events.js";
import { EntryId, readId } from "./ids.js";
import type { Channel, Epoch } from "./life-events.js";
import { NextId } from "./next-id.js";
import { type State, TradesState } from "./states.js";
import { type ChannelEvent, decode, placeOf, type Snapshot, type WireEvent } from "./wire.js";

/** WIRE §7.4: three heartbeats. */
export const SILENCE_S = 15;
/** Beyond it a seq is no exact `number`. */
const SEQ_END = BigInt(Number.MAX_SAFE_INTEGER) - 1n;

/** What a replica must be given next. */
export type Want = "join" | "entries" | "pointer" | "heads";
/** What a stream without a snapshot means to the application. */
export type Missing = "wait" | "throw";
/** An entry as it was read: its id and the value of its field `d`. */
export type RawEntry = readonly [id: Uint8Array | string, data: Buffer | undefined];

/** The replica of one stream; see the module. */
export class Replica {
  readonly channel: Channel;
  readonly state: State;
  wants: Want = "join";
  /** How many events meant nothing here. */
  skipped = 0;
  private at: EntryId | undefined;
  private next: NextId | undefined; // where the short way goes on; `at` is behind meanwhile
  private floor: EntryId | undefined; // after a gap or a bad entry: what helps is not older
  private after: EntryId | undefined; // the last entry told, while some are not
  private refused: EntryId | undefined; // a bad snapshot of `.snap`, told once
  private heard: number;
  private looked: number;
  private suspect: EntryId | undefined;
  private isStaleTold = false;
  private isTrimTold = false;

  constructor(
    readonly stream: string,
    now: number,
    readonly missing: Missing = "wait",
  ) {
    this.channel = placeOf(stream) as Channel;
    this.state = newState(this.channel);
    this.heard = now;
    this.looked = now;
  }

  /** The id of the last entry taken in, undefined before the first join. */
  get cursor(): EntryId | undefined {
    if (this.next === undefined) return this.at;
    return new EntryId(this.next.epoch, BigInt(this.next.seq - 1));
  }

  /** The id after which entries are to be read, undefined while none are. */
  get position(): EntryId | undefined {
    const isJoining = this.wants === "join" && this.floor === undefined;
    return isJoining || this.wants === "pointer" ? undefined : this.cursor;
  }

  /** Let time pass: after 15 s without an entry the newest ids are wanted (WIRE §7.4). */
  tick(now: number): void {
    const silence = Math.min(now - this.heard, now - this.looked);
    if (silence >= SILENCE_S && this.position !== undefined) this.wants = "heads";
  }

  /** Take entries in the stream's order; while none are read they are ignored. */
  *received(entries: Iterable<RawEntry>, now: number): Generator<Event, void, undefined> {
    this.next = this.shortWay();
    for (const [id, data] of entries) {
      // The short way: the next seq, an ordinary update, the right checksum.
      if (this.next?.is(id) && data !== undefined) {
        const event = this.takePlain(data, this.next, now);
        if (event !== undefined) {
          yield event;
          continue;
        }
      }
      this.settle();
      const { position } = this;
      if (position === undefined) return;
      yield* this.take(position, readId(id), data, now);
      this.next = this.shortWay();
    }
    this.settle();
  }

  /**
   * Take the newest entry of `.snap`, or none where there is none (WIRE §7.1). Throw `NoStream`
   * when there never was one and the application asked not to wait.
   */
  snapshotRead(entryId: EntryId | undefined, data: Buffer | undefined, now: number): Event[] {
    if (entryId === undefined) {
      if (this.missing === "throw" && this.cursor === undefined) throw new NoStream(this.stream);
      return [];
    }
    if (this.wants !== "join" || this.refused?.equals(entryId)) return [];
    if (this.floor !== undefined && entryId.isBefore(this.floor)) return [];
    const after = this.after ?? this.cursor;
    try {
      this.load(provenSnapshot(entryId, data, this.channel));
    } catch (error) {
      const { code, where } = decodeError(error);
      this.refused = entryId;
      return [this.event({ type: "quarantined", code, entryId, where })];
    }
    this.hear(now);
    return [this.event({ type: "joined", cursor: entryId, ...(after && { after }) })];
  }

  /** Take the entry of `.snap` at the cursor's id, or none when it is gone (WIRE §7.2). */
  pointerRead(data: Buffer | undefined, now: number): Event[] {
    const { cursor } = this;
    if (this.wants !== "pointer" || cursor === undefined) return [];
    try {
      if (data === undefined) throw new DecodeError("POINTER", "its snapshot is gone");
      const snapshot = provenSnapshot(cursor, data, this.channel);
      this.load(snapshot);
      this.hear(now);
      return [this.event(snapshot)];
    } catch (error) {
      return [this.quarantine(error, cursor, cursor.previous)];
    }
  }

  /** Take the stream's last id, undefined when it has none (WIRE §7.4). */
  headsRead(last: EntryId | undefined, now: number): Event[] {
    const { cursor } = this;
    if (this.wants !== "heads" || cursor === undefined) return [];
    this.looked = now;
    this.wants = this.floor === undefined ? "entries" : "join";
    if (last !== undefined && cursor.isBefore(last)) {
      this.wants = "join";
      return [];
    }
    if (last !== undefined && last.epoch < cursor.epoch) {
      const { suspect } = this;
      this.suspect = last;
      if (suspect === undefined) return [];
      if (suspect.isBefore(last)) {
        this.forgetAll();
        return [this.event({ type: "regression", cursor, head: last })];
      }
    }
    if (this.isStaleTold) return [];
    this.state.isStale = this.isStaleTold = true;
    return [this.event({ type: "stale", ageS: now - this.heard })];
  }

  /** Take the ids of the stream's first and last entry while reading lags (WIRE §7.5). */
  horizonRead(first: EntryId, last: EntryId): Event[] {
    const { cursor } = this;
    if (cursor === undefined || this.isTrimTold) return [];
    const kept = first.epoch === cursor.epoch ? cursor.seq - first.seq : cursor.seq;
    const ahead = last.epoch === cursor.epoch ? last.seq - cursor.seq : last.seq + 1n;
    this.isTrimTold = ahead > kept;
    return this.isTrimTold ? [this.event({ type: "trimWarning", cursor, first, last })] : [];
  }

  /** Note that reading no longer lags: the next time that it does is worth a warning again. */
  caughtUp(): void {
    this.isTrimTold = false;
  }

  /** Note that the server is away: the state stands still from here. */
  disconnected(reason: string): Event {
    this.state.isStale = this.state.isValid;
    return this.event({ type: "disconnected", reason });
  }

  /** Note that the server answers again; the state is up to date when the next entry comes. */
  reconnected(): Event {
    return this.event({ type: "reconnected" });
  }

  private event(body: Body): Event {
    return new Event(this.stream, this.state, body);
  }

  // The short way --------------------------------------------------------------------------------

  /** Return the next id where an ordinary update may be applied at once, else undefined. */
  private shortWay(): NextId | undefined {
    this.settle();
    const cursor = this.position;
    const isBook = this.channel === "book" || this.channel === "level3";
    if (!isBook || !this.state.isValid || cursor === undefined) return undefined;
    return cursor.seq < SEQ_END ? new NextId(cursor) : undefined;
  }

  /** Leave the short way: the cursor is where it led to. */
  private settle(): void {
    this.at = this.cursor;
    this.next = undefined;
  }

  /** Take in an ordinary update; undefined, and nothing is done, where it is none. */
  private takePlain(data: Buffer, next: NextId, now: number): Event | undefined {
    const { state } = this;
    const plain = applyPlain(state, data);
    if (plain === undefined) return undefined;
    plain.epoch = next.epoch;
    plain.seq = next.seq;
    next.advance();
    state.standAtPlain(plain);
    if (this.heard !== now || state.isStale) this.hear(now);
    return plain.isProven ? new Event(this.stream, state, undefined, plain) : this.contradicted();
  }

  /** The book is not what the update says. */
  private contradicted(): Event {
    const entryId = this.cursor as EntryId; // where the update was
    return this.quarantine(new DecodeError("CHECKSUM", "c"), entryId, entryId.previous);
  }

  // The long way ---------------------------------------------------------------------------------

  private hear(now: number): void {
    this.heard = this.looked = now;
    this.suspect = undefined;
    this.state.isStale = this.isStaleTold = false;
    if (this.wants === "heads") this.wants = this.floor === undefined ? "entries" : "join";
  }

  /** Act on one entry by WIRE §7.2, whatever it is. */
  private take(cursor: EntryId, entryId: EntryId, data: Buffer | undefined, now: number): Event[] {
    if (!cursor.isBefore(entryId)) return [];
    this.hear(now);
    if (!cursor.isFollowedBy(entryId)) return [this.gap(cursor, entryId)];
    let event: WireEvent;
    try {
      if (data === undefined) throw new DecodeError("SCHEMA", "field d");
      event = decode(entryId, data, this.channel);
    } catch (error) {
      return [this.quarantine(error, entryId, cursor)];
    }
    if (entryId.epoch === cursor.epoch) return this.follow(cursor, event);
    return event.type === "epoch" ? this.begin(cursor, event) : [this.gap(cursor, entryId)];
  }

  /** Act on the entry that follows the cursor. */
  private follow(cursor: EntryId, event: WireEvent): Event[] {
    const { entryId } = event;
    this.at = entryId;
    try {
      if (!this.act(event)) return [];
    } catch (error) {
      return [this.quarantine(error, entryId, cursor)];
    }
    // 0: the venue gave none, so what the state shows is as old as it was.
    const tsEvent = event.type === "unknown" ? 0n : event.tsEvent;
    this.state.standAt(entryId, tsEvent || this.state.tsEvent);
    return [this.event(event)];
  }

  /** Act by WIRE §7.2 and return whether to tell. Throw a code that §7.3 is for. */
  private act(event: WireEvent): boolean {
    const { state } = this;
    switch (event.type) {
      case "snapshot":
        if (event.pointer !== undefined) {
          this.drop("pointer");
          return false;
        }
        prove(event);
        this.load(event);
        return true;
      case "heartbeat":
        if (state.isValid) checkLive(state, event.checksum);
        return this.floor === undefined;
      case "reset":
      case "bye":
        // Told while a good snapshot is awaited: none before it, or it were told twice.
        if (this.floor !== undefined) this.floor = event.entryId;
        if (event.type === "reset") state.isValid = false;
        else state.isStale = true;
        return true;
      case "epoch":
      case "unknown":
      case "feed":
      case "notice":
        this.skipped += 1;
        return this.floor === undefined;
      default:
        return this.takeOwn(event);
    }
  }

  /**
   * Let the state take in an event of its channel, and return whether to tell it. What has a
   * meaning without the state is told after a `reset` too, and trades go on.
   */
  private takeOwn(event: ChannelEvent): boolean {
    const { state } = this;
    if (state.isValid) {
      apply(state, event);
      return true;
    }
    if (this.floor !== undefined || event.type === "update" || event.type === "orders")
      return false;
    if (state instanceof TradesState && state.lastTradeId !== 0n) apply(state, event);
    return true;
  }

  /** WIRE §7.2: "tell the application which events of the old epoch it did not see". */
  private begin(cursor: EntryId, event: Epoch): Event[] {
    this.drop("entries");
    forget(this.state);
    this.at = event.entryId;
    this.after = undefined;
    this.state.standAt(event.entryId, this.state.tsEvent);
    const missed = missedBefore(cursor, event);
    return missed === undefined ? [this.event(event)] : [this.event(missed), this.event(event)];
  }

  /** WIRE §7.2: a snapshot before the hole would lead here again, so wait for a later one. */
  private gap(cursor: EntryId, found: EntryId): Event {
    const floor = found.seq === 0n ? found : found.previous;
    this.wait(found, floor, cursor);
    return this.event({ type: "gap", cursor, found });
  }

  /** WIRE §7.3: keep the place in the sequence, and want a snapshot that is not older. */
  private quarantine(error: unknown, entryId: EntryId, after: EntryId): Event {
    const { code, where } = decodeError(error);
    this.wait(entryId, entryId, after);
    return this.event({ type: "quarantined", code, entryId, where });
  }

  /** Read on from `cursor` without a state, until a snapshot from `floor` on helps. */
  private wait(cursor: EntryId, floor: EntryId, after: EntryId): void {
    this.next = undefined;
    this.after ??= after;
    this.drop("join");
    forget(this.state);
    this.at = cursor;
    this.floor = floor;
  }

  private drop(wants: Want): void {
    this.state.isValid = false;
    this.wants = wants;
    if (wants !== "join") this.floor = undefined;
  }

  private forgetAll(): void {
    this.next = undefined;
    this.drop("join");
    this.at = this.after = this.floor = this.suspect = this.refused = undefined;
  }

  private load(snapshot: Snapshot): void {
    load(this.state, snapshot);
    this.state.standAt(snapshot.entryId, snapshot.tsEvent);
    this.state.isValid = true;
    this.wants = "entries";
    this.at = snapshot.entryId;
    this.next = undefined;
    this.after = this.floor = undefined;
  }
}

function decodeError(error: unknown): DecodeError {
  if (error instanceof DecodeError) return error;
  throw error;
}
