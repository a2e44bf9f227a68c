package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** The L3 book against a plain model. */
class OrderBookTest {

    /** One side by WIRE §5.4, as a list of orders in their order. */
    private static final class Model {
        private final Side side;
        private final List<Order> orders = new ArrayList<>();

        Model(Side side) {
            this.side = side;
        }

        void apply(List<Change> changes, int depth) {
            for (Change change : changes) {
                Order known = orders.stream()
                        .filter(each -> each.orderId().equals(change.orderId())).findFirst()
                        .orElse(null);
                if (known == null && change.kind() != Change.ADD) {
                    continue;
                }
                Order order =
                        new Order(change.orderId(), change.price(), change.qty(), change.time());
                boolean stays = change.kind() == Change.MODIFY
                        && known.price().equals(order.price())
                        && known.time() == order.time();
                if (stays) {
                    orders.set(orders.indexOf(known), order);
                    continue;
                }
                orders.remove(known);
                if (change.kind() != Change.DELETE) {
                    orders.add(order);
                    Comparator<Order> best = Comparator.comparing(Order::price);
                    orders.sort((side == Side.BID ? best.reversed() : best)
                            .thenComparing(Order::time, Long::compareUnsigned));
                }
            }
            Set<BigInteger> prices = new LinkedHashSet<>();
            orders.forEach(order -> prices.add(order.price()));
            List<BigInteger> kept = prices.stream().limit(depth).toList();
            orders.removeIf(order -> !kept.contains(order.price()));
        }

        String text() {
            StringBuilder text = new StringBuilder();
            Set<BigInteger> prices = new LinkedHashSet<>();
            for (Order order : orders) {
                prices.add(order.price());
                if (prices.size() <= 10) {
                    text.append(order.price()).append(order.qty());
                }
            }
            return text.toString();
        }
    }

    private static List<Change> drawn(Random random, BigInteger base) {
        List<Change> changes = new ArrayList<>();
        for (int left = random.nextInt(5); left > 0; left--) {
            int kind = random.nextInt(3);
            changes.add(new Change(kind, "O" + random.nextInt(60),
                    base.add(BigInteger.valueOf(random.nextInt(25))),
                    BigInteger.valueOf(1 + random.nextInt(1000)),
                    random.nextInt(4) == 0 ? -1L - random.nextInt(3) : random.nextInt(5)));
        }
        return changes;
    }

    private static void compared(int depth, BigInteger base) {
        Random random = new Random(depth);
        OrderBook book = new OrderBook();
        book.load(List.of(), List.of(), depth);
        Model bids = new Model(Side.BID);
        Model asks = new Model(Side.ASK);
        for (int round = 0; round < 3_000; round++) {
            List<Change> ofBids = drawn(random, base);
            List<Change> ofAsks = drawn(random, base);
            bids.apply(ofBids, depth);
            asks.apply(ofAsks, depth);
            CRC32 crc = new CRC32();
            crc.update((asks.text() + bids.text()).getBytes(StandardCharsets.US_ASCII));
            book.apply(new ChannelEvent.Orders(
                    EntryId.ZERO, 0, 0, 0, 0, crc.getValue(), ofBids, ofAsks));
            if (round % 50 == 0) {
                assertEquals(bids.orders, book.orders(Side.BID));
                assertEquals(asks.orders, book.copy().orders(Side.ASK));
                assertEquals(crc.getValue(), book.copy().checksum());
                assertEquals(crc.getValue(), Proof.ordersChecksum(bids.orders, asks.orders));
            }
        }
    }

    @Test
    void itHoldsWhatAModelHolds() {
        for (int depth : new int[] {1, 3, 10, 20}) {
            compared(depth, BigInteger.valueOf(1000));
        }
        compared(12, BigInteger.ONE.shiftLeft(63).subtract(BigInteger.TEN));
        compared(15, BigInteger.ONE.shiftLeft(64).subtract(BigInteger.TEN));
    }
}
