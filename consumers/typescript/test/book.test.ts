/** Both books against plain models, with random updates and prices of every size. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { crc32 } from "node:zlib";

import type { Order } from "../src/book-events.js";
import { Book, checksumOf } from "../src/book.js";
import { type Whole, whole } from "../src/numbers.js";
import { OrderBook, ordersChecksum } from "../src/order-book.js";
import type { PlainChange } from "../src/plain.js";

/** A small generator of one's own, so that a failure comes again. */
class Random {
  constructor(private state: number) {}

  below(end: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 0x1_0000_0000) * end);
  }

  one<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }
}

/** Prices around the ends of what a `number` and 64 bits hold, and 40 digits. */
const BASES = [5n, 1n << 31n, 1n << 32n, 1n << 53n, 1n << 63n, 1n << 64n, 10n ** 39n];
const SIDES = ["bid", "ask"] as const;

function best<T>(prices: Map<bigint, T>, side: "bid" | "ask", depth: number): [bigint, T][] {
  const sign = side === "bid" ? -1 : 1;
  const sorted = [...prices].sort(([a], [b]) => (a < b ? -sign : sign));
  return sorted.slice(0, depth);
}

/** Kraken's checksum by the letter of WIRE §5.2, over text. */
function textChecksum(sides: readonly (readonly (readonly bigint[])[])[]): number {
  const text = sides.map((rows) => rows.map(([price, qty]) => `${price}${qty}`).join("")).join("");
  return crc32(text);
}

describe("book", () => {
  for (const base of BASES) {
    for (const depth of [1, 10, 25]) {
      test(`L2 around ${base}, depth ${depth}`, () => playL2(base, depth));
      test(`L3 around ${base}, depth ${depth}`, () => playL3(base, depth));
    }
  }

  test("empty sides give nothing, and 0 as the checksum", () => {
    for (const book of [new Book(), new OrderBook()]) {
      assert.equal(book.checksum(), 0);
      const { bestBid, bestOffer, spread, mid } = book;
      assert.deepEqual([bestBid, bestOffer, spread, mid], new Array(4).fill(undefined));
    }
  });

  test("decimals are exact at the edge", () => {
    const book = new Book();
    Object.assign(book, { pricePrecision: 3, qtyPrecision: 0 });
    book.load([{ price: 10n ** 39n + 1n, qty: 7n }], [{ price: 10n ** 39n + 4n, qty: 1n }], 5);
    assert.deepEqual(book.bestBid, { price: `${10n ** 36n}.001`, qty: "7" });
    assert.equal(book.spread, "0.003");
    assert.equal(book.mid, `${10n ** 36n}.0025`);
    assert.deepEqual(book.decimalLevels("ask", 1), [book.bestOffer]);
  });

  test("a copy keeps its moment", () => {
    const book = new Book();
    book.load([{ price: 5n, qty: 1n }], [], 5);
    const twin = book.copy();
    book.apply([5, 2], []);
    assert.equal(twin.best("bid")?.qty, 1n);
    assert.equal(book.best("bid")?.qty, 2n);
  });
});

function playL2(base: bigint, depth: number): void {
  const random = new Random(Number(base % 1009n) + depth);
  const book = new Book();
  book.load([], [], depth);
  let model = { bid: new Map<bigint, bigint>(), ask: new Map<bigint, bigint>() };
  for (let step = 0; step < 400; step += 1) {
    const deltas = { bid: [] as Whole[], ask: [] as Whole[] };
    for (let count = random.below(4); count >= 0; count -= 1) {
      const side = random.one(SIDES);
      const price = base + BigInt(random.below(40));
      const qty = random.below(3) === 0 ? 0n : base + BigInt(random.below(1e9));
      deltas[side].push(whole(price), whole(qty));
      if (qty === 0n) model[side].delete(price);
      else model[side].set(price, qty);
    }
    const own = book.apply(deltas.bid, deltas.ask);
    const [bids, asks] = SIDES.map((side) => best(model[side], side, depth));
    model = { bid: new Map(bids), ask: new Map(asks) };
    const rows = (side: "bid" | "ask") => book.levels(side).map(({ price, qty }) => [price, qty]);
    assert.deepEqual([rows("bid"), rows("ask")], [bids, asks]);
    assert.equal(own, textChecksum([asks.slice(0, 10), bids.slice(0, 10)]));
    assert.equal(own, checksumOf(book.levels("bid"), book.levels("ask")));
  }
}

function playL3(base: bigint, depth: number): void {
  const random = new Random(Number(base % 997n) + depth);
  const book = new OrderBook();
  book.load([], [], depth);
  let model: Record<"bid" | "ask", Order[]> = { bid: [], ask: [] };
  for (let step = 0; step < 400; step += 1) {
    const changes = { bid: [] as PlainChange[], ask: [] as PlainChange[] };
    for (let count = random.below(3); count >= 0; count -= 1) {
      const side = random.one(SIDES);
      const change = {
        kind: random.below(3),
        orderId: `O${random.below(30)}`,
        price: base + BigInt(random.below(8)),
        qty: base + BigInt(random.below(1e9)),
        time: BigInt(random.below(5)),
      };
      const { price, qty, time } = change;
      changes[side].push({ ...change, price: whole(price), qty: whole(qty), time: whole(time) });
      model[side] = changed(model[side], change);
    }
    const own = book.apply(changes.bid, changes.ask);
    model = { bid: cut(model.bid, "bid", depth), ask: cut(model.ask, "ask", depth) };
    assert.deepEqual(book.orders("bid"), model.bid);
    assert.deepEqual(book.orders("ask"), model.ask);
    const [bids, asks] = SIDES.map((side) =>
      cut(model[side], side, 10).map(({ price, qty }) => [price, qty]),
    );
    assert.equal(own, textChecksum([asks, bids]));
    assert.equal(own, ordersChecksum(book.orders("bid"), book.orders("ask")));
    assert.equal(own, book.copy().checksum());
  }
}

/** WIRE §5.4 to the letter, on a list of orders as they came. */
function changed(orders: readonly Order[], change: Order & { kind: number }): Order[] {
  const { kind, ...order } = change;
  const known = orders.find(({ orderId }) => orderId === order.orderId);
  const rest = orders.filter((each) => each !== known);
  if (known === undefined) return kind === 0 ? [...rest, order] : [...rest];
  if (kind === 2) return rest;
  const keepsPlace = kind === 1 && known.price === order.price && known.time === order.time;
  return keepsPlace ? orders.map((each) => (each === known ? order : each)) : [...rest, order];
}

/** Sorted by level and time, those of one time as they came; then the best levels. */
function cut(orders: readonly Order[], side: "bid" | "ask", depth: number): Order[] {
  const byPrice = new Map<bigint, Order[]>();
  for (const order of orders) {
    byPrice.set(order.price, [...(byPrice.get(order.price) ?? []), order]);
  }
  return best(byPrice, side, depth).flatMap(([, queue]) =>
    queue.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)),
  );
}
