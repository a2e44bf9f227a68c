/**
 * Plays every kind of vector against the library; each player throws where it differs.
 *
 * Used by the library's own tests and by the conformance program.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";

import { checksumOf } from "../src/book.js";
import { errorLine, line } from "../src/canonical.js";
import { choose, Wish, type Words } from "../src/choosing.js";
import { AmbiguousStream, DecodeError, NoStream } from "../src/errors.js";
import type { Event } from "../src/events.js";
import { parseId } from "../src/ids.js";
import { TradeLines } from "../src/line-trades.js";
import { type LineNumber, Lines } from "../src/lines.js";
import { ordersChecksum } from "../src/order-book.js";
import { plainOrders, plainUpdate, updateOf, ordersOf } from "../src/plain.js";
import { Replica } from "../src/replica.js";
import { decode, decodeListing, type Place, type WireEvent } from "../src/wire.js";
import { fieldsOf, finalOf } from "./spelling.js";

export const STREAMS: Readonly<Record<string, string>> = {
  book: "{kraken.BTC/USD}:book.10",
  level3: "{kraken.BTC/USD}:level3.10",
  bbo: "{kraken.BTC/USD}:bbo.book.10",
  ticker: "{kraken.BTC/USD}:ticker.bbo",
  trade: "{kraken.BTC/USD}:trade",
  ohlc: "{kraken.BTC/USD}:ohlc.1",
  instrument: "{kraken.instrument}:instrument",
  executions: "{priv.kraken.main}:executions",
  balances: "{priv.kraken.main}:balances",
};

interface Held {
  readonly id: string;
  readonly hex: string;
}
interface Step {
  readonly now?: string;
  readonly line?: "a" | "b";
  readonly snap?: Held | null;
  readonly entry?: Held;
  readonly pointer?: Held | null;
  readonly heads?: { readonly stream: string | null };
  readonly then?: Record<string, unknown>;
}
interface Vector {
  readonly name: string;
  readonly stream?: string;
  readonly id: string;
  readonly hex?: string;
  readonly repeat?: readonly (readonly [string, number])[];
  readonly alternatives?: readonly string[];
  readonly event: Record<string, unknown>;
  readonly canonical: string;
  readonly checksum?: "right" | "wrong";
  readonly code?: string;
  readonly field: string;
  readonly value: Record<string, unknown>;
  readonly rows: readonly { readonly field: string; readonly hex: string }[];
  readonly wish: Record<string, string>;
  readonly chosen?: string;
  readonly waits?: "no";
  readonly steps: readonly Step[];
  readonly expect: readonly unknown[];
  readonly final: Record<string, unknown>;
}

/** By folder, what plays its vectors. */
export const PLAYERS: Readonly<Record<string, (vector: Vector) => void>> = {
  valid: playValid,
  invalid: playInvalid,
  stories: playStory,
  lines: playLines,
  catalogue: playListing,
  choices: playChoice,
};

/** Return the folders of vectors, whether anybody plays them or not. */
export function foldersOf(root: string): string[] {
  const names = readdirSync(root).sort();
  return names.filter((name) => statSync(join(root, name)).isDirectory());
}

/** Return the files of a folder. */
export function filesOf(root: string, folder: string): string[] {
  return readdirSync(join(root, folder))
    .sort()
    .map((name) => join(root, folder, name));
}

/** Play one file. Throw where the library differs from it. */
export function play(folder: string, file: string): void {
  const vector = JSON.parse(readFileSync(file, "utf8")) as Vector;
  assert.equal(vector.name, basename(file, ".json"));
  const player = PLAYERS[folder];
  assert.ok(player, "an unknown folder");
  player(vector);
}

function encodings(vector: Vector): Buffer[] {
  const first =
    vector.hex === undefined
      ? Buffer.concat((vector.repeat ?? []).flatMap(([hex, times]) => repeated(hex, times)))
      : Buffer.from(vector.hex, "hex");
  return [first, ...(vector.alternatives ?? []).map((hex) => Buffer.from(hex, "hex"))];
}

function repeated(hex: string, times: number): Buffer {
  const bytes = Buffer.from(hex, "hex");
  return Buffer.alloc(bytes.length * Number(times), bytes);
}

