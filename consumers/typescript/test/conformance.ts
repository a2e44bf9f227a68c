/**
 * The library's conformance program: consumers/spec/CONFORMANCE.md says what it does.
 *
 *     node build/test/conformance.js vectors|decode|rebuild|read|follow ...
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";

import { errorLine, line } from "../src/canonical.js";
import { DecodeError } from "../src/errors.js";
import { parseId } from "../src/ids.js";
import { decode, type Place } from "../src/wire.js";
import { readEntries } from "./entries.js";
import { follow } from "./follow.js";
import { filesOf, foldersOf, play, PLAYERS } from "./playing.js";
import { read, rebuild } from "./timing.js";

/** Print one line. */
function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function runVectors(root: string): number {
  let isWell = true;
  for (const folder of foldersOf(root)) {
    if (!Object.hasOwn(PLAYERS, folder)) {
      say(JSON.stringify({ vector: `${folder}/`, ok: false, detail: "an unknown folder" }));
      isWell = false;
      continue;
    }
    for (const file of filesOf(root, folder)) {
      const vector = `${folder}/${basename(file, ".json")}`;
      try {
        play(folder, file);
        say(JSON.stringify({ vector, ok: true }));
      } catch (error) {
        say(JSON.stringify({ vector, ok: false, detail: String(error) }));
        isWell = false;
      }
    }
  }
  return isWell ? 0 : 1;
}

function lineOf(place: string, id: string, data: Buffer): { text: string; code?: string } {
  const entryId = parseId(id);
  try {
    return { text: line(decode(entryId, data, place as Place)) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { text: errorLine(entryId, error.code), code: error.code };
  }
}

function runDecode(isDigest: boolean): number {
  const codes = new Map<string, number>();
  const hash = createHash("sha256");
  let entries = 0;
  for (const { place, id, data } of readEntries(readFileSync(0))) {
    entries += 1;
    const { text, code } = lineOf(place, id, data);
    if (code !== undefined) codes.set(code, (codes.get(code) ?? 0) + 1);
    if (isDigest) hash.update(`${text}\n`);
    else say(text);
  }
  if (!isDigest) return 0;
  const bad = [...codes.values()].reduce((total, count) => total + count, 0);
  const sorted = Object.fromEntries([...codes].sort());
  const sha256 = hash.digest("hex");
  say(JSON.stringify({ entries, events: entries - bad, codes: sorted, sha256 }));
  return 0;
}

const TEXT = { type: "string" } as const;

async function main(args: string[]): Promise<number> {
  const [command, ...rest] = args;
  const { values, positionals } = parseArgs({
    args: rest,
    allowPositionals: true,
    options: {
      digest: { type: "boolean" },
      ...{ url: TEXT, namespace: TEXT, channel: TEXT, depth: TEXT, interval: TEXT },
      ...{ trigger: TEXT, source: TEXT, account: TEXT, line: TEXT },
    },
  });
  const [one, count] = positionals;
  switch (command) {
    case "vectors":
      return runVectors(one);
    case "decode":
      return runDecode(values.digest ?? false);
    case "rebuild":
      return rebuild(one);
    case "read":
      return await read(values.url ?? "", one, Number(count));
    case "follow":
      return await follow(values, positionals);
    default:
      throw new TypeError("vectors, decode, rebuild, read or follow");
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error);
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
