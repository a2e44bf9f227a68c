package io.pykraken.consumer;

/**
 * One pair of the instrument stream (WIRE §4.15). Precisions are unsigned.
 *
 * @param symbol its name
 * @param status Kraken's word
 * @param pricePrecision decimals of its prices
 * @param qtyPrecision decimals of its quantities
 * @param report Kraken's own words, a JSON text
 */
public record Pair(
        String symbol, String status, long pricePrecision, long qtyPrecision, String report) {}
