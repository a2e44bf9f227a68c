package io.pykraken.consumer;

import java.math.BigInteger;
import java.util.AbstractList;
import java.util.RandomAccess;

/**
 * Levels of an event, unchangeable. Holds them as plain longs where they all fit, which is what a
 * book reads; {@link Level}s are made for who asks.
 */
public final class Levels extends AbstractList<Level> implements RandomAccess {

    static final Levels NONE = new Levels(new long[0]);

    private final long[] flat;
    private final BigInteger[] big;

    private Levels(long[] flat) {
        this.flat = flat;
        this.big = null;
    }

    private Levels(BigInteger[] big) {
        this.flat = null;
        this.big = big;
    }

    /** Take price, qty, price, qty and so on, none negative. */
    static Levels of(long[] flat) {
        return flat.length == 0 ? NONE : new Levels(flat);
    }

    /** Take the same of any size. */
    static Levels of(BigInteger[] big) {
        long[] flat = new long[big.length];
        for (int at = 0; at < big.length; at++) {
            if (big[at].bitLength() > 63) {
                return new Levels(big);
            }
            flat[at] = big[at].longValue();
        }
        return of(flat);
    }

    /** Return the plain longs, null where one does not fit. Not to be changed. */
    long[] flat() {
        return flat;
    }

    @Override
    public Level get(int index) {
        return new Level(number(2 * index), number(2 * index + 1));
    }

    @Override
    public int size() {
        return (flat != null ? flat.length : big.length) / 2;
    }

    private BigInteger number(int at) {
        return flat != null ? BigInteger.valueOf(flat[at]) : big[at];
    }
}
