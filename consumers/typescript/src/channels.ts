/**
 * What the events of each channel do to its state (WIRE §5, §7.2). Pure.
 *
 * Knows nothing of sequences: the replica decides which events count, and whether the state is
 * valid. Each function leaves the replica's own marks (`seq`, `isValid`, `isStale`) alone.
 */
import type { Execution, OrdersGap } from "./account-events.js";
import type { Level, Order } from "./book-events.js";
import { Book, checksumOf } from "./book.js";
import { DecodeError } from "./errors.js";
import type { EntryId } from "./ids.js";
import type { Channel } from "./life-events.js";
import type { CandleValues, TickerValues, TopValues, Trades, TradesGap } from "./market-events.js";
import { whole } from "./numbers.js";
import { OrderBook, ordersChecksum } from "./order-book.js";
import { type PlainOrders, plainOrders, type PlainUpdate, plainUpdate } from "./plain.js";
import {
  BalancesState,
  CandleState,
  ExecutionsState,
  InstrumentsState,
  type State,
  TickerState,
  TopState,
  TradesState,
} from "./states.js";
import { type ChannelEvent, decodeSnapshot, REVISED, type Snapshot, UNVERIFIED } from "./wire.js";

/** How many of the latest trades a state keeps (WIRE §4.13). */
export const TRADES_KEPT = 50;
/** WIRE §7.2: an order of such a status is open no more. */
const DONE: readonly unknown[] = ["filled", "canceled", "expired"];

const STATES: Readonly<Record<Channel, () => State>> = {
  book: () => new Book(),
  level3: () => new OrderBook(),
  bbo: () => new TopState(),
  ticker: () => new TickerState(),
  trade: () => new TradesState(),
  ohlc: () => new CandleState(),
  instrument: () => new InstrumentsState(),
  executions: () => new ExecutionsState(),
  balances: () => new BalancesState(),
};

/** Return the empty state of a channel. */
export function newState(channel: Channel): State {
  return STATES[channel]();
}

/** Return the state in an entry of a channel's `.snap`, proven. Throw `DecodeError`. */
export function provenSnapshot(
  entryId: EntryId,
  data: Uint8Array | undefined,
  channel: Channel = "book",
): Snapshot {
  if (data === undefined) throw new DecodeError("SCHEMA", "field d");
  const snapshot = decodeSnapshot(entryId, data, channel);
  prove(snapshot);
  return snapshot;
}

/**
 * Throw CHECKSUM where a whole book contradicts its own checksum (WIRE §5.3), and SCHEMA where
 * Kraken's words name nothing.
 */
export function prove(snapshot: Snapshot): void {
  const isVerified = (snapshot.flags & UNVERIFIED) === 0n;
  if (snapshot.channel === "book") {
    const { bids = [], asks = [], checksum } = snapshot;
    if (isVerified) compare(checksumOf(bids, asks), checksum);
  } else if (snapshot.channel === "level3") {
    const { bids = [], asks = [], checksum } = snapshot;
    if (isVerified) compare(ordersChecksum(bids, asks), checksum);
  } else if (snapshot.channel === "executions") {
    byName(snapshot.orders ?? [], "order_id");
  } else if (snapshot.channel === "balances") {
    byName(snapshot.balances ?? [], "asset");
  }
}

/** Throw CHECKSUM where a heartbeat contradicts a book. */
export function checkLive(state: State, told: number | undefined): void {
  if (told === undefined || !(state instanceof Book || state instanceof OrderBook)) return;
  compare(state.checksum(), told);
}

/** Throw CHECKSUM where the two differ. */
function compare(own: number, told: number): void {
  if (own !== told) throw new DecodeError("CHECKSUM", "c");
}

