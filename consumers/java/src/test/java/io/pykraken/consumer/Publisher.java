package io.pykraken.consumer;

import java.io.IOException;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.params.XAddParams;

/** Writes a small book as a publisher does: one bid and one ask, whose qty grows. */
final class Publisher implements AutoCloseable {

    static final String STREAM = "{kraken.BTC/USD}:book.10";
    private static final long NOW = 1_795_479_290_094_138_051L;

    private final Jedis jedis;
    private final String stream;
    private final long epoch;
    private long seq;
    private long qty = 1;

    Publisher(int port, String stream, long epoch) {
        this.jedis = new Jedis("127.0.0.1", port);
        this.stream = stream;
        this.epoch = epoch;
    }

    Jedis redis() {
        return jedis;
    }

    /** Open an epoch: its entry, and the snapshot event that follows. */
    Publisher open() throws IOException {
        add(stream, seq++, packer -> {
            common(packer, "epoch", 9);
            packer.packString("v").packInt(1).packString("why").packString("start")
                    .packString("fd").packString("book.10.BTC/USD").packString("w").packInt(7);
            header(packer, false);
        });
        add(stream, seq++, this::snapshot);
        return this;
    }

    /** Write the book as it stands to .snap, under the last entry's id. */
    Publisher snap() throws IOException {
        add(stream + ".snap", seq - 1, this::snapshot);
        return this;
    }

    void updates(int count) throws IOException {
        for (int left = count; left > 0; left--) {
            qty++;
            add(stream, seq++, packer -> {
                common(packer, "update", 3);
                packer.packString("b").packArrayHeader(1).packArrayHeader(2).packLong(100)
                        .packLong(qty);
                packer.packString("a").packArrayHeader(0).packString("c").packLong(checksum());
            });
        }
    }

    /** Leave out an entry. */
    void skip() {
        seq++;
    }

    void garbage() throws IOException {
        add(stream, seq++, packer -> packer.packArrayHeader(0));
    }

    EntryId last() {
        return new EntryId(epoch, seq - 1);
    }

    void list() throws IOException {
        byte[] value = packed(packer -> {
            packer.packMapHeader(9).packString("l").packString("").packString("ep").packLong(epoch)
                    .packString("v").packInt(1).packString("fd").packString("book.10.BTC/USD");
            header(packer, false);
        });
        jedis.hset("{kraken.catalogue}:streams".getBytes(),
                Map.of(stream.getBytes(), value));
    }

    private void snapshot(MessageBufferPacker packer) throws IOException {
        common(packer, "snapshot", 10);
        header(packer, true);
        packer.packString("b").packArrayHeader(1).packArrayHeader(2).packLong(100).packLong(qty);
        packer.packString("a").packArrayHeader(1).packArrayHeader(2).packLong(101).packLong(5);
        packer.packString("c").packLong(checksum()).packString("x").packNil();
    }

    private static void header(MessageBufferPacker packer, boolean isWhole) throws IOException {
        if (isWhole) {
            packer.packString("v").packInt(1);
        }
        packer.packString("ch").packString("book").packString("y").packString("BTC/USD")
                .packString("d").packInt(10).packString("pp").packInt(1)
                .packString("qp").packInt(8);
    }

    /** Write a map's length and the common keys; {@code more} keys follow. */
    private static void common(MessageBufferPacker packer, String type, int more)
            throws IOException {
        packer.packMapHeader(5 + more);
        packer.packString("t").packString(type).packString("te").packLong(NOW)
                .packString("tr").packLong(NOW).packString("tp").packLong(NOW)
                .packString("f").packInt(0);
    }

    private long checksum() {
        return Proof.checksum(BookTest.levels(100, qty), BookTest.levels(101, 5));
    }

    private void add(String key, long at, Packed what) throws IOException {
        Map<byte[], byte[]> fields = new HashMap<>();
        fields.put(new byte[] {'d'}, packed(what));
        XAddParams id = XAddParams.xAddParams().id(new StreamEntryID(epoch, at));
        jedis.xadd(key.getBytes(), id, fields);
    }

    /** Packs something. */
    private interface Packed {
        void into(MessageBufferPacker packer) throws IOException;
    }

    private static byte[] packed(Packed what) throws IOException {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            what.into(packer);
            return packer.toByteArray();
        }
    }

    BigInteger qty() {
        return BigInteger.valueOf(qty);
    }

    @Override
    public void close() {
        jedis.close();
    }
}
