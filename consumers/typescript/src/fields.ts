/**
 * The kinds of values that fields of events have, how each is read and judged (WIRE §3.4 to §3.7).
 *
 * Pure. A *kind* is a scalar (`uint`, `text`, ...), an array of scalars (`texts`) or an array of
 * rows (`levels`), each row an array of scalars. A bad value is noted in `Faults` and read as
 * undefined, so that the worst fault of the whole entry is the one that is reported. Knows nothing
 * of event types.
 */
import { type Code, DecodeError } from "./errors.js";
import type { Reader } from "./msgpack.js";
import { exact } from "./numbers.js";

/** WIRE §11: a reader of version N reads N and N-1; there was no version before 1. */
const VERSIONS = [1];
const DECIMAL_MAX_BYTES = 64;
const UINT_END = 1n << 64n;
const BIG = /^[1-9][0-9]{19,39}$/; // 2^64 has 20 digits
const DECIMAL = /^-?[0-9]+(\.[0-9]+)?$/;
/** WIRE §8: "the first of this order is reported". */
const ORDER: readonly Code[] = ["VERSION", "SCHEMA", "RANGE", "ORDER"];

/** Keeps the fault that is to be reported of an entry. */
export class Faults {
  private worst = ORDER.length;
  private where = "";

  /** Note a fault. Return undefined, which is what a bad value reads as. */
  add(code: Code, where: string): undefined {
    const rank = ORDER.indexOf(code);
    if (rank >= this.worst) return;
    this.worst = rank;
    this.where = where;
  }

  get isEmpty(): boolean {
    return this.worst === ORDER.length;
  }

  /** Throw `DecodeError` with the first fault in the order of WIRE §8, if there is any. */
  throwFirst(): void {
    if (!this.isEmpty) throw new DecodeError(ORDER[this.worst], this.where);
  }
}

/** One key of an event: its short and its full name, its kind and whether it must be there. */
export interface Field {
  readonly key: string;
  readonly name: string;
  readonly kind: Kind;
  readonly isRequired: boolean;
}

/** Reads the value at hand, and goes on behind it; undefined where it is bad. */
type Read = (reader: Reader, faults: Faults, key: string) => unknown;

/** Return the fields that words such as `y:symbol:text` and `n?:note:text` name. */
export function table(words: string): readonly Field[] {
  return words.split(" ").map((word) => {
    const [key, name, kind] = word.split(":");
    return { key: key.replace("?", ""), name, kind: kind as Kind, isRequired: !key.endsWith("?") };
  });
}

/** Read the fields that are due into `event` by their names; note what is wrong with each. */
export function readFields(
  reader: Reader,
  places: ReadonlyMap<string, number>,
  due: readonly Field[],
  event: Record<string, unknown>,
  faults: Faults,
): void {
  for (const { key, name, kind, isRequired } of due) {
    const at = places.get(key);
    if (at === undefined) {
      if (isRequired) faults.add("SCHEMA", key);
      continue;
    }
    reader.at = at;
    const value = KINDS[kind](reader, faults, key);
    if (value !== undefined) event[name] = value;
  }
}

function uint(reader: Reader, faults: Faults, key: string): bigint | undefined {
  if (!reader.isInt()) return mistyped(reader, faults, key);
  const value = reader.int();
  return value < 0 ? faults.add("RANGE", key) : exact(value);
}

function between(low: number, high: number): Read {
  return (reader, faults, key) => {
    if (!reader.isInt()) return mistyped(reader, faults, key);
    const value = reader.int();
    return value < low || value > high ? faults.add("RANGE", key) : Number(value);
  };
}

function version(reader: Reader, faults: Faults, key: string): number | undefined {
  if (!reader.isInt()) return mistyped(reader, faults, key);
  const value = Number(reader.int());
  return VERSIONS.includes(value) ? value : faults.add("VERSION", key);
}

function number(reader: Reader, faults: Faults, key: string): bigint | undefined {
  if (!reader.isText()) return uint(reader, faults, key);
  const digits = reader.text();
  const value = BIG.test(digits) ? BigInt(digits) : 0n;
  return value < UINT_END ? faults.add("RANGE", key) : value;
}

function text(reader: Reader, faults: Faults, key: string): string | undefined {
  return reader.isText() ? reader.text() : mistyped(reader, faults, key);
}

