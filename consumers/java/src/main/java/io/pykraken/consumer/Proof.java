package io.pykraken.consumer;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;

/** What a snapshot must show before it replaces a state (WIRE §5.3, §7.2). Pure. */
final class Proof {

    private Proof() {}

    /** Return the state in an entry of a channel's {@code .snap}, proven. */
    static AnySnapshot snapshot(EntryId entryId, byte[] data, String channel) {
        if (data == null) {
            throw new DecodeException(Code.SCHEMA, "field d");
        }
        AnySnapshot snapshot = Wire.decodeSnapshot(entryId, data, channel);
        prove(snapshot);
        return snapshot;
    }

    /**
     * Throw CHECKSUM where a whole book contradicts its own checksum, and SCHEMA where Kraken's
     * words name nothing.
     */
    static void prove(AnySnapshot any) {
        boolean isCompared = (any.flags() & Wire.UNVERIFIED) == 0;
        if (any instanceof AnySnapshot.Snapshot book && isCompared) {
            compare(checksum(book.bids(), book.asks()), book.checksum());
        } else if (any instanceof AnySnapshot.OrdersSnapshot book && isCompared) {
            compare(ordersChecksum(book.bids(), book.asks()), book.checksum());
        } else if (any instanceof AnySnapshot.ExecutionsSnapshot account) {
            JsonObject.byName(account.orders(), "order_id");
        } else if (any instanceof AnySnapshot.BalancesSnapshot account) {
            JsonObject.byName(account.balances(), "asset");
        }
    }

    /** Return the checksum of two sides that come best first (WIRE §5.2). */
    static long checksum(Levels bids, Levels asks) {
        CRC32 crc = new CRC32();
        for (Levels side : List.of(asks, bids)) {
            side.stream().limit(AnyBook.CHECKSUM_LEVELS)
                    .forEach(level -> feed(crc, level.price(), level.qty()));
        }
        return crc.getValue();
    }

    /** Return the checksum of two sides of orders, best level first, each in queue order (§5.4). */
    static long ordersChecksum(List<Order> bids, List<Order> asks) {
        CRC32 crc = new CRC32();
        for (List<Order> side : List.of(asks, bids)) {
            Set<BigInteger> prices = new HashSet<>();
            for (Order order : side) {
                prices.add(order.price());
                if (prices.size() > AnyBook.CHECKSUM_LEVELS) {
                    break;
                }
                feed(crc, order.price(), order.qty());
            }
        }
        return crc.getValue();
    }

    private static void feed(CRC32 crc, BigInteger price, BigInteger qty) {
        crc.update((price + "" + qty).getBytes(StandardCharsets.US_ASCII));
    }

    private static void compare(long own, long told) {
        if (own != told) {
            throw new DecodeException(Code.CHECKSUM, "c");
        }
    }
}
