package io.pykraken.consumer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One command of Redis, of one key.
 *
 * @param name such as {@code XRANGE}
 * @param key its key, empty for one without
 * @param words what follows the name, the key among them
 */
record Command(String name, String key, List<byte[]> words) {

    static Command of(String name, String key, Object... rest) {
        List<byte[]> words = new ArrayList<>();
        if (!key.isEmpty()) {
            words.add(bytes(key));
        }
        for (Object word : rest) {
            words.add(word instanceof byte[] raw ? raw : bytes(word.toString()));
        }
        return new Command(name, key, words);
    }

    /** Read the newest entry; {@code XREAD +} is not in every server. */
    static Command newest(String stream) {
        return of("XREVRANGE", stream, "+", "-", "COUNT", 1);
    }

    static Command oldest(String stream) {
        return of("XRANGE", stream, "-", "+", "COUNT", 1);
    }

    static Command at(String stream, EntryId id) {
        return of("XRANGE", stream, id, id);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * An XREAD over streams; on a cluster it becomes one for each slot.
     *
     * @param count entries a stream, at most
     * @param blockMs how long it waits, 0 for one that does not
     * @param streams their keys
     * @param after of each the id after which it is read
     */
    record Read(int count, int blockMs, List<String> streams, List<EntryId> after) {

        Command command() {
            List<Object> words = new ArrayList<>(List.of("COUNT", count));
            if (blockMs > 0) {
                words.addAll(List.of("BLOCK", blockMs));
            }
            words.add("STREAMS");
            words.addAll(streams);
            words.addAll(after);
            return of("XREAD", "", words.toArray());
        }

        Read withoutBlock() {
            return new Read(count, 0, streams, after);
        }
    }
}
