package io.pykraken.consumer;

/**
 * One asset of the instrument stream (WIRE §4.15).
 *
 * @param id its name
 * @param status Kraken's word
 * @param precision its decimals, unsigned
 * @param report Kraken's own words, a JSON text
 */
public record Asset(String id, String status, long precision, String report) {}
