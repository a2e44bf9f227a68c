/**
 * The short way to ordinary updates of books: bytes laid out as the publisher does, nothing odd.
 *
 * Pure. One pass, no map of fields, times left as the halves that they are and numbers in their
 * cheapest form, so that an update costs a fraction of what `decode` does; it becomes the event
 * that `decode` gives only for those that ask. Accepts only what `decode` would accept: whatever it
 * does not like it leaves to `decode`, so codes come from there.
 */
import type { Change, Level, Orders, Update } from "./book-events.js";
import { EntryId } from "./ids.js";
import { ARRAY_MAX, textOf, TEXT_MAX_BYTES } from "./msgpack.js";
import { exact, type Whole, wide } from "./numbers.js";

/** One change of an L3 book, numbers in their cheapest form. */
export interface PlainChange {
  readonly kind: number;
  readonly orderId: string;
  readonly price: Whole;
  readonly qty: Whole;
  readonly time: Whole;
}

/** What a plain update holds; `Deltas` are price and qty in turn, or an L3 book's changes. */
export class Plain<Deltas> {
  /** Where it was found; its replica says. */
  epoch = 0n;
  seq = 0;
  /** True where the book that took it in is the one that its checksum is of. */
  isProven = false;

  constructor(
    /** Times as signed halves of 32 bits: event, receipt, publication. */
    readonly times: readonly number[],
    readonly flags: number,
    readonly checksum: number,
    readonly bids: Deltas,
    readonly asks: Deltas,
  ) {}

  get tsEvent(): bigint {
    return wide(this.times[0], this.times[1]);
  }
}

export type PlainUpdate = Plain<readonly Whole[]>;
export type PlainOrders = Plain<readonly PlainChange[]>;

// How it begins: a map of eight, its keys in the order of WIRE §4 and §4.2 or §4.10, between them
// times of 64 bits and flags of one byte. All keys are there once, so none is doubled.
const LAYOUT = {
  update: layout("88a174a6757064617465"),
  orders: layout("88a174a66f7264657273"),
};
const TIMES = [14, 26, 38];
const FLAGS = 48;
const LEVELS = 51;
const DELETE = 2;

function layout(head: string): Buffer {
  const time = "0000000000000000";
  return Buffer.from(`${head}a27465cf${time}a27472cf${time}a27470cf${time}a16600a162`, "hex");
}

/** Return what a plain `update` holds, undefined for anything else or with any fault. */
export function plainUpdate(bytes: Buffer): PlainUpdate | undefined {
  return read(bytes, LAYOUT.update, readLevels);
}

/** Return what plain `orders` hold, undefined for anything else or with any fault. */
export function plainOrders(bytes: Buffer): PlainOrders | undefined {
  return read(bytes, LAYOUT.orders, readChanges);
}

/** Return the event that applications get. */
export function updateOf(plain: PlainUpdate): Update {
  return { type: "update", ...stamps(plain), bids: levels(plain.bids), asks: levels(plain.asks) };
}

/** Return the event that applications get. */
export function ordersOf(plain: PlainOrders): Orders {
  return { type: "orders", ...stamps(plain), bids: changes(plain.bids), asks: changes(plain.asks) };
}

function stamps({ epoch, seq, times, flags, checksum }: Plain<unknown>) {
  return {
    entryId: new EntryId(epoch, BigInt(seq)),
    tsEvent: wide(times[0], times[1]),
    tsRecv: wide(times[2], times[3]),
    tsPub: wide(times[4], times[5]),
    flags: BigInt(flags),
    checksum,
  };
}

function levels(deltas: readonly Whole[]): Level[] {
  const found: Level[] = [];
  for (let at = 0; at < deltas.length; at += 2) {
    found.push({ price: exact(deltas[at]), qty: exact(deltas[at + 1]) });
  }
  return found;
}

function changes(deltas: readonly PlainChange[]): Change[] {
  return deltas.map(({ kind, orderId, price, qty, time }) => ({
    kind: kind as Change["kind"],
    orderId,
    price: exact(price),
    qty: exact(qty),
    time: exact(time),
  }));
}

// Where reading stands: set by `read`, moved by what it calls, of use to nobody in between.
let at = 0;
let isOdd = false;