/** Replace a state by a whole snapshot of its channel that was proven. */
export function load(state: State, snapshot: Snapshot): void {
  takeHeader(state, snapshot);
  if (state instanceof Book && snapshot.channel === "book") {
    state.load(snapshot.bids ?? [], snapshot.asks ?? [], snapshot.depth);
  } else if (state instanceof OrderBook && snapshot.channel === "level3") {
    state.load(snapshot.bids ?? [], snapshot.asks ?? [], snapshot.depth);
  } else if (state instanceof TopState && snapshot.channel === "bbo") {
    state.top = topOf(snapshot);
  } else if (state instanceof TickerState && snapshot.channel === "ticker") {
    state.ticker = tickerOf(snapshot);
  } else if (state instanceof TradesState && snapshot.channel === "trade") {
    state.lastTradeId = snapshot.lastTradeId ?? 0n;
    state.trades = snapshot.trades ?? [];
  } else if (state instanceof CandleState && snapshot.channel === "ohlc") {
    const isOpen = snapshot.intervalBegin !== undefined;
    state.candle = isOpen ? candleOf(snapshot as CandleValues) : undefined; // all or none
  } else if (state instanceof InstrumentsState && snapshot.channel === "instrument") {
    state.pairs = new Map((snapshot.pairs ?? []).map((pair) => [pair.symbol, pair]));
    state.assets = new Map((snapshot.assets ?? []).map((asset) => [asset.id, asset]));
  } else if (state instanceof ExecutionsState && snapshot.channel === "executions") {
    state.orders = byName(snapshot.orders ?? [], "order_id");
    state.sequence = snapshot.sequence ?? 0n;
  } else if (state instanceof BalancesState && snapshot.channel === "balances") {
    state.balances = byName(snapshot.balances ?? [], "asset");
    state.sequence = snapshot.sequence ?? 0n;
  }
}

/** Let a valid state take in an event of its channel. Throw CHECKSUM, ORDER or SCHEMA. */
export function apply(state: State, event: ChannelEvent): void {
  if (state instanceof Book && event.type === "update") {
    compare(state.apply(deltasOf(event.bids), deltasOf(event.asks)), event.checksum);
  } else if (state instanceof OrderBook && event.type === "orders") {
    compare(state.apply(event.bids.map(changeOf), event.asks.map(changeOf)), event.checksum);
  } else if (state instanceof TopState && event.type === "top") {
    state.top = topOf(event);
  } else if (state instanceof TickerState && event.type === "ticker") {
    state.ticker = tickerOf(event);
  } else if (state instanceof TradesState) {
    if (event.type === "trades" || event.type === "tradesGap") followOn(state, event);
  } else if (state instanceof CandleState) {
    const isCandle = event.type === "candle" || event.type === "closed";
    if (!isCandle || (event.flags & REVISED) !== 0n) return;
    state.candle = event.type === "candle" ? candleOf(event) : undefined;
  } else if (state instanceof InstrumentsState && event.type === "instruments") {
    for (const pair of event.pairs) state.pairs.set(pair.symbol, pair);
    for (const asset of event.assets) state.assets.set(asset.id, asset);
  } else if (state instanceof ExecutionsState) {
    if (event.type === "execution" || event.type === "ordersGap") openOrders(state, event);
  } else if (state instanceof BalancesState && event.type === "balance") {
    state.balances.set(event.asset, event.state);
    state.sequence = event.sequence;
  }
}

/**
 * Let a valid book take in an ordinary update, and note whether that proves it. Return undefined,
 * and leave the book alone, where it is none.
 */
export function applyPlain(state: State, data: Buffer): PlainUpdate | PlainOrders | undefined {
  if (state instanceof Book) {
    const plain = plainUpdate(data);
    if (plain === undefined) return undefined;
    plain.isProven = state.apply(plain.bids, plain.asks) === plain.checksum;
    return plain;
  }
  if (!(state instanceof OrderBook)) return undefined;
  const plain = plainOrders(data);
  if (plain === undefined) return undefined;
  plain.isProven = state.apply(plain.bids, plain.asks) === plain.checksum;
  return plain;
}

