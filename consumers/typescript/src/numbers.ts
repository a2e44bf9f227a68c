/**
 * Exact whole numbers, and the decimal texts that they stand for at the edge. Pure.
 *
 * Prices, quantities and times are whole numbers of up to 40 digits. Applications get each as a
 * `bigint`. Inside, `Whole` is the same number in its cheapest exact form: a `number` where that
 * holds every digit (at most 2^53-1), a `bigint` beyond. A value has one form only, so `===` is
 * equality; `<` and `>` compare both forms exactly. No fraction and no rounding ever happens: what
 * is not a whole number is refused before it gets here.
 */

/** A whole number: a `number` up to 2^53-1, a `bigint` beyond, never the other way round. */
export type Whole = number | bigint;

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Return a number of any size in its one form. */
export function whole(value: bigint): Whole {
  return value <= SAFE && value >= -SAFE ? Number(value) : value;
}

/** Return the number as applications get it. */
export function exact(value: Whole): bigint {
  return typeof value === "bigint" ? value : BigInt(value);
}

/** Return the unsigned number of 64 bits whose halves these are, each as 32 bits of any sign. */
export function wide(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/**
 * Return `value` x 10^-`precision` as decimal text, every digit kept: `scaled(101n, 2)` is
 * `"1.01"`.
 */
export function scaled(value: bigint, precision: number): string {
  if (precision === 0) return value.toString();
  const sign = value < 0n ? "-" : "";
  const digits = (value < 0n ? -value : value).toString().padStart(precision + 1, "0");
  const point = digits.length - precision;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
