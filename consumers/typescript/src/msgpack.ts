/**
 * One msgpack map out of bytes that nobody vouches for (WIRE §3.2, §3.3). Pure.
 *
 * In two passes. `outline` walks over the whole value once, checks every limit before anything is
 * allocated, in values that nobody knows too, and notes where each field of the outer map lies;
 * then a `Reader` reads the fields that have a meaning, straight from the bytes. No tree of
 * values is built, so a hostile entry costs time in proportion to its bytes and no memory.
 *
 * Not @msgpack/msgpack: it makes room for as many elements as a header claims, takes text that is
 * not UTF-8, knows no limit of nesting, and cannot tell 1.0 from 1. With a walk of our own before
 * it to refuse all that, it would only build values that are judged and copied once more.
 */
import { Buffer, isUtf8 } from "node:buffer";

import { DecodeError } from "./errors.js";
import { type Whole, whole, wide } from "./numbers.js";

export const ENTRY_MAX_BYTES = 16 * 1024 * 1024;
export const ARRAY_MAX = 200_000;
export const MAP_MAX = 64;
export const TEXT_MAX_BYTES = 4096;
export const NESTING_MAX = 8;

/** What is left of 64 bits in a `number` that holds 53. */
const HIGH_MAX = 0x1fffff;

/** Where the fields of an entry's map lie. */
export interface Outline {
  /** By key, the offset of its value; of a key that comes twice the last. */
  readonly fields: ReadonlyMap<string, number>;
  /** True when some keys are not text. */
  readonly hasOddKeys: boolean;
}

/** Return where the fields lie. Throw SIZE, MSGPACK or, for another outer type, SCHEMA. */
export function outline(bytes: Buffer): Outline {
  if (bytes.length > ENTRY_MAX_BYTES) throw new DecodeError("SIZE", `${bytes.length} bytes`);
  const walk = new Walk(bytes);
  walk.value(1);
  if (walk.at !== bytes.length) throw new DecodeError("MSGPACK", "bytes behind the value");
  const reader = new Reader(bytes);
  const count = reader.mapLength();
  if (count < 0) throw new DecodeError("SCHEMA", "no map");
  const fields = new Map<string, number>();
  let hasOddKeys = false;
  for (let at = 0; at < count; at += 1) {
    const key = reader.isText() ? reader.text() : undefined;
    if (key === undefined) {
      hasOddKeys = true;
      reader.skip();
    } else {
      fields.set(key, reader.at);
    }
    reader.skip();
  }
  return { fields, hasOddKeys };
}

