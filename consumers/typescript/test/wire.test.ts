/** Numbers at the edges, hostile bytes, canonical lines, ids. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { line } from "../src/canonical.js";
import { DecodeError } from "../src/errors.js";
import { EntryId, parseId } from "../src/ids.js";
import { NextId } from "../src/next-id.js";
import { scaled, whole } from "../src/numbers.js";
import { ordersOf, plainOrders, plainUpdate, updateOf } from "../src/plain.js";
import { decode, type Place, placeOf, type WireEvent } from "../src/wire.js";
import { BookStory, pack, type Packable } from "./packing.js";

const ID = new EntryId(1767323045000n, 7n);
const STAMPS = { te: 1n, tr: 2n, tp: 3n, f: 0n };
const PLACES: readonly Place[] = [
  ...(["book", "level3", "bbo", "ticker", "trade", "ohlc", "instrument"] as const),
  ...(["executions", "balances", "status", "book.snap", "trade.snap", "balances.snap"] as const),
];

function codeOf(bytes: Buffer, place: Place = "book"): string {
  try {
    decode(ID, bytes, place);
    return "";
  } catch (error) {
    if (error instanceof DecodeError) return error.code;
    throw error;
  }
}

describe("wire", () => {
  const edges = [0n, 127n, 128n, 255n, 256n, 1n << 31n, (1n << 32n) - 1n, (1n << 53n) - 1n];
  const wide = [
    1n << 53n,
    (1n << 63n) - 1n,
    1n << 63n,
    (1n << 64n) - 1n,
    1n << 64n,
    10n ** 40n - 1n,
  ];
  for (const number of [...edges, ...wide]) {
    test(`every digit of ${number} is kept`, () => {
      const levels: Packable = [[number, number]];
      const bytes = pack({ t: "update", ...STAMPS, b: levels, a: [], c: 1 });
      const event = decode(ID, bytes);
      assert.ok(event.type === "update");
      assert.deepEqual(event.bids, [{ price: number, qty: number }]);
      assert.ok(line(event).includes(`"bids":[[${number},${number}]]`));
      assert.equal(
        scaled(number, 2)
          .replace(".", "")
          .replace(/^0+(?=.)/, ""),
        String(number),
      );
    });
  }

  test("a number has one form", () => {
    assert.equal(typeof whole((1n << 53n) - 1n), "number");
    assert.equal(typeof whole(1n << 53n), "bigint");
    assert.equal(scaled(-5n, 3), "-0.005");
    assert.equal(scaled(0n, 0), "0");
  });

  test("hostile lengths are refused before room is made", () => {
    const claims = ["dd00030d41", "ddffffffff", "dfffffffff", "dbffffffff", "c6ffffffff", "de0041"];
    for (const claim of claims) {
      const bytes = Buffer.concat([Buffer.from("81a178", "hex"), Buffer.from(claim, "hex")]);
      assert.equal(codeOf(bytes), "MSGPACK");
    }
    // Within its limit, and many of them nested: as many as there are bytes, and not one more.
    const nested = Buffer.alloc(1_000_000, Buffer.from("dd00030d40", "hex"));
    assert.equal(codeOf(Buffer.concat([Buffer.from("81a178", "hex"), nested])), "MSGPACK");
    const before = process.memoryUsage().heapUsed;
    const wideArray = Buffer.concat([
      Buffer.from("81a178dd00030d40", "hex"),
      Buffer.alloc(200_000),
    ]);
    assert.equal(codeOf(wideArray), "SCHEMA");
    assert.ok(process.memoryUsage().heapUsed - before < 8_000_000);
    assert.equal(codeOf(Buffer.alloc(16 * 1024 * 1024 + 1)), "SIZE");
    assert.equal(codeOf(Buffer.alloc(0)), "MSGPACK");
  });

  test("any bytes are an event or a known code, and the short way agrees", () => {
    const story = new BookStory();
    const good = [
      story.snapshot(),
      story.update(5n),
      story.event("heartbeat", { s: "live", c: 1 }),
    ];
    let seed = 1;
    const below = (end: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % end;
    };
    for (let turn = 0; turn < 20_000; turn += 1) {
      const bytes = Buffer.from(good[below(good.length)]);
      for (let count = below(4); count >= 0; count -= 1) bytes[below(bytes.length)] = below(256);
      const cut = bytes.subarray(0, below(8) === 0 ? below(bytes.length) : bytes.length);
      const place = PLACES[below(PLACES.length)];
      codeOf(cut, place);
      agree(cut);
    }
  });

  test("the short way takes what publishers write", () => {
    const stamp = "cf1886caf223f1fc00";
    const head = (t: string) => `88a174${t}a27465${stamp}a27472${stamp}a27470${stamp}a16600a162`;
    const update = `${head("a6757064617465")}9192cd271005a16190a16307`;
    const orders = `${head("a66f7264657273")}919500a24f31cd271005${stamp}a16190a16307`;
    assert.ok(plainUpdate(Buffer.from(update, "hex")));
    assert.ok(plainOrders(Buffer.from(orders, "hex")));
    for (const text of [update, orders]) {
      const bytes = Buffer.from(text, "hex");
      for (let at = 0; at < bytes.length; at += 1) {
        for (const value of [0, 1, 0x7f, 0x80, 0x90, 0x9f, 0xc0, 0xcb, 0xcf, 0xd3, 0xdc, 0xff]) {
          const changed = Buffer.from(bytes);
          changed[at] = value;
          agree(changed);
        }
        agree(bytes.subarray(0, at));
      }
    }
  });

  test("keys tell where entries lie", () => {
    assert.equal(placeOf("{kraken.BTC/USD}:book.10/a"), "book");
    assert.equal(placeOf("{kraken.BTC/USD}:book.10.snap"), "book.snap");
    assert.equal(placeOf("{kraken.feed.book.10.x}:status"), "status");
    assert.equal(placeOf("{priv.kraken.main}:balances"), "balances");
    assert.equal(placeOf("{kraken.A}:constructor"), "book");
    assert.equal(placeOf("anything"), "book");
  });
});

describe("ids", () => {
  test("are read and ordered", () => {
    const id = parseId("1767323045000-18446744073709551615");
    assert.equal(String(id), "1767323045000-18446744073709551615");
    assert.ok(parseId("1-9").isBefore(parseId("1-10")) && parseId("1-9").isBefore(parseId("2-0")));
    assert.ok(parseId("1-9").isFollowedBy(parseId("2-0")) && !id.isFollowedBy(id));
    assert.throws(() => parseId("now"), RangeError);
  });

  test("the next one is counted in digits", () => {
    for (const start of [0n, 8n, 98n, 9_998n, 199n, 123_456_789n]) {
      const next = new NextId(new EntryId(12n, start));
      for (let step = 1n; step < 300n; step += 1n) {
        const text = `12-${start + step}`;
        assert.ok(next.is(Buffer.from(text)) && next.is(text), text);
        assert.ok(!next.is(Buffer.from(`12-${start + step + 1n}`)));
        next.advance();
      }
    }
  });
});

/** Where the short way takes bytes, the long way must say the same. */
function agree(bytes: Buffer): void {
  const update = plainUpdate(bytes);
  const orders = plainOrders(bytes);
  if (update !== undefined) same(updateOf(update), decode(new EntryId(0n, 0n), bytes, "book"));
  if (orders !== undefined) same(ordersOf(orders), decode(new EntryId(0n, 0n), bytes, "level3"));
}

function same(one: WireEvent, other: WireEvent): void {
  assert.equal(line(one), line(other));
  assert.deepEqual({ ...one }, { ...other });
}
