package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The short way takes only what the long way takes, and makes the same of it. */
class PlainTest {

    @Test
    void bothWaysSayTheSame() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (var file : Vectors.sorted(Vectors.folder().resolve("valid"))) {
            JsonObject vector = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            if (List.of("book", "level3").contains(vector.get("stream").getAsString())) {
                Vectors.encodings(vector).stream().filter(data -> data.length < 1000)
                        .forEach(seeds::add);
            }
        }
        Random random = new Random(7);
        int taken = 0;
        for (int round = 0; round < 200_000; round++) {
            byte[] data = seeds.get(random.nextInt(seeds.size())).clone();
            for (int left = random.nextInt(3); left > 0; left--) {
                data[random.nextInt(data.length)] = (byte) random.nextInt(256);
            }
            taken += compared(data, "book", Plain.update(EntryId.ZERO, data));
            taken += compared(data, "level3", Plain.orders(EntryId.ZERO, data));
        }
        assertTrue(taken > 1_000, taken + " went the short way");
    }

    private static int compared(byte[] data, String place, WireEvent plain) {
        if (plain == null) {
            return 0;
        }
        assertEquals(Wire.decodeAny(EntryId.ZERO, data, place), plain);
        return 1;
    }
}
