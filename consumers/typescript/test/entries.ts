/** Entries in a file, as consumers/spec/CONFORMANCE.md lays them out for `decode` and `rebuild`. */

/** Where an entry lies, its id, and its field `d`. */
export interface FileEntry {
  readonly place: string;
  readonly id: string;
  readonly data: Buffer;
}

/** Give the entries one after the other. Throw `RangeError` where one is cut. */
export function* readEntries(bytes: Buffer): Generator<FileEntry> {
  let at = 0;
  const exactly = (count: number): Buffer => {
    if (at + count > bytes.length) throw new RangeError(`an entry is cut: ${count} bytes were due`);
    at += count;
    return bytes.subarray(at - count, at);
  };
  while (at < bytes.length) {
    const place = exactly(exactly(1)[0]).toString();
    const id = exactly(exactly(1)[0]).toString();
    yield { place, id, data: exactly(exactly(4).readUInt32BE()) };
  }
}

/** Return the bytes of an entry. */
export function packEntry({ place, id, data }: FileEntry): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([
    Buffer.of(place.length),
    Buffer.from(place),
    Buffer.of(id.length),
    Buffer.from(id),
    length,
    data,
  ]);
}
