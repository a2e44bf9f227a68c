#!/usr/bin/env node
/**
 * The command that prints a stream's entries as canonical lines (WIRE §9), until Ctrl-C or
 * `--count`; gaps and the loss of Redis go to stderr. Knows nothing of states: a status stream
 * reads as well as a book's.
 *
 *     node build/src/tail.js STREAM [--url URL] [--from now|snapshot|oldest|ID] [--count N]
 */
import { once } from "node:events";
import { parseArgs } from "node:util";

import { errorLine, line } from "./canonical.js";
import { Client } from "./client.js";
import { ConsumerError } from "./errors.js";
import type { Entry } from "./events.js";
import { parseId } from "./ids.js";
import type { Start } from "./records.js";

const USAGE = "usage: tail STREAM [--url URL] [--from now|snapshot|oldest|ID] [--count N]";

interface Asked {
  readonly stream: string;
  readonly url: string;
  readonly start: Start;
  readonly count: number;
}

function asked(args: string[]): Asked {
  const text = { type: "string" } as const;
  const options = { url: text, from: text, count: text };
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (positionals.length !== 1) throw new TypeError("one stream's key is due");
  const { url, from = "now", count } = values;
  if (count !== undefined && !/^\d+$/.test(count)) throw new TypeError("--count is a number");
  const isNamed = from === "now" || from === "snapshot" || from === "oldest";
  return {
    stream: positionals[0],
    url: url ?? process.env["PYKRAKEN_REDIS_URL"] ?? Client.DEFAULT_URL,
    start: isNamed ? from : parseId(from),
    count: count === undefined ? Infinity : Number(count),
  };
}

/** Return the line for stdout, or undefined and the remark for stderr. */
function textOf({ body }: Entry): { line?: string; remark?: string } {
  switch (body.type) {
    case "quarantined":
      return { line: errorLine(body.entryId, body.code) };
    case "gap":
      return { remark: `GAP: after ${body.cursor} the stream goes on at ${body.found}` };
    case "disconnected":
      return { remark: `disconnected: ${body.reason}` };
    case "reconnected":
      return { remark: "reconnected" };
    default:
      return { line: line(body) };
  }
}

async function print(client: Client, { stream, start, count }: Asked): Promise<void> {
  let printed = 0;
  if (count === 0) return;
  for await (const entry of client.entries(stream, { start })) {
    const { line: text, remark } = textOf(entry);
    if (text === undefined) {
      console.error(remark);
      continue;
    }
    if (!process.stdout.write(`${text}\n`)) await once(process.stdout, "drain");
    printed += 1;
    if (printed >= count) return;
  }
}

async function main(args: string[]): Promise<number> {
  let client: Client;
  let wish: Asked;
  try {
    wish = asked(args);
    client = new Client(wish.url);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    console.error(`${error.message}\n${USAGE}`);
    return 2;
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => client.close());
  // The reader of our output is gone: nothing is left to do.
  process.stdout.on("error", () => process.exit(0));
  try {
    await print(client, wish);
    return 0;
  } catch (error) {
    if (!(error instanceof ConsumerError)) throw error;
    console.error(error.message);
    return 3;
  } finally {
    client.close();
  }
}

process.exitCode = await main(process.argv.slice(2));
