package io.pykraken.consumer;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The kinds of values that fields have, how each is judged, and what events hold of it (WIRE §3.4
 * to §3.7). Pure; knows nothing of event types. {@link #take} notes faults and returns null then.
 */
enum Kind {
    UINT, TIME, CRC(0, 0xffff_ffffL),
    DEPTH(1, 100_000), INTERVAL(1, 100_000), PRECISION(0, 30), ONE(1, 1),
    CHANGE(0, 2), TAKER(0, 1), ORD_TYPE(0, 2),
    VERSION, NUMBER, TEXT, DECIMAL, JSON,
    STATE("disconnected", "awaiting_snapshot", "live"), SOURCE("book", "level3"),
    TRIGGER("bbo", "trades"),
    /** The stream's own channel and no other; the word is of the field. */
    CHANNEL,
    TEXTS, JSONS, LEVELS, ORDERS, CHANGES, TRADES, PAIRS, ASSETS;

    static final int NUMBER_MAX_DIGITS = 40;
    static final int DECIMAL_MAX_BYTES = 64;
    static final long WIRE_VERSION = 1; // WIRE §11: N and N-1; there was none before 1

    private static final BigInteger UINT_MAX =
            BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
    private static final Pattern BIG =
            Pattern.compile("[1-9][0-9]{0," + (NUMBER_MAX_DIGITS - 1) + "}");
    private static final Pattern DECIMALS = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");

    private final long low;
    private final long high;
    private final Set<String> words;

    Kind(String... words) {
        this.low = 0;
        this.high = -1;
        this.words = Set.of(words);
    }

    Kind(long low, long high) {
        this.low = low;
        this.high = high;
        this.words = Set.of();
    }

    /** Return a value as events hold it, null where it is bad. */
    Object take(Object value, Faults faults, String channel) {
        return switch (this) {
            case UINT, TIME -> unsigned(value, faults);
            case CRC -> ranged(value, faults);
            case DEPTH, INTERVAL, PRECISION, ONE, CHANGE, TAKER, ORD_TYPE -> small(value, faults);
            case VERSION -> version(value, faults);
            case NUMBER -> number(value, faults);
            case TEXT -> text(value, faults);
            case DECIMAL -> decimal(value, faults);
            case JSON -> json(value, faults);
            case STATE, SOURCE, TRIGGER -> word(value, faults, words);
            case CHANNEL -> word(value, faults, Set.of(channel));
            case TEXTS -> list(value, faults, each -> text(each, faults));
            case JSONS -> list(value, faults, each -> json(each, faults));
            case LEVELS -> levels(value, faults);
            case ORDERS -> rows(value, faults, 4, row -> new Order(text(row[0], faults),
                    number(row[1], faults), number(row[2], faults), bits(row[3], faults)));
            case CHANGES -> rows(value, faults, 5, row -> new Change(CHANGE.index(row[0], faults),
                    text(row[1], faults), number(row[2], faults), number(row[3], faults),
                    bits(row[4], faults)));
            case TRADES -> rows(value, faults, 6, row -> new Trade(bits(row[0], faults),
                    TAKER.index(row[1], faults), number(row[2], faults), number(row[3], faults),
                    ORD_TYPE.index(row[4], faults), bits(row[5], faults)));
            case PAIRS -> rows(value, faults, 5, row -> new Pair(text(row[0], faults),
                    text(row[1], faults), bits(row[2], faults), bits(row[3], faults),
                    json(row[4], faults)));
            case ASSETS -> rows(value, faults, 4, row -> new Asset(text(row[0], faults),
                    text(row[1], faults), bits(row[2], faults), json(row[3], faults)));
        };
    }

    private static Long unsigned(Object value, Faults faults) {
        if (value instanceof BigInteger big) {
            return big.longValue();
        }
        if (value instanceof Long number) {
            return number >= 0 ? number : faults.range();
        }
        return faults.schema();
    }

    private static long bits(Object value, Faults faults) {
        Long found = unsigned(value, faults);
        return found == null ? 0 : found;
    }

    private Long ranged(Object value, Faults faults) {
        if (value instanceof Long number) {
            return number >= low && number <= high ? number : faults.range();
        }
        return value instanceof BigInteger ? faults.range() : faults.schema();
    }

    private Integer small(Object value, Faults faults) {
        Long found = ranged(value, faults);
        return found == null ? null : Integer.valueOf(found.intValue());
    }

    private int index(Object value, Faults faults) {
        Long found = ranged(value, faults);
        return found == null ? 0 : found.intValue();
    }

    private static Integer version(Object value, Faults faults) {
        if (value instanceof Long number && number == WIRE_VERSION) {
            return 1;
        }
        boolean isInt = value instanceof Long || value instanceof BigInteger;
        return isInt ? faults.add(Code.VERSION) : faults.schema();
    }

    private static BigInteger number(Object value, Faults faults) {
        if (value instanceof Long number) {
            return number >= 0 ? BigInteger.valueOf(number) : faults.range();
        }
        if (value instanceof BigInteger big) {
            return big;
        }
        if (!(value instanceof String text)) {
            return faults.schema();
        }
        // Digits of 2^64 or more, at most 40 of them, first not 0 (WIRE §3.5).
        if (!BIG.matcher(text).matches()) {
            return faults.range();
        }
        BigInteger big = new BigInteger(text);
        return big.compareTo(UINT_MAX) > 0 ? big : faults.range();
    }

    private static String text(Object value, Faults faults) {
        return value instanceof String text ? text : faults.schema();
    }

    private static String word(Object value, Faults faults, Set<String> words) {
        if (value instanceof String text) {
            return words.contains(text) ? text : faults.range();
        }
        return faults.schema();
    }

    private static String decimal(Object value, Faults faults) {
        if (value instanceof String text) {
            boolean isGood = text.length() <= DECIMAL_MAX_BYTES && DECIMALS.matcher(text).matches();
            return isGood ? text : faults.range();
        }
        return faults.schema();
    }

    private static String json(Object value, Faults faults) {
        if (!(value instanceof Object[] parts)) {
            return text(value, faults);
        }
        StringBuilder whole = new StringBuilder();
        for (Object part : parts) {
            if (text(part, faults) == null) {
                return null;
            }
            whole.append(part);
        }
        return whole.toString();
    }

    private static <T> List<T> list(Object value, Faults faults, Function<Object, T> each) {
        if (!(value instanceof Object[] parts)) {
            return faults.schema();
        }
        int before = faults.count();
        List<T> taken = new ArrayList<>(parts.length);
        for (Object part : parts) {
            taken.add(each.apply(part));
        }
        return faults.count() == before ? Collections.unmodifiableList(taken) : null;
    }

    private static <T> List<T> rows(
            Object value, Faults faults, int width, Function<Object[], T> make) {
        return list(value, faults, each -> each instanceof Object[] row && row.length == width
                ? make.apply(row) : faults.schema());
    }

    private static Levels levels(Object value, Faults faults) {
        List<Level> rows = rows(value, faults, 2,
                row -> new Level(number(row[0], faults), number(row[1], faults)));
        if (rows == null) {
            return null;
        }
        BigInteger[] big = new BigInteger[2 * rows.size()];
        for (int at = 0; at < rows.size(); at++) {
            big[2 * at] = rows.get(at).price();
            big[2 * at + 1] = rows.get(at).qty();
        }
        return Levels.of(big);
    }
}
