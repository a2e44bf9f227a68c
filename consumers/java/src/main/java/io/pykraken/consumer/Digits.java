package io.pykraken.consumer;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/** Decimal digits in ASCII, as the checksum's text has them. */
final class Digits {

    private Digits() {}

    /** Return the digits of two numbers that are not negative, one behind the other. */
    static byte[] of(long first, long second) {
        int head = count(first);
        byte[] text = new byte[head + count(second)];
        write(first, text, head);
        write(second, text, text.length);
        return text;
    }

    /** The same of any size. */
    static byte[] of(BigInteger first, BigInteger second) {
        if (first.bitLength() < 64 && second.bitLength() < 64) {
            return of(first.longValue(), second.longValue());
        }
        return (first.toString() + second).getBytes(StandardCharsets.US_ASCII);
    }

    private static int count(long value) {
        int count = 1;
        for (long limit = 10; value >= limit; limit *= 10) {
            count++;
            if (count == 19) {
                break;
            }
        }
        return count;
    }

    private static void write(long value, byte[] text, int end) {
        long left = value;
        int at = end;
        do {
            long tenth = left / 10;
            text[--at] = (byte) ('0' + (left - tenth * 10));
            left = tenth;
        } while (left != 0);
    }
}
