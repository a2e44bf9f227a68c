/**
 * What pykraken publishes, rebuilt and verified from its Redis Streams (consumers/spec/WIRE.md).
 *
 *     const client = new Client("redis://127.0.0.1:6379");
 *     for await (const { book } of client.follow("BTC/USD", { depth: 10 })) {
 *       if (book.isValid) console.log(book.bestBid, book.bestOffer);
 *     }
 */
export * from "./account-events.js";
export * from "./book-events.js";
export { Book } from "./book.js";
export { errorLine, line } from "./canonical.js";
export { provenSnapshot } from "./channels.js";
export type { Words } from "./choosing.js";
export { Client } from "./client.js";
export type {
  Abortable,
  ClientOptions,
  EntriesWords,
  FollowWords,
  Scope,
  StateWords,
} from "./client.js";
export * from "./errors.js";
export { Event } from "./events.js";
export type {
  Body,
  Disconnected,
  Entry,
  Gap,
  Joined,
  Jump,
  Line,
  LineDown,
  LineUp,
  LocalEvent,
  Missed,
  Quarantined,
  Reconnected,
  Regression,
  Span,
  Stale,
  TrimWarning,
} from "./events.js";
export { Following } from "./following.js";
export { EntryId, parseId } from "./ids.js";
export { AnyBook, type DecimalLevel, type Side, Standing } from "./levels.js";
export type * from "./life-events.js";
export type * from "./market-events.js";
export { scaled } from "./numbers.js";
export { OrderBook } from "./order-book.js";
export type { Start } from "./records.js";
export { type Missing, type RawEntry, Replica, type Want } from "./replica.js";
export * from "./states.js";
export {
  BACKFILL,
  type ChannelEvent,
  CONFLATED,
  CROSSED,
  decode,
  decodeListing,
  decodeSnapshot,
  type LifeEvent,
  type Place,
  placeOf,
  REVISED,
  type Snapshot,
  UNVERIFIED,
  type WireEvent,
} from "./wire.js";
