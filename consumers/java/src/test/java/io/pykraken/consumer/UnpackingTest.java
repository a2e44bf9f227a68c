package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.Value;

/** Bytes that nobody vouches for, and a second reader's opinion. */
class UnpackingTest {

    private static Code refused(byte[] data) {
        try {
            Unpacking.map(data);
            return null;
        } catch (DecodeException error) {
            return error.why();
        }
    }

    private static byte[] packed(Packed what) throws IOException {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            what.into(packer);
            return packer.toByteArray();
        }
    }

    /** Packs something. */
    private interface Packed {
        void into(MessageBufferPacker packer) throws IOException;
    }

    private static byte[] nested(int levels) {
        byte[] data = new byte[levels + 2];
        data[0] = (byte) 0x81;
        data[1] = 1;
        Arrays.fill(data, 2, levels + 1, (byte) 0x91);
        data[levels + 1] = (byte) 0x90;
        return data;
    }

    @Test
    void limitsHoldInValuesThatNobodyKnows() throws IOException {
        IntFunction<byte[]> text = length -> {
            try {
                return packed(packer -> packer.packMapHeader(1).packString("x")
                        .packString("y".repeat(length)));
            } catch (IOException error) {
                throw new IllegalStateException(error);
            }
        };
        assertEquals(null, refused(text.apply(4096)));
        assertEquals(Code.MSGPACK, refused(text.apply(4097)));
        assertEquals(null, refused(nested(7)));
        assertEquals(Code.MSGPACK, refused(nested(8)));
        assertEquals(null, refused(ofArray(200_000)));
        assertEquals(Code.MSGPACK, refused(ofArray(200_001)));
        assertEquals(Code.SIZE, refused(new byte[16 * 1024 * 1024 + 1]));
        assertEquals(Code.SCHEMA, refused(new byte[] {(byte) 0x90}));
    }

    private static byte[] ofArray(int length) throws IOException {
        return packed(packer -> {
            packer.packMapHeader(1).packString("x").packArrayHeader(length);
            for (int left = length; left > 0; left--) {
                packer.packInt(1);
            }
        });
    }

    @Test
    void aLengthThatLiesCostsNothing() {
        // Each says that it has millions of elements or bytes; none may be made room for.
        for (int type : new int[] {0xdc, 0xdd, 0xde, 0xdf, 0xd9, 0xda, 0xdb, 0xc6, 0xc9}) {
            byte[] data = {(byte) 0x81, (byte) 0xa1, 'x', (byte) type, -1, -1, -1, -1, -1, -1};
            long before = used();
            assertEquals(Code.MSGPACK, refused(data), Integer.toHexString(type));
            assertTrue(used() - before < 4_000_000, Integer.toHexString(type));
        }
        byte[] deep = new byte[30_000];
        Arrays.fill(deep, (byte) 0x91);
        assertEquals(Code.MSGPACK, refused(deep));
    }

    private static long used() {
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void integersKeepTheirFullRange() throws IOException {
        BigInteger most = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
        for (BigInteger each : List.of(most, BigInteger.ONE.shiftLeft(63), BigInteger.valueOf(
                Long.MAX_VALUE), BigInteger.valueOf(Long.MIN_VALUE), BigInteger.valueOf(-33))) {
            byte[] data = packed(
                    packer -> packer.packMapHeader(1).packString("x").packBigInteger(each));
            assertEquals(each.toString(), Unpacking.map(data).known.get("x").toString());
        }
    }

    @Test
    void anotherReaderReadsTheSame() throws IOException {
        Random random = new Random(20_261_129);
        int good = 0;
        List<Path> files = Vectors.sorted(Vectors.folder().resolve("valid"));
        for (int round = 0; round < 40_000; round++) {
            Path file = files.get(random.nextInt(files.size()));
            if (Files.size(file) > 20_000) {
                continue;
            }
            JsonObject vector = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            byte[] data = Vectors.data(vector);
            for (int left = random.nextInt(3); left > 0; left--) {
                data[random.nextInt(data.length)] = (byte) random.nextInt(256);
            }
            Unpacking.Fields fields;
            try {
                fields = Unpacking.map(data);
            } catch (DecodeException error) {
                continue; // the other one is laxer: it takes ext types, bin, any length
            }
            good++;
            try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(data)) {
                Value other = unpacker.unpackValue();
                assertTrue(!unpacker.hasNext());
                assertEquals(spelled(other), spelled(fields), vector.get("name").getAsString());
            }
        }
        assertTrue(good > 5_000, good + " were well-formed");
    }

    private static String spelled(Object value) {
        if (value instanceof Unpacking.Fields fields) {
            Map<String, String> sorted = new TreeMap<>();
            fields.known.forEach((key, each) -> sorted.put(key, spelled(each)));
            return sorted.toString();
        }
        if (value instanceof Object[] parts) {
            return Arrays.stream(parts).map(UnpackingTest::spelled).toList().toString();
        }
        return value instanceof Unpacking.Odd ? "odd" : value.toString();
    }

    private static String spelled(Value value) {
        return switch (value.getValueType()) {
            case NIL, BOOLEAN, FLOAT -> "odd";
            case INTEGER -> value.asIntegerValue().toBigInteger().toString();
            case STRING -> value.asStringValue().asString();
            case ARRAY -> value.asArrayValue().list().stream().map(UnpackingTest::spelled).toList()
                    .toString();
            case MAP -> {
                Map<String, String> sorted = new TreeMap<>();
                value.asMapValue().map().forEach((key, each) -> {
                    if (key.isStringValue()) {
                        sorted.put(key.asStringValue().asString(), spelled(each));
                    }
                });
                yield sorted.toString();
            }
            default -> throw new AssertionError(value.getValueType() + " was accepted");
        };
    }
}
