/** Events and states as the vectors spell them: full names, every number a string of digits. */
import { Book } from "../src/book.js";
import type { Replica } from "../src/replica.js";
import { OrderBook } from "../src/order-book.js";
import type { State } from "../src/states.js";

const TYPES: Readonly<Record<string, string>> = { tradesGap: "gap", ordersGap: "gap" };

/** What stands in a state beside what it holds of its channel. */
const MARKS = ["channel", "symbol", "isValid", "isStale", "sequence"];
const HIDDEN = ["entryId", "stamp", "plain"];

/** Return a value as vectors spell it; rows are arrays. */
export function spelled(value: unknown): unknown {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(spelled);
  if (value instanceof Map) return [...value].sort(byKey).map(([, row]) => spelled(row));
  if (typeof value === "object" && value !== null) return Object.values(value).map(spelled);
  return String(value);
}

/** Return an event, or a row of the catalogue, by full names. */
export function fieldsOf(event: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event)) {
    if (name === "entryId" || name === "stream" || value === undefined) continue;
    fields[snake(name)] = name === "type" ? (TYPES[String(value)] ?? value) : spelled(value);
  }
  return fields["type"] === "unknown" ? { type: fields["name"] } : fields;
}

/** Return how a replica stands at the end of a story. */
export function finalOf(replica: Replica, marks: object = {}): Record<string, unknown> {
  const { cursor, state, skipped } = replica;
  const standing = {
    cursor: cursor?.toString() ?? null,
    valid: state.isValid,
    ...marks,
    skipped: String(skipped),
  };
  return state.isValid ? { ...standing, ...heldBy(state) } : standing;
}

function heldBy(state: State): Record<string, unknown> {
  if (state instanceof Book || state instanceof OrderBook) {
    const rows = (side: "bid" | "ask") =>
      state instanceof Book ? state.levels(side) : state.orders(side);
    return {
      depth: String(state.depth),
      price_precision: String(state.pricePrecision),
      qty_precision: String(state.qtyPrecision),
      checksum: String(state.checksum()),
      bids: spelled(rows("bid")),
      asks: spelled(rows("ask")),
    };
  }
  const held: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(state) as [string, unknown][]) {
    if (MARKS.includes(name) || HIDDEN.includes(name) || value === undefined) continue;
    if (name === "top" || name === "ticker" || name === "candle") {
      Object.assign(held, fieldsOf(value as object));
    } else {
      held[snake(name)] = spelled(value);
    }
  }
  return held;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Python and the vectors sort by code points; UTF-16 units would put some planes elsewhere. */
function byKey([one]: [unknown, unknown], [other]: [unknown, unknown]): number {
  return Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)));
}
