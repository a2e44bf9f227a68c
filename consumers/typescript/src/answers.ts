/** What Redis' replies and failures mean. Knows nothing of streams. Pure. */
import { ErrorReply } from "@redis/client";

import { Lost, type Reply } from "./connection.js";
import { RedisRefused } from "./errors.js";
import { type EntryId, readId } from "./ids.js";
import type { RawEntry } from "./replica.js";
import type { Target } from "./url.js";

/** What passes by itself: a server that loads or is full, a failover or a resharding under way. */
const LATER = new RegExp(
  "^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|UNBLOCKED|READONLY|MOVED|ASK" +
    "|ERR max number of clients reached)\\b",
);
/** What a login is refused with. */
const LOGIN = /^(WRONGPASS|NOAUTH|ERR invalid password|ERR Client sent AUTH|ERR AUTH)\b/;

/** Return whether an error passes by itself. */
export function passes(error: ErrorReply): boolean {
  return LATER.test(error.message);
}

/**
 * Return why Redis is away. Throw `RedisRefused` for what will not pass by itself: a wrong password
 * does where it stands in a file, which is read again. Throw what is no failure of Redis.
 */
export function reasonOf(error: unknown, target: Target): string {
  if (error instanceof Lost) return error.message;
  if (!(error instanceof ErrorReply)) throw error;
  const isRead = target.options.password_file !== undefined && LOGIN.test(error.message);
  if (isRead || passes(error)) return error.message;
  throw new RedisRefused(error.message);
}

/** Return the streams of an XREAD's reply and their entries, whichever RESP version shaped it. */
export function entriesOf(reply: Reply | undefined): [stream: string, entries: RawEntry[]][] {
  const items = listOf(reply);
  const isFlat = Buffer.isBuffer(items[0]);
  const found: [string, RawEntry[]][] = [];
  for (let at = 0; at < items.length; at += isFlat ? 2 : 1) {
    const [stream, rows] = isFlat ? [items[at], items[at + 1]] : listOf(items[at]);
    found.push([String(stream), rowsOf(rows)]);
  }
  return found;
}

/** Return the entries of an XRANGE's reply; other fields than `d` are ignored (WIRE §3.2). */
export function rowsOf(reply: Reply | undefined): RawEntry[] {
  return (listOf(reply) as [Buffer, Reply][]).map(([id, fields]) => [id, fieldD(listOf(fields))]);
}

/** Return the first entry of an XRANGE's reply, undefined where there is none. */
export function firstOf(reply: Reply | undefined): [EntryId, Buffer | undefined] | undefined {
  const first = rowsOf(reply).at(0);
  return first && [readId(first[0]), first[1]];
}

/** Return the fields and values of an HGETALL's reply. */
export function pairsOf(reply: Reply | undefined): [string, Buffer][] {
  const items = listOf(reply) as Buffer[];
  const fields = items.filter((_, at) => at % 2 === 0);
  return fields.map((field, at) => [String(field), items[2 * at + 1]]);
}

function fieldD(fields: readonly Reply[]): Buffer | undefined {
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as Buffer;
    if (name.length === 1 && name[0] === 0x64) return fields[at + 1] as Buffer;
  }
  return undefined;
}

function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]) : [];
}