/** Forget what later events would have to follow: they were missed, or may have been. */
export function forget(state: State): void {
  if (state instanceof TradesState) state.lastTradeId = 0n;
}

/** Return what a state is known by in which each event is the whole; undefined for the others. */
export function valuesOf(state: State): object | undefined {
  if (state instanceof TopState) return state.top;
  if (state instanceof TickerState) return state.ticker;
  return state instanceof CandleState ? (state.candle ?? {}) : undefined;
}

function takeHeader(state: State, snapshot: Snapshot): void {
  const header = state as unknown as Record<string, unknown>;
  const told = snapshot as unknown as Readonly<Record<string, unknown>>;
  for (const name of HEADER) if (name in header && name in told) header[name] = told[name];
}

const HEADER = [
  "symbol",
  "depth",
  "pricePrecision",
  "qtyPrecision",
  "source",
  "trigger",
  "interval",
  "account",
];

/** Take in trades, or a gap between, that follow the last known id. Throw ORDER (WIRE §7.2). */
function followOn(state: TradesState, event: Trades | TradesGap): void {
  const isGap = event.type === "tradesGap";
  const first = isGap ? event.first : event.trades[0]?.tradeId;
  const last = isGap ? event.last : event.trades.at(-1)?.tradeId;
  if (first === undefined || last === undefined) return;
  if (state.lastTradeId !== 0n && first !== state.lastTradeId + 1n) {
    throw new DecodeError("ORDER", isGap ? "gf" : "x");
  }
  state.lastTradeId = last;
  state.trades = isGap ? [] : [...state.trades, ...event.trades].slice(-TRADES_KEPT);
}

function openOrders(state: ExecutionsState, event: Execution | OrdersGap): void {
  if (event.type === "ordersGap") {
    for (const orderId of event.orderId) state.orders.delete(orderId);
    return;
  }
  if (DONE.includes(objectIn(event.order)["order_status"])) state.orders.delete(event.orderId);
  else state.orders.set(event.orderId, event.order);
  state.sequence = event.sequence || state.sequence; // 0: the publisher's own, of no message
}

/** Return JSON texts of objects by a member that names them. Throw SCHEMA. */
function byName(texts: readonly string[], name: string): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const key = objectIn(text)[name];
      if (typeof key !== "string") throw new DecodeError("SCHEMA", name);
      return [key, text];
    }),
  );
}

/** Return a JSON text's object, of which only texts are looked at. Throw SCHEMA. */
function objectIn(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DecodeError("SCHEMA", "json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DecodeError("SCHEMA", "json");
  }
  return value as Readonly<Record<string, unknown>>;
}

function deltasOf(levels: readonly Level[]) {
  return levels.flatMap(({ price, qty }) => [whole(price), whole(qty)]);
}

function changeOf<T extends Order & { readonly kind: number }>(change: T) {
  const { price, qty, time } = change;
  return { ...change, price: whole(price), qty: whole(qty), time: whole(time) };
}

const TOP = ["bid", "bidQty", "ask", "askQty"] as const;
const TICKER = [
  ...TOP,
  ...(["last", "high", "low", "volume", "vwap", "change", "changePct", "trades"] as const),
] as const;
const CANDLE = [
  ...(["intervalBegin", "open", "high", "low", "close", "volume", "vwap", "trades"] as const),
] as const;

function topOf(event: TopValues): TopValues {
  return picked(event, TOP);
}

function tickerOf(event: TickerValues): TickerValues {
  return picked(event, TICKER);
}

function candleOf(event: CandleValues): CandleValues {
  return picked(event, CANDLE);
}

/** Return the values of these names that are there, and nothing else, in the order of the names. */
function picked<T extends object, K extends keyof T>(values: T, names: readonly K[]): Pick<T, K> {
  const found = names.filter((name) => name in values).map((name) => [name, values[name]]);
  return Object.freeze(Object.fromEntries(found)) as Pick<T, K>;
}
