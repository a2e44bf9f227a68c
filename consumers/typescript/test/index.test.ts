/** The public names, so that none is lost or added by accident. */
import assert from "node:assert/strict";
import { test } from "node:test";

import * as library from "../src/index.js";

const NAMES = [
  ...["AmbiguousStream", "AnyBook", "BACKFILL", "BalancesState", "Book", "CONFLATED", "CROSSED"],
  ...["CandleState", "Client", "ClientClosed", "ConsumerError", "DecodeError", "EntryId", "Event"],
  ...["ExecutionsState", "Following", "InstrumentsState", "NoStream", "NotReady", "OrderBook"],
  ...["REVISED", "RedisRefused", "RedisUnreachable", "Replica", "Standing", "TickerState"],
  ...["TopState", "TradesState", "UNVERIFIED", "decode", "decodeListing", "decodeSnapshot"],
  ...["errorLine", "line", "parseId", "placeOf", "provenSnapshot", "scaled"],
];

test("the public names are these", () => {
  assert.deepEqual(Object.keys(library).sort(), NAMES.sort());
});

test("errors say who they are and what to change", () => {
  const errors = [
    new library.NoStream("X/Y"),
    new library.AmbiguousStream("X/Y", ["one", "other"]),
    new library.NotReady("stream", 5),
    new library.RedisRefused("NOPERM"),
    new library.RedisUnreachable("refused", 0.25),
  ];
  for (const error of errors) {
    assert.ok(error instanceof library.ConsumerError);
    assert.equal(error.name, error.constructor.name);
    assert.match(error.message, /start a publisher|pass line|try again|Check|check/);
  }
});
