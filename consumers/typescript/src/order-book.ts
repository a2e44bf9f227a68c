/**
 * The L3 book of one stream: two sides of price levels, each a queue of orders, kept by WIRE §5.4.
 *
 * Knows nothing of Redis, msgpack or sequences. Each side is an array of levels sorted so that the
 * best is last, beside the orders by their ids; an order keeps the checksum of its own digits once
 * that was asked for. Promises: after `load` or `apply` the sides hold at most `depth` price
 * levels, and `checksum()` is Kraken's CRC-32.
 */
import type { Level, Order } from "./book-events.js";
import { finished, joined, register, START } from "./crc.js";
import { AnyBook, CHECKSUM_LEVELS, type Side } from "./levels.js";
import { exact, type Whole, whole } from "./numbers.js";
import type { PlainChange } from "./plain.js";

const ADD = 0; // WIRE §4.10
const MODIFY = 1;
const DELETE = 2;

/** A resting order, and the CRC register of its digits; `length` is 0 while that is not known. */
class Resting {
  register = 0;
  length = 0;

  constructor(
    readonly orderId: string,
    readonly price: Whole,
    public qty: Whole,
    readonly time: Whole,
  ) {}
}

/** The orders of one price, first in line first. */
class Queue {
  readonly orders: Resting[] = [];

  constructor(readonly price: Whole) {}

  /** Put an order behind all whose time is not later. */
  insert(order: Resting): void {
    let at = this.orders.length;
    while (at > 0 && this.orders[at - 1].time > order.time) at -= 1;
    this.orders.splice(at, 0, order);
  }
}

/** Levels of one side, best last. */
class OrderSide {
  private queues: Queue[] = [];
  private byId = new Map<string, Resting>();

  constructor(private readonly isBid: boolean) {}

  /** Replace all orders; they come best level first, each level in queue order. */
  load(orders: readonly Order[], depth: number): void {
    this.queues = [];
    this.byId = new Map();
    for (const { orderId, price, qty, time } of orders) {
      this.putIn(new Resting(orderId, whole(price), whole(qty), whole(time)));
    }
    this.cut(depth);
  }

  /** Make each change in array order, then cut to `depth` levels (WIRE §5.4). */
  apply(changes: readonly PlainChange[], depth: number): void {
    for (const change of changes) this.change(change);
    this.cut(depth);
  }

  /** Return the CRC register after all orders of the best ten levels. */
  registerAfter(before: number): number {
    let after = before;
    const last = Math.max(0, this.queues.length - CHECKSUM_LEVELS);
    for (let at = this.queues.length - 1; at >= last; at -= 1) {
      for (const order of this.queues[at].orders) {
        if (order.length === 0) {
          const [price, qty] = [order.price.toString(), order.qty.toString()];
          order.length = price.length + qty.length;
          order.register = register(register(0, price), qty);
        }
        after = joined(after, order.register, order.length);
      }
    }
    return after;
  }

  /** Return the queues of at most `limit` levels, best first. */
  read(limit: number): Queue[] {
    return this.queues.slice(Math.max(0, this.queues.length - limit)).reverse();
  }

  private change({ kind, orderId, price, qty, time }: PlainChange): void {
    const known = this.byId.get(orderId);
    if (known !== undefined && kind === MODIFY && known.price === price && known.time === time) {
      known.qty = qty;
      known.length = 0;
      return;
    }
    if (known === undefined && kind !== ADD) return; // "that is not there is ignored"
    if (known !== undefined) this.takeOut(known);
    if (kind !== DELETE) this.putIn(new Resting(orderId, price, qty, time));
  }

  private putIn(order: Resting): void {
    const at = this.placeOf(order.price);
    let queue = this.queues[at];
    if (queue === undefined || queue.price !== order.price) {
      queue = new Queue(order.price);
      this.queues.splice(at, 0, queue);
    }
    queue.insert(order);
    this.byId.set(order.orderId, order);
  }

  private takeOut(order: Resting): void {
    const at = this.placeOf(order.price);
    const { orders } = this.queues[at];
    orders.splice(orders.indexOf(order), 1);
    if (orders.length === 0) this.queues.splice(at, 1);
    this.byId.delete(order.orderId);
  }

  private placeOf(price: Whole): number {
    let low = 0;
    let high = this.queues.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.queues[middle].price;
      if (this.isBid ? other < price : other > price) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private cut(depth: number): void {
    const over = this.queues.length - depth;
    if (over <= 0) return;
    for (const { orders } of this.queues.splice(0, over)) {
      for (const { orderId } of orders) this.byId.delete(orderId);
    }
  }
}

/**
 * The L3 book of one stream at an entry: all that `Book` says, of levels with their total qty, and
 * `orders` besides. Changed by its replica; `copy()` keeps a moment.
 */
export class OrderBook extends AnyBook {
  readonly channel = "level3";
  private readonly bids = new OrderSide(true);
  private readonly asks = new OrderSide(false);
  private afterAsks = START; // they come first in the checksum

  /**
   * Replace both sides by orders, best level first, and keep `depth` levels of each from now on.
   */
  load(bids: readonly Order[], asks: readonly Order[], depth: number): void {
    this.depth = depth;
    this.bids.load(bids, depth);
    this.asks.load(asks, depth);
    this.afterAsks = this.asks.registerAfter(START);
  }

  /**
   * Make one event's changes, bids then asks (WIRE §5.4); return `checksum()`.
   * @internal
   */
  apply(bids: readonly PlainChange[], asks: readonly PlainChange[]): number {
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

  /** Return the orders of at most `limit` levels, best level first, each in queue order. */
  orders(side: Side, limit = Infinity): Order[] {
    const queues = this.sideOf(side).read(limit);
    return queues.flatMap(({ orders }) =>
      orders.map(({ orderId, price, qty, time }) => ({
        orderId,
        price: exact(price),
        qty: exact(qty),
        time: exact(time),
      })),
    );
  }

  override levels(side: Side, limit = Infinity): Level[] {
    return this.sideOf(side)
      .read(limit)
      .map(({ price, orders }) => ({
        price: exact(price),
        qty: orders.reduce((total, { qty }) => total + exact(qty), 0n),
      }));
  }

  /** Return a book of its own that no replica changes. */
  copy(): OrderBook {
    const twin = new OrderBook();
    twin.load(this.orders("bid"), this.orders("ask"), this.depth);
    return twin.standLike(this);
  }

  private sideOf(side: Side): OrderSide {
    return side === "bid" ? this.bids : this.asks;
  }
}

/** Return the checksum of two sides of orders, each best level first, in queue order. */
export function ordersChecksum(bids: readonly Order[], asks: readonly Order[]): number {
  let after = START;
  for (const side of [asks, bids]) {
    const prices = new Set<bigint>();
    for (const { price, qty } of side) {
      prices.add(price);
      if (prices.size > CHECKSUM_LEVELS) break;
      after = register(after, `${price}${qty}`);
    }
  }
  return finished(after);
}