function playValid(vector: Vector): void {
  const entryId = parseId(vector.id);
  for (const data of encodings(vector)) {
    const event = decode(entryId, data, vector.stream as Place);
    assert.deepEqual(fieldsOf(event), vector.event);
    assert.equal(line(event), vector.canonical);
    if (vector.checksum !== undefined) checkChecksum(event, vector.checksum === "right");
    checkShortWay(event, data, vector.stream);
  }
}

function checkChecksum(event: WireEvent, isRight: boolean): void {
  assert.ok(event.type === "snapshot");
  assert.ok(event.channel === "book" || event.channel === "level3");
  const own =
    event.channel === "book"
      ? checksumOf(event.bids ?? [], event.asks ?? [])
      : ordersChecksum(event.bids ?? [], event.asks ?? []);
  assert.equal(own === event.checksum, isRight);
}

/** Where the short way takes the bytes it must say the same. */
function checkShortWay(event: WireEvent | undefined, data: Buffer, stream?: string): void {
  const update = stream === "book" ? plainUpdate(data) : undefined;
  const orders = stream === "level3" ? plainOrders(data) : undefined;
  const short = (update && updateOf(update)) ?? (orders && ordersOf(orders));
  if (short === undefined) return;
  assert.ok(event, "the short way takes what the long way refuses");
  assert.deepEqual(fieldsOf(short), fieldsOf(event));
}

function playInvalid(vector: Vector): void {
  const entryId = parseId(vector.id);
  for (const data of encodings(vector)) {
    const error = thrown(() => decode(entryId, data, vector.stream as Place));
    assert.ok(error instanceof DecodeError, String(error));
    assert.equal(error.code, vector.code, error.message);
    assert.equal(errorLine(entryId, error.code), vector.canonical);
    checkShortWay(undefined, data, vector.stream);
  }
}

function playListing(vector: Vector): void {
  for (const data of encodings(vector)) {
    const listing = decodeListing(vector.field, data);
    assert.equal(listing.stream, vector.field);
    assert.deepEqual(fieldsOf(listing), vector.value);
  }
}

function playChoice(vector: Vector): void {
  const rows = vector.rows.map(({ field, hex }) => decodeListing(field, Buffer.from(hex, "hex")));
  const { symbol = "", depth, interval, ...others } = vector.wish;
  const sizes = {
    ...(depth !== undefined && { depth: Number(depth) }),
    ...(interval !== undefined && { interval: Number(interval) }),
  };
  const wish = new Wish(symbol, { ...others, ...sizes } as Words);
  if (vector.code === undefined) {
    assert.equal(choose(rows, wish)[0].stream, vector.chosen);
    return;
  }
  const error = thrown(() => choose(rows, wish));
  assert.ok(error instanceof NoStream || error instanceof AmbiguousStream, String(error));
  assert.equal(error.code, vector.code);
}

function playStory(vector: Vector): void {
  const stream = STREAMS[vector.stream ?? "book"];
  const replica = new Replica(stream, 0, vector.waits === "no" ? "throw" : "wait");
  const told: unknown[] = [];
  let now = 0;
  vector.steps.forEach((step, number) => {
    if (step.now !== undefined) {
      now = Number(step.now);
      replica.tick(now);
    }
    try {
      for (const event of handIn(replica, step, now)) told.push(...toldIn(event));
    } catch (error) {
      if (!(error instanceof NoStream)) throw error;
      told.push({ code: error.code });
    }
    const stands: Record<string, unknown> = {
      wants: replica.wants,
      cursor: replica.cursor?.toString() ?? null,
      valid: replica.state.isValid,
      stale: replica.state.isStale,
    };
    assert.deepEqual({ ...stands, ...step.then }, stands, `step ${number}`);
  });
  assert.deepEqual(joinMissed(told), vector.expect);
  assert.deepEqual(finalOf(replica), vector.final);
}

