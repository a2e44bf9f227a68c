/**
 * A replica under a server that drops, doubles and swaps entries: it ends right, or says what is
 * missing; never wrong, and never silent. And that an update that was told is what was written.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { checksumOf } from "../src/book.js";
import type { Event } from "../src/events.js";
import { type EntryId, parseId } from "../src/ids.js";
import { type RawEntry, Replica } from "../src/replica.js";
import { BookStory } from "./packing.js";

const STREAM = "{kraken.BTC/USD}:book.10";
const LENGTH = 12;

/** What a story wrote: entries, the checksum after each, and a snapshot at either end. */
class Written {
  readonly entries: RawEntry[] = [];
  readonly checksums = new Map<string, number>();
  readonly first: RawEntry;
  readonly last: RawEntry;

  constructor() {
    const story = new BookStory();
    this.first = this.snapshot(story);
    for (let at = 0; at < LENGTH; at += 1) {
      const data = at === 5 ? story.event("later") : story.update(BigInt(at + 1));
      this.entries.push([Buffer.from(story.id), data]);
      this.checksums.set(story.id, story.checksum);
    }
    this.last = this.snapshot(story);
  }

  private snapshot(story: BookStory): RawEntry {
    this.checksums.set(story.id, story.checksum);
    return [Buffer.from(story.id), story.snapshot()];
  }
}

/** Takes what a replica tells, and fails on a wrong book or a loss that nobody announced. */
class Judge {
  private reached: EntryId | undefined;
  private isAnnounced = true;

  constructor(private readonly written: Written) {}

  take(events: Iterable<Event>): void {
    for (const { body, book } of events) {
      if (book.isValid) {
        const own = checksumOf(book.levels("bid"), book.levels("ask"));
        assert.equal(own, this.written.checksums.get(`${book.epoch}-${book.seq}`), body.type);
        assert.equal(book.checksum(), own);
      }
      if (body.type === "joined") this.reached = body.cursor;
      if (body.type === "joined" || body.type === "gap" || body.type === "quarantined") {
        this.isAnnounced = true;
      } else if ("entryId" in body) {
        const follows = this.reached?.isFollowedBy(body.entryId) ?? false;
        assert.ok(
          follows || this.isAnnounced,
          `${body.type} ${body.entryId} after ${this.reached}`,
        );
        this.reached = body.entryId;
        this.isAnnounced = this.isAnnounced && !book.isValid;
      }
    }
  }
}

function play(entries: readonly RawEntry[], written: Written, size: number): void {
  const replica = new Replica(STREAM, 0);
  const judge = new Judge(written);
  const join = ([id, data]: RawEntry) =>
    judge.take(replica.snapshotRead(parseId(String(id)), data, 0));
  join(written.first);
  for (let at = 0; at < entries.length; at += size) {
    judge.take(replica.received(entries.slice(at, at + size), 0));
    if (replica.wants === "join") join(written.first);
  }
  if (replica.wants === "join") join(written.last);
  const end = String(replica.cursor);
  assert.equal(replica.state.isValid, true);
  const isWhole = entries.some(([id]) => String(id) === String(written.last[0]));
  if (isWhole) assert.equal(end, String(written.last[0]));
}

describe("replica", () => {
  const written = new Written();
  const { entries } = written;
  const places = entries.map((_, at) => at);

  for (const size of [1, 4, 100]) {
    test(`entries dropped, batches of ${size}`, () => {
      for (const at of places) play(entries.toSpliced(at, 1), written, size);
    });
    test(`entries doubled, batches of ${size}`, () => {
      for (const at of places) play(entries.toSpliced(at, 0, entries[at]), written, size);
    });
    test(`entries swapped, batches of ${size}`, () => {
      for (const at of places.slice(1)) {
        play(entries.toSpliced(at - 1, 2, entries[at], entries[at - 1]), written, size);
      }
    });
    test(`bytes changed, batches of ${size}`, () => {
      for (const at of places) {
        const [id, data = Buffer.alloc(0)] = entries[at];
        for (let byte = 0; byte < data.length; byte += 7) {
          const wrong = Buffer.from(data);
          wrong[byte] ^= 0x15;
          const replica = new Replica(STREAM, 0);
          [...replica.snapshotRead(parseId(String(written.first[0])), written.first[1], 0)];
          for (const event of replica.received(entries.toSpliced(at, 1, [id, wrong]), 0)) {
            const { book } = event;
            if (!book.isValid) continue;
            const told = written.checksums.get(`${book.epoch}-${book.seq}`);
            assert.equal(checksumOf(book.levels("bid"), book.levels("ask")), told);
          }
        }
      }
    });
  }

  test("a batch that was left half taken is gone on with", () => {
    const replica = new Replica(STREAM, 0);
    [...replica.snapshotRead(parseId(String(written.first[0])), written.first[1], 0)];
    for (const event of replica.received(entries, 0)) {
      if (event.book.seq === 4n) break;
    }
    assert.equal(replica.cursor?.seq, 4n);
    const told = [...replica.received(entries, 0)];
    assert.equal(told.length, entries.length - 3);
    assert.equal(String(replica.cursor), String(written.last[0]));
  });

  test("the clock is handed in: silence is looked into, and told once", () => {
    const replica = new Replica(STREAM, 0);
    [...replica.snapshotRead(parseId(String(written.first[0])), written.first[1], 0)];
    replica.tick(14.9);
    assert.equal(replica.wants, "entries");
    replica.tick(15);
    assert.equal(replica.wants, "heads");
    const cursor = replica.cursor;
    assert.deepEqual(
      replica.headsRead(cursor, 15).map(({ type }) => type),
      ["stale"],
    );
    replica.tick(30);
    assert.deepEqual(replica.headsRead(cursor, 30), []);
    assert.equal(replica.state.isStale, true);
  });
});
