/**
 * Decode one entry's `d` to a typed event, or refuse it with a code (WIRE §3, §4).
 *
 * Pure: bytes in, an event or `DecodeError` out. Nothing in the bytes is trusted: limits first,
 * then version, schema, ranges and order, and when several rules are broken the first in the order
 * of WIRE §8 is reported. Knows nothing of books, sequences or Redis. Ordinary updates of books,
 * bytes laid out as the publisher does, have a shorter way in `plain`, which accepts only what this
 * way would accept.
 */
import type {
  Balance,
  BalancesSnapshot,
  Execution,
  ExecutionsSnapshot,
  OrdersGap,
} from "./account-events.js";
import type { BookSnapshot, Orders, OrdersSnapshot, Update } from "./book-events.js";
import { DecodeError } from "./errors.js";
import { Faults, type Field, readFields, table } from "./fields.js";
import type { EntryId } from "./ids.js";
import type {
  Bye,
  Channel,
  Epoch,
  Feed,
  Heartbeat,
  Listing,
  Notice,
  Reset,
  Unknown,
} from "./life-events.js";
import type {
  Candle,
  CandleSnapshot,
  Closed,
  Instruments,
  InstrumentsSnapshot,
  Ticker,
  TickerSnapshot,
  Top,
  TopSnapshot,
  Trades,
  TradesGap,
  TradesSnapshot,
} from "./market-events.js";
import { outline, Reader } from "./msgpack.js";
import { judgeContent, judgeEvent } from "./rules.js";

// Bits of `flags` (WIRE §4.1).

/** This update was not compared with Kraken's checksum. */
export const UNVERIFIED = 1n;
/** The best bid is at or above the best offer, although the checksum passed. */
export const CROSSED = 2n;
/** Learned after the fact. */
export const BACKFILL = 4n;
/** Of a candle that was closed before, or of an interval before the open one's. */
export const REVISED = 8n;
/** Tops between this one and the one before were left out. */
export const CONFLATED = 16n;

/** The whole state of a channel's stream; `channel` says which. */
export type Snapshot =
  | BookSnapshot
  | OrdersSnapshot
  | TopSnapshot
  | TickerSnapshot
  | TradesSnapshot
  | CandleSnapshot
  | InstrumentsSnapshot
  | ExecutionsSnapshot
  | BalancesSnapshot;
/** What the streams of the channels tell beside what all streams do (WIRE §3.6). */
export type ChannelEvent =
  | Update
  | Orders
  | Top
  | Ticker
  | Trades
  | TradesGap
  | Candle
  | Closed
  | Instruments
  | Execution
  | OrdersGap
  | Balance;
/** What tells of a stream's life. */
export type LifeEvent = Epoch | Reset | Heartbeat | Bye | Feed | Notice | Unknown;
/** Any event of the wire; `type` says which. */
export type WireEvent = Snapshot | ChannelEvent | LifeEvent;

/**
 * Where an entry lies: in the stream of a channel (`ticker`), in the `.snap` beside one
 * (`ticker.snap`) or in a status stream (`status`). It decides which events and keys are known.
 */
export type Place = Channel | `${Channel}.snap` | "status";

/** Fields stand in the order of WIRE §9. */
const PRECISIONS = "pp:pricePrecision:precision qp:qtyPrecision:precision";
const SYMBOL = `y:symbol:text ${PRECISIONS}`;
const SYMBOL_DEPTH = `y:symbol:text d:depth:depth ${PRECISIONS}`;
const PTR = "ptr?:pointer:one";
const TOP = "bp?:bid:number bq?:bidQty:number ap?:ask:number aq?:askQty:number";
const TICKER =
  `${TOP} la?:last:number hi?:high:number lo?:low:number vo?:volume:number ` +
  "vw?:vwap:decimal cg?:change:decimal cp?:changePct:decimal n?:trades:uint";
const CANDLE =
  "ib:intervalBegin:time op:open:number hi:high:number lo:low:number cl:close:number " +
  "vo:volume:number vw:vwap:decimal n:trades:uint";