function* handIn(replica: Replica, step: Step, now: number): Generator<Event> {
  const { snap, entry, pointer, heads } = step;
  if (snap !== undefined) {
    yield* replica.snapshotRead(snap ? parseId(snap.id) : undefined, dataOf(snap), now);
  } else if (entry !== undefined) {
    yield* replica.received([[Buffer.from(entry.id), Buffer.from(entry.hex, "hex")]], now);
  } else if (pointer !== undefined) {
    if (pointer) assert.equal(pointer.id, replica.cursor?.toString());
    yield* replica.pointerRead(dataOf(pointer), now);
  } else if (heads !== undefined) {
    yield* replica.headsRead(heads.stream === null ? undefined : parseId(heads.stream), now);
  } else {
    assert.ok(step.now !== undefined, `a step that nobody runs: ${Object.keys(step).join()}`);
  }
}

function dataOf(held: Held | null): Buffer | undefined {
  return held ? Buffer.from(held.hex, "hex") : undefined;
}

/** What a story lists of what the application is told; `missed` stands in for its epoch. */
function* toldIn({ body }: Event): Generator<object> {
  switch (body.type) {
    case "missed":
      yield body;
      break;
    case "epoch":
      yield { type: "epoch", id: String(body.entryId), reason: body.reason };
      break;
    case "reset":
      yield { type: "reset", id: String(body.entryId), reason: body.reason };
      break;
    case "bye":
      yield { type: "bye", id: String(body.entryId) };
      break;
    case "gap":
      yield { code: "GAP", cursor: String(body.cursor), found: String(body.found) };
      break;
    case "quarantined":
      yield { code: body.code, id: String(body.entryId) };
      break;
    case "stale":
      yield { code: "STALE", age: String(body.ageS) };
      break;
    case "regression":
      yield { code: "REGRESSION", cursor: String(body.cursor), head: String(body.head) };
      break;
  }
}

/** Put what was missed into the epoch behind it, as stories have it. */
function joinMissed(told: readonly unknown[]): unknown[] {
  let missed: Record<string, { first: unknown; last: unknown }> = {};
  const ids = (name: string) =>
    missed[name] ? [String(missed[name].first), String(missed[name].last)] : null;
  return told.flatMap((body) => {
    const { type } = body as { type?: string };
    if (type === "missed") {
      missed = body as typeof missed;
      return [];
    }
    if (type !== "epoch") return [body];
    const joined = { ...(body as object), unseen: ids("unseen"), missed: ids("missed") };
    missed = {};
    return [joined];
  });
}

function playLines(vector: Vector): void {
  const channel = vector.stream ?? "book";
  const stream = STREAMS[channel];
  const replicas = [new Replica(`${stream}/a`, 0), new Replica(`${stream}/b`, 0)] as const;
  const arbiter = channel === "trade" ? new TradeLines(replicas) : new Lines(replicas);
  const told: unknown[] = [];
  let now = 0;
  for (const step of vector.steps) {
    if (step.line !== undefined) {
      const number: LineNumber = step.line === "a" ? 0 : 1;
      if (step.snap === null) continue;
      for (const event of handIn(replicas[number], step, now)) {
        for (const heard of arbiter.take(number, event, now)) told.push(...toldOfLines(heard));
      }
    } else {
      now = Number(step.now);
      for (const replica of replicas) replica.tick(now);
      for (const heard of arbiter.ticked(now)) told.push(...toldOfLines(heard));
    }
  }
  assert.deepEqual(told, vector.expect);
}

const TURNS: Readonly<Record<string, string>> = {
  lineUp: "line_up",
  lineDown: "line_down",
  jump: "jump",
};
const NOT_OF_CHANNEL = ["reset", "bye", "heartbeat", "epoch", "unknown", "feed", "notice"];

function* toldOfLines({ body, stream }: Event): Generator<object> {
  const line = stream.slice(-1);
  if (body.type === "lineUp" || body.type === "lineDown" || body.type === "jump") {
    yield { line: body.line, type: TURNS[body.type] };
  } else if (body.type === "trades") {
    const ids = body.trades.map(({ tradeId }) => String(tradeId));
    yield { type: "trades", first: ids[0], last: ids.at(-1) };
  } else if (body.type === "tradesGap") {
    yield { type: "gap", first: String(body.first), last: String(body.last) };
  } else if (body.type === "joined") {
    yield { line, type: "joined", id: String(body.cursor) };
  } else if ("tsEvent" in body && !NOT_OF_CHANNEL.includes(body.type)) {
    const type = body.type === "ordersGap" ? "gap" : body.type;
    yield { line, type, id: String(body.entryId) };
  }
}

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
