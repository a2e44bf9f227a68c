package io.pykraken.consumer;

/**
 * What is wrong with an entry or a stream, as WIRE §8 names it; every language reports the same.
 */
public enum Code {
    SIZE, MSGPACK, VERSION, SCHEMA, RANGE, ORDER, CHECKSUM, GAP, POINTER, STALE, REGRESSION,
    NO_STREAM, AMBIGUOUS
}
