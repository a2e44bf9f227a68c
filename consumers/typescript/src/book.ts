/**
 * The L2 book of one stream: two sides of price levels, kept by WIRE §5.
 *
 * Knows nothing of Redis, msgpack or sequences. Each side is one array sorted so that the best
 * level is last, where most changes are; a level keeps the checksum of its own digits once that was
 * asked for. Promises: after `load` or `apply` the sides hold at most `depth` levels, and
 * `checksum()` is Kraken's CRC-32 of what they hold.
 */
import type { Level } from "./book-events.js";
import { finished, joined, register, START } from "./crc.js";
import { AnyBook, CHECKSUM_LEVELS, type Side } from "./levels.js";
import { exact, type Whole, whole } from "./numbers.js";

/** A level, and the CRC register of its digits; `length` is 0 while that is not known. */
class Resting {
  register = 0;
  length = 0;

  constructor(
    readonly price: Whole,
    public qty: Whole,
  ) {}
}

/** Levels of one side, best last. */
class BookSide {
  private levels: Resting[] = [];

  constructor(private readonly isBid: boolean) {}

  /** Replace all levels; they come best first. */
  load(levels: readonly Level[], depth: number): void {
    const kept = levels.slice(0, depth).reverse();
    this.levels = kept.map(({ price, qty }) => new Resting(whole(price), whole(qty)));
  }

  /** Set or remove each level (price and qty in turn), then cut to `depth` (WIRE §5.1). */
  apply(deltas: readonly Whole[], depth: number): void {
    for (let at = 0; at < deltas.length; at += 2) this.set(deltas[at], deltas[at + 1]);
    const over = this.levels.length - depth;
    if (over > 0) this.levels.splice(0, over);
  }

  /** Return the CRC register after the best ten levels. */
  registerAfter(before: number): number {
    const { levels } = this;
    let after = before;
    const last = Math.max(0, levels.length - CHECKSUM_LEVELS);
    for (let at = levels.length - 1; at >= last; at -= 1) {
      const level = levels[at];
      if (level.length === 0) {
        const [price, qty] = [level.price.toString(), level.qty.toString()];
        level.length = price.length + qty.length;
        level.register = register(register(0, price), qty);
      }
      after = joined(after, level.register, level.length);
    }
    return after;
  }

  /** Return at most `limit` levels, best first. */
  read(limit: number): Level[] {
    const found: Level[] = [];
    for (let at = this.levels.length - 1; at >= 0 && found.length < limit; at -= 1) {
      const { price, qty } = this.levels[at];
      found.push({ price: exact(price), qty: exact(qty) });
    }
    return found;
  }

  private set(price: Whole, qty: Whole): void {
    const { levels } = this;
    const at = this.placeOf(price);
    const level = levels[at];
    if (level !== undefined && level.price === price) {
      if (qty === 0) return remove(levels, at);
      level.qty = qty;
      level.length = 0;
    } else if (qty !== 0) {
      insert(levels, at, new Resting(price, qty));
    }
  }

  /** Return the place of a price: where it is, or where it would be. */
  private placeOf(price: Whole): number {
    const { levels, isBid } = this;
    let low = 0;
    let high = levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = levels[middle].price;
      if (isBid ? other < price : other > price) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

// `splice` makes an array at each call; near the end of one these loops are a few steps long.
function insert(levels: Resting[], place: number, level: Resting): void {
  levels.push(level);
  for (let at = levels.length - 1; at > place; at -= 1) levels[at] = levels[at - 1];
  levels[place] = level;
}

function remove(levels: Resting[], place: number): void {
  for (let at = place + 1; at < levels.length; at += 1) levels[at - 1] = levels[at];
  levels.pop();
}

/** The L2 book of one stream at an entry. Changed by its replica; `copy()` keeps a moment. */
export class Book extends AnyBook {
  readonly channel = "book";
  private readonly bids = new BookSide(true);
  private readonly asks = new BookSide(false);
  private afterAsks = START; // they come first in the checksum

  /** Replace both sides by levels, best first, and keep `depth` of each from now on. */
  load(bids: readonly Level[], asks: readonly Level[], depth: number): void {
    this.depth = depth;
    this.bids.load(bids, depth);
    this.asks.load(asks, depth);
    this.afterAsks = this.asks.registerAfter(START);
  }

  /**
   * Apply one update's deltas (price and qty in turn), bids then asks, a qty of 0 removing; return
   * `checksum()`.
   * @internal
   */
  apply(bids: readonly Whole[], asks: readonly Whole[]): number {
    if (bids.length > 0) this.bids.apply(bids, this.depth);
    if (asks.length > 0) {
      this.asks.apply(asks, this.depth);
      this.afterAsks = this.asks.registerAfter(START);
    }
    return this.checksum();
  }

  override checksum(): number {
    return finished(this.bids.registerAfter(this.afterAsks));
  }

  override levels(side: Side, limit = Infinity): Level[] {
    return (side === "bid" ? this.bids : this.asks).read(limit);
  }

  /** Return a book of its own that no replica changes. */
  copy(): Book {
    const twin = new Book();
    twin.load(this.levels("bid"), this.levels("ask"), this.depth);
    return twin.standLike(this);
  }
}

/** Return the checksum of two sides that come best first (WIRE §5.2). */
export function checksumOf(bids: readonly Level[], asks: readonly Level[]): number {
  let after = START;
  for (const side of [asks, bids]) {
    for (const { price, qty } of side.slice(0, CHECKSUM_LEVELS)) {
      after = register(after, `${price}${qty}`);
    }
  }
  return finished(after);
}
