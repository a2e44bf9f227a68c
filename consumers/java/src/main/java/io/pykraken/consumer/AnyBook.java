package io.pykraken.consumer;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * A book, L2 or L3: two sides of price levels, and what can be said of the best ones. Exact
 * numbers, no floats; of an empty side there is nothing, never a made-up number.
 */
public abstract sealed class AnyBook extends State permits Book, OrderBook {

    /** WIRE §5.2: "the best 10 asks from the best, then the best 10 bids". */
    static final int CHECKSUM_LEVELS = 10;

    /** Of the very object; a copy makes its own. */
    private CRC32 crc = new CRC32();
    private int depth;

    AnyBook(String channel) {
        super(channel);
    }

    /** How many levels a side are kept. */
    public final int depth() {
        return depth;
    }

    final void depth(int levels) {
        depth = levels;
    }

    /** Return the levels of a side as scaled integers, best first, at most {@code limit}. */
    public abstract List<Level> levels(Side side, int limit);

    /** Return all levels of a side as scaled integers, best first. */
    public final List<Level> levels(Side side) {
        return levels(side, Integer.MAX_VALUE);
    }

    /** Return the levels of a side as exact decimals, best first, at most {@code limit}. */
    public final List<DecimalLevel> decimalLevels(Side side, int limit) {
        return levels(side, limit).stream().map(this::decimal).toList();
    }

    /** Return the best level of a side as scaled integers. */
    public final Optional<Level> best(Side side) {
        return levels(side, 1).stream().findFirst();
    }

    /** Return the highest bid. */
    public final Optional<DecimalLevel> bestBid() {
        return best(Side.BID).map(this::decimal);
    }

    /** Return the lowest ask. */
    public final Optional<DecimalLevel> bestOffer() {
        return best(Side.ASK).map(this::decimal);
    }

    /** Return best offer minus best bid. */
    public final Optional<BigDecimal> spread() {
        return best(Side.BID).flatMap(bid -> best(Side.ASK).map(
                offer -> scaled(offer.price().subtract(bid.price()), pricePrecision())));
    }

    /** Return the exact mean of best bid and best offer. */
    public final Optional<BigDecimal> mid() {
        return best(Side.BID).flatMap(bid -> best(Side.ASK).map(offer -> scaled(
                bid.price().add(offer.price()).multiply(BigInteger.valueOf(5)),
                pricePrecision() + 1)));
    }

    /** Return Kraken's CRC-32 of the best ten levels a side, 0 for an empty book (WIRE §5.2). */
    public final long checksum() {
        crc.reset();
        digest(crc);
        return crc.getValue();
    }

    @Override
    public AnyBook copy() {
        AnyBook twin = (AnyBook) super.copy();
        twin.crc = new CRC32();
        return twin;
    }

    /** Feed the checksum's text: asks, then bids. */
    abstract void digest(CRC32 into);

    /** Throw CHECKSUM where a book differs from what it was told to be. */
    final void compare(long told) {
        if (checksum() != told) {
            throw new DecodeException(Code.CHECKSUM, "c");
        }
    }

    private DecimalLevel decimal(Level level) {
        return new DecimalLevel(scaled(level.price(), pricePrecision()),
                scaled(level.qty(), qtyPrecision()));
    }
}
