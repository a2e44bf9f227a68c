package io.pykraken.consumer;

/**
 * What is wrong with an entry or a stream, as WIRE §8 names it; every language reports the same.
 */
public enum Code {
    /** An entry is over 16 MiB. */
    SIZE,
    /** Not one well-formed msgpack value within the limits. */
    MSGPACK,
    /** Of a version that this reader does not read. */
    VERSION,
    /** A key is missing, or its value is of another type. */
    SCHEMA,
    /** A value is outside its range. */
    RANGE,
    /** Levels, orders or trade ids do not follow one another as they must. */
    ORDER,
    /** The own book has another checksum than was stated. */
    CHECKSUM,
    /** The next id is not the next seq. */
    GAP,
    /** The snapshot that a pointer names is gone. */
    POINTER,
    /** No entry for 15 s. */
    STALE,
    /** The stream's past was rolled back. */
    REGRESSION,
    /** No snapshot lies at the stream's key. */
    NO_STREAM,
    /** The catalogue has several streams that would do, none clearly. */
    AMBIGUOUS
}
