/** The client against a real server: what it tells, what it throws, and how it ends. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Client } from "../src/client.js";
import {
  AmbiguousStream,
  ClientClosed,
  NoStream,
  NotReady,
  RedisRefused,
  RedisUnreachable,
} from "../src/errors.js";
import type { Event } from "../src/events.js";
import type { Following } from "../src/following.js";
import { BookStory, pack } from "./packing.js";
import { freePort, MISSING, TestServer, until } from "./servers.js";

const STREAM = "{kraken.BTC/USD}:book.10";

/** Return the next event of a type, whatever comes before it. */
async function nextOf(following: Following<Event>, type: string): Promise<Event> {
  for (;;) {
    const { value, done } = await following.next();
    if (done) throw new Error(`it ended before ${type}`);
    if (value.type === type) return value;
  }
}

describe("client", { skip: MISSING ?? false, timeout: 60_000 }, () => {
  let server: TestServer;
  let client: Client;
  let story: BookStory;

  before(async () => {
    server = await TestServer.start();
    client = new Client(server.url);
  });
  beforeEach(async () => {
    await server.send("FLUSHALL");
    story = new BookStory();
  });
  after(async () => {
    client.close();
    await server.end();
  });

  const add = (data: Buffer) => server.add(STREAM, story.id, data);
  const snap = () => server.add(`${STREAM}.snap`, story.id, story.snapshot());

  test("follows from a snapshot, and the book is that of each event", async () => {
    await snap();
    await add(story.update(7n));
    const following = client.follow("BTC/USD", { depth: 10 });
    const joined = await nextOf(following, "joined");
    assert.equal(joined.book.isValid, true);
    assert.equal(joined.book.bestBid?.qty, "0.005");
    const update = await nextOf(following, "update");
    assert.equal(update.stream, STREAM);
    assert.deepEqual(update.book.best("bid"), { price: 100n, qty: 7n });
    assert.equal(update.book.spread, "0.01");
    assert.equal(update.book.mid, "1.005");
    assert.ok(update.body.type === "update");
    assert.deepEqual(update.body.bids, [{ price: 100n, qty: 7n }]);
    const kept = update.book.copy();
    await add(story.update(9n));
    await nextOf(following, "update");
    assert.equal(kept.seq, 2n);
    assert.equal(kept.best("bid")?.qty, 7n);
    await following.return();
  });

  test("tells a gap, and joins behind it", async () => {
    await snap();
    const following = client.follow(STREAM);
    await nextOf(following, "joined");
    story.update(8n);
    await add(story.update(9n));
    const { body } = await nextOf(following, "gap");
    assert.ok(body.type === "gap");
    assert.equal(`${body.cursor} ${body.found}`, `${story.epoch}-1 ${story.epoch}-3`);
    await snap();
    const joined = await nextOf(following, "joined");
    assert.equal(joined.book.best("bid")?.qty, 9n);
    await following.return();
  });

  test("a wrong checksum is quarantined", async () => {
    await snap();
    const following = client.follow(STREAM);
    await nextOf(following, "joined");
    const wrong = { te: 5, tr: 5, tp: 5, f: 0, b: [[100, 1]], a: [], c: 1 };
    await add(story.event("update", wrong));
    const { body, state } = await nextOf(following, "quarantined");
    assert.ok(body.type === "quarantined");
    assert.equal(body.code, "CHECKSUM");
    assert.equal(state.isValid, false);
    await following.return();
  });

  test("one-shot calls give the state, or say why there is none", async () => {
    await snap();
    await add(story.update(3n));
    const book = await client.book("BTC/USD", { depth: 10 });
    assert.equal(book.best("bid")?.qty, 3n);
    assert.equal(book.checksum(), story.checksum);
    await assert.rejects(client.book("ETH/USD", { depth: 10, waitS: 0.1 }), NoStream);
    await add(story.event("reset", { why: "checksum" }));
    await assert.rejects(client.book("BTC/USD", { depth: 10, waitS: 0.3 }), NotReady);
    await assert.rejects(client.book("BTC/USD", { channel: "trade" }), TypeError);
    const away = new Client(`redis://127.0.0.1:${await freePort()}`);
    await assert.rejects(away.book(STREAM, { waitS: 0.2 }), RedisUnreachable);
    await assert.rejects(away.streams(), RedisUnreachable);
  });

  test("a stream that is not there may be an error", async () => {
    const following = client.follow(STREAM, { missing: "throw" });
    await assert.rejects(following.next(), NoStream);
    assert.deepEqual(await following.next(), { done: true, value: undefined });
  });

  test("the catalogue decides what words leave open", async () => {
    const catalogue = "{kraken.catalogue}:streams";
    await server.send("HSET", catalogue, STREAM, story.listing("f1"), "bad", pack(7));
    await snap();
    assert.equal((await client.book("BTC/USD")).symbol, "BTC/USD");
    assert.equal(client.chosen.get("BTC/USD"), STREAM);
    assert.deepEqual(
      (await client.streams()).map(({ stream }) => stream),
      [STREAM],
    );
    await assert.rejects(client.follow("XRP/USD").next(), NoStream);
    for (const line of ["a", "b"]) {
      await server.send("HSET", catalogue, `${STREAM}/${line}`, story.listing("f", line));
    }
    await assert.rejects(client.follow("BTC/USD").next(), AmbiguousStream);
    assert.throws(() => client.follow("BTC/USD", { channel: "instrument" }), TypeError);
  });

  test("a snapshot is asked for at the feed", async () => {
    const key = "{kraken.catalogue}:streams";
    await server.send("HSET", key, STREAM, story.listing("book.10.BTC/USD"));
    await client.requestSnapshot("BTC/USD");
    const rows = await server.send("XRANGE", "{kraken.feed.book.10.BTC/USD}:requests", "-", "+");
    const [[, [field, data]]] = rows as [[string, [string, string]]];
    assert.equal(field, "d");
    assert.equal(data, "\x82\xa1t\xa8snapshot\xa1y\xa7BTC/USD".replace(/[\x80-\xff]/g, "\ufffd"));
  });

  test("entries are given as they are, holes told", async () => {
    await add(story.update(3n));
    story.seq += 1n;
    await add(story.event("bye"));
    const types: string[] = [];
    for await (const { body } of client.entries(STREAM, { start: "oldest" })) {
      types.push(body.type);
      if (body.type === "bye") break;
    }
    assert.deepEqual(types, ["update", "gap", "bye"]);
  });

  test("closing ends what waits at once, and a client may be used again", async () => {
    await snap();
    const own = new Client(server.url);
    const following = own.follow(STREAM);
    await nextOf(following, "joined");
    const waiting = following.next();
    const call = own.book("{kraken.NO/NE}:book.10", { waitS: 60 });
    await until(
      "both wait",
      async () => String(await server.send("CLIENT", "LIST")).split("\n").length > 3,
    );
    const began = performance.now();
    own.close();
    assert.deepEqual(await waiting, { done: true, value: undefined });
    await assert.rejects(call, ClientClosed);
    assert.ok(performance.now() - began < 500);
    assert.equal((await own.book(STREAM)).isValid, true);
    await until("no connection is left", async () => {
      const list = String(await server.send("CLIENT", "LIST")).trim();
      return list.split("\n").length === 1;
    });
  });

  test("a signal ends an iterator", async () => {
    const abort = new AbortController();
    const following = client.follow(STREAM, { signal: abort.signal });
    const waiting = following.next();
    abort.abort();
    assert.equal((await waiting).done, true);
    assert.equal((await client.follow(STREAM, { signal: abort.signal }).next()).done, true);
  });

  test("calls of next that do not wait are answered in order", async () => {
    await snap();
    const following = client.follow(STREAM);
    const turns = [following.next(), following.next(), following.next()];
    await turns[0];
    await add(story.update(2n));
    await add(story.update(3n));
    const found = await Promise.all(turns);
    assert.deepEqual(
      found.map(({ value }) => (value as Event).type),
      ["joined", "update", "update"],
    );
    await following.return();
  });

  test("both lines are told as one", async () => {
    const [a, b] = [`${STREAM}/a`, `${STREAM}/b`];
    await server.add(`${a}.snap`, story.id, story.snapshot());
    await server.add(`${b}.snap`, story.id, story.snapshot());
    const following = client.follow("BTC/USD", { depth: 10, line: "ab" });
    await nextOf(following, "lineUp");
    await nextOf(following, "lineUp");
    const data = story.update(4n);
    await server.add(b, story.id, data);
    const update = await nextOf(following, "update");
    assert.equal(update.book.best("bid")?.qty, 4n);
    await server.add(a, story.id, data);
    await server.add(a, `${story.epoch}-3`, story.event("bye"));
    const down = await nextOf(following, "lineDown");
    assert.ok(down.body.type === "lineDown" && down.body.line === "a" && down.book.isValid);
    await following.return();
  });

  test("a server that goes away and comes back is told of", async () => {
    await snap();
    const own = await TestServer.start();
    const other = new Client(own.url);
    await own.add(`${STREAM}.snap`, story.id, story.snapshot());
    const following = other.follow(STREAM);
    await nextOf(following, "joined");
    await own.stop();
    const lost = await nextOf(following, "disconnected");
    assert.equal(lost.state.isStale, true);
    const back = nextOf(following, "reconnected");
    await own.run();
    await back;
    await own.add(STREAM, `${story.epoch}-2`, story.update(6n));
    const update = await nextOf(following, "update");
    assert.equal(update.state.isStale, false);
    other.close();
    await own.end();
  });

  test("a refusal that does not pass is an error that says what to do", async () => {
    const acl = ["ACL", "SETUSER", "reader", "reset", "on", ">secret", "~*", "+xread"];
    await server.send(...acl);
    const at = `127.0.0.1:${server.port}`;
    const refused = (url: string) => new Client(url).follow(STREAM).next();
    await assert.rejects(refused(`redis://reader:wrong@${at}`), /RedisRefused.*WRONGPASS/);
    await assert.rejects(refused(`redis://reader:secret@${at}`), /NOPERM.*XREVRANGE/);
    await assert.rejects(refused(`redis://reader:secret@${at}?protocol=3`), RedisRefused);
    await server.send("SET", STREAM, "no stream");
    await snap();
    await assert.rejects(nextOf(client.follow(STREAM), "update"), /WRONGTYPE/);
  });

  test("a password in a file is read at each connect", async () => {
    const file = join(server.folder, "password");
    writeFileSync(file, "old\n");
    await server.send("ACL", "SETUSER", "reader", "reset", "on", ">new", "~*", "+@read");
    await snap();
    const url = `redis://reader@127.0.0.1:${server.port}?password_file=${file}`;
    const own = new Client(url);
    const following = own.follow(STREAM);
    const { body } = await nextOf(following, "disconnected");
    assert.ok(body.type === "disconnected" && body.reason.startsWith("WRONGPASS"));
    writeFileSync(file, "new\n");
    await nextOf(following, "joined");
    own.close();
  });
});
