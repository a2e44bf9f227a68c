/**
 * Two lines of a stream told as one: the arbiter of WIRE §7.7. `trade` has one of its own.
 *
 * Pure: no I/O, no clock. It is handed what the replicas of the lines tell, as they tell it, with
 * `now` (seconds of any monotonic clock), and gives back what the application is told. Promises:
 * the state of every event is one line's own proven state, never mixed of two; an event that both
 * lines have is told once; what was told by neither, or may be told twice, is announced by a
 * `jump`.
 *
 * The lines are 0 and 1 here. One leads: its events are told. That says nothing about its health:
 * of two good lines it is whoever had the latest event first.
 */
import { Book } from "./book.js";
import { valuesOf } from "./channels.js";
import { Event, type Line } from "./events.js";
import { OrderBook } from "./order-book.js";
import type { Replica } from "./replica.js";
import type { State } from "./states.js";

/** The number of a line. */
export type LineNumber = 0 | 1;
/** The two replicas whose lines are told as one. */
export type Replicas = readonly [Replica, Replica];

export const NAMES: readonly [Line, Line] = ["a", "b"];
/** Marks that a line may be behind and still meet the other. */
const TRAIL = 1000;
/** How long a line that the other has passed may say nothing. */
const PATIENCE_S = 1;

/** Where an event leaves its line: the venue's stamp, and all of the mark as one text. */
interface Mark {
  readonly stamp: bigint;
  readonly text: string;
}

/** What makes one of two lines. */
export interface Arbiter {
  /** Take what a line's replica tells; give what the application is told. */
  take(line: LineNumber, event: Event, now: number): Iterable<Event>;
  /** Let time pass. */
  ticked(now: number): Iterable<Event>;
}

/** Which of two lines are up: their states valid, and they have not ended. */
export abstract class Pair {
  protected readonly up = [false, false];
  protected readonly heard = [0, 0];

  constructor(protected readonly replicas: Replicas) {}

  /** Note how a line stands after an event; return whether it was up before. */
  protected note(line: LineNumber, event: Event, now: number): boolean {
    const { type } = event;
    if (type !== "stale") this.heard[line] = now;
    const wasUp = this.up[line];
    this.up[line] = this.replicas[line].state.isValid && type !== "bye" && type !== "stale";
    return wasUp;
  }

  protected lineUp(line: LineNumber, state: State): Event {
    return new Event(this.replicas[line].stream, state, { type: "lineUp", line: NAMES[line] });
  }

  protected lineDown(line: LineNumber, event: Event, state: State): Event {
    const body = { type: "lineDown", line: NAMES[line], cause: event.body } as const;
    return new Event(this.replicas[line].stream, state, body);
  }
}

/** Types of events that are a channel's own, but for those of `trade`. */
const OWN: readonly string[] = [
  ...["update", "orders", "top", "ticker", "candle", "closed", "instruments"],
  ...["execution", "ordersGap", "balance"],
];

/** The arbiter of every channel but `trade`. */
export class Lines extends Pair implements Arbiter {
  private lead: LineNumber = 0;
  private readonly marks: (Mark | undefined)[] = [undefined, undefined];
  /** The leader's marks since the other line's own, the newest last. */
  private trail: string[] = [];
  /** True while it is not known where the other line stands. */
  private isApart = true;
  /** What a lost leader had told beyond the present one, which has yet to come by. */
  private owed: string[] = [];

  *take(line: LineNumber, event: Event, now: number): Generator<Event, void, undefined> {
    if (event.type === "disconnected" || event.type === "reconnected") {
      if (line === this.lead) yield event; // both lie on one server
      return;
    }
    const wasUp = this.note(line, event, now);
    const mark = markOf(event);
    if (mark !== undefined) this.marks[line] = mark;
    if (wasUp && !this.up[line]) {
      yield* this.lost(line, event);
    } else if (!wasUp && this.up[line]) {
      yield* this.found(line, event);
    } else if (!this.up[line]) {
      if (!this.up[other(line)] && this.follows(line, event)) yield event;
    } else if (line === this.lead) {
      yield* this.ofLeader(event, mark);
    } else if (mark !== undefined && this.ofOther(mark)) {
      yield event;
    }
  }

  /** Let time pass: a leader that says nothing while the other has passed it leads no more. */
  ticked(now: number): Event[] {
    const [own, others] = [this.marks[this.lead], this.marks[other(this.lead)]];
    const isPassed = own !== undefined && others !== undefined && others.stamp > own.stamp;
    const isSilent = now - this.heard[this.lead] >= PATIENCE_S;
    const areUp = this.up[0] && this.up[1];
    return this.isApart && isPassed && isSilent && areUp ? [this.jump(other(this.lead))] : [];
  }

