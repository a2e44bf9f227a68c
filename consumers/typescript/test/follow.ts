/** The `follow` of CONFORMANCE.md: prints all that the application is told until stdin ends. */
import { line } from "../src/canonical.js";
import type { Words } from "../src/choosing.js";
import { Client } from "../src/client.js";
import { ConsumerError } from "../src/errors.js";
import type { Body, Span } from "../src/events.js";
import { finalOf } from "./spelling.js";

/** What the command line says, each word as text. */
export interface FollowOptions {
  readonly url?: string | undefined;
  readonly namespace?: string | undefined;
  readonly channel?: string | undefined;
  readonly depth?: string | undefined;
  readonly interval?: string | undefined;
  readonly trigger?: string | undefined;
  readonly source?: string | undefined;
  readonly account?: string | undefined;
  readonly line?: string | undefined;
}

/** Follow; return the exit code. */
export async function follow(options: FollowOptions, wanted: string[]): Promise<number> {
  const { url, namespace = "kraken", depth, interval, ...words } = options;
  const sizes = { depth: numberOf(depth), interval: numberOf(interval) };
  const client = new Client(url ?? "", { namespace });
  process.stdin.on("end", () => client.close()).resume();
  try {
    const following = client.follow(wanted, { ...(words as Words), ...sizes });
    for await (const { stream, body } of following) {
      say(`{"stream":${JSON.stringify(stream)},"event":${told(body)}}`);
    }
    const streams = [...following.replicas].sort(([one], [other]) => (one < other ? -1 : 1));
    for (const [stream, replica] of streams) {
      const final = finalOf(replica, { stale: replica.state.isStale });
      say(JSON.stringify({ stream, final }));
    }
    return 0;
  } catch (error) {
    if (!(error instanceof ConsumerError)) throw error;
    const { code = "" } = error as { code?: string };
    say(JSON.stringify({ error: code, text: error.message }));
    return 3;
  } finally {
    client.close();
    process.stdin.destroy();
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** Return what the application was told, as CONFORMANCE.md writes it. */
function told(body: Body): string {
  switch (body.type) {
    case "joined": {
      const { cursor, after } = body;
      return json({ told: "joined", cursor: String(cursor), after: after?.toString() ?? null });
    }
    case "missed":
      return json({ told: "missed", unseen: ids(body.unseen), missed: ids(body.missed) });
    case "gap":
      return json({ code: "GAP", cursor: String(body.cursor), found: String(body.found) });
    case "regression":
      return json({ code: "REGRESSION", cursor: String(body.cursor), head: String(body.head) });
    case "quarantined":
      return json({ code: body.code, id: String(body.entryId) });
    case "stale":
      return json({ code: "STALE" });
    case "trimWarning":
      return json({ told: "trim_warning" });
    case "disconnected":
    case "reconnected":
    case "jump":
    case "lineUp":
    case "lineDown": {
      const name = body.type.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`);
      return json({ told: name, ...("line" in body && { line: body.line }) });
    }
    default:
      return line(body);
  }
}

function ids(span: Span | undefined): [string, string] | null {
  return span === undefined ? null : [String(span.first), String(span.last)];
}

function json(value: object): string {
  return JSON.stringify(value);
}
