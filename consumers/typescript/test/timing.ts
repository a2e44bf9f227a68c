/** Times decoding, applying and proving; without Redis, and through the whole client. */
import { readFileSync } from "node:fs";

import { Book } from "../src/book.js";
import { Client } from "../src/client.js";
import type { Event } from "../src/events.js";
import { parseId } from "../src/ids.js";
import { OrderBook } from "../src/order-book.js";
import { type RawEntry, Replica } from "../src/replica.js";
import type { State } from "../src/states.js";
import { readEntries } from "./entries.js";

const BATCH = 1_000;
/** What an undisturbed stream tells beside its channel's own events. */
const LIFE: readonly string[] = ["joined", "heartbeat", "snapshot"];
const FAILURES: readonly string[] = [
  ...["gap", "missed", "quarantined", "stale", "regression", "trimWarning", "disconnected"],
  ...["reconnected", "epoch", "reset", "bye", "unknown"],
];

/** Return how many of the events are the channel's own. Throw for what disturbs a stream. */
export function countOwn(events: Iterable<Event>): number {
  let count = 0;
  for (const event of events) {
    const { type } = event;
    if (FAILURES.includes(type)) throw new Error(`not in an undisturbed stream: ${type}`);
    if (!LIFE.includes(type)) count += 1;
  }
  return count;
}

/** Hand the entries of a file to a replica. */
export function rebuild(file: string): number {
  const [first, ...entries] = readEntries(readFileSync(file));
  const channel = first.place.replace(".snap", "");
  const batches: RawEntry[][] = [];
  for (let at = 0; at < entries.length; at += BATCH) {
    const batch = entries.slice(at, at + BATCH);
    batches.push(batch.map(({ id, data }) => [Buffer.from(id), data]));
  }
  const clock = new Clock();
  const replica = new Replica(`{kraken.BTC/USD}:${channel}.10`, 0);
  let told = countOwn(replica.snapshotRead(parseId(first.id), first.data, 0));
  for (const batch of batches) told += countOwn(replica.received(batch, 0));
  clock.say(told, replica.state);
  return 0;
}

/** What the clocks show since it was made. */
export class Clock {
  private readonly wall = performance.now();
  private readonly cpu = process.cpuUsage();

  say(events: number, state: State): void {
    const { user, system } = process.cpuUsage(this.cpu);
    const isBook = state instanceof Book || state instanceof OrderBook;
    const numbers = {
      events,
      wall_s: (performance.now() - this.wall) / 1000,
      cpu_s: (user + system) / 1e6,
      checksum: isBook ? String(state.checksum()) : "",
    };
    console.log(JSON.stringify(numbers));
  }
}

/** Read so many events of a stream through the client. */
export async function read(url: string, stream: string, count: number): Promise<number> {
  const client = new Client(url);
  let clock = new Clock();
  let told = 0;
  for await (const event of client.follow(stream)) {
    if (event.type === "joined") clock = new Clock();
    // Reading what is there already lags behind by its nature.
    else if (event.type !== "trimWarning") told += countOwn([event]);
    if (told < count) continue;
    clock.say(told, event.state);
    break;
  }
  client.close();
  return 0;
}