function read<Deltas>(
  bytes: Buffer,
  laidOut: Buffer,
  deltas: (bytes: Buffer) => Deltas,
): Plain<Deltas> | undefined {
  // A shorter entry than `ARRAY_MAX` bytes has no longer array.
  const { length } = bytes;
  if (length <= LEVELS || length > ARRAY_MAX || !isLaidOut(bytes, laidOut)) return undefined;
  at = LEVELS;
  isOdd = false;
  const bids = deltas(bytes);
  if (bytes[at] !== 0xa1 || bytes[at + 1] !== 0x61) return undefined;
  at += 2;
  const asks = deltas(bytes);
  if (bytes[at] !== 0xa1 || bytes[at + 1] !== 0x63) return undefined;
  at += 2;
  const checksum = number(bytes);
  if (isOdd || at !== length || checksum > 0xffffffff) return undefined;
  const times = [];
  for (const from of TIMES) times.push(int32(bytes, from), int32(bytes, from + 4));
  if ((times[0] | times[1]) === 0) return undefined; // a stamp that tells nothing
  return new Plain(times, bytes[FLAGS], Number(checksum), bids, asks);
}

function isLaidOut(bytes: Buffer, laidOut: Buffer): boolean {
  for (let place = 0; place < 14; place += 1) if (bytes[place] !== laidOut[place]) return false;
  for (let place = 22; place < 26; place += 1) if (bytes[place] !== laidOut[place]) return false;
  for (let place = 34; place < 38; place += 1) if (bytes[place] !== laidOut[place]) return false;
  return (
    bytes[46] === 0xa1 &&
    bytes[47] === 0x66 &&
    bytes[FLAGS] <= 0x7f &&
    bytes[49] === 0xa1 &&
    bytes[50] === 0x62
  );
}

function readLevels(bytes: Buffer): Whole[] {
  const deltas: Whole[] = [];
  const count = arrayLength(bytes);
  for (let level = 0; level < count && !isOdd; level += 1) {
    if (bytes[at++] !== 0x92) isOdd = true;
    else deltas.push(number(bytes), number(bytes));
  }
  return deltas;
}

function readChanges(bytes: Buffer): PlainChange[] {
  const found: PlainChange[] = [];
  const count = arrayLength(bytes);
  for (let change = 0; change < count && !isOdd; change += 1) {
    if (bytes[at++] !== 0x95) {
      isOdd = true;
      break;
    }
    const kind = bytes[at++];
    const orderId = text(bytes);
    const [price, qty, time] = [number(bytes), number(bytes), number(bytes)];
    if (kind > DELETE || (qty === 0 && kind !== DELETE)) isOdd = true;
    found.push({ kind, orderId, price, qty, time });
  }
  return found;
}

/** Read how many rows there are. Where the bytes end too early everything reads as odd. */
function arrayLength(bytes: Buffer): number {
  const head = bytes[at++];
  if (head >= 0x90 && head <= 0x9f) return head & 0x0f;
  if (head === 0xdc) {
    at += 2;
    return (bytes[at - 2] << 8) | bytes[at - 1];
  }
  isOdd = true;
  return 0;
}

function number(bytes: Buffer): Whole {
  const head = bytes[at++];
  if (head <= 0x7f) return head;
  switch (head) {
    case 0xcc:
      at += 1;
      return bytes[at - 1];
    case 0xcd:
      at += 2;
      return (bytes[at - 2] << 8) | bytes[at - 1];
    case 0xce:
      at += 4;
      return int32(bytes, at - 4) >>> 0;
    case 0xcf: {
      at += 8;
      const high = int32(bytes, at - 8) >>> 0;
      const low = int32(bytes, at - 4) >>> 0;
      return high <= 0x1fffff ? high * 0x1_0000_0000 + low : wide(high, low);
    }
    default: // what else msgpack allows is judged elsewhere
      isOdd = true;
      return 0;
  }
}

function text(bytes: Buffer): string {
  const head = bytes[at++];
  const isShort = head >= 0xa0 && head <= 0xbf;
  const length = isShort ? head & 0x1f : bytes[at++];
  if ((!isShort && head !== 0xd9) || at + length > bytes.length || length > TEXT_MAX_BYTES) {
    isOdd = true;
    return "";
  }
  at += length;
  for (let place = at - length; place < at; place += 1) if (bytes[place] > 0x7f) isOdd = true;
  return isOdd ? "" : textOf(bytes, at - length, at);
}

function int32(bytes: Buffer, from: number): number {
  return (bytes[from] << 24) | (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3];
}