const GAP = "why:reason:text n?:note:text";

/** Of snapshots, by channel: what follows `v` and `ch`. */
const SNAPSHOTS: Readonly<Record<Channel, string>> = {
  book: `${SYMBOL_DEPTH} c:checksum:crc b?:bids:levels a?:asks:levels ${PTR}`,
  level3: `${SYMBOL_DEPTH} c:checksum:crc b?:bids:orders a?:asks:orders ${PTR}`,
  bbo: `${SYMBOL_DEPTH} ${PTR} sc:source:source ${TOP}`,
  ticker: `${SYMBOL} ${PTR} tg:trigger:trigger ${TICKER}`,
  trade: `${SYMBOL} ${PTR} x?:trades:trades lt?:lastTradeId:uint`,
  ohlc: `${SYMBOL} ${PTR} iv:interval:interval ${CANDLE.replace(/:(\w+:\w+)/g, "?:$1")}`,
  instrument: `${PTR} ps?:pairs:pairs as?:assets:assets`,
  executions: `${PTR} ac:account:text os?:orders:jsons sq?:sequence:uint`,
  balances: `${PTR} ac:account:text bs?:balances:jsons sq?:sequence:uint`,
};
const EVENTS: Readonly<Record<Channel, Readonly<Record<string, string>>>> = {
  book: { update: "c:checksum:crc b:bids:levels a:asks:levels" },
  level3: { orders: "c:checksum:crc b:bids:changes a:asks:changes" },
  bbo: { top: TOP },
  ticker: { ticker: TICKER },
  trade: { trades: "x:trades:trades", gap: `${GAP} gf:first:uint gl:last:uint` },
  ohlc: { candle: CANDLE, closed: CANDLE },
  instrument: { instruments: "ps:pairs:pairs as:assets:assets" },
  executions: {
    execution: "oi:orderId:text rp:report:json st:order:json sq:sequence:uint",
    gap: `${GAP} oi:orderId:texts`,
  },
  balances: { balance: "st:state:json rp:report:json as:asset:text sq:sequence:uint" },
};
const BYE = "n?:note:text";
const LIFE = { reset: GAP, heartbeat: "c?:checksum:crc s:state:feedState", bye: BYE };
const STATUS = {
  feed: "s:state:feedState ns:symbols:uint nl:live:uint sys:system:text",
  notice: "y:symbol:text k:kind:text n:note:text rp?:report:json",
  bye: BYE,
};
const EPOCH = "v:version:version why:reason:text fd:feed:text w:writer:uint";
const EPOCH_PAIRS = "pe?:prevEpoch:uint ps?:prevSeq:uint mf?:missedFirst:uint ml?:missedLast:uint";
const LISTING = table("v:version:version fd:feed:text l:line:text ep:epoch:uint");
const COMMON = table("te:tsEvent:time tr:tsRecv:time tp:tsPub:time f:flags:uint");
const HEADER_KEYS = ["ch", "y", "d", "pp", "qp", "sc", "tg", "iv", "ac"];
/** The two `gap`s bear names of their own where they are decoded: `gap` is the replica's word. */
const GAPS: Readonly<Record<string, string>> = { trade: "tradesGap", executions: "ordersGap" };

type Shapes = Readonly<Record<string, readonly Field[]>>;

/** By channel which events are known, and their fields, the common ones first. */
const SHAPES = new Map<string, Shapes>();
/** WIRE §4.3: what a stream is, for epochs and the catalogue; nothing for a status stream. */
const HEADERS = new Map<string, readonly Field[]>();