  private *lost(line: LineNumber, event: Event): Generator<Event, void, undefined> {
    const rest = other(line);
    if (!this.up[rest]) {
      this.owed = [];
      yield this.lineDown(line, event, this.replicas[line].state);
      return;
    }
    yield this.lineDown(line, event, this.replicas[rest].state);
    if (line !== this.lead) {
      this.isApart = true;
    } else if (this.isApart || this.owed.length > 0) {
      yield this.jump(rest);
    } else {
      this.owed = this.trail;
      this.takeLead(rest);
    }
  }

  private *found(line: LineNumber, event: Event): Generator<Event, void, undefined> {
    if (this.up[other(line)]) {
      yield this.lineUp(line, this.replicas[this.lead].state);
      this.isApart = true;
      const mark = this.marks[line];
      if (line !== this.lead && mark !== undefined) this.place(mark);
      return;
    }
    yield this.lineUp(line, this.replicas[line].state);
    const isWhole = event.type === "joined" || event.type === "snapshot";
    const isNew = line !== this.lead && !isWhole;
    this.takeLead(line);
    if (isNew) yield this.jump(line); // the other may have told all of this before it was lost
    yield event;
  }

  /** Both are down: what comes of a channel comes from the line that leads from here. */
  private follows(line: LineNumber, event: Event): boolean {
    if (OWN.includes(event.type)) this.takeLead(line);
    return line === this.lead;
  }

  private *ofLeader(event: Event, mark: Mark | undefined): Generator<Event, void, undefined> {
    if (mark !== undefined) this.comesBy(mark);
    if (this.owed.length === 0) {
      yield event;
    } else if (mark !== undefined) {
      const at = this.owed.indexOf(mark.text);
      if (at >= 0) {
        this.owed.splice(0, at + 1);
        return;
      }
      yield this.jump(this.lead);
      yield event;
    }
  }

  /** The line that does not lead has come to a mark; return whether it leads from here. */
  private ofOther(mark: Mark): boolean {
    const isLevel = !this.isApart && this.trail.length === 0 && this.owed.length === 0;
    if (this.place(mark) || !isLevel) return false;
    this.takeLead(other(this.lead));
    this.isApart = false;
    this.comesBy(mark);
    return true;
  }

  /** Find where the other line stands; if nowhere in the trail, it is apart. */
  private place(mark: Mark): boolean {
    const at = this.trail.indexOf(mark.text);
    const isFound = at >= 0 || (this.isApart && mark.text === this.marks[this.lead]?.text);
    if (isFound) this.trail.splice(0, at >= 0 ? at + 1 : this.trail.length);
    this.isApart = !isFound;
    return isFound;
  }

  /** The leader has come to a mark: the other line is behind it, or was ahead and is met. */
  private comesBy(mark: Mark): void {
    const rest = other(this.lead);
    if (this.isApart && this.up[rest] && mark.text === this.marks[rest]?.text) {
      this.trail = [];
      this.isApart = false;
      return;
    }
    this.trail.push(mark.text);
    if (this.trail.length > TRAIL) {
      this.trail.shift();
      this.isApart = true;
    }
  }

  private takeLead(line: LineNumber): void {
    this.lead = line;
    this.trail = [];
    this.isApart = true;
  }

  private jump(line: LineNumber): Event {
    if (line !== this.lead) this.takeLead(line);
    this.owed = [];
    const { stream, state } = this.replicas[line];
    return new Event(stream, state, { type: "jump", line: NAMES[line] });
  }
}

function other(line: LineNumber): LineNumber {
  return line === 0 ? 1 : 0;
}

/** Return the mark of an event; undefined where it tells nothing of where its line stands. */
function markOf(event: Event): Mark | undefined {
  if (event.plain !== undefined) return marked(event.plain.tsEvent, event.plain.checksum);
  const { body, state } = event;
  switch (body.type) {
    case "update":
    case "orders":
      return marked(body.tsEvent, body.checksum);
    case "execution":
      return marked(body.tsEvent, [body.orderId, body.report]);
    case "balance":
      return marked(body.tsEvent, [body.asset, body.report]);
    case "instruments":
      return marked(body.tsEvent, [body.pairs, body.assets]);
  }
  const isOfState = OWN.includes(body.type) || body.type === "snapshot" || body.type === "joined";
  if (!isOfState || !state.isValid) return undefined;
  if (state instanceof Book || state instanceof OrderBook) {
    return marked(state.tsEvent, state.checksum());
  }
  const values = valuesOf(state);
  return values && marked(state.tsEvent, values);
}

function marked(stamp: bigint, values: unknown): Mark {
  const text = JSON.stringify(values, (_, value) =>
    typeof value === "bigint" ? `${value}n` : (value as unknown),
  );
  return { stamp, text: `${stamp} ${text}` };
}
