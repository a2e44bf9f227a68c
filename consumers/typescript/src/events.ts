/**
 * What applications get: events of the wire, and events of the consumer's own.
 *
 * Nothing here decodes, reads or decides; `replica` gives them out. All are facts: nothing changes
 * them. A body is told from the others by its `type`.
 */
import { Book } from "./book.js";
import type { Code } from "./errors.js";
import { EntryId } from "./ids.js";
import type { Epoch } from "./life-events.js";
import { OrderBook } from "./order-book.js";
import { ordersOf, type PlainOrders, type PlainUpdate, updateOf } from "./plain.js";
import type { State } from "./states.js";
import type { WireEvent } from "./wire.js";

/** Entries from `first` to `last` of one epoch, both included. */
export interface Span {
  readonly first: EntryId;
  readonly last: EntryId;
}

/**
 * The state was loaded at `cursor`; entries after `after` (left out: nothing was seen) and up to it
 * were not told. Where `cursor` is below `after`, entries come a second time.
 */
export interface Joined {
  readonly type: "joined";
  readonly cursor: EntryId;
  readonly after?: EntryId;
}

/** Code GAP: after `cursor` the stream goes on at `found`. The state is invalid until loaded. */
export interface Gap {
  readonly type: "gap";
  readonly cursor: EntryId;
  readonly found: EntryId;
}

/** Before an `epoch`: what of the old one was written and not seen, and what nobody was told. */
export interface Missed {
  readonly type: "missed";
  readonly unseen?: Span;
  readonly missed?: Span;
}

/**
 * A bad entry: its id and code (decoding, CHECKSUM or POINTER); the state is invalid. After this
 * and after `gap`, until the state is there again, only resets, byes and epochs are told.
 */
export interface Quarantined {
  readonly type: "quarantined";
  readonly code: Code;
  readonly entryId: EntryId;
  readonly where: string;
}

/** Code STALE: no entry for `ageS` seconds. */
export interface Stale {
  readonly type: "stale";
  readonly ageS: number;
}

/** Code REGRESSION: the stream was rolled back from `cursor` to `head`, and goes on from there. */
export interface Regression {
  readonly type: "regression";
  readonly cursor: EntryId;
  readonly head: EntryId;
}

/** More than half of the kept entries (`first` to `last`) lie after `cursor`: read faster. */
export interface TrimWarning {
  readonly type: "trimWarning";
  readonly cursor: EntryId;
  readonly first: EntryId;
  readonly last: EntryId;
}

/** Redis is away; the client tries again by itself. The state stands still. */
export interface Disconnected {
  readonly type: "disconnected";
  readonly reason: string;
}

/** Redis answers again; the sequence goes on where it stood. */
export interface Reconnected {
  readonly type: "reconnected";
}

/** One of two lines. */
export type Line = "a" | "b";

/** Of two lines followed as one (WIRE §7.7): `line` has a valid state. */
export interface LineUp {
  readonly type: "lineUp";
  readonly line: Line;
}

/**
 * `line` is lost, by what `cause` says; the other, where it is up, carries on and nothing is
 * missing. The state is invalid or stale only when both are lost.
 */
export interface LineDown {
  readonly type: "lineDown";
  readonly line: Line;
  readonly cause: WireEvent | LocalEvent;
}

/**
 * It goes on with `line` where the two lines did not meet: the state is whole and proven, but
 * events between may have been told by neither, or are told a second time.
 */
export interface Jump {
  readonly type: "jump";
  readonly line: Line;
}

/** What the consumer tells of its own. */
export type LocalEvent =
  | Joined
  | Gap
  | Missed
  | Quarantined
  | Stale
  | Regression
  | TrimWarning
  | Disconnected
  | Reconnected
  | LineUp
  | LineDown
  | Jump;

/** What may have happened. */
export type Body = WireEvent | LocalEvent;

/**
 * What an application gets: `body` says what happened, `state` is the state right after it, until
 * the next event is taken.
 */
export class Event {
  private made: Body | undefined;
  /**
   * Many applications look at the book alone, so an ordinary update is kept as the bytes gave it.
   * @internal
   */
  readonly plain: PlainUpdate | PlainOrders | undefined;

  /** @internal */
  constructor(
    /** The stream's key. */
    readonly stream: string,
    readonly state: State,
    body: Body | undefined,
    plain?: PlainUpdate | PlainOrders,
  ) {
    this.made = body;
    this.plain = plain;
  }

  /** What kind of body it is; cheaper than `body.type`. */
  get type(): Body["type"] {
    if (this.made !== undefined) return this.made.type;
    return this.state instanceof OrderBook ? "orders" : "update";
  }

  /** The event itself. */
  get body(): Body {
    return (this.made ??=
      this.state instanceof OrderBook
        ? ordersOf(this.plain as PlainOrders)
        : updateOf(this.plain as PlainUpdate));
  }

  /**
   * The state of a `book`'s or `level3`'s stream. Throw `TypeError` for the other channels: they
   * have `state`.
   */
  get book(): Book | OrderBook {
    const { state } = this;
    if (state instanceof Book || state instanceof OrderBook) return state;
    throw new TypeError(`${this.stream} holds no book: use event.state, of ${state.channel}`);
  }
}

/** One entry of any stream as `entries` and `status` give it, or what kept some away. */
export interface Entry {
  readonly stream: string;
  readonly body: WireEvent | Gap | Quarantined | Disconnected | Reconnected;
}

/** Return what of the epoch before `event` was written and not read, or published to nobody. */
export function missedBefore(cursor: EntryId, event: Epoch): Missed | undefined {
  const { prevEpoch: epoch, prevSeq: seq, missedFirst, missedLast } = event;
  if (epoch === undefined || seq === undefined) return undefined;
  const spans: { unseen?: Span; missed?: Span } = {};
  const last = new EntryId(epoch, seq);
  // Below the cursor: a failover took back what was seen, there is nothing more to tell.
  if (cursor.isBefore(last)) {
    const first = new EntryId(epoch, epoch === cursor.epoch ? cursor.seq + 1n : 0n);
    spans.unseen = { first, last };
  }
  if (missedFirst !== undefined && missedLast !== undefined) {
    spans.missed = { first: new EntryId(epoch, missedFirst), last: new EntryId(epoch, missedLast) };
  }
  return spans.unseen || spans.missed ? { type: "missed", ...spans } : undefined;
}
