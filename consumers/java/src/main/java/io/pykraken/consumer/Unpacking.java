package io.pykraken.consumer;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * One msgpack map out of bytes that nobody vouches for (WIRE §3.2, §3.3). Pure; knows nothing of
 * events. A limit is checked before anything is allocated, in values that nobody knows too.
 *
 * <p>Written here and not taken from msgpack-core, which allocates what a length says, skips
 * lengths of 2^31 and more wrongly, repairs broken UTF-8 unless told for each text, and makes an
 * exception of every integer above 2^63: each would need a look before. The tests compare the two.
 *
 * <p>Values: {@code Long}, above 2^63 {@code BigInteger}, {@code String}, {@code Object[]}, a
 * {@link Fields}, and of what no known key may hold an {@link Odd}.
 */
final class Unpacking {

    static final int ENTRY_MAX_BYTES = 16 * 1024 * 1024;
    static final int ARRAY_MAX = 200_000;
    static final int MAP_MAX = 64;
    static final int TEXT_MAX_BYTES = 4096;
    static final int NESTING_MAX = 8;

    /** A value that is right nowhere, whatever it is. */
    enum Odd { NIL, BOOLEAN, FLOAT }

    /** A map by its text keys. */
    static final class Fields {
        final Map<String, Object> known = new HashMap<>();
        /** Whether there was a key that is no text. */
        boolean isOdd;
    }

    private final byte[] data;
    private int at;

    private Unpacking(byte[] data) {
        this.data = data;
    }

    /** Return the outer map. Throw SIZE, MSGPACK or, for another outer type, SCHEMA. */
    static Fields map(byte[] data) {
        if (data.length > ENTRY_MAX_BYTES) {
            throw new DecodeException(Code.SIZE, data.length + " bytes");
        }
        Unpacking reader = new Unpacking(data);
        Object value = reader.value(1);
        if (reader.at != data.length) {
            throw malformed("bytes behind the value");
        }
        if (value instanceof Fields fields) {
            return fields;
        }
        throw new DecodeException(Code.SCHEMA, "no map");
    }

    /** Return the next value; a container here would be the {@code nesting}th. */
    private Object value(int nesting) {
        int type = (int) unsigned(1);
        if (type < 0x80) {
            return (long) type;
        }
        if (type >= 0xe0) {
            return (long) (byte) type;
        }
        if (type < 0x90) {
            return fields(type & 0x0f, nesting);
        }
        if (type < 0xa0) {
            return array(type & 0x0f, nesting);
        }
        if (type < 0xc0) {
            return text(type & 0x1f);
        }
        return longer(type, nesting);
    }

    private Object longer(int type, int nesting) {
        switch (type) {
            case 0xc0:
                return Odd.NIL;
            case 0xc2, 0xc3:
                return Odd.BOOLEAN;
            case 0xca:
                unsigned(4);
                return Odd.FLOAT;
            case 0xcb:
                unsigned(8);
                return Odd.FLOAT;
            case 0xcc, 0xcd, 0xce:
                return unsigned(1 << (type - 0xcc));
            case 0xcf:
                return big(unsigned(8));
            case 0xd0:
                return (long) (byte) unsigned(1);
            case 0xd1:
                return (long) (short) unsigned(2);
            case 0xd2:
                return (long) (int) unsigned(4);
            case 0xd3:
                return unsigned(8);
            case 0xd9, 0xda, 0xdb:
                return text(unsigned(1 << (type - 0xd9)));
            case 0xdc, 0xdd:
                return array(unsigned(2 << (type - 0xdc)), nesting);
            case 0xde, 0xdf:
                return fields(unsigned(2 << (type - 0xde)), nesting);
            default: // bin, ext, and the one that is never used
                throw malformed("a type that is not allowed");
        }
    }

    private static Object big(long bits) {
        return bits >= 0 ? (Object) bits : unsignedBig(bits);
    }

    static BigInteger unsignedBig(long bits) {
        BigInteger low = BigInteger.valueOf(bits & Long.MAX_VALUE);
        return bits >= 0 ? low : low.setBit(63);
    }

    private Object[] array(long length, int nesting) {
        check(length, ARRAY_MAX, 1, nesting);
        Object[] values = new Object[(int) length];
        for (int index = 0; index < values.length; index++) {
            values[index] = value(nesting + 1);
        }
        return values;
    }

    private Fields fields(long length, int nesting) {
        check(length, MAP_MAX, 2, nesting);
        Fields fields = new Fields();
        for (long left = length; left > 0; left--) {
            Object key = value(nesting + 1);
            Object value = value(nesting + 1);
            if (key instanceof String text) {
                fields.known.put(text, value);
            } else {
                fields.isOdd = true;
            }
        }
        return fields;
    }

    /** No container has more elements than there are bytes left: no room is made for a lie. */
    private void check(long length, int most, int least, int nesting) {
        if (nesting > NESTING_MAX || length > most || length * least > data.length - at) {
            throw malformed("a container over the limits");
        }
    }

    private String text(long length) {
        if (length > TEXT_MAX_BYTES || length > data.length - at) {
            throw malformed("a text over the limits");
        }
        int from = at;
        at += (int) length;
        for (int index = from; index < at; index++) {
            if (data[index] < 0) {
                return strict(from);
            }
        }
        return new String(data, from, at - from, StandardCharsets.ISO_8859_1);
    }

    private String strict(int from) {
        try {
            return StandardCharsets.UTF_8.newDecoder() // reports what is malformed
                    .decode(ByteBuffer.wrap(data, from, at - from)).toString();
        } catch (CharacterCodingException error) {
            throw malformed("no UTF-8");
        }
    }

    private long unsigned(int bytes) {
        if (bytes > data.length - at) {
            throw malformed("cut off");
        }
        long value = 0;
        for (int left = bytes; left > 0; left--) {
            value = value << 8 | (data[at++] & 0xff);
        }
        return value;
    }

    private static DecodeException malformed(String where) {
        return new DecodeException(Code.MSGPACK, where);
    }
}
