/** Canonical JSON, the same bytes in every language (WIRE §9). Pure. */
import type { Code } from "./errors.js";
import type { EntryId } from "./ids.js";
import type { WireEvent } from "./wire.js";

/** The names of WIRE §9 behind `id` and `type`, in its order. */
const NAMES = (
  "ts_event ts_recv ts_pub flags version reason feed writer channel symbol depth " +
  "price_precision qty_precision prev_epoch prev_seq missed_first missed_last checksum bids asks " +
  "pointer state symbols live system kind note source trigger interval account bid bid_qty ask " +
  "ask_qty first last interval_begin open high low close volume vwap change change_pct trades " +
  "last_trade_id pairs assets order_id report order orders asset balances sequence"
).split(" ");
const FIELDS = NAMES.map((name) => [name, camel(name)] as const);
/** What is two types here and one on the wire. */
const TYPES: Readonly<Record<string, string>> = { tradesGap: "gap", ordersGap: "gap" };

/** Return the canonical line of an event, without a newline. */
export function line(event: WireEvent): string {
  if (event.type === "unknown") {
    return `{"id":"${event.entryId}","type":${JSON.stringify(event.name)}}`;
  }
  const type = TYPES[event.type] ?? event.type;
  const values = event as unknown as Readonly<Record<string, unknown>>;
  let text = `{"id":"${event.entryId}","type":"${type}"`;
  for (const [name, property] of FIELDS) {
    const value = values[property];
    if (value !== undefined) text += `,"${name}":${json(value)}`;
  }
  return `${text}}`;
}

/** Return the canonical line of an entry that does not decode. */
export function errorLine(entryId: EntryId, code: Code): string {
  return `{"id":"${entryId}","error":"${code}"}`;
}

/** Return a value's JSON: rows are arrays in the order of their table. */
function json(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (typeof value === "object" && value !== null) return json(Object.values(value));
  return String(value);
}

function camel(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
