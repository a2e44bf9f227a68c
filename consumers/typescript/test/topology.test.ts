/** The client where Redis is more than one plain server: sockets, TLS, Sentinels, a cluster. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";

import { Client } from "../src/client.js";
import type { Event } from "../src/events.js";
import type { Following } from "../src/following.js";
import { slotOf } from "../src/slots.js";
import { BookStory } from "./packing.js";
import { MISSING, TestServer, until } from "./servers.js";

const keyOf = (symbol: string) => `{kraken.${symbol}}:book.10`;

/** Return the next event of a type, of a stream if one is given. */
async function nextOf(following: Following<Event>, type: string, stream?: string): Promise<Event> {
  for (;;) {
    const { value, done } = await following.next();
    if (done) throw new Error(`it ended before ${type}`);
    if (value.type === type && (stream ?? value.stream) === value.stream) return value;
  }
}

describe("topology", { skip: MISSING ?? false, timeout: 90_000 }, () => {
  let servers: TestServer[];
  let story: BookStory;

  beforeEach(() => {
    servers = [];
    story = new BookStory();
  });
  afterEach(async () => {
    for (const server of servers) await server.end();
  });

  async function start(...options: string[]): Promise<TestServer> {
    const server = await TestServer.start(...options);
    servers.push(server);
    return server;
  }

  async function read(url: string, server: TestServer): Promise<void> {
    await server.add(`${keyOf(story.symbol)}.snap`, story.id, story.snapshot());
    const client = new Client(url);
    const book = await client.book(story.symbol, { depth: 10 });
    assert.equal(book.checksum(), story.checksum);
    client.close();
  }

  test("a Unix socket, and a database", async () => {
    const path = join("/tmp", `pykraken-ts-${process.pid}.sock`);
    const server = await start("--unixsocket", path);
    await server.send("SELECT", "3");
    await read(`unix://${path}?db=3`, server);
  });

  test("TLS with a private CA, mutual, and verified", async () => {
    const server = await start();
    const pem = (name: string) => join(server.folder, name);
    makeCertificates(server.folder);
    for (const [name, value] of [
      ["tls-cert-file", pem("server.crt")],
      ["tls-key-file", pem("server.key")],
      ["tls-ca-cert-file", pem("ca.crt")],
    ]) {
      await server.send("CONFIG", "SET", name, value);
    }
    const port = server.port + 1 > 65535 ? server.port - 1 : server.port + 1;
    await server.send("CONFIG", "SET", "tls-port", String(port));
    const ca = `ssl_ca_certs=${pem("ca.crt")}`;
    const own = `ssl_certfile=${pem("client.crt")}&ssl_keyfile=${pem("client.key")}`;
    await read(`rediss://127.0.0.1:${port}?${ca}&${own}`, server);
    for (const query of [own, ca]) {
      // Without the private CA nobody is believed; without a certificate nobody is let in.
      const client = new Client(`rediss://127.0.0.1:${port}?${query}`);
      await assert.rejects(client.book("BTC/USD", { depth: 10, waitS: 0.3 }), /did not answer/);
      client.close();
    }
  });

  test("Sentinels name the master, and are asked again where it is silent", async () => {
    const [first, second] = [await start(), await start()];
    const file = join(first.folder, "sentinel.conf");
    writeFileSync(file, `sentinel monitor mymaster 127.0.0.1 ${first.port} 1\n`);
    const sentinel = await TestServer.sentinel(file);
    servers.push(sentinel);
    const away = `127.0.0.1:1,127.0.0.1:${sentinel.port}`;
    await until("the Sentinel answers", async () => (await sentinel.send("PING")) === "PONG");
    await read(`redis+sentinel://${away}/mymaster`, first);
    const client = new Client(`redis+sentinel://${away}/mymaster/0`);
    const following = client.follow("BTC/USD", { depth: 10 });
    await nextOf(following, "joined");
    await sentinel.send("SENTINEL", "REMOVE", "mymaster");
    await sentinel.send("SENTINEL", "MONITOR", "mymaster", "127.0.0.1", String(second.port), "1");
    story.update(4n);
    await second.add(`${keyOf("BTC/USD")}.snap`, story.id, story.snapshot());
    await second.add(keyOf("BTC/USD"), `${story.epoch}-3`, story.update(8n));
    const { body } = await nextOf(following, "gap"); // within 6 s of silence
    assert.ok(body.type === "gap");
    client.close();
    const unknown = new Client(`redis+sentinel://${away}/other`);
    await assert.rejects(unknown.book("BTC/USD", { depth: 10, waitS: 0.2 }), /no master other/);
  });

  test("a cluster: each shard costs its own streams only, and slots may move", async () => {
    const [one, other] = await cluster();
    const client = new Client(`redis+cluster://127.0.0.1:${one.port}`);
    const [here, there] = symbols();
    const stories = { [here]: new BookStory(here), [there]: new BookStory(there) };
    for (const [server, symbol] of [
      [one, here],
      [other, there],
    ] as const) {
      const { id } = stories[symbol];
      await server.add(`${keyOf(symbol)}.snap`, id, stories[symbol].snapshot());
      await server.add(keyOf(symbol), `${id.slice(0, -1)}2`, stories[symbol].update(3n));
    }
    const following = client.follow([here, there], { depth: 10 });
    await nextOf(following, "update");
    await nextOf(following, "update");
    for (const qty of [5n, 6n, 7n]) {
      await one.add(keyOf(here), `${stories[here].epoch}-${qty - 2n}`, stories[here].update(qty));
      const update = await nextOf(following, "update");
      assert.equal(update.book.best("bid")?.qty, qty);
    }
    await move(there, other, one);
    for (const qty of [5n, 6n]) {
      await one.add(
        keyOf(there),
        `${stories[there].epoch}-${qty - 2n}`,
        stories[there].update(qty),
      );
      const update = await nextOf(following, "update");
      assert.equal(update.book.best("bid")?.qty, qty);
    }
    await move(there, one, other);
    await other.add(keyOf(there), `${stories[there].epoch}-5`, stories[there].update(7n));
    assert.equal((await nextOf(following, "update")).book.best("bid")?.qty, 7n);
    await other.stop();
    await one.send("CONFIG", "SET", "cluster-require-full-coverage", "no");
    for (const qty of [8n, 9n]) {
      await one.add(keyOf(here), `${stories[here].epoch}-${qty - 2n}`, stories[here].update(qty));
      const update = await nextOf(following, "update", keyOf(here));
      assert.equal(update.book.best("bid")?.qty, qty);
    }
    assert.equal((await client.book(here, { depth: 10 })).isValid, true);
    client.close();
  });

  /** Start a cluster of two nodes, each with half of the slots. */
  async function cluster(): Promise<[TestServer, TestServer]> {
    const yes = ["--cluster-enabled", "yes", "--cluster-require-full-coverage", "no"];
    const nodes: [TestServer, TestServer] = [await start(...yes), await start(...yes)];
    await nodes[0].send("CLUSTER", "ADDSLOTSRANGE", "0", "8191");
    await nodes[1].send("CLUSTER", "ADDSLOTSRANGE", "8192", "16383");
    await nodes[0].send("CLUSTER", "MEET", "127.0.0.1", String(nodes[1].port));
    for (const node of nodes) {
      await until("all slots are known", async () => {
        const text = String(await node.send("CLUSTER", "INFO"));
        return text.includes("cluster_slots_assigned:16384") && text.includes("cluster_state:ok");
      });
    }
    return nodes;
  }

  /** Move the slot of a symbol, with what is in it, to another node. */
  async function move(symbol: string, from: TestServer, to: TestServer): Promise<void> {
    const slot = String(slotOf(keyOf(symbol)));
    const [source, target] = [await from.send("CLUSTER", "MYID"), await to.send("CLUSTER", "MYID")];
    await to.send("CLUSTER", "SETSLOT", slot, "IMPORTING", String(source));
    await from.send("CLUSTER", "SETSLOT", slot, "MIGRATING", String(target));
    const keys = [keyOf(symbol), `${keyOf(symbol)}.snap`];
    await from.send("MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS", ...keys);
    for (const node of [to, from]) {
      await node.send("CLUSTER", "SETSLOT", slot, "NODE", String(target));
    }
  }

  /** Return a symbol of each half. */
  function symbols(): [string, string] {
    const names = Array.from({ length: 100 }, (_, number) => `S${number}/USD`);
    const isFirst = (name: string) => slotOf(keyOf(name)) < 8192;
    return [names.find(isFirst) ?? "", names.find((name) => !isFirst(name)) ?? ""];
  }
});

function makeCertificates(folder: string): void {
  const run = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const ca = ["-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test CA", "-days", "2"];
  run("req", "-x509", ...ec, ...ca);
  writeFileSync(join(folder, "ext"), "subjectAltName=IP:127.0.0.1\n");
  for (const name of ["server", "client"]) {
    run("req", ...ec, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const by = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext"];
    run("x509", "-req", "-in", `${name}.csr`, ...by, "-out", `${name}.crt`, "-days", "2");
  }
}
