package io.pykraken.consumer;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;

/**
 * What a stream holds at an entry: a book, or what its channel has. Changed in place by its replica
 * when the next event is taken, by that thread; {@link #copy} keeps a moment. Prices and quantities
 * are scaled integers, null where there is none.
 */
public abstract sealed class State implements Cloneable
        permits AnyBook, TopState, TickerState, TradesState, CandleState, InstrumentsState,
                ExecutionsState, BalancesState {

    private final String channel;
    private String symbol = "";
    private int pricePrecision;
    private int qtyPrecision;
    private EntryId at = EntryId.ZERO;
    private long tsEvent;
    private boolean isValid;
    private boolean isStale;

    State(String channel) {
        this.channel = channel;
    }

    /** Return the empty state of a channel. */
    static State of(String channel) {
        return switch (channel) {
            case "level3" -> new OrderBook();
            case "bbo" -> new TopState();
            case "ticker" -> new TickerState();
            case "trade" -> new TradesState();
            case "ohlc" -> new CandleState();
            case "instrument" -> new InstrumentsState();
            case "executions" -> new ExecutionsState();
            case "balances" -> new BalancesState();
            default -> new Book();
        };
    }

    /** Return {@code value} x 10^-{@code precision}, exact; null for null. */
    public static BigDecimal scaled(BigInteger value, int precision) {
        return value == null ? null : new BigDecimal(value, precision);
    }

    /** The channel of its stream. */
    public final String channel() {
        return channel;
    }

    /** The venue's name, such as {@code BTC/USD}; empty where the channel has none. */
    public final String symbol() {
        return symbol;
    }

    /** Decimals of prices: the unit is 10^-this. 0 where the channel has none. */
    public final int pricePrecision() {
        return pricePrecision;
    }

    /** Decimals of quantities: the unit is 10^-this. 0 where the channel has none. */
    public final int qtyPrecision() {
        return qtyPrecision;
    }

    /** The entry that it stands at. */
    public final EntryId at() {
        return at;
    }

    /** The venue's stamp, in ns since 1970, on the last event that had one; unsigned. */
    public final long tsEvent() {
        return tsEvent;
    }

    /** Whether it may be used: joined, contiguous, and of a book proven by its checksum. */
    public final boolean isValid() {
        return isValid;
    }

    /** Whether nothing was heard for too long, the publisher said goodbye, or Redis is away. */
    public final boolean isStale() {
        return isStale;
    }

    /** Return a state of its own that no replica changes. */
    public State copy() {
        try {
            return (State) clone();
        } catch (CloneNotSupportedException error) {
            throw new AssertionError(error);
        }
    }

    @Override
    public String toString() {
        String health = !isValid ? "invalid" : isStale ? "stale" : "valid";
        return getClass().getSimpleName() + " " + symbol + " at " + at + " " + health;
    }

    /** Replace all by a whole snapshot that was proven. */
    abstract void load(AnySnapshot snapshot);

    /** Take in an event of the channel. Throw CHECKSUM, ORDER or SCHEMA (WIRE §7.3). */
    abstract void apply(ChannelEvent event);

    /** Forget what later events would have to follow: they were missed, or may have been. */
    void forget() {}

    /** What it is known by, in a channel in which each event is the whole; else null. */
    List<Object> values() {
        return null;
    }

    final void header(String ofSymbol, int price, int qty) {
        symbol = ofSymbol;
        pricePrecision = price;
        qtyPrecision = qty;
    }

    final void stands(EntryId entryId, long stamp) {
        at = entryId;
        if (stamp != 0) { // 0: the venue gave none, what is shown is as old as it was
            tsEvent = stamp;
        }
    }

    final void loadedAt(EntryId entryId, long stamp) {
        at = entryId;
        tsEvent = stamp;
    }

    final void valid(boolean is) {
        isValid = is;
    }

    final void stale(boolean is) {
        isStale = is;
    }
}
