/**
 * The id that an ordinary entry has next, as the bytes that Redis writes. Pure.
 *
 * Entries of an epoch are numbered without holes, so the next id is known before it comes: counting
 * on in its digits and comparing bytes costs a tenth of reading the id's two numbers.
 */
import type { EntryId } from "./ids.js";

const NINE = 0x39;
const ZERO = 0x30;
const DASH = 0x2d;

export class NextId {
  readonly epoch: bigint;
  /** The seq that comes next. */
  seq: number;
  private bytes: Buffer;

  /** What comes after `cursor`, whose seq is below 2^53 - 1. */
  constructor(cursor: EntryId) {
    this.epoch = cursor.epoch;
    this.seq = Number(cursor.seq) + 1;
    this.bytes = this.written();
  }

  /** True where this is the id, written as text or as bytes. */
  is(id: Uint8Array | string): boolean {
    const { bytes } = this;
    const { length } = bytes;
    if (id.length !== length) return false;
    if (typeof id === "string") return id === bytes.toString("latin1");
    for (let at = length - 1; at >= 0; at -= 1) if (id[at] !== bytes[at]) return false;
    return true;
  }

  /** Go on to the next one. */
  advance(): void {
    this.seq += 1;
    const { bytes } = this;
    let at = bytes.length - 1;
    while (bytes[at] === NINE) bytes[at--] = ZERO;
    if (bytes[at] === DASH) this.bytes = this.written();
    else bytes[at] += 1;
  }

  private written(): Buffer {
    return Buffer.from(`${this.epoch}-${this.seq}`, "latin1");
  }
}
