package io.pykraken.consumer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;

/** As much of DER as it takes to wrap a key of an older form (PKCS #1, SEC 1) in PKCS #8. Pure. */
final class Der {

    private static final int SEQUENCE = 0x30;
    private static final int OCTETS = 0x04;
    private static final int CURVE = 0xa0;
    private static final byte[] ZERO = {2, 1, 0};
    private static final byte[] RSA =
            {6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0};
    private static final byte[] EC = {6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};

    private Der() {}

    /** Return a key of the kind {@code RSA} or {@code EC} as PKCS #8. */
    static byte[] asPkcs8(String kind, byte[] key) throws IOException {
        byte[] algorithm = kind.equals("RSA") ? RSA : joined(EC, curve(key));
        return wrapped(SEQUENCE, joined(ZERO, wrapped(SEQUENCE, algorithm), wrapped(OCTETS, key)));
    }

    /** Return the name of the curve that stands in a SEC 1 key. */
    private static byte[] curve(byte[] key) throws IOException {
        int at = head(key, 0);
        while (at < key.length) {
            int content = head(key, at);
            int end = content + length(key, at);
            if ((key[at] & 0xff) == CURVE) {
                return Arrays.copyOfRange(key, content, end);
            }
            at = end;
        }
        throw new IOException("an EC key must name its curve: openssl pkcs8 -topk8 makes it do so");
    }

    private static int head(byte[] der, int at) {
        return at + 2 + ((der[at + 1] & 0x80) == 0 ? 0 : der[at + 1] & 0x7f);
    }

    private static int length(byte[] der, int at) {
        if ((der[at + 1] & 0x80) == 0) {
            return der[at + 1];
        }
        int length = 0;
        for (int index = at + 2; index < head(der, at); index++) {
            length = length << 8 | der[index] & 0xff;
        }
        return length;
    }

    private static byte[] wrapped(int tag, byte[] content) {
        int length = content.length;
        byte[] head;
        if (length < 0x80) {
            head = new byte[] {(byte) tag, (byte) length};
        } else if (length < 0x100) { // DER takes no longer form than it needs
            head = new byte[] {(byte) tag, (byte) 0x81, (byte) length};
        } else {
            head = new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
        }
        return joined(head, content);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
