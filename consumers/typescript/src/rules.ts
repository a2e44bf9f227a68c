/**
 * What the fields of one event say together: which come with which, ranges and order across them.
 *
 * Pure. `places` are the keys that are there, `event` what was read of them; it is whole where no
 * fault was noted so far, and only then are values looked at: what they could add is never worse
 * (WIRE §4, §5.3, §5.4).
 */
import type { Change, Level, Order } from "./book-events.js";
import type { Faults } from "./fields.js";
import type { Trade } from "./market-events.js";

type Places = ReadonlyMap<string, number>;
type Values = Readonly<Record<string, unknown>>;

const DELETE = 2; // WIRE §4.10
const TRADES_MAX = 50; // WIRE §4.13: "the latest ones, 50 at most"

const CANDLE = ["ib", "op", "hi", "lo", "cl", "vo", "vw", "n"];
const TOP = [
  ["bp", "bq"],
  ["ap", "aq"],
];
const BOTH_SIDES = ["bids", "asks"] as const;

/** Keys that come together or not at all: by event type, and of snapshots by channel. */
const TOGETHER: Readonly<Record<string, readonly (readonly string[])[]>> = {
  epoch: [
    ["pe", "ps"],
    ["mf", "ml"],
  ],
  top: TOP,
  bbo: TOP,
  ohlc: [CANDLE],
};

/** The keys of a snapshot's content that a pointer leaves to `.snap`. */
const CONTENT: Readonly<Record<string, readonly string[]>> = {
  book: ["b", "a"],
  level3: ["b", "a"],
  bbo: ["bp", "bq", "ap", "aq"],
  ticker: ["bp", "bq", "ap", "aq", "la", "lo", "hi", "vo", "vw", "cg", "cp", "n"],
  trade: ["lt", "x"],
  ohlc: CANDLE,
  instrument: ["ps", "as"],
  executions: ["os", "sq"],
  balances: ["bs", "sq"],
};
/** Channels whose content may be absent, in part or as a whole. */
const OPTIONAL = ["bbo", "ticker", "ohlc"];

/** Judge an event of a channel's stream that is no snapshot. */
export function judgeEvent(
  channel: string,
  kind: string,
  places: Places,
  event: Values,
  faults: Faults,
): void {
  judgeTogether(kind, places, faults);
  const isOfBook = channel === "book" || channel === "level3";
  if (kind === "heartbeat" && isOfBook && event["state"] === "live" && !places.has("c")) {
    faults.add("SCHEMA", "c"); // WIRE §4.6: the checksum is due where a book is live
  }
  if (!faults.isEmpty) return;
  if (kind === "orders") judgeChanges(event, faults);
  else if (kind === "trades") judgeTrades(event, faults);
  else if (kind === "gap" && channel === "trade") judgeGap(event, faults);
}

/** Judge a snapshot's content and pointer against each other (WIRE §4.3), then the content. */
export function judgeContent(
  channel: string,
  places: Places,
  event: Values,
  faults: Faults,
  isInSnap: boolean,
): void {
  judgeTogether(channel, places, faults);
  const keys = CONTENT[channel];
  const present = keys.filter((key) => places.has(key)).length;
  const isPointer = places.has("ptr");
  const isWhole = OPTIONAL.includes(channel) || present === keys.length;
  if (isPointer ? present > 0 || isInSnap : !isWhole) faults.add("SCHEMA", "ptr");
  if (!faults.isEmpty || isPointer) return;
  if (channel === "book") judgeLevels(event, faults);
  else if (channel === "level3") judgeOrders(event, faults);
  else if (channel === "trade") judgeLatest(event, faults);
}

function judgeTogether(kind: string, places: Places, faults: Faults): void {
  for (const keys of TOGETHER[kind] ?? []) {
    const present = keys.filter((key) => places.has(key)).length;
    if (present > 0 && present < keys.length) faults.add("SCHEMA", keys.join("/"));
  }
}

/** WIRE §4.10: no order is added or set to a qty of 0. */
function judgeChanges(event: Values, faults: Faults): void {
  for (const side of BOTH_SIDES) {
    const changes = event[side] as readonly Change[];
    if (changes.some(({ kind, qty }) => kind !== DELETE && qty === 0n)) faults.add("RANGE", side);
  }
}

/** WIRE §4.13: ids grow by 1. */
function judgeTrades(event: Values, faults: Faults): void {
  const trades = event["trades"] as readonly Trade[];
  const follows = (trade: Trade, at: number) =>
    at === 0 || trade.tradeId === trades[at - 1].tradeId + 1n;
  if (!trades.every(follows)) faults.add("ORDER", "x");
}

function judgeGap(event: Values, faults: Faults): void {
  if ((event["last"] as bigint) < (event["first"] as bigint)) faults.add("RANGE", "gl");
}

function judgeLatest(event: Values, faults: Faults): void {
  judgeTrades(event, faults);
  const trades = event["trades"] as readonly Trade[];
  if (trades.length > TRADES_MAX) faults.add("RANGE", "x");
  const latest = trades.at(-1);
  if (latest !== undefined && latest.tradeId !== event["lastTradeId"]) faults.add("ORDER", "lt");
}

/** Judge an L2 snapshot's levels by WIRE §5.3. */
function judgeLevels(event: Values, faults: Faults): void {
  for (const side of BOTH_SIDES) {
    const levels = event[side] as readonly Level[];
    if (levels.length > (event["depth"] as number) || levels.some(({ qty }) => qty === 0n)) {
      faults.add("RANGE", side);
    }
    for (let at = 1; at < levels.length; at += 1) {
      if (worsens(side, levels[at - 1].price, levels[at].price) <= 0) faults.add("ORDER", side);
    }
  }
}

/** Judge an L3 snapshot's orders by WIRE §5.4. */
function judgeOrders(event: Values, faults: Faults): void {
  for (const side of BOTH_SIDES) {
    const orders = event[side] as readonly Order[];
    const prices = new Set(orders.map(({ price }) => price));
    const ids = new Set(orders.map(({ orderId }) => orderId));
    const isOver = prices.size > (event["depth"] as number) || ids.size < orders.length;
    if (isOver || orders.some(({ qty }) => qty === 0n)) faults.add("RANGE", side);
    for (let at = 1; at < orders.length; at += 1) {
      const [before, order] = [orders[at - 1], orders[at]];
      const step = worsens(side, before.price, order.price);
      if (step < 0 || (step === 0 && order.time < before.time)) faults.add("ORDER", side);
    }
  }
}

/** Return 1 where the price gets worse from one level to the next, -1 where better, 0 neither. */
function worsens(side: "bids" | "asks", before: bigint, price: bigint): number {
  if (price === before) return 0;
  return price > before === (side === "asks") ? 1 : -1;
}
