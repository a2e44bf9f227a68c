package io.pykraken.consumer;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the fields of one event say together: which come with which, ranges and order across them
 * (WIRE §4, §5.3, §5.4). Pure. Looks at what is good by itself; what was bad is left alone here.
 */
final class Rules {

    static final int TRADES_MAX = 50; // WIRE §4.13: "the latest ones, 50 at most"

    private static final List<String> CANDLE =
            List.of("ib", "op", "hi", "lo", "cl", "vo", "vw", "n");
    private static final List<List<String>> TOP =
            List.of(List.of("bp", "bq"), List.of("ap", "aq"));
    /** Keys that come together or not at all, by event type, and of snapshots by channel. */
    private static final Map<String, List<List<String>>> TOGETHER = Map.of(
            "epoch", List.of(List.of("pe", "ps"), List.of("mf", "ml")),
            "top", TOP, "bbo", TOP, "ohlc", List.of(CANDLE));
    /** The keys of a snapshot's content that a pointer leaves to {@code .snap}. */
    private static final Map<String, List<String>> CONTENT = Map.of(
            "book", List.of("b", "a"), "level3", List.of("b", "a"),
            "bbo", List.of("bp", "bq", "ap", "aq"),
            "ticker",
            List.of("bp", "bq", "ap", "aq", "la", "lo", "hi", "vo", "vw", "cg", "cp", "n"),
            "trade", List.of("lt", "x"), "ohlc", CANDLE, "instrument", List.of("ps", "as"),
            "executions", List.of("os", "sq"), "balances", List.of("bs", "sq"));
    /** Where the content may be absent. */
    private static final Set<String> MAY_BE_EMPTY = Set.of("bbo", "ticker", "ohlc");

    private Rules() {}

    /** Judge an event of a channel's stream, but no snapshot. */
    static void event(String channel, String type, Shape.Found found, Faults faults) {
        switch (type) {
            case "orders" -> changes(found, faults);
            case "trades" -> trades(found, faults);
            case "gap" -> gap(found, faults);
            case "heartbeat" -> {
                // WIRE §4.6: the checksum is due where a book is live.
                boolean isBook = channel.equals("book") || channel.equals("level3");
                if (isBook && "live".equals(found.get("s", String.class)) && !found.has("c")) {
                    faults.of("c").schema();
                }
            }
            default -> together(type, found, faults);
        }
    }

    /** Judge a snapshot's content and pointer against each other (WIRE §4.3), then the content. */
    static void content(String channel, boolean isInSnap, Shape.Found found, Faults faults) {
        List<String> keys = CONTENT.get(channel);
        long present = keys.stream().filter(found::has).count();
        boolean isWrong = found.has("ptr") ? present > 0 || isInSnap
                : !MAY_BE_EMPTY.contains(channel) && present != keys.size();
        if (isWrong) {
            faults.of("ptr").schema();
        }
        switch (channel) {
            case "book" -> levels(found, faults);
            case "level3" -> orders(found, faults);
            case "trade" -> latest(found, faults);
            default -> together(channel, found, faults);
        }
    }

    static void together(String type, Shape.Found found, Faults faults) {
        for (List<String> group : TOGETHER.getOrDefault(type, List.of())) {
            long present = group.stream().filter(found::has).count();
            if (present > 0 && present != group.size()) {
                faults.of(String.join("/", group)).schema();
            }
        }
    }

    /** WIRE §4.13: "Ids of x that do not grow by 1". */
    private static List<Trade> trades(Shape.Found found, Faults faults) {
        List<Trade> trades = list(found, "x", Trade.class);
        for (int at = 1; at < trades.size(); at++) {
            long id = trades.get(at).tradeId();
            if (id != trades.get(at - 1).tradeId() + 1 || id == 0) {
                faults.of("x").add(Code.ORDER);
            }
        }
        return trades;
    }

    private static void latest(Shape.Found found, Faults faults) {
        List<Trade> trades = trades(found, faults);
        Long last = found.get("lt", Long.class);
        if (trades.size() > TRADES_MAX) {
            faults.of("x").range();
        }
        if (last != null && !trades.isEmpty() && trades.get(trades.size() - 1).tradeId() != last) {
            faults.of("lt").add(Code.ORDER);
        }
    }

    /** WIRE §4.10: a qty of 0 with kind 0 or 1. */
    private static void changes(Shape.Found found, Faults faults) {
        for (String key : List.of("b", "a")) {
            for (Change change : list(found, key, Change.class)) {
                if (change.kind() != Change.DELETE && change.qty().signum() == 0) {
                    faults.of(key).range();
                }
            }
        }
    }

    /** WIRE §4.13: "gl below gf is RANGE". */
    private static void gap(Shape.Found found, Faults faults) {
        Long first = found.get("gf", Long.class);
        Long last = found.get("gl", Long.class);
        if (first != null && last != null && Long.compareUnsigned(last, first) < 0) {
            faults.of("gl").range();
        }
    }

    /** Judge an L2 snapshot's levels by WIRE §5.3. */
    private static void levels(Shape.Found found, Faults faults) {
        Integer depth = found.get("d", Integer.class);
        for (Side side : Side.values()) {
            String key = side == Side.BID ? "b" : "a";
            Levels levels = found.get(key, Levels.class);
            if (levels == null) {
                continue;
            }
            if (depth != null && levels.size() > depth) {
                faults.of(key).range();
            }
            BigInteger before = null;
            for (Level level : levels) {
                if (level.qty().signum() == 0) {
                    faults.of(key).range();
                }
                if (before != null && !isBetter(side, before, level.price())) {
                    faults.of(key).add(Code.ORDER);
                }
                before = level.price();
            }
        }
    }

    /** Judge an L3 snapshot's orders by WIRE §5.4. */
    private static void orders(Shape.Found found, Faults faults) {
        Integer depth = found.get("d", Integer.class);
        for (Side side : Side.values()) {
            String key = side == Side.BID ? "b" : "a";
            Set<BigInteger> prices = new HashSet<>();
            Set<String> ids = new HashSet<>();
            Order before = null;
            for (Order order : list(found, key, Order.class)) {
                prices.add(order.price());
                if (order.qty().signum() == 0 || !ids.add(order.orderId())) {
                    faults.of(key).range();
                }
                if (before != null && !isBehind(side, before, order)) {
                    faults.of(key).add(Code.ORDER);
                }
                before = order;
            }
            if (depth != null && prices.size() > depth) {
                faults.of(key).range();
            }
        }
    }

    /** Tell whether a price of a side comes before another. */
    private static boolean isBetter(Side side, BigInteger one, BigInteger other) {
        int order = one.compareTo(other);
        return side == Side.BID ? order > 0 : order < 0;
    }

    private static boolean isBehind(Side side, Order before, Order order) {
        return before.price().equals(order.price())
                ? Long.compareUnsigned(before.time(), order.time()) <= 0
                : isBetter(side, before.price(), order.price());
    }

    private static <T> List<T> list(Shape.Found found, String key, Class<T> each) {
        List<?> values = found.get(key, List.class);
        return values == null ? List.of() : values.stream().map(each::cast).toList();
    }
}
