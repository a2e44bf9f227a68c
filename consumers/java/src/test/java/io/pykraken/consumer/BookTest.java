package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** The L2 book against a plain model, and numbers at their edges. */
class BookTest {

    /** The rules of WIRE §5.1 and §5.2, as slowly as they read. */
    private static final class Model {
        private final Map<Side, TreeMap<BigInteger, BigInteger>> sides = Map.of(
                Side.BID, new TreeMap<>(Comparator.<BigInteger>naturalOrder().reversed()),
                Side.ASK, new TreeMap<>());

        void apply(Side side, List<Level> levels, int depth) {
            TreeMap<BigInteger, BigInteger> own = sides.get(side);
            for (Level level : levels) {
                if (level.qty().signum() == 0) {
                    own.remove(level.price());
                } else {
                    own.put(level.price(), level.qty());
                }
            }
            while (own.size() > depth) {
                own.remove(own.lastKey());
            }
        }

        List<Level> levels(Side side) {
            return sides.get(side).entrySet().stream()
                    .map(each -> new Level(each.getKey(), each.getValue())).toList();
        }

        long checksum() {
            StringBuilder text = new StringBuilder();
            for (Side side : List.of(Side.ASK, Side.BID)) {
                levels(side).stream().limit(10).forEach(
                        level -> text.append(level.price()).append(level.qty()));
            }
            CRC32 crc = new CRC32();
            crc.update(text.toString().getBytes(StandardCharsets.US_ASCII));
            return crc.getValue();
        }
    }

    static Levels levels(Object... numbers) {
        BigInteger[] big = new BigInteger[numbers.length];
        for (int at = 0; at < numbers.length; at++) {
            big[at] = new BigInteger(numbers[at].toString());
        }
        return Levels.of(big);
    }

    private static void update(Book book, Levels bids, Levels asks, long checksum) {
        book.apply(new ChannelEvent.Update(EntryId.ZERO, 0, 0, 0, 0, checksum, bids, asks));
    }

    private static Levels drawn(Random random, BigInteger base) {
        List<Object> numbers = new ArrayList<>();
        for (int left = random.nextInt(6); left > 0; left--) {
            numbers.add(base.add(BigInteger.valueOf(random.nextInt(120))));
            numbers.add(random.nextInt(3) == 0 ? 0 : random.nextInt(1_000_000));
        }
        return levels(numbers.toArray());
    }

    private static void compared(long seed, int depth, BigInteger base) {
        Random random = new Random(seed);
        Book book = new Book();
        Model model = new Model();
        book.load(Levels.NONE, Levels.NONE, depth);
        for (int round = 0; round < 3_000; round++) {
            Levels bids = drawn(random, base);
            Levels asks = drawn(random, base);
            model.apply(Side.BID, bids, depth);
            model.apply(Side.ASK, asks, depth);
            update(book, bids, asks, model.checksum());
            if (round % 100 == 0) {
                for (Side side : Side.values()) {
                    assertEquals(model.levels(side), book.levels(side));
                    assertEquals(model.levels(side), book.copy().levels(side));
                }
                assertEquals(model.checksum(), book.copy().checksum());
            }
        }
    }

    @Test
    void itHoldsWhatAModelHolds() {
        for (int depth : new int[] {1, 3, 10, 25, 100, 1000}) {
            compared(depth, depth, BigInteger.valueOf(1_000_000));
        }
    }

    @Test
    void itHoldsNumbersOfAnySize() {
        for (int bits : new int[] {53, 62, 63, 64, 100}) {
            compared(bits, 25, BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.valueOf(60)));
        }
        BigInteger most = BigInteger.TEN.pow(40).subtract(BigInteger.valueOf(120));
        compared(40, 10, most);
    }

    @Test
    void aSnapshotGoesBackToPlainNumbers() {
        Book book = new Book();
        book.load(levels("99999999999999999999", 1), Levels.NONE, 10);
        book.load(levels(5, 7, 4, 1), levels(6, 9), 10);
        assertEquals(List.of(new Level(BigInteger.valueOf(5), BigInteger.valueOf(7)),
                new Level(BigInteger.valueOf(4), BigInteger.ONE)), book.levels(Side.BID));
    }

    @Test
    void aWrongChecksumIsThrown() {
        Book book = new Book();
        book.load(levels(5, 7), levels(6, 9), 10);
        DecodeException error = assertThrows(DecodeException.class,
                () -> update(book, levels(5, 8), Levels.NONE, book.checksum()));
        assertEquals(Code.CHECKSUM, error.why());
    }

    @Test
    void theBestAreExactDecimals() {
        Book book = new Book();
        book.header("BTC/USD", 1, 8);
        book.load(levels(950000, 100000000), levels(950003, "50000000000"), 10);
        assertEquals(new BigDecimal("95000.0"), book.bestBid().orElseThrow().price());
        assertEquals(new BigDecimal("500.00000000"), book.bestOffer().orElseThrow().qty());
        assertEquals(Optional.of(new BigDecimal("0.3")), book.spread());
        assertEquals(Optional.of(new BigDecimal("95000.15")), book.mid());
        book.load(Levels.NONE, levels(1, 1), 10);
        assertTrue(book.bestBid().isEmpty() && book.spread().isEmpty() && book.mid().isEmpty());
        book.load(Levels.NONE, Levels.NONE, 10);
        assertEquals(0, book.checksum());
    }

    @Test
    void aCopyIsNotChanged() {
        Book book = new Book();
        book.load(levels(5, 7), levels(6, 9), 10);
        Book copy = book.copy();
        long before = copy.checksum();
        book.load(levels(4, 7), levels(6, 9), 10);
        assertEquals(before, copy.checksum());
        assertNotEquals(before, book.checksum());
    }

    @Test
    void digitsAreThoseOfTheNumber() {
        long[] edges = {0, 1, 9, 10, 99, 100, 12345, 999_999_999_999_999_999L,
            1_000_000_000_000_000_000L, Long.MAX_VALUE};
        for (long one : edges) {
            for (long other : edges) {
                assertEquals(one + "" + other,
                        new String(Digits.of(one, other), StandardCharsets.US_ASCII));
            }
        }
    }
}
