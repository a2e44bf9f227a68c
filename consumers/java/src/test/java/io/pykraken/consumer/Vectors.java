package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Plays a vector as `vectors/README.md` says. Throws an AssertionError that says what differs. */
final class Vectors {

    /** One vector's player. */
    interface Player {
        void play(JsonObject vector);
    }

    static final Map<String, Player> PLAYED = Map.of("valid", Vectors::valid,
            "invalid", Vectors::invalid, "catalogue", Vectors::catalogue,
            "choices", Vectors::choices, "stories", Stories::play, "lines", LineStories::play);

    private Vectors() {}

    /** The folder in the repository. */
    static Path folder() {
        return Path.of("..", "spec", "vectors");
    }

    static List<Path> sorted(Path folder) throws IOException {
        try (Stream<Path> found = Files.list(folder)) {
            return found.sorted().toList();
        }
    }

    /** Play one file of a folder that is known. */
    static void play(String folder, Path file) throws IOException {
        JsonObject vector = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        assertEquals(vector.get("name").getAsString() + ".json", file.getFileName().toString());
        PLAYED.get(folder).play(vector);
    }

    static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    /** Return the bytes of a vector, given whole or as parts to be repeated. */
    static byte[] data(JsonObject vector) {
        if (vector.has("hex")) {
            return bytes(vector.get("hex").getAsString());
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (JsonElement part : vector.getAsJsonArray("repeat")) {
            byte[] once = bytes(part.getAsJsonArray().get(0).getAsString());
            for (int left = part.getAsJsonArray().get(1).getAsInt(); left > 0; left--) {
                out.writeBytes(once);
            }
        }
        return out.toByteArray();
    }

    static List<byte[]> encodings(JsonObject vector) {
        List<byte[]> found = new ArrayList<>(List.of(data(vector)));
        if (vector.has("alternatives")) {
            vector.getAsJsonArray("alternatives")
                    .forEach(hex -> found.add(bytes(hex.getAsString())));
        }
        return found;
    }

    private static void valid(JsonObject vector) {
        EntryId id = EntryId.parse(vector.get("id").getAsString());
        for (byte[] data : encodings(vector)) {
            WireEvent event = Wire.decode(id, data, vector.get("stream").getAsString());
            assertEquals(vector.get("event"), Spelled.event(event));
            assertEquals(vector.get("canonical").getAsString(), Canonical.line(event));
            if (vector.has("checksum")) {
                boolean isRight = vector.get("checksum").getAsString().equals("right");
                assertEquals(isRight, isProven((AnySnapshot) event));
            }
        }
    }

    private static boolean isProven(AnySnapshot event) {
        if (event instanceof AnySnapshot.Snapshot book) {
            return Proof.checksum(book.bids(), book.asks()) == book.checksum();
        }
        AnySnapshot.OrdersSnapshot book = (AnySnapshot.OrdersSnapshot) event;
        return Proof.ordersChecksum(book.bids(), book.asks()) == book.checksum();
    }

    private static void invalid(JsonObject vector) {
        EntryId id = EntryId.parse(vector.get("id").getAsString());
        for (byte[] data : encodings(vector)) {
            DecodeException error = assertThrows(DecodeException.class,
                    () -> Wire.decode(id, data, vector.get("stream").getAsString()));
            assertEquals(vector.get("code").getAsString(), error.why().name(), error.getMessage());
            assertEquals(vector.get("canonical").getAsString(),
                    Canonical.errorLine(id, error.why()));
        }
    }

    private static void catalogue(JsonObject vector) {
        String field = vector.get("field").getAsString();
        for (byte[] data : encodings(vector)) {
            Listing listing = Wire.decodeListing(field, data);
            assertEquals(field, listing.stream());
            assertEquals(vector.get("value"), Spelled.fields(listing));
        }
    }

    private static void choices(JsonObject vector) {
        List<Listing> rows = new ArrayList<>();
        for (JsonElement row : vector.getAsJsonArray("rows")) {
            JsonObject each = row.getAsJsonObject();
            rows.add(Wire.decodeListing(
                    each.get("field").getAsString(), bytes(each.get("hex").getAsString())));
        }
        Wish wish = wish(vector.getAsJsonObject("wish"));
        if (vector.has("code")) {
            ConsumerException error =
                    assertThrows(ConsumerException.class, () -> Choosing.choose(rows, wish));
            assertEquals(vector.get("code").getAsString(), error.code().orElseThrow().name());
        } else {
            assertEquals(vector.get("chosen").getAsString(),
                    Choosing.choose(rows, wish).get(0).stream());
        }
    }

    private static Wish wish(JsonObject said) {
        Words words = Words.of(Channel.parse(text(said, "channel", "book")));
        for (String word : said.keySet()) {
            String value = said.get(word).getAsString();
            words = switch (word) {
                case "symbol", "channel" -> words;
                case "depth" -> words.depth(Integer.parseInt(value));
                case "interval" -> words.interval(Integer.parseInt(value));
                case "trigger" -> words.trigger(value);
                case "source" -> words.source(value);
                case "account" -> words.account(value);
                case "line" -> words.line(value);
                default -> throw new AssertionError("a word that nobody knows: " + word);
            };
        }
        return new Wish(text(said, "symbol", ""), words);
    }

    static String text(JsonObject from, String key, String otherwise) {
        return from.has(key) ? from.get(key).getAsString() : otherwise;
    }

    /** Fail with what differs first between what was told and what was due. */
    static void same(JsonArray due, JsonArray told) {
        for (int at = 0; at < Math.min(due.size(), told.size()); at++) {
            assertEquals(due.get(at), told.get(at), "told " + at);
        }
        assertEquals(due.size(), told.size(), () -> "told " + told);
    }
}
