package io.pykraken.consumer;

import java.math.BigInteger;
import java.util.List;

/**
 * The whole state of a stream (WIRE §4.3). Where {@code pointer} is not null the content is null
 * here and lies in {@code .snap}; applications are only given whole ones.
 */
public sealed interface AnySnapshot extends WireEvent {

    /** The venue's stamp on the last event that it includes, 0 if it gave none. */
    long tsEvent();

    /** The bit set of WIRE §4.1. */
    long flags();

    /** The channel of its stream. */
    String channel();

    /** 1 where the content lies elsewhere, else null. */
    Integer pointer();

    @Override
    default String type() {
        return "snapshot";
    }

    /** A book (§4.3), best levels first. */
    record Snapshot(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            int version, String channel, String symbol, int depth, int pricePrecision,
            int qtyPrecision, long checksum, Levels bids, Levels asks, Integer pointer)
            implements AnySnapshot {}

    /** An L3 book (§4.10), best level first, each in queue order. */
    record OrdersSnapshot(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            int version, String channel, String symbol, int depth, int pricePrecision,
            int qtyPrecision, long checksum, List<Order> bids, List<Order> asks, Integer pointer)
            implements AnySnapshot {}

    /** The best bid and offer (§4.11). */
    record TopSnapshot(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            int version, String channel, String symbol, int depth, int pricePrecision,
            int qtyPrecision, Integer pointer, String source,
            BigInteger bid, BigInteger bidQty, BigInteger ask, BigInteger askQty)
            implements AnySnapshot {}

    /** The ticker (§4.12). */
    record TickerSnapshot(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            int version, String channel, String symbol, int pricePrecision, int qtyPrecision,
            Integer pointer, String trigger,
            BigInteger bid, BigInteger bidQty, BigInteger ask, BigInteger askQty,
            BigInteger last, BigInteger high, BigInteger low, BigInteger volume,
            String vwap, String change, String changePct, Long trades) implements AnySnapshot {}

    /** The latest trades, 50 at most (§4.13). */
    record TradesSnapshot(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            int version, String channel, String symbol, int pricePrecision, int qtyPrecision,
            Integer pointer, List<Trade> trades, Long lastTradeId) implements AnySnapshot {}

    /** The open candle, null everywhere while none is (§4.14). */
    record CandleSnapshot(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            int version, String channel, String symbol, int pricePrecision, int qtyPrecision,
            Integer pointer, int interval, Long intervalBegin,
            BigInteger open, BigInteger high, BigInteger low, BigInteger close,
            BigInteger volume, String vwap, Long trades) implements AnySnapshot {}

    /** All pairs and assets (§4.15). */
    record InstrumentsSnapshot(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            int version, String channel, Integer pointer, List<Pair> pairs, List<Asset> assets)
            implements AnySnapshot {}

    /** The open orders as JSON texts (§4.16). */
    record ExecutionsSnapshot(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            int version, String channel, Integer pointer, String account, List<String> orders,
            Long sequence) implements AnySnapshot {}

    /** All balances as JSON texts (§4.17). */
    record BalancesSnapshot(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            int version, String channel, Integer pointer, String account, List<String> balances,
            Long sequence) implements AnySnapshot {}
}
