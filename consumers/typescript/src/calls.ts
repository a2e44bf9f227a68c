/**
 * What one-shot calls read: a state as it is now, the catalogue, and the request for a snapshot
 * (WIRE §4.9, §7.6).
 */
import { pairsOf } from "./answers.js";
import type { Wanted } from "./choosing.js";
import type { Command, Reply } from "./connection.js";
import { DecodeError, NoStream, NotReady, RedisUnreachable } from "./errors.js";
import { Follower } from "./follower.js";
import type { Listing } from "./life-events.js";
import { packTexts } from "./msgpack.js";
import { Away, type Shell } from "./shell.js";
import type { State } from "./states.js";
import { decodeListing } from "./wire.js";

const ONE_SHOT_BLOCK_MS = 20;
const REQUESTS_KEPT = "1000"; // WIRE §7.6

/**
 * Return the state of a stream, or that of its newer line, once it is valid and nothing newer is to
 * be read. Throw `NoStream`, `NotReady` or `RedisUnreachable` after `waitS` seconds.
 */
export async function oneState(wanted: Wanted, waitS: number, shell: Shell): Promise<State> {
  const follower = new Follower([wanted], "wait", ONE_SHOT_BLOCK_MS, shell);
  const replicas = [...follower.replicas.values()];
  let reason = "";
  for await (const step of follower.run()) {
    if (step !== "idle") {
      for (const event of step) {
        const { body } = event;
        reason = body.type === "disconnected" ? body.reason : "";
      }
      continue;
    }
    const states = replicas.map(({ state }) => state).filter(({ isValid }) => isValid);
    if (states.length > 0 && reason === "") {
      return states.reduce((one, other) => (other.tsEvent > one.tsEvent ? other : one));
    }
    if (shell.now < waitS) continue;
    if (reason !== "") throw new RedisUnreachable(reason, waitS);
    const stream = replicas[0].stream;
    const isThere = replicas.some(({ cursor }) => cursor !== undefined);
    throw isThere ? new NotReady(stream, waitS) : new NoStream(stream);
  }
  throw new NoStream(String(wanted)); // following never ends by itself
}

/** Return the streams that a catalogue lists; what does not decode is left out (WIRE §4.9). */
export async function catalogue(space: string, shell: Shell): Promise<Listing[]> {
  const reply = await answer(["HGETALL", `{${space}.catalogue}:streams`], shell);
  const listings = pairsOf(reply).flatMap(([stream, data]) => {
    try {
      return [decodeListing(stream, data)];
    } catch (error) {
      // Informational: a bad value proves nothing and must not hide the others.
      if (error instanceof DecodeError) return [];
      throw error;
    }
  });
  return listings.sort(
    (one, other) =>
      compare(one.symbol ?? "", other.symbol ?? "") ||
      (one.depth ?? 0) - (other.depth ?? 0) ||
      compare(one.stream, other.stream),
  );
}

/** Ask the feed of a stream for a snapshot. */
export async function requestSnapshot(
  space: string,
  listing: Listing,
  shell: Shell,
): Promise<void> {
  const data = packTexts({ t: "snapshot", y: listing.symbol ?? "" });
  const key = `{${space}.feed.${listing.feed}}:requests`;
  await answer(["XADD", key, "MAXLEN", "~", REQUESTS_KEPT, "*", "d", data], shell);
}

async function answer(command: Command, shell: Shell): Promise<Reply | undefined> {
  try {
    const [reply] = await shell.ask([command]);
    return reply;
  } catch (error) {
    if (error instanceof Away) throw new RedisUnreachable(error.message, shell.now);
    throw error;
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
