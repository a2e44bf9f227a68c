package io.pykraken.consumer;

import java.math.BigInteger;

/**
 * One resting order of an L3 book (WIRE §4.10).
 *
 * @param orderId unique on its side
 * @param price scaled
 * @param qty scaled
 * @param time nanoseconds, unsigned; rules the place in the queue
 */
public record Order(String orderId, BigInteger price, BigInteger qty, long time) {}
