/**
 * Events of books, L2 and L3: as the publisher wrote them. Types only.
 *
 * Fields bear the names of WIRE §9. Prices and quantities are scaled integers, times nanoseconds.
 */
import type { EntryId } from "./ids.js";

/** What every event of the wire has (WIRE §4). */
export interface Stamped {
  readonly entryId: EntryId;
  /** The venue's stamp, in nanoseconds since 1970 UTC; 0 where it gave none. */
  readonly tsEvent: bigint;
  /** When the publisher received the frame. */
  readonly tsRecv: bigint;
  /** When the publisher encoded the event. */
  readonly tsPub: bigint;
  /** Bits of WIRE §4.1: `UNVERIFIED`, `CROSSED`, `BACKFILL`, `REVISED`, `CONFLATED`. */
  readonly flags: bigint;
}

/** What every snapshot has (WIRE §4.3). */
export interface AnyState extends Stamped {
  readonly type: "snapshot";
  readonly version: number;
  /** 1 where the content lies in `.snap` and is not here. */
  readonly pointer?: 1;
}

/** What the header of a stream of one symbol has. */
export interface OfSymbol {
  readonly symbol: string;
  readonly pricePrecision: number;
  readonly qtyPrecision: number;
}

/** One price and the total qty resting there, as scaled integers. */
export interface Level {
  readonly price: bigint;
  readonly qty: bigint;
}

/** One resting order; `time` rules its place in the queue. */
export interface Order {
  readonly orderId: string;
  readonly price: bigint;
  readonly qty: bigint;
  readonly time: bigint;
}

/** One change of an L3 book; `kind` is 0 add, 1 modify, 2 delete. */
export interface Change extends Order {
  readonly kind: 0 | 1 | 2;
}

/** One Kraken message, verified (WIRE §4.2). A qty of 0 removes the level. */
export interface Update extends Stamped {
  readonly type: "update";
  readonly checksum: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** The whole book (WIRE §4.3), best levels first. */
export interface BookSnapshot extends AnyState, OfSymbol {
  readonly channel: "book";
  readonly depth: number;
  readonly checksum: number;
  readonly bids?: readonly Level[];
  readonly asks?: readonly Level[];
}

/** One Kraken message of `level3`, verified (WIRE §4.10). */
export interface Orders extends Stamped {
  readonly type: "orders";
  readonly checksum: number;
  readonly bids: readonly Change[];
  readonly asks: readonly Change[];
}

/** The whole L3 book, best level first, each in queue order (WIRE §4.10). */
export interface OrdersSnapshot extends AnyState, OfSymbol {
  readonly channel: "level3";
  readonly depth: number;
  readonly checksum: number;
  readonly bids?: readonly Order[];
  readonly asks?: readonly Order[];
}
