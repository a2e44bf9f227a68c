/**
 * Two lines of a `trade` stream told as one (WIRE §7.7): by trade id, without loss or duplicate.
 *
 * Pure, like `lines`. The state told is one of its own, with the ids that were told. Ids that a
 * line names as a gap, or leaves out with a new snapshot, are waited for while the other line may
 * yet bring them; a `tradesGap` is told of those that neither had.
 */
import { TRADES_KEPT } from "./channels.js";
import { Event } from "./events.js";
import { EntryId } from "./ids.js";
import { type Arbiter, type LineNumber, Pair, type Replicas } from "./lines.js";
import type { Stamped } from "./book-events.js";
import type { Trade, Trades, TradesGap } from "./market-events.js";
import { TradesState } from "./states.js";
import { BACKFILL } from "./wire.js";

/** How long missing ids are waited for. */
const PATIENCE_S = 1;
/** Trades behind missing ids, beyond which these are given up: the queue has an end. */
const HELD_MOST = 10_000;

/** The arbiter of two lines of trades. */
export class TradeLines extends Pair implements Arbiter {
  readonly state = new TradesState();
  /** The last id that each line has told or left out; 0 where unknown. */
  private readonly passed = [0n, 0n];
  /** Trades not told yet, by id. */
  private readonly held = new Map<bigint, Trade>();
  private missingSince: number | undefined;
  private stamps: Stamped = stampsOf(new EntryId(0n, 0n), 0n, 0n);
  private line: LineNumber = 0;

  constructor(replicas: Replicas) {
    super(replicas);
  }

  *take(line: LineNumber, event: Event, now: number): Generator<Event, void, undefined> {
    const { state } = this;
    if (event.type === "disconnected" || event.type === "reconnected") {
      if (line !== this.line) return;
      state.isStale = state.isValid && event.type === "disconnected";
      yield new Event(event.stream, state, event.body);
      return;
    }
    const wasUp = this.note(line, event, now);
    const isUp = this.up[line];
    this.line = line;
    if (wasUp && !isUp) {
      this.passed[line] = 0n;
      state.isValid = this.replicas.some((replica) => replica.state.isValid);
      state.isStale = !this.up.includes(true);
      yield this.lineDown(line, event, state);
    }
    if (isUp) {
      state.isValid = true;
      state.isStale = false;
    }
    if (!wasUp && isUp) {
      this.begin(line);
      yield this.lineUp(line, state);
    }
    yield* this.taken(line, event, now);
  }

  /** Let time pass: what is missing is not waited for any longer. */
  ticked(now: number): Iterable<Event> {
    return this.advance(now);
  }

  /** Take the header of the first line that is up; nothing before its last id is told. */
  private begin(line: LineNumber): void {
    const own = this.state;
    const state = this.replicas[line].state as TradesState;
    if (own.lastTradeId === 0n) {
      own.lastTradeId = state.lastTradeId;
      own.trades = state.trades;
    }
    own.symbol = state.symbol;
    own.pricePrecision = state.pricePrecision;
    own.qtyPrecision = state.qtyPrecision;
  }

  private *taken(line: LineNumber, event: Event, now: number): Generator<Event, void, undefined> {
    const { body } = event;
    const state = event.state as TradesState;
    let rows: readonly Trade[] = [];
    let passed = 0n;
    if (body.type === "trades") {
      rows = body.trades;
      passed = rows.at(-1)?.tradeId ?? 0n;
      this.stamps = body;
    } else if (body.type === "tradesGap") {
      passed = body.last;
      this.stamps = body;
    } else if ((body.type === "snapshot" || body.type === "joined") && state.isValid) {
      rows = state.trades;
      passed = state.lastTradeId;
      this.stamps = stampsOf(new EntryId(state.epoch, state.seq), state.tsEvent, BACKFILL);
    } else {
      return;
    }
    const own = this.state;
    own.standAt(new EntryId(state.epoch, state.seq), state.tsEvent);
    if (passed > this.passed[line]) this.passed[line] = passed;
    for (const row of rows) if (row.tradeId > own.lastTradeId) this.held.set(row.tradeId, row);
    yield* this.advance(now);
  }

  /** Tell what follows on; of what is missing, only what nobody can bring any more. */
  private *advance(now: number): Generator<Event, void, undefined> {
    const own = this.state;
    if (own.lastTradeId === 0n && this.held.size > 0) {
      own.lastTradeId = this.lowestHeld() - 1n; // no trade was known: any id may come
    }
    for (;;) {
      const rows = this.following();
      if (rows.length > 0) {
        this.missingSince = undefined;
        own.trades = [...own.trades, ...rows].slice(-TRADES_KEPT);
        yield this.event({ ...stampsFrom(this.stamps), type: "trades", trades: rows });
      }
      const last = this.held.size > 0 ? this.lowestHeld() - 1n : this.furthest();
      if (last <= own.lastTradeId || own.lastTradeId === 0n) {
        this.missingSince = undefined;
        return;
      }
      this.missingSince ??= now;
      const isLate = now - this.missingSince >= PATIENCE_S || this.held.size > HELD_MOST;
      if (this.mayCome(last) && !isLate) return;
      const first = own.lastTradeId + 1n;
      own.lastTradeId = last;
      own.trades = [];
      const gap = { type: "tradesGap", reason: "unfilled", first, last } as const;
      yield this.event({ ...stampsFrom(this.stamps), ...gap });
    }
  }

  /** Take out the trades held that follow the last one told without a hole. */
  private following(): Trade[] {
    const rows: Trade[] = [];
    for (;;) {
      const row = this.held.get(this.state.lastTradeId + 1n);
      if (row === undefined) return rows;
      this.held.delete(row.tradeId);
      this.state.lastTradeId = row.tradeId;
      rows.push(row);
    }
  }

  private lowestHeld(): bigint {
    let lowest: bigint | undefined;
    for (const id of this.held.keys()) if (lowest === undefined || id < lowest) lowest = id;
    return lowest ?? 0n;
  }

  private furthest(): bigint {
    return this.passed[0] > this.passed[1] ? this.passed[0] : this.passed[1];
  }

  /** Tell whether a line that is up has not come as far as `last`. */
  private mayCome(last: bigint): boolean {
    return this.up.some((isUp, line) => isUp && this.passed[line] < last);
  }

  private event(body: Trades | TradesGap): Event {
    return new Event(this.replicas[this.line].stream, this.state, body);
  }
}

function stampsOf(entryId: EntryId, tsEvent: bigint, flags: bigint): Stamped {
  return { entryId, tsEvent, tsRecv: 0n, tsPub: 0n, flags };
}

function stampsFrom({ entryId, tsEvent, tsRecv, tsPub, flags }: Stamped): Stamped {
  return { entryId, tsEvent, tsRecv, tsPub, flags };
}