/** Goes over a value and checks it; `at` is where it stands. */
class Walk {
  at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** Go over one value of any type. Throw MSGPACK. */
  value(nesting: number): void {
    this.need(1);
    const head = this.bytes[this.at++];
    if (head <= 0x7f || head >= 0xe0) return;
    if (head <= 0x8f) return this.parts(2 * (head & 0x0f), nesting);
    if (head <= 0x9f) return this.parts(head & 0x0f, nesting);
    if (head <= 0xbf) return this.text(head & 0x1f);
    switch (head) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return;
      case 0xcc:
      case 0xd0:
        return this.over(1);
      case 0xcd:
      case 0xd1:
        return this.over(2);
      case 0xca:
      case 0xce:
      case 0xd2:
        return this.over(4);
      case 0xcb:
      case 0xcf:
      case 0xd3:
        return this.over(8);
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.text(this.length(1 << (head - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.array(this.length(head === 0xdc ? 2 : 4), nesting);
      case 0xde:
      case 0xdf:
        return this.map(this.length(head === 0xde ? 2 : 4), nesting);
      default: // bin, ext, and the byte that msgpack never uses
        throw new DecodeError("MSGPACK", `type 0x${head.toString(16)}`);
    }
  }

  private array(count: number, nesting: number): void {
    if (count > ARRAY_MAX) throw new DecodeError("MSGPACK", `array of ${count}`);
    this.parts(count, nesting);
  }

  private map(count: number, nesting: number): void {
    if (count > MAP_MAX) throw new DecodeError("MSGPACK", `map of ${count}`);
    this.parts(2 * count, nesting);
  }

  private parts(count: number, nesting: number): void {
    if (nesting > NESTING_MAX) throw new DecodeError("MSGPACK", `nesting over ${NESTING_MAX}`);
    this.need(count);
    for (let part = 0; part < count; part += 1) this.value(nesting + 1);
  }

  private text(length: number): void {
    if (length > TEXT_MAX_BYTES) throw new DecodeError("MSGPACK", `text of ${length} bytes`);
    const from = this.at;
    this.over(length);
    if (!isPlain(this.bytes, from, this.at) && !isUtf8(this.bytes.subarray(from, this.at))) {
      throw new DecodeError("MSGPACK", "text that is not UTF-8");
    }
  }

  private length(size: number): number {
    this.need(size);
    const length = this.bytes.readUIntBE(this.at, size);
    this.at += size;
    return length;
  }

  private over(count: number): void {
    this.need(count);
    this.at += count;
  }

  private need(count: number): void {
    if (count > this.bytes.length - this.at) throw new DecodeError("MSGPACK", "cut short");
  }
}

/** Reads values of bytes that were walked over already: of each type where it is one. */
export class Reader {
  at = 0;

  constructor(private readonly bytes: Buffer) {}

  isText(): boolean {
    const head = this.bytes[this.at];
    return (head >= 0xa0 && head <= 0xbf) || (head >= 0xd9 && head <= 0xdb);
  }

  isInt(): boolean {
    const head = this.bytes[this.at];
    return head <= 0x7f || head >= 0xe0 || (head >= 0xcc && head <= 0xd3);
  }

  /** Read an int, negative ones too. */
  int(): Whole {
    const { bytes } = this;
    const head = bytes[this.at++];
    if (head <= 0x7f) return head;
    if (head >= 0xe0) return head - 0x100;
    const from = this.at;
    const size = 1 << ((head - 0xcc) & 3);
    this.at += size;
    if (size < 8) {
      return head < 0xd0 ? bytes.readUIntBE(from, size) : bytes.readIntBE(from, size);
    }
    if (head === 0xd3) return whole(bytes.readBigInt64BE(from));
    const high = bytes.readUInt32BE(from);
    const low = bytes.readUInt32BE(from + 4);
    return high <= HIGH_MAX ? high * 0x1_0000_0000 + low : wide(high, low);
  }

  /** Read a text. */
  text(): string {
    const head = this.bytes[this.at++];
    let length = head & 0x1f;
    if (head >= 0xd9) {
      const size = 1 << (head - 0xd9);
      length = this.bytes.readUIntBE(this.at, size);
      this.at += size;
    }
    const from = this.at;
    this.at += length;
    return textOf(this.bytes, from, this.at);
  }

  /** Read an array's header and return its length; -1, and nothing is read, where there is none. */
  arrayLength(): number {
    return this.container(0x90, 0xdc);
  }

  /** The same of a map. */
  mapLength(): number {
    return this.container(0x80, 0xde);
  }

  /** Go on behind the value. */
  skip(): void {
    if (this.isText()) {
      this.text();
      return;
    }
    const head = this.bytes[this.at];
    let parts = this.arrayLength();
    if (parts < 0) parts = 2 * this.mapLength();
    if (parts >= 0) {
      for (let part = 0; part < parts; part += 1) this.skip();
      return;
    }
    this.at += 1;
    if (head >= 0xcc && head <= 0xd3) this.at += 1 << ((head - 0xcc) & 3);
    else if (head === 0xca || head === 0xcb) this.at += head === 0xca ? 4 : 8;
  }

  private container(fixed: number, sized: number): number {
    const head = this.bytes[this.at];
    if (head >= fixed && head <= fixed + 0x0f) {
      this.at += 1;
      return head & 0x0f;
    }
    if (head !== sized && head !== sized + 1) return -1;
    const size = head === sized ? 2 : 4;
    const length = this.bytes.readUIntBE(this.at + 1, size);
    this.at += 1 + size;
    return length;
  }
}

/** Return the text that bytes, good UTF-8, hold. */
export function textOf(bytes: Buffer, from: number, to: number): string {
  return isPlain(bytes, from, to)
    ? bytes.toString("latin1", from, to)
    : bytes.toString("utf8", from, to);
}

function isPlain(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] > 0x7f) return false;
  return true;
}

/** Return a map of texts as msgpack (WIRE §7.6). */
export function packTexts(fields: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(fields);
  return Buffer.concat([Buffer.of(0x80 | pairs.length), ...pairs.flat().map(packText)]);
}

function packText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  const head = length < 0x20 ? [0xa0 | length] : [0xda, length >>> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), bytes]);
}
