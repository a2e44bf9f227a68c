package io.pykraken.consumer;

/** A side of a book. */
public enum Side {
    /** Who would buy. */
    BID,
    /** Who would sell. */
    ASK
}