function decimal(reader: Reader, faults: Faults, key: string): string | undefined {
  const value = text(reader, faults, key);
  if (value === undefined) return undefined;
  const isGood = value.length <= DECIMAL_MAX_BYTES && DECIMAL.test(value);
  return isGood ? value : faults.add("RANGE", key);
}

function oneOf(...words: readonly string[]): Read {
  return (reader, faults, key) => {
    const value = text(reader, faults, key);
    if (value === undefined) return undefined;
    return words.includes(value) ? value : faults.add("RANGE", key);
  };
}

/** A `json` is one text, or the pieces of one. */
function json(reader: Reader, faults: Faults, key: string): string | undefined {
  if (reader.isText()) return reader.text();
  const pieces = texts(reader, faults, key) as string[] | undefined;
  return pieces?.join("");
}

function mistyped(reader: Reader, faults: Faults, key: string): undefined {
  reader.skip();
  return faults.add("SCHEMA", key);
}

function arrayOf(read: Read): Read {
  return (reader, faults, key) => {
    const start = reader.at;
    const length = reader.arrayLength();
    if (length < 0) {
      reader.at = start;
      return mistyped(reader, faults, key);
    }
    const values: unknown[] = [];
    for (let at = 0; at < length; at += 1) {
      const value = read(reader, faults, key);
      if (value !== undefined) values.push(value);
    }
    return values.length === length ? values : undefined;
  };
}

/** A row is an array of fixed length (WIRE §3.4); `columns` are names and kinds. */
function row(columns: string): Read {
  const cells = columns.split(" ").map((word) => word.split(":"));
  const names = cells.map(([name]) => name);
  const reads = cells.map(([, kind]) => KINDS[kind as Kind]);
  return (reader, faults, key) => {
    const start = reader.at;
    if (reader.arrayLength() !== names.length) {
      reader.at = start;
      return mistyped(reader, faults, key);
    }
    const values: Record<string, unknown> = {};
    let isGood = true;
    for (let at = 0; at < names.length; at += 1) {
      const value = reads[at](reader, faults, key);
      if (value === undefined) isGood = false;
      values[names[at]] = value;
    }
    return isGood ? values : undefined;
  };
}

const texts = arrayOf(text);
const SCALARS = {
  uint,
  number,
  text,
  decimal,
  json,
  version,
  time: uint,
  crc: between(0, 0xffffffff),
  depth: between(1, 100_000),
  interval: between(1, 100_000),
  precision: between(0, 30),
  one: between(1, 1),
  change: between(0, 2),
  taker: between(0, 1),
  ordType: between(0, 2),
  feedState: oneOf("disconnected", "awaiting_snapshot", "live"),
  source: oneOf("book", "level3"),
  trigger: oneOf("bbo", "trades"),
  // A stream's own channel and no other (WIRE §4.3), one kind for each.
  book: oneOf("book"),
  level3: oneOf("level3"),
  bbo: oneOf("bbo"),
  ticker: oneOf("ticker"),
  trade: oneOf("trade"),
  ohlc: oneOf("ohlc"),
  instrument: oneOf("instrument"),
  executions: oneOf("executions"),
  balances: oneOf("balances"),
} satisfies Record<string, Read>;

/** The names of the kinds. */
export type Kind =
  | keyof typeof SCALARS
  | "texts"
  | "jsons"
  | "levels"
  | "orders"
  | "changes"
  | "trades"
  | "pairs"
  | "assets";

const KINDS: Record<Kind, Read> = { ...SCALARS } as Record<Kind, Read>;
Object.assign(KINDS, {
  texts,
  jsons: arrayOf(json),
  levels: arrayOf(row("price:number qty:number")),
  orders: arrayOf(row("orderId:text price:number qty:number time:time")),
  changes: arrayOf(row("kind:change orderId:text price:number qty:number time:time")),
  trades: arrayOf(row("tradeId:uint side:taker price:number qty:number ordType:ordType time:time")),
  pairs: arrayOf(row("symbol:text status:text pricePrecision:uint qtyPrecision:uint words:json")),
  assets: arrayOf(row("id:text status:text precision:uint words:json")),
} satisfies Partial<Record<Kind, Read>>);
