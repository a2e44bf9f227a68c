package io.pykraken.consumer;

import java.math.BigDecimal;

/**
 * One price and the total qty resting there, as exact decimals.
 *
 * @param price in the quote currency
 * @param qty in the base currency
 */
public record DecimalLevel(BigDecimal price, BigDecimal qty) {}
