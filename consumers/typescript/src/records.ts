/** Reads one stream's entries as they are. Knows nothing of states. */
import { entriesOf, rowsOf } from "./answers.js";
import type { Command, Reply } from "./connection.js";
import { DecodeError } from "./errors.js";
import type { Entry } from "./events.js";
import { BACKOFF_S, BLOCK_MS, JOIN_RETRY_S, newest, READ_COUNT, type Step } from "./follower.js";
import { EntryId, readId } from "./ids.js";
import type { RawEntry } from "./replica.js";
import { Away, type Shell } from "./shell.js";
import { decode, placeOf } from "./wire.js";

/** Where reading begins: behind the newest entry, at a snapshot, at the oldest, or after an id. */
export type Start = "now" | "snapshot" | "oldest" | EntryId;

const FIRST = new EntryId(0n, 0n);

/** Reads every entry of `stream` after `start`, decoded and in order; a hole is a `gap`. */
export class Records {
  private cursor: EntryId | undefined;

  constructor(
    private readonly stream: string,
    private readonly start: Start,
    private readonly shell: Shell,
  ) {
    if (start instanceof EntryId) this.cursor = start;
  }

  /** Read for ever. */
  async *run(): AsyncGenerator<Step<Entry>, never, undefined> {
    const { stream } = this;
    while (this.start === "snapshot" && this.cursor === undefined) {
      const reply = yield* this.read(newest(`${stream}.snap`));
      for (const [id, data] of rowsOf(reply)) {
        this.cursor = readId(id);
        yield [this.entry(`${stream}.snap`, this.cursor, data)];
      }
      if (this.cursor === undefined) await this.shell.pause(JOIN_RETRY_S);
    }
    if (this.start === "now") {
      for (const [id] of rowsOf(yield* this.read(newest(stream)))) this.cursor = readId(id);
    }
    const head = ["XREAD", "COUNT", String(READ_COUNT), "BLOCK", String(BLOCK_MS)];
    for (;;) {
      const after = String(this.cursor ?? FIRST);
      const reply = yield* this.read([...head, "STREAMS", stream, after], BLOCK_MS);
      for (const [, batch] of entriesOf(reply)) yield this.batch(batch);
    }
  }

  private *batch(batch: RawEntry[]): Generator<Entry, void, undefined> {
    const { stream } = this;
    for (const [id, data] of batch) {
      const entryId = readId(id);
      const { cursor } = this;
      this.cursor = entryId;
      if (cursor !== undefined && !cursor.isFollowedBy(entryId)) {
        yield { stream, body: { type: "gap", cursor, found: entryId } };
      }
      yield this.entry(stream, entryId, data);
    }
  }

  private entry(key: string, entryId: EntryId, data: Buffer | undefined): Entry {
    const { stream } = this;
    try {
      if (data === undefined) throw new DecodeError("SCHEMA", "field d");
      return { stream, body: decode(entryId, data, placeOf(key)) };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const { code, where } = error;
      return { stream, body: { type: "quarantined", code, entryId, where } };
    }
  }

  /** Return the reply, after as many attempts as it takes. */
  private async *read(
    command: Command,
    blockMs = 0,
  ): AsyncGenerator<Step<Entry>, Reply | undefined, undefined> {
    const { stream } = this;
    let isAway = false;
    for (let pause: number = BACKOFF_S[0]; ; pause = Math.min(pause * 2, BACKOFF_S[1])) {
      try {
        const [reply] = await this.shell.ask([command], blockMs);
        if (isAway) yield [{ stream, body: { type: "reconnected" } }];
        return reply;
      } catch (error) {
        if (!(error instanceof Away)) throw error;
        if (!isAway) yield [{ stream, body: { type: "disconnected", reason: error.message } }];
        isAway = true;
        await this.shell.pause(pause);
      }
    }
  }
}
