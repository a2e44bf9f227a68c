package io.pykraken.consumer;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * One side of an L3 book: levels sorted so that the best is last, each a queue of orders, first in
 * line first, beside the orders by their ids.
 */
final class OrderSide {

    /** One order of a level, and its part of the checksum's text. */
    private static final class Resting {
        private final Order order;
        private final byte[] text;

        Resting(Order order) {
            this.order = order;
            this.text = Digits.of(order.price(), order.qty());
        }
    }

    /** The orders of one price; {@code joined} is their text, null when it is old. */
    private static final class Queue {
        private final BigInteger price;
        private final List<Resting> orders = new ArrayList<>();
        private byte[] joined;

        Queue(BigInteger price) {
            this.price = price;
        }

        /** WIRE §5.4: "behind all orders of its level whose time is not later". */
        void insert(Resting resting) {
            int at = orders.size();
            while (at > 0 && Long.compareUnsigned(
                    orders.get(at - 1).order.time(), resting.order.time()) > 0) {
                at--;
            }
            orders.add(at, resting);
            joined = null;
        }

        byte[] text() {
            if (joined == null) {
                int length = 0;
                for (Resting each : orders) {
                    length += each.text.length;
                }
                joined = new byte[length];
                int at = 0;
                for (Resting each : orders) {
                    System.arraycopy(each.text, 0, joined, at, each.text.length);
                    at += each.text.length;
                }
            }
            return joined;
        }

        Level level() {
            BigInteger qty = BigInteger.ZERO;
            for (Resting each : orders) {
                qty = qty.add(each.order.qty());
            }
            return new Level(price, qty);
        }
    }

    private final int sign;
    private final List<Queue> queues = new ArrayList<>();
    private final Map<String, Resting> byId = new HashMap<>();

    OrderSide(Side side) {
        this.sign = side == Side.BID ? 1 : -1;
    }

    /** Replace all; orders come best level first, each level in queue order. */
    void load(List<Order> orders, int depth) {
        queues.clear();
        byId.clear();
        Queue last = null;
        for (Order order : orders) {
            if (last == null || !last.price.equals(order.price())) {
                last = new Queue(order.price());
                queues.add(last);
            }
            Resting resting = new Resting(order);
            last.orders.add(resting);
            byId.put(order.orderId(), resting);
        }
        Collections.reverse(queues);
        cut(depth);
    }

    /** Make each change in array order, then cut to {@code depth} levels (WIRE §5.4). */
    void apply(List<Change> changes, int depth) {
        for (Change change : changes) {
            Resting known = byId.get(change.orderId());
            if (known == null && change.kind() != Change.ADD) {
                continue;
            }
            Order order = new Order(
                    change.orderId(), change.price(), change.qty(), change.time());
            if (known == null) {
                put(new Resting(order));
            } else if (change.kind() == Change.MODIFY && known.order.time() == order.time()
                    && known.order.price().equals(order.price())) {
                replace(known, new Resting(order));
            } else {
                take(known);
                if (change.kind() != Change.DELETE) {
                    put(new Resting(order));
                }
            }
        }
        cut(depth);
    }

    /** Return at most {@code limit} levels with their total qty, best first. */
    List<Level> levels(int limit) {
        List<Level> levels = new ArrayList<>();
        for (int at = queues.size() - 1; at >= last(limit); at--) {
            levels.add(queues.get(at).level());
        }
        return levels;
    }

    /** Return the orders of at most {@code limit} levels, best level first, in queue order. */
    List<Order> orders(int limit) {
        List<Order> orders = new ArrayList<>();
        for (int at = queues.size() - 1; at >= last(limit); at--) {
            queues.get(at).orders.forEach(each -> orders.add(each.order));
        }
        return orders;
    }

    void digest(CRC32 into) {
        for (int at = queues.size() - 1; at >= last(AnyBook.CHECKSUM_LEVELS); at--) {
            into.update(queues.get(at).text());
        }
    }

    private int last(int limit) {
        return Math.max(0, queues.size() - limit);
    }

    private void put(Resting resting) {
        int at = place(resting.order.price());
        if (at == queues.size() || !queues.get(at).price.equals(resting.order.price())) {
            queues.add(at, new Queue(resting.order.price()));
        }
        queues.get(at).insert(resting);
        byId.put(resting.order.orderId(), resting);
    }

    private void take(Resting resting) {
        int at = place(resting.order.price());
        Queue queue = queues.get(at);
        queue.orders.remove(resting); // the very object: it has no equality of its own
        queue.joined = null;
        byId.remove(resting.order.orderId());
        if (queue.orders.isEmpty()) {
            queues.remove(at);
        }
    }

    private void replace(Resting known, Resting resting) {
        Queue queue = queues.get(place(known.order.price()));
        queue.orders.set(queue.orders.indexOf(known), resting);
        queue.joined = null;
        byId.put(resting.order.orderId(), resting);
    }

    /** Return the first place whose level is not worse. */
    private int place(BigInteger price) {
        int low = 0;
        int high = queues.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sign * queues.get(middle).price.compareTo(price) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void cut(int depth) {
        int over = queues.size() - depth;
        if (over > 0) {
            List<Queue> worst = queues.subList(0, over);
            worst.forEach(queue -> queue.orders.forEach(each -> byId.remove(each.order.orderId())));
            worst.clear();
        }
    }
}
