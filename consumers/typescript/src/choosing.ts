/**
 * Which stream an application's words name: by the grammar of keys, or by the catalogue (WIRE §2.1,
 * §4.9). Pure. Knows nothing of Redis; rows of the catalogue are handed in.
 */
import { AmbiguousStream, NoStream } from "./errors.js";
import type { Channel, Listing } from "./life-events.js";
import { placeOf } from "./wire.js";

const PRIVATE: readonly Channel[] = ["executions", "balances"];
const WITHOUT_SYMBOL: readonly Channel[] = ["instrument", ...PRIVATE];
const NARROWING = ["depth", "interval", "trigger", "source", "account", "line"] as const;

/** Which words say more about a stream of a channel, beside `line`, in the order of its key. */
const MEANINGFUL: Readonly<Record<Channel, readonly (keyof Words)[]>> = {
  book: ["depth"],
  level3: ["depth"],
  bbo: ["source", "depth"],
  ticker: ["trigger"],
  trade: [],
  ohlc: ["interval"],
  instrument: [],
  executions: ["account"],
  balances: ["account"],
};

/**
 * What an application may say of the streams that it wants; what is left out the catalogue decides.
 */
export interface Words {
  /** `book` unless it is told. */
  readonly channel?: Channel | undefined;
  readonly depth?: number | undefined;
  /** Minutes of a candle. */
  readonly interval?: number | undefined;
  readonly trigger?: "bbo" | "trades" | undefined;
  readonly source?: "book" | "level3" | undefined;
  readonly account?: string | undefined;
  /** `a`, `b`, or `ab` for both as one. */
  readonly line?: "a" | "b" | "ab" | undefined;
}

/** A stream, or the two lines of one. */
export type Wanted = string | readonly [string, string];

/** One stream as an application's words say it; `symbol` may be a stream's key, or empty. */
export class Wish {
  readonly channel: Channel;

  constructor(
    readonly symbol: string,
    readonly words: Words,
  ) {
    this.channel = words.channel ?? "book";
  }

  toString(): string {
    const name = this.symbol || this.words.account || "";
    return this.channel === "book" ? name : `${this.channel} ${name}`.trim();
  }

  /** True when `symbol` is a stream's key. */
  get isKey(): boolean {
    return this.symbol.startsWith("{");
  }

  /** Return what the tags of its keys begin with: private streams stand apart (WIRE §2.1). */
  space(namespace: string): string {
    const isPrivate = this.isKey
      ? this.symbol.startsWith("{priv.")
      : PRIVATE.includes(this.channel);
    return isPrivate ? `priv.${namespace}` : namespace;
  }

  /** Return the stream that the words alone name, undefined where the catalogue has to say. */
  key(namespace: string): string | undefined {
    if (this.isKey) return this.symbol;
    const told = MEANINGFUL[this.channel].map((word) => this.words[word]);
    if (told.includes(undefined)) return undefined;
    const name = this.symbol || this.words.account || this.channel;
    const details = PRIVATE.includes(this.channel) ? "" : told.map((word) => `.${word}`).join("");
    const line = this.words.line ? `/${this.words.line}` : "";
    return `{${this.space(namespace)}.${name}}:${this.channel}${details}${line}`;
  }

  /** Return this wish, or where it is of both lines one for each. */
  lines(): readonly Wish[] {
    if (this.words.line !== "ab") return [this];
    if (this.isKey) return bothLines(this.symbol).map((stream) => new Wish(stream, {}));
    return (["a", "b"] as const).map((line) => new Wish(this.symbol, { ...this.words, line }));
  }
}

/** Return both lines of a stream, given one of them (WIRE §2.3). */
export function bothLines(stream: string): readonly [string, string] {
  const base = stream.slice(0, -1);
  return [`${base}a`, `${base}b`];
}

/** Return what is wanted, one for each symbol or key. Throw `TypeError` for senseless words. */
export function wishes(symbols: readonly string[], words: Words): Wish[] {
  const channel = words.channel ?? "book";
  if (!Object.hasOwn(MEANINGFUL, channel)) {
    const known = Object.keys(MEANINGFUL).join(", ");
    throw new TypeError(`no channel ${JSON.stringify(channel)}: one of ${known}`);
  }
  if (symbols.length > 0 && symbols.every((symbol) => symbol.startsWith("{"))) {
    const both: Words = words.line === "ab" ? { line: "ab" } : {};
    return symbols.map((symbol) => new Wish(symbol, both));
  }
  const meaningful = ["channel", "line", ...MEANINGFUL[channel]];
  for (const [word, value] of Object.entries(words)) {
    if (value !== undefined && !meaningful.includes(word)) {
      throw new TypeError(`${word} means nothing for ${channel}: leave it out`);
    }
  }
  if (WITHOUT_SYMBOL.includes(channel)) {
    if (symbols.length === 0) return [new Wish("", words)];
    throw new TypeError(`${channel} has no symbols: leave ${JSON.stringify(symbols[0])} out`);
  }
  if (symbols.length > 0) return symbols.map((symbol) => new Wish(symbol, words));
  throw new TypeError(`${channel} needs at least one symbol, such as "BTC/USD"`);
}

/** Return what is wanted of one stream; `symbol` is empty for a channel without symbols. */
export function oneWish(symbol: string, words: Words): Wish {
  return wishes(symbol === "" ? [] : [symbol], words)[0];
}

/**
 * Return the streams that would do, the one to be taken first (WIRE §4.9): of several the smallest
 * depth, or interval. Throw `NoStream` when there is none, `AmbiguousStream` when several are as
 * small.
 */
export function choose(listings: readonly Listing[], wish: Wish): Listing[] {
  const found = listings.filter((row) => isWanted(row, wish)).sort((a, b) => size(a) - size(b));
  if (found.length === 0) throw new NoStream(wish.toString());
  const smallest = found.filter((row) => size(row) === size(found[0]));
  if (smallest.length === 1) return found;
  throw new AmbiguousStream(
    wish.toString(),
    smallest.map(({ stream }) => stream),
  );
}

/** Return what holds a book. Throw `TypeError` for a stream of another channel. */
export function bookStream(wanted: Wanted): Wanted {
  const stream = typeof wanted === "string" ? wanted : wanted[0];
  if (["book", "level3"].includes(placeOf(stream))) return wanted;
  throw new TypeError(`${stream} holds no book: use state()`);
}

function isWanted(row: Listing, wish: Wish): boolean {
  if (wish.isKey) return row.stream === wish.symbol;
  const { words } = wish;
  return (
    row.channel === wish.channel &&
    (row.symbol ?? "") === wish.symbol &&
    NARROWING.every((word) => words[word] === undefined || words[word] === row[word])
  );
}

function size(row: Listing): number {
  return row.depth ?? row.interval ?? 0;
}