for (const [channel, content] of Object.entries(SNAPSHOTS)) {
  const snapshot = table(`v:version:version ch:channel:${channel} ${content}`);
  addShapes(channel, EVENTS[channel as Channel], LIFE);
  HEADERS.set(
    channel,
    snapshot.filter(({ key }) => HEADER_KEYS.includes(key)),
  );
  SHAPES.set(channel, { ...SHAPES.get(channel), snapshot: [...COMMON, ...snapshot] });
}
addShapes("status", STATUS, {});
HEADERS.set("status", []);
for (const [place, shapes] of SHAPES) {
  const header = HEADERS.get(place) ?? [];
  const epoch = [...COMMON, ...table(EPOCH), ...header, ...table(EPOCH_PAIRS)];
  SHAPES.set(place, { ...shapes, epoch });
}

function addShapes(place: string, own: object, life: object): void {
  const words = Object.entries({ ...own, ...life }) as [string, string][];
  const shapes = words.map(([kind, fields]) => [kind, [...COMMON, ...table(fields)]]);
  SHAPES.set(place, Object.fromEntries(shapes) as Shapes);
}

/**
 * Return the event in the `d` of an entry that lies in `place`. Throw `DecodeError` with the first
 * code, in the order of WIRE §8, that applies.
 */
export function decode(entryId: EntryId, data: Uint8Array, place: Place = "book"): WireEvent {
  const bytes = bufferOf(data);
  const { fields, hasOddKeys } = outline(bytes);
  const reader = new Reader(bytes);
  const isInSnap = place.endsWith(".snap");
  const channel = isInSnap ? place.slice(0, -5) : place;
  const kind = kindOf(reader, fields.get("t"));
  if (kind === undefined || (isInSnap && kind !== "snapshot")) throw new DecodeError("SCHEMA", "t");
  const shapes = SHAPES.get(channel);
  if (shapes === undefined) throw new RangeError(`no channel ${channel}`);
  const due = Object.hasOwn(shapes, kind) ? shapes[kind] : undefined;
  const event: Record<string, unknown> = { type: kind, entryId };
  const faults = new Faults();
  if (hasOddKeys) faults.add("SCHEMA", "keys");
  readFields(reader, fields, due ?? COMMON, event, faults);
  if (due !== undefined && kind === "snapshot") {
    judgeContent(channel, fields, event, faults, isInSnap);
  } else if (due !== undefined) {
    judgeEvent(channel, kind, fields, event, faults);
  }
  faults.throwFirst();
  if (due === undefined) return { type: "unknown", entryId, name: kind };
  if (kind === "gap") event["type"] = GAPS[channel];
  return event as unknown as WireEvent; // by its table: types and tables are tested together
}

/** Return the state in an entry of a channel's `.snap` (WIRE §4.3). Throw `DecodeError`. */
export function decodeSnapshot(entryId: EntryId, data: Uint8Array, channel: Channel): Snapshot {
  return decode(entryId, data, `${channel}.snap`) as Snapshot;
}

/** Return one value of the catalogue (WIRE §4.9). Throw `DecodeError`. */
export function decodeListing(stream: string, data: Uint8Array): Listing {
  const bytes = bufferOf(data);
  const { fields, hasOddKeys } = outline(bytes);
  const listing: Record<string, unknown> = { stream };
  const faults = new Faults();
  if (hasOddKeys) faults.add("SCHEMA", "keys");
  const due = [...LISTING, ...(HEADERS.get(placeOf(stream)) ?? [])];
  readFields(new Reader(bytes), fields, due, listing, faults);
  faults.throwFirst();
  return listing as unknown as Listing;
}

const KEY = /^[^]*?\}:([^./]*)/;

/** Return where the entries of a stream lie, by the grammar of WIRE §2.1; else `book`. */
export function placeOf(key: string): Place {
  const isInSnap = key.endsWith(".snap");
  const word = KEY.exec(isInSnap ? key.slice(0, -5) : key)?.[1] ?? "";
  const place = SHAPES.has(word) ? word : "book";
  return (isInSnap ? `${place}.snap` : place) as Place;
}

function kindOf(reader: Reader, at: number | undefined): string | undefined {
  if (at === undefined) return undefined;
  reader.at = at;
  return reader.isText() ? reader.text() : undefined;
}

function bufferOf(data: Uint8Array): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
