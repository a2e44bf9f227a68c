package io.pykraken.consumer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The short way for what books are made of: an {@code update} or {@code orders} laid out as the
 * publisher does, a map of eight with its keys in the order of WIRE §4, times of 64 bits, flags of
 * one byte. It takes only what the long way would take; for anything else, and any fault, it
 * returns null, and codes come from the long way. Pure.
 */
final class Plain {

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

    private static final byte[] UPDATE = ascii("\u0088\u00a1t\u00a6update\u00a2te\u00cf");
    private static final byte[] ORDERS = ascii("\u0088\u00a1t\u00a6orders\u00a2te\u00cf");
    private static final int TR = 0xa27472cf;
    private static final int TP = 0xa27470cf;
    private static final short F = (short) 0xa166;
    private static final short B = (short) 0xa162;
    private static final short A = (short) 0xa161;
    private static final short C = (short) 0xa163;
    private static final int HEAD = 51;
    private static final int BAD = -1;

    private final byte[] data;
    private int at = HEAD;

    private Plain(byte[] data) {
        this.data = data;
    }

    /** Return a plain update, null for anything else. */
    static ChannelEvent.Update update(EntryId id, byte[] data) {
        if (!isHead(data, UPDATE)) {
            return null;
        }
        Plain rest = new Plain(data);
        try {
            Levels bids = rest.levels();
            Levels asks = bids == null || rest.key() != A ? null : rest.levels();
            long checksum = asks == null || rest.key() != C ? BAD : rest.number();
            return !rest.isWhole(checksum) ? null : new ChannelEvent.Update(id,
                    (long) LONG.get(data, 14), (long) LONG.get(data, 26), (long) LONG.get(data, 38),
                    data[48], checksum, bids, asks);
        } catch (IndexOutOfBoundsException cutOff) {
            return null;
        }
    }

    /** Return plain orders, null for anything else. */
    static ChannelEvent.Orders orders(EntryId id, byte[] data) {
        if (!isHead(data, ORDERS)) {
            return null;
        }
        Plain rest = new Plain(data);
        try {
            List<Change> bids = rest.changes();
            List<Change> asks = bids == null || rest.key() != A ? null : rest.changes();
            long checksum = asks == null || rest.key() != C ? BAD : rest.number();
            return !rest.isWhole(checksum) ? null : new ChannelEvent.Orders(id,
                    (long) LONG.get(data, 14), (long) LONG.get(data, 26), (long) LONG.get(data, 38),
                    data[48], checksum, bids, asks);
        } catch (IndexOutOfBoundsException cutOff) {
            return null;
        }
    }

    /** An entry of fewer than {@code ARRAY_MAX} bytes has no longer array. */
    private static boolean isHead(byte[] data, byte[] kind) {
        return data.length > 51 && data.length <= Unpacking.ARRAY_MAX
                && Arrays.equals(data, 0, kind.length, kind, 0, kind.length)
                && (int) INT.get(data, 22) == TR && (int) INT.get(data, 34) == TP
                && (short) SHORT.get(data, 46) == F && data[48] >= 0
                && (short) SHORT.get(data, 49) == B;
    }

    private boolean isWhole(long checksum) {
        return checksum >= 0 && checksum <= 0xffff_ffffL && at == data.length;
    }

    private short key() {
        at += 2;
        return (short) SHORT.get(data, at - 2);
    }

    private Levels levels() {
        int count = count(3);
        if (count < 0) {
            return null;
        }
        long[] flat = new long[2 * count];
        for (int index = 0; index < flat.length; index += 2) {
            if (data[at++] != (byte) 0x92) {
                return null;
            }
            flat[index] = number();
            flat[index + 1] = number();
            if ((flat[index] | flat[index + 1]) < 0) {
                return null;
            }
        }
        return Levels.of(flat);
    }

    private List<Change> changes() {
        int count = count(6);
        if (count < 0) {
            return null;
        }
        Change[] changes = new Change[count];
        for (int index = 0; index < count; index++) {
            if (data[at++] != (byte) 0x95) {
                return null;
            }
            int kind = data[at++];
            String orderId = text();
            long price = number();
            long qty = number();
            long time = number();
            boolean isGood = kind >= 0 && kind <= Change.DELETE && orderId != null
                    && (price | qty | time) >= 0 && (qty > 0 || kind == Change.DELETE);
            if (!isGood) {
                return null;
            }
            changes[index] = new Change(
                    kind, orderId, BigInteger.valueOf(price), BigInteger.valueOf(qty), time);
        }
        return List.of(changes);
    }

    /** Return an array's length, less than nothing where it is none or says more than there is. */
    private int count(int least) {
        int type = data[at++] & 0xff;
        int count = BAD;
        if (type >= 0x90 && type < 0xa0) {
            count = type & 0x0f;
        } else if (type == 0xdc) {
            count = (short) SHORT.get(data, at) & 0xffff;
            at += 2;
        }
        return (long) count * least > data.length - at ? BAD : count;
    }

    /** Return an int below 2^63, else less than nothing. */
    private long number() {
        byte type = data[at++];
        if (type >= 0) {
            return type;
        }
        int from = at;
        switch (type) {
            case (byte) 0xcc:
                at += 1;
                return data[from] & 0xff;
            case (byte) 0xcd:
                at += 2;
                return (short) SHORT.get(data, from) & 0xffff;
            case (byte) 0xce:
                at += 4;
                return (int) INT.get(data, from) & 0xffff_ffffL;
            case (byte) 0xcf:
                at += 8;
                return (long) LONG.get(data, from);
            default:
                return BAD;
        }
    }

    /** Return a text of ASCII, null for any other. */
    private String text() {
        int type = data[at++] & 0xff;
        int length = type >= 0xa0 && type < 0xc0 ? type & 0x1f
                : type == 0xd9 ? data[at++] & 0xff : BAD;
        if (length < 0 || length > data.length - at) {
            return null;
        }
        int from = at;
        at += length;
        for (int index = from; index < at; index++) {
            if (data[index] < 0) {
                return null;
            }
        }
        return new String(data, from, length, StandardCharsets.ISO_8859_1);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
