/** What URLs say, and what they may not; slots of a cluster, and where redirections lead. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { bySlot, mapOf, redirectionOf, slotOf, withoutBlock } from "../src/slots.js";
import { parseUrl } from "../src/url.js";

describe("url", () => {
  test("forms", () => {
    const one = parseUrl("redis://me:p%40ss@host:7000/3");
    assert.deepEqual([one.kind, one.nodes, one.db], ["one", [{ host: "host", port: 7000 }], 3]);
    assert.deepEqual(one.options, { username: "me", password: "p@ss" });
    const tls = parseUrl("rediss://[::1]?ssl_ca_certs=/ca.pem&protocol=3&ssl_cert_reqs=required");
    assert.deepEqual([tls.isTls, tls.nodes], [true, [{ host: "::1", port: 6379 }]]);
    const sentinel = parseUrl("redis+sentinel://:pw@a,b:5/main/2?sentinel_password=x");
    assert.deepEqual(sentinel.nodes, [
      { host: "a", port: 26379 },
      { host: "b", port: 5 },
    ]);
    assert.deepEqual([sentinel.master, sentinel.db], ["main", 2]);
    assert.equal(parseUrl("rediss+cluster://a:1,b:2").kind, "cluster");
    const unix = parseUrl("unix://me:pw@/run/re%20dis.sock?db=1");
    assert.deepEqual([unix.path, unix.db, unix.options.username], ["/run/re dis.sock", 1, "me"]);
  });

  const refused: [url: string, rule: RegExp][] = [
    ["http://secret@h", /must be a URL redis:\/\//],
    ["redis://", /with a host/],
    ["redis://a,b", /must name one host/],
    ["redis://a:0", /port below 65536/],
    ["redis://a:x", /port below 65536/],
    ["redis://::1", /brackets/],
    ["redis://a/x", /number as the database/],
    ["redis://a/1?db=1", /not both/],
    ["redis://a/1/2", /must end behind/],
    ["redis://secret@a", /password .* with the user/],
    ["redis://u:secret@a?password=secret", /not both/],
    ["redis://u:secret@a?password_file=/f", /not both/],
    ["redis://a?db=1&db=2", /once/],
    ["redis://a?db", /name=value/],
    ["redis://a?colour=red", /only db, protocol/],
    ["redis://a?ssl_ca_certs=/x", /must be of rediss/],
    ["rediss://a?ssl_cert_reqs=none", /always verified/],
    ["rediss://a?ssl_keyfile=/x", /ssl_certfile/],
    ["redis://a?sentinel_password=secret", /redis\+sentinel/],
    ["redis://a?protocol=4", /protocol=2 or/],
    ["redis+sentinel://a", /name the master/],
    ["redis+cluster://a/1", /a cluster has one/],
    ["unix://a/b", /three slashes/],
    ["unix:///", /three slashes/],
  ];
  for (const [url, rule] of refused) {
    test(`${url} is refused`, () => {
      assert.throws(
        () => parseUrl(url),
        (error: Error) =>
          error instanceof TypeError &&
          rule.test(error.message) &&
          !error.message.includes("secret"),
      );
    });
  }
});

describe("slots", () => {
  test("of keys", () => {
    assert.equal(slotOf("123456789"), 12739);
    assert.equal(slotOf("{user1000}.following"), slotOf("user1000"));
    assert.equal(slotOf("foo{}{bar}"), slotOf("foo{}{bar}"));
  });

  test("an XREAD apart", () => {
    const head = ["XREAD", "COUNT", "5", "BLOCK", "9", "STREAMS"];
    const parts = bySlot([...head, "{a}:1", "{b}:2", "{a}:3", "0-1", "0-2", "0-3"]);
    assert.deepEqual(
      [...parts.values()],
      [
        [...head, "{a}:1", "{a}:3", "0-1", "0-3"],
        [...head, "{b}:2", "0-2"],
      ],
    );
    assert.deepEqual(withoutBlock(["XREAD", "BLOCK", "9", "STREAMS", "s", "0"]), [
      ...["XREAD", "STREAMS", "s", "0"],
    ]);
  });

  test("maps and redirections", () => {
    const asked = { host: "h", port: 1 };
    const map = mapOf([[0, 99, [Buffer.from(""), 7000]]], asked);
    assert.deepEqual(map.owner(99), { host: "h", port: 7000 });
    assert.equal(map.owner(100), undefined);
    assert.throws(() => mapOf("no map", asked), TypeError);
    const moved = { isMoved: true, slot: 3, node: { host: "::1", port: 5 } };
    assert.deepEqual(redirectionOf("MOVED 3 ::1:5", asked), moved);
    assert.equal(redirectionOf("ASK 3 :5", asked)?.node.host, "h");
    assert.equal(redirectionOf("ERR", asked), undefined);
  });
});
