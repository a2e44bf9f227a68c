package io.pykraken.consumer;

import java.math.BigInteger;

/**
 * One trade (WIRE §4.13).
 *
 * @param tradeId grows by 1 within a symbol; unsigned
 * @param side who crossed the spread: 0 a buyer, 1 a seller
 * @param price scaled
 * @param qty scaled
 * @param ordType 0 limit, 1 market, 2 another
 * @param time nanoseconds, unsigned
 */
public record Trade(
        long tradeId, int side, BigInteger price, BigInteger qty, int ordType, long time) {}
