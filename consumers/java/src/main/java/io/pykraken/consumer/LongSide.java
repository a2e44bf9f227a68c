package io.pykraken.consumer;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/**
 * A side whose numbers are below 2^63, as all that a venue has today. Three parallel arrays, sorted
 * so that the best level is last: near the best, where most changes are, little is moved. Removing
 * the worst moves nothing, the arrays just begin later. The text of the best ten is made when the
 * checksum is asked for, that of a level once a change.
 */
final class LongSide implements BookSide {

    /** Further from the best a binary search is quicker. */
    private static final int NEAR = 8;

    private final Side side;
    private final long sign;
    private long[] keys = new long[32];
    private long[] qtys = new long[32];
    private byte[][] texts = new byte[32][];
    private int from;
    private int to;
    private byte[] joined = new byte[256];
    private int length;
    private boolean isOld;

    LongSide(Side side) {
        this.side = side;
        this.sign = side == Side.BID ? 1 : -1;
    }

    /** Return a side of a snapshot's levels, which come best first, each price once. */
    static BookSide of(Side side, Levels levels) {
        if (levels.flat() == null) {
            return new BigSide(side, levels);
        }
        LongSide made = new LongSide(side);
        int count = levels.size();
        int capacity = Math.max(32, count + count / 2);
        made.keys = new long[capacity];
        made.qtys = new long[capacity];
        made.texts = new byte[capacity][];
        for (int at = 0; at < count; at++) {
            made.keys[count - 1 - at] = made.sign * levels.flat()[2 * at];
            made.qtys[count - 1 - at] = levels.flat()[2 * at + 1];
        }
        made.to = count;
        made.isOld = true;
        return made;
    }

    @Override
    public BookSide applied(Levels levels, int depth) {
        if (levels.flat() == null) {
            return new BigSide(side, levels(Integer.MAX_VALUE)).applied(levels, depth);
        }
        long[] flat = levels.flat();
        for (int at = 0; at < flat.length; at += 2) {
            put(sign * flat[at], flat[at + 1]);
        }
        if (to - from > depth) {
            int first = to - depth;
            Arrays.fill(texts, from, first, null);
            from = first;
        }
        return this;
    }

    private void put(long key, long qty) {
        int at = place(key);
        boolean isThere = at < to && keys[at] == key;
        if (!isThere && qty == 0) {
            return;
        }
        if (isThere && qty == 0) {
            shift(at + 1, -1);
        } else {
            if (!isThere) {
                at = room(at);
            }
            keys[at] = key;
            qtys[at] = qty;
            texts[at] = null;
        }
        isOld |= at >= to - AnyBook.CHECKSUM_LEVELS;
    }

    /** Return the first place whose key is not below. */
    private int place(long key) {
        int at = to;
        int near = Math.max(from, to - NEAR);
        while (at > near && keys[at - 1] >= key) {
            at--;
        }
        if (at > near || at == from) {
            return at;
        }
        int found = Arrays.binarySearch(keys, from, near, key);
        return found >= 0 ? found : -found - 1;
    }

    /** Make room for a level at a place; return the place, which may be another after it. */
    private int room(int at) {
        int place = at;
        if (to == keys.length) {
            int size = to - from;
            int capacity = size * 2 > keys.length ? keys.length * 2 : keys.length;
            keys = moved(keys, new long[capacity]);
            qtys = moved(qtys, new long[capacity]);
            byte[][] old = texts;
            texts = new byte[capacity][];
            System.arraycopy(old, from, texts, 0, size);
            place -= from;
            from = 0;
            to = size;
        }
        shift(place, 1);
        return place;
    }

    private long[] moved(long[] old, long[] into) {
        System.arraycopy(old, from, into, 0, to - from);
        return into;
    }

    private void shift(int at, int by) {
        System.arraycopy(keys, at, keys, at + by, to - at);
        System.arraycopy(qtys, at, qtys, at + by, to - at);
        System.arraycopy(texts, at, texts, at + by, to - at);
        to += by;
    }

    @Override
    public List<Level> levels(int limit) {
        int count = Math.min(limit, to - from);
        List<Level> levels = new ArrayList<>(count);
        for (int at = to - 1; at >= to - count; at--) {
            levels.add(new Level(
                    BigInteger.valueOf(sign * keys[at]), BigInteger.valueOf(qtys[at])));
        }
        return levels;
    }

    @Override
    public void digest(CRC32 into) {
        if (isOld) {
            length = 0;
            int last = Math.max(from, to - AnyBook.CHECKSUM_LEVELS);
            for (int at = to - 1; at >= last; at--) {
                byte[] text = texts[at];
                if (text == null) {
                    text = texts[at] = Digits.of(sign * keys[at], qtys[at]);
                }
                if (length + text.length > joined.length) {
                    joined = Arrays.copyOf(joined, 2 * joined.length);
                }
                System.arraycopy(text, 0, joined, length, text.length);
                length += text.length;
            }
            isOld = false;
        }
        into.update(joined, 0, length);
    }

    @Override
    public BookSide copy() {
        LongSide twin = new LongSide(side);
        twin.keys = moved(keys, new long[keys.length]);
        twin.qtys = moved(qtys, new long[qtys.length]);
        twin.texts = new byte[texts.length][];
        twin.to = to - from;
        twin.isOld = true;
        return twin;
    }
}
