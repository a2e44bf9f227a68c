package io.pykraken.consumer;

import java.math.BigInteger;

/**
 * One price and the total qty resting there.
 *
 * @param price scaled: the unit is 10^-{@code pricePrecision}
 * @param qty scaled: the unit is 10^-{@code qtyPrecision}; in an update 0 removes the level
 */
public record Level(BigInteger price, BigInteger qty) {}
