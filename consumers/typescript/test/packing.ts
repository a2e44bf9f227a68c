/** Makes entries as a publisher does: msgpack, and a small book's stream with true checksums. */
import { checksumOf } from "../src/book.js";
import type { Level } from "../src/book-events.js";

export type Packable = number | bigint | string | readonly Packable[] | { [key: string]: Packable };

/** Return a value as msgpack, in no particular form of those that it allows. */
export function pack(value: Packable): Buffer {
  if (typeof value === "number" || typeof value === "bigint") return packInt(BigInt(value));
  if (typeof value === "string") {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.of(0xda, bytes.length >> 8, bytes.length & 0xff), bytes]);
  }
  if (Array.isArray(value)) {
    const parts = value as readonly Packable[];
    const head = Buffer.of(0xdc, parts.length >> 8, parts.length & 0xff);
    return Buffer.concat([head, ...parts.map(pack)]);
  }
  const pairs = Object.entries(value as { [key: string]: Packable });
  return Buffer.concat([Buffer.of(0x80 | pairs.length), ...pairs.flat().map(pack)]);
}

function packInt(value: bigint): Buffer {
  if (value >= 1n << 64n) return pack(value.toString());
  const bytes = Buffer.alloc(9, 0xcf);
  bytes.writeBigUInt64BE(value, 1);
  return bytes;
}

const T0 = 1_767_323_045_000_000_000n;

/** The stream of a book of depth 10, entry by entry. */
export class BookStory {
  seq = 1n;
  readonly bids: Level[] = levels(100n, -1n);
  readonly asks: Level[] = levels(101n, 1n);

  constructor(
    readonly symbol = "BTC/USD",
    readonly epoch = 1_767_323_045_000n,
  ) {}

  get id(): string {
    return `${this.epoch}-${this.seq}`;
  }

  get checksum(): number {
    return checksumOf(this.bids, this.asks);
  }

  /** Return the state as it is, as an entry of `.snap` or an event has it. */
  snapshot(): Buffer {
    return pack({
      ...this.common("snapshot"),
      ...this.header(),
      ...{ b: rows(this.bids), a: rows(this.asks), c: this.checksum },
    });
  }

  /** Go on by one update of the best bid's qty. */
  update(qty: bigint): Buffer {
    this.seq += 1n;
    this.bids[0] = { price: this.bids[0].price, qty };
    const b = rows(this.bids.slice(0, 1));
    return pack({ ...this.common("update"), b, a: [], c: this.checksum });
  }

  /** Go on by an event without a meaning for the book. */
  event(t: string, fields: { [key: string]: Packable } = {}): Buffer {
    this.seq += 1n;
    return pack({ ...this.common(t), ...fields });
  }

  /** Return a row of the catalogue. */
  listing(feed = "book.10.x", line = ""): Buffer {
    return pack({ ...this.header(), fd: feed, l: line, ep: this.epoch });
  }

  private header() {
    return { v: 1, ch: "book", y: this.symbol, d: 10, pp: 2, qp: 3 };
  }

  private common(t: string) {
    const te = T0 + this.seq;
    return { t, te, tr: te + 1n, tp: te + 2n, f: 0 };
  }
}

function levels(first: bigint, step: bigint): Level[] {
  return Array.from({ length: 10 }, (_, at) => ({ price: first + step * BigInt(at), qty: 5n }));
}

function rows(levels: readonly Level[]): Packable[] {
  return levels.map(({ price, qty }) => [price, qty]);
}
