/** The names of entries (WIRE §3.1). Pure. */

/** An entry's id, totally ordered (WIRE §3.1). Prints as Redis writes it. */
export class EntryId {
  constructor(
    readonly epoch: bigint,
    readonly seq: bigint,
  ) {}

  toString(): string {
    return `${this.epoch}-${this.seq}`;
  }

  /** True when this id comes before `other`. */
  isBefore(other: EntryId): boolean {
    return this.epoch < other.epoch || (this.epoch === other.epoch && this.seq < other.seq);
  }

  /** The id before this one in its epoch. */
  get previous(): EntryId {
    return new EntryId(this.epoch, this.seq - 1n);
  }

  /** True when both are the same id. */
  equals(other: EntryId): boolean {
    return this.epoch === other.epoch && this.seq === other.seq;
  }

  /** True when nothing can lie between: the next seq, or the first of a later epoch. */
  isFollowedBy(other: EntryId): boolean {
    if (other.epoch === this.epoch) return other.seq === this.seq + 1n;
    return other.epoch > this.epoch && other.seq === 0n;
  }
}

const ID = /^(\d+)-(\d+)$/;

/** Return the id that Redis wrote as `<epoch>-<seq>`. Throw `RangeError` for anything else. */
export function parseId(text: string): EntryId {
  const match = ID.exec(text);
  if (match === null) throw new RangeError(`must be an entry id such as 1767323045000-3: ${text}`);
  return new EntryId(BigInt(match[1]), BigInt(match[2]));
}

/** Return the id as it came from Redis, as text or as bytes. */
export function readId(id: Uint8Array | string): EntryId {
  return parseId(typeof id === "string" ? id : Buffer.from(id).toString("latin1"));
}
