package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names in Kraken's own words. */
class JsonObjectTest {

    @Test
    void textsAreRead() {
        Map<String, String> found = JsonObject.members(
                " {\"a\" : \"x\\\"\\u00e9\\n\", \"n\":-0.10e+3,"
                + "\"o\":{\"a\":[true,false,null,[]]}, \"e\":{}} ");
        assertEquals("x\"\u00e9\n", found.get("a"));
        assertEquals(null, found.get("n"));
        assertEquals(null, found.get("o"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "\"a\"", "{", "{}x", "{a:1}", "{\"a\":01}", "{\"a\":1.}",
        "{\"a\":.1}", "{\"a\":\"\n\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":1,}",
        "{\"a\":tru}", "{\"a\":[1,]}", "{\"a\" 1}", "{\"a\":1e}", "{\"a\":-}", "null"})
    void whatIsNoObjectIsRefused(String text) {
        assertEquals(Code.SCHEMA,
                assertThrows(DecodeException.class, () -> JsonObject.members(text)).why());
    }

    @Test
    void noDepthBreaksTheStack() {
        assertThrows(DecodeException.class,
                () -> JsonObject.members("{\"a\":" + "[".repeat(1_000_000)));
    }
}
