/**
 * What every book, L2 or L3, says of its best levels: exact numbers, decimal texts at the edge.
 * Pure.
 *
 * Prices and quantities are scaled integers (unit = 10^-precision). A side that is empty gives
 * undefined, never a made-up number.
 */
import type { Level } from "./book-events.js";
import { EntryId } from "./ids.js";
import type { Channel } from "./life-events.js";
import { scaled } from "./numbers.js";
import type { Plain } from "./plain.js";

/** A side of a book. */
export type Side = "bid" | "ask";

/** WIRE §5.2: "the best 10 asks from the best, then the best 10 bids". */
export const CHECKSUM_LEVELS = 10;

/** One price and the total qty resting there, as exact decimal texts. */
export interface DecimalLevel {
  readonly price: string;
  readonly qty: string;
}

/** Where a state stands, and whether it can be trusted. Changed by its replica, read by anyone. */
export abstract class Standing {
  /** The stream's channel. */
  abstract readonly channel: Channel;
  /** Joined, contiguous, and where there is a checksum proven by it. */
  isValid = false;
  /** Valid, but nothing was heard for too long, the publisher said goodbye, or Redis is away. */
  isStale = false;
  private entryId = new EntryId(0n, 0n);
  private stamp = 0n;
  /** The ordinary update that it took in last; its numbers are made for those that ask. */
  private plain: Plain<unknown> | undefined;

  /** The epoch of the last entry that it took in. */
  get epoch(): bigint {
    return this.plain === undefined ? this.entryId.epoch : this.plain.epoch;
  }

  /** The seq of that entry. */
  get seq(): bigint {
    return this.plain === undefined ? this.entryId.seq : BigInt(this.plain.seq);
  }

  /** The venue's stamp of the last event that bore one, in nanoseconds since 1970 UTC. */
  get tsEvent(): bigint {
    return this.plain === undefined ? this.stamp : this.plain.tsEvent;
  }

  /** @internal */
  standAt(entryId: EntryId, tsEvent: bigint): void {
    this.entryId = entryId;
    this.stamp = tsEvent;
    this.plain = undefined;
  }

  /** @internal */
  standAtPlain(plain: Plain<unknown>): void {
    this.plain = plain;
  }
}

/** What books of both kinds are to their readers. */
export abstract class AnyBook extends Standing {
  symbol = "";
  depth = 0;
  pricePrecision = 0;
  qtyPrecision = 0;

  /** Return the levels of a side as scaled integers, best first, at most `limit`. */
  abstract levels(side: Side, limit?: number): Level[];

  /** Return Kraken's CRC-32 of the best ten levels a side, 0 for an empty book (WIRE §5). */
  abstract checksum(): number;

  /** Return the best level of a side as scaled integers, undefined when the side is empty. */
  best(side: Side): Level | undefined {
    return this.levels(side, 1)[0];
  }

  /** Return the levels of a side as exact decimals, best first, at most `limit`. */
  decimalLevels(side: Side, limit?: number): DecimalLevel[] {
    return this.levels(side, limit).map((level) => this.decimal(level));
  }

  /** The highest bid, undefined when there is none. */
  get bestBid(): DecimalLevel | undefined {
    const level = this.best("bid");
    return level && this.decimal(level);
  }

  /** The lowest ask, undefined when there is none. */
  get bestOffer(): DecimalLevel | undefined {
    const level = this.best("ask");
    return level && this.decimal(level);
  }

  /** Best offer minus best bid, undefined when a side is empty. */
  get spread(): string | undefined {
    const [bid, offer] = [this.best("bid"), this.best("ask")];
    if (bid === undefined || offer === undefined) return undefined;
    return scaled(offer.price - bid.price, this.pricePrecision);
  }

  /** The exact mean of best bid and best offer, undefined when a side is empty. */
  get mid(): string | undefined {
    const [bid, offer] = [this.best("bid"), this.best("ask")];
    if (bid === undefined || offer === undefined) return undefined;
    return scaled((bid.price + offer.price) * 5n, this.pricePrecision + 1);
  }

  private decimal({ price, qty }: Level): DecimalLevel {
    return {
      price: scaled(price, this.pricePrecision),
      qty: scaled(qty, this.qtyPrecision),
    };
  }

  /** Let a copy stand where this book stands. */
  protected standLike(book: AnyBook): this {
    const { symbol, depth, pricePrecision, qtyPrecision } = book;
    const { isValid, isStale } = book;
    this.standAt(new EntryId(book.epoch, book.seq), book.tsEvent);
    return Object.assign(this, { symbol, depth, pricePrecision, qtyPrecision, isValid, isStale });
  }
}
