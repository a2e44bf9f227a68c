/**
 * The rules of a Redis Cluster: which slot a key has, which node a slot; and how one XREAD over
 * many streams becomes one for each slot (WIRE §2.2). Pure.
 */
import type { Command, Reply } from "./connection.js";
import type { Node } from "./url.js";

const SLOTS = 16384;
/** So a node says that it is reached where it was asked. */
const UNKNOWN_HOSTS: readonly string[] = ["", "?"];

/** Return a key's slot: the CRC-16 (XMODEM) of its hash tag, or of the whole key. */
export function slotOf(key: string): number {
  const first = key.indexOf("{");
  const last = key.indexOf("}", first + 1);
  const tag = first >= 0 && last > first + 1 ? key.slice(first + 1, last) : key;
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    crc &= 0xffff;
  }
  return crc % SLOTS;
}

/** Return a command's first key. */
export function keyOf(command: Command): string {
  return String(command[command[0] === "XREAD" ? command.indexOf("STREAMS") + 1 : 1]);
}

/** Return an XREAD apart by slot. */
export function bySlot(command: Command): Map<number, Command> {
  const at = command.indexOf("STREAMS") + 1;
  const names = command.slice(at);
  const half = names.length / 2;
  const parts = new Map<number, [streams: Command, ids: Command]>();
  names.slice(0, half).forEach((stream, place) => {
    const slot = slotOf(String(stream));
    const [streams, ids] = parts.get(slot) ?? [[], []];
    parts.set(slot, [
      [...streams, stream],
      [...ids, names[half + place]],
    ]);
  });
  const head = command.slice(0, at);
  return new Map([...parts].map(([slot, [streams, ids]]) => [slot, [...head, ...streams, ...ids]]));
}

/** Return an XREAD that does not wait. */
export function withoutBlock(command: Command): Command {
  const at = command.indexOf("BLOCK");
  return at < 0 ? command : [...command.slice(0, at), ...command.slice(at + 2)];
}

/** Which node has each slot, as one node said, and as redirections put it right since. */
export class SlotMap {
  private readonly owners: (Node | undefined)[] = new Array<Node | undefined>(SLOTS);

  constructor(ranges: readonly (readonly [first: number, last: number, node: Node])[]) {
    for (const [first, last, node] of ranges) this.owners.fill(node, first, last + 1);
  }

  /** The nodes that have slots. */
  get nodes(): Node[] {
    return [...new Set(this.owners)].filter((node) => node !== undefined);
  }

  /** Return the node of a slot, undefined while nobody has it. */
  owner(slot: number): Node | undefined {
    return this.owners[slot];
  }

  /** Take what a redirection says. */
  move(slot: number, node: Node): void {
    this.owners[slot] = node;
  }
}

/**
 * Read the answer to `CLUSTER SLOTS`: ranges, each with first and last slot, primary, replicas.
 * Throw `TypeError` for anything else.
 */
export function mapOf(reply: Reply | undefined, asked: Node): SlotMap {
  if (!Array.isArray(reply)) throw new TypeError("not the answer to CLUSTER SLOTS");
  const rows = reply as readonly (readonly [Reply, Reply, readonly [Reply, Reply]])[];
  return new SlotMap(
    rows.map(([first, last, [host, port]]) => {
      const isKnown = host !== null && !UNKNOWN_HOSTS.includes(String(host));
      const node = { host: isKnown ? String(host) : asked.host, port: Number(port) || asked.port };
      return [Number(first), Number(last), node] as const;
    }),
  );
}

const REDIRECTION = /^(MOVED|ASK) (\d+) (.*):(\d+)$/;

/** Where Redis says that a slot is, or is asked for meanwhile. */
export interface Redirection {
  readonly isMoved: boolean;
  readonly slot: number;
  readonly node: Node;
}

/** Return where an error leads; undefined where it leads nowhere. */
export function redirectionOf(text: string, asked: Node): Redirection | undefined {
  const [, kind, slot, host, port] = REDIRECTION.exec(text) ?? [];
  if (kind === undefined) return undefined;
  const node = { host: UNKNOWN_HOSTS.includes(host) ? asked.host : host, port: Number(port) };
  return { isMoved: kind === "MOVED", slot: Number(slot), node };
}
