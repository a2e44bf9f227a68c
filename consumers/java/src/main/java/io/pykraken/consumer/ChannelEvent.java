package io.pykraken.consumer;

import java.math.BigInteger;
import java.util.List;

/** Events of a channel's own; the fields of each are WIRE's, in its order (§9). */
public sealed interface ChannelEvent extends WireEvent {

    /** The venue's stamp on what caused it, 0 if it gave none. */
    long tsEvent();

    /** The bit set of WIRE §4.1. */
    long flags();

    /** One Kraken message of a book, verified (§4.2). A qty of 0 removes the level. */
    record Update(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            long checksum, Levels bids, Levels asks) implements ChannelEvent {}

    /** One Kraken message of an L3 book, verified (§4.10). */
    record Orders(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            long checksum, List<Change> bids, List<Change> asks) implements ChannelEvent {}

    /** The best bid and offer of a verified book (§4.11); null on an empty side. */
    record Top(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            BigInteger bid, BigInteger bidQty, BigInteger ask, BigInteger askQty)
            implements ChannelEvent {}

    /** The whole ticker (§4.12); null where Kraken gave nothing. */
    record Ticker(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            BigInteger bid, BigInteger bidQty, BigInteger ask, BigInteger askQty,
            BigInteger last, BigInteger high, BigInteger low, BigInteger volume,
            String vwap, String change, String changePct, Long trades) implements ChannelEvent {}

    /** Trades of one symbol, ids rising by 1 (§4.13). */
    record Trades(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            List<Trade> trades) implements ChannelEvent {}

    /** Trades {@code first} to {@code last}, both included, that could not be had (§4.13). */
    record TradesGap(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            String reason, String note, long first, long last) implements ChannelEvent {
        @Override
        public String type() {
            return "gap";
        }
    }

    /** A candle as it stands (§4.14). */
    record Candle(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            long intervalBegin, BigInteger open, BigInteger high, BigInteger low, BigInteger close,
            BigInteger volume, String vwap, long trades) implements ChannelEvent {}

    /** A candle that is final (§4.14). */
    record Closed(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            long intervalBegin, BigInteger open, BigInteger high, BigInteger low, BigInteger close,
            BigInteger volume, String vwap, long trades) implements ChannelEvent {}

    /** Pairs and assets that changed (§4.15). */
    record Instruments(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            List<Pair> pairs, List<Asset> assets) implements ChannelEvent {}

    /** One report, and the whole {@code order} after it, as JSON texts (§4.16). */
    record Execution(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            String orderId, String report, String order, long sequence) implements ChannelEvent {}

    /** Orders that are open no more, of which nothing tells the end (§4.16). */
    record OrdersGap(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            String reason, String note, List<String> orderId) implements ChannelEvent {
        @Override
        public String type() {
            return "gap";
        }
    }

    /** One report, and the asset's whole {@code state} after it, as JSON texts (§4.17). */
    record Balance(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            String state, String report, String asset, long sequence) implements ChannelEvent {}
}
