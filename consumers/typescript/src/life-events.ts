/**
 * Events that tell of a stream's life, those of a status stream, and the catalogue's rows. Types
 * only. Fields bear the names of WIRE §9; what a stream has not is left out.
 */
import type { Stamped } from "./book-events.js";
import type { EntryId } from "./ids.js";

/** One of Kraken's channels. */
export type Channel =
  | "book"
  | "level3"
  | "bbo"
  | "ticker"
  | "trade"
  | "ohlc"
  | "instrument"
  | "executions"
  | "balances";

/** What a stream is (the header of WIRE §4.3). */
export interface Header {
  readonly channel: Channel;
  readonly symbol?: string;
  readonly depth?: number;
  readonly pricePrecision?: number;
  readonly qtyPrecision?: number;
  readonly source?: "book" | "level3";
  readonly trigger?: "bbo" | "trades";
  readonly interval?: number;
  readonly account?: string;
}

/** A new life of the sequence (WIRE §4.4). */
export interface Epoch extends Stamped, Partial<Header> {
  readonly type: "epoch";
  readonly version: number;
  readonly reason: string;
  readonly feed: string;
  readonly writer: bigint;
  readonly prevEpoch?: bigint;
  readonly prevSeq?: bigint;
  readonly missedFirst?: bigint;
  readonly missedLast?: bigint;
}

/** The state was dropped; a snapshot follows (WIRE §4.5). */
export interface Reset extends Stamped {
  readonly type: "reset";
  readonly reason: string;
  readonly note?: string;
}

/** Where a publisher stands with the venue. */
export type FeedState = "disconnected" | "awaiting_snapshot" | "live";

/** Alive, nothing new (WIRE §4.6). `checksum` is that of a live book. */
export interface Heartbeat extends Stamped {
  readonly type: "heartbeat";
  readonly checksum?: number;
  readonly state: FeedState;
}

/** The publisher stopped on request (WIRE §4.7). */
export interface Bye extends Stamped {
  readonly type: "bye";
  readonly note?: string;
}

/** A status stream's pulse (WIRE §4.8): how many symbols, how many are live. */
export interface Feed extends Stamped {
  readonly type: "feed";
  readonly state: FeedState;
  readonly symbols: bigint;
  readonly live: bigint;
  readonly system: string;
}

/** Something that people should know (WIRE §4.8). */
export interface Notice extends Stamped {
  readonly type: "notice";
  readonly symbol: string;
  readonly kind: string;
  readonly note: string;
  readonly report?: string;
}

/** An event whose type, `name`, this reader does not know; it keeps its place (WIRE §3.6). */
export interface Unknown {
  readonly type: "unknown";
  readonly entryId: EntryId;
  readonly name: string;
}

/** One stream of the catalogue (WIRE §4.9). A hint, not a proof. */
export interface Listing extends Header {
  readonly stream: string;
  readonly version: number;
  readonly feed: string;
  /** `a`, `b`, or empty where there is one line only. */
  readonly line: string;
  readonly epoch: bigint;
}
