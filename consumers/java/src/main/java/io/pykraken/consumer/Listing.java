package io.pykraken.consumer;

/**
 * One stream of the catalogue (WIRE §4.9): a hint, not a proof. What it has not is null.
 *
 * @param stream its key
 * @param version of the wire
 * @param feed which feed writes it
 * @param channel what it carries
 * @param symbol of which symbol
 * @param depth of a book: levels a side
 * @param pricePrecision decimals of prices
 * @param qtyPrecision decimals of quantities
 * @param line {@code a} or {@code b}, or empty
 * @param epoch of the stream, unsigned
 * @param source of a bbo: the book that it is derived from
 * @param trigger of a ticker
 * @param interval of candles, in minutes
 * @param account of a private stream
 */
public record Listing(String stream, int version, String feed, String channel, String symbol,
        Integer depth, Integer pricePrecision, Integer qtyPrecision, String line, long epoch,
        String source, String trigger, Integer interval, String account) {}
