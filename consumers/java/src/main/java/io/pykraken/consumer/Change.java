package io.pykraken.consumer;

import java.math.BigInteger;

/**
 * One change of an L3 book (WIRE §4.10).
 *
 * @param kind {@link #ADD}, {@link #MODIFY} or {@link #DELETE}
 * @param orderId which order
 * @param price scaled
 * @param qty scaled
 * @param time nanoseconds, unsigned; rules the order's place in the queue
 */
public record Change(int kind, String orderId, BigInteger price, BigInteger qty, long time) {

    /** The order is new. */
    public static final int ADD = 0;
    /** The order is another than it was. */
    public static final int MODIFY = 1;
    /** The order is gone. */
    public static final int DELETE = 2;
}
