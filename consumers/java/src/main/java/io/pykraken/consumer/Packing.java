package io.pykraken.consumer;

import java.io.ByteArrayOutputStream;

/** The one thing that a consumer writes: a request for a snapshot (WIRE §7.6). Pure. */
final class Packing {

    private Packing() {}

    /** Return the msgpack map of {@code t} and {@code y}. */
    static byte[] request(String symbol) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0x82);
        text(out, "t");
        text(out, "snapshot");
        text(out, "y");
        text(out, symbol);
        return out.toByteArray();
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = Command.bytes(text);
        if (bytes.length < 32) {
            out.write(0xa0 | bytes.length);
        } else {
            out.write(0xd9);
            out.write(bytes.length);
        }
        out.writeBytes(bytes);
    }
}
