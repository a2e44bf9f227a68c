package io.pykraken.consumer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.util.KeyValue;

/** What the Redis library's replies and failures mean, whichever RESP version shaped them. Pure. */
final class Replies {

    /** What passes by itself: a server that loads, a failover or a resharding under way. */
    private static final Set<String> LATER = Set.of("LOADING", "MASTERDOWN", "CLUSTERDOWN",
            "TRYAGAIN", "BUSY", "UNBLOCKED", "READONLY", "MOVED", "ASK");
    private static final Set<String> LOGIN = Set.of("WRONGPASS", "NOAUTH");

    /**
     * One entry as it came.
     *
     * @param id its id
     * @param data its field {@code d}, null where it has none
     */
    record Row(EntryId id, byte[] data) {}

    /**
     * What an XREAD brought of one stream.
     *
     * @param stream its key
     * @param rows entries, each read by {@link Replies#row}
     */
    record Batch(String stream, List<?> rows) {}

    private Replies() {}

    /** Return the batches of an XREAD's reply, null for none. */
    static List<Batch> batches(Object reply) {
        List<Batch> batches = new ArrayList<>();
        pairs(reply, (key, rows) -> batches.add(new Batch(text(key), (List<?>) rows)));
        return batches;
    }

    /** Return an entry; other fields than {@code d} are ignored (WIRE §3.2). */
    static Row row(Object entry) {
        List<?> parts = (List<?>) entry;
        List<?> fields = (List<?>) parts.get(1);
        byte[] data = null;
        for (int at = 0; at + 1 < fields.size() && data == null; at += 2) {
            byte[] name = (byte[]) fields.get(at);
            if (name.length == 1 && name[0] == 'd') {
                data = (byte[]) fields.get(at + 1);
            }
        }
        return new Row(EntryId.parse((byte[]) parts.get(0)), data);
    }

    /** Return the first entry of an XRANGE's reply, null for none. */
    static Row first(Object reply) {
        return reply instanceof List<?> rows && !rows.isEmpty() ? row(rows.get(0)) : null;
    }

    /** Return a hash's fields and values. */
    static Map<String, byte[]> hash(Object reply) {
        Map<String, byte[]> hash = new LinkedHashMap<>();
        pairs(reply, (key, value) -> hash.put(text(key), (byte[]) value));
        return hash;
    }

    static String text(Object bytes) {
        return bytes instanceof byte[] raw ? new String(raw, StandardCharsets.UTF_8)
                : String.valueOf(bytes);
    }

    /** Takes a pair. */
    private interface Pairs {
        void take(Object key, Object value);
    }

    /** A map is a list of pairs, flat or each in a list, in RESP2, and one of its own in RESP3. */
    private static void pairs(Object reply, Pairs pairs) {
        List<?> parts = reply == null ? List.of() : (List<?>) reply;
        for (int at = 0; at < parts.size(); at++) {
            if (parts.get(at) instanceof KeyValue<?, ?> pair) {
                pairs.take(pair.getKey(), pair.getValue());
            } else if (parts.get(at) instanceof List<?> pair) {
                pairs.take(pair.get(0), pair.get(1));
            } else {
                pairs.take(parts.get(at), parts.get(++at));
            }
        }
    }

    /**
     * Return why Redis is away.
     *
     * @throws RedisRefusedException for what will not pass by itself: a wrong password does where
     * it     stands in a file, which is read again
     */
    static AwayException away(JedisException error, Target target) {
        String text = textOf(error);
        if (error instanceof JedisDataException) {
            String word = text.split(" ", 2)[0];
            boolean isLogin = LOGIN.contains(word) || text.startsWith("ERR AUTH")
                    || text.startsWith("ERR invalid password")
                    || text.startsWith("ERR Client sent AUTH");
            boolean passes =
                    isLogin ? target.option("password_file") != null : LATER.contains(word);
            if (!passes) {
                throw new RedisRefusedException(text, error);
            }
        }
        return new AwayException(text);
    }

    /** Return what went wrong, with the cause that the library hides it behind. */
    static String textOf(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable each = error; each != null; each = each.getCause()) {
            String said = each.getMessage() == null
                    ? each.getClass().getSimpleName() : each.getMessage();
            if (text.indexOf(said) < 0) {
                text.append(text.length() == 0 ? "" : ": ").append(said);
            }
        }
        return text.toString();
    }
}
