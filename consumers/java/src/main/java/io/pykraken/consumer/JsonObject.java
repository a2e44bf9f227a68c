package io.pykraken.consumer;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The members of a JSON text that are texts themselves (WIRE §3.7): names are all that is read in
 * Kraken's own words. Pure. The whole text is checked, no number is made of anything. Written here:
 * a JSON library for three names would be the larger part of what this one depends on.
 */
final class JsonObject {

    private static final int NESTING_MAX = 500;

    private final String text;
    private int at;

    private JsonObject(String text) {
        this.text = text;
    }

    /** Return the text members of an object. Throw SCHEMA where the text is none. */
    static Map<String, String> members(String text) {
        JsonObject reader = new JsonObject(text);
        Map<String, String> members = new HashMap<>();
        reader.space();
        if (reader.peek() != '{') {
            throw bad();
        }
        reader.object(members, 1);
        reader.space();
        if (reader.at != text.length()) {
            throw bad();
        }
        return members;
    }

    /** Return JSON texts of objects by a member that names them, in their order. Throw SCHEMA. */
    static Map<String, String> byName(List<String> texts, String name) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String each : texts == null ? Collections.<String>emptyList() : texts) {
            String key = members(each).get(name);
            if (key == null) {
                throw new DecodeException(Code.SCHEMA, name);
            }
            found.put(key, each);
        }
        return found;
    }

    private static DecodeException bad() {
        return new DecodeException(Code.SCHEMA, "json");
    }

    private void space() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    /** The next character, and 0 at the end. */
    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private char next() {
        if (at == text.length()) {
            throw bad();
        }
        return text.charAt(at++);
    }

    private void expect(char sign) {
        if (next() != sign) {
            throw bad();
        }
    }

    /** Read any value; return it where it is a text, else null. */
    private String value(int nesting) {
        if (nesting > NESTING_MAX) {
            throw bad();
        }
        space();
        String found = null;
        switch (peek()) {
            case '"' -> found = string();
            case '{' -> object(null, nesting);
            case '[' -> array(nesting);
            case 't' -> word("true");
            case 'f' -> word("false");
            case 'n' -> word("null");
            default -> number();
        }
        space();
        return found;
    }

    private void object(Map<String, String> members, int nesting) {
        expect('{');
        space();
        if (peek() == '}') {
            at++;
            return;
        }
        do {
            space();
            String name = string();
            space();
            expect(':');
            String found = value(nesting + 1);
            if (members != null) {
                members.put(name, found); // of a name that comes twice the last counts
            }
        } while (more('}'));
    }

    private void array(int nesting) {
        expect('[');
        space();
        if (peek() == ']') {
            at++;
            return;
        }
        do {
            value(nesting + 1);
        } while (more(']'));
    }

    private boolean more(char end) {
        char sign = next();
        if (sign != ',' && sign != end) {
            throw bad();
        }
        return sign == ',';
    }

    private void word(String word) {
        if (!text.startsWith(word, at)) {
            throw bad();
        }
        at += word.length();
    }

    private void number() {
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
    }

    private void digits() {
        int from = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == from) {
            throw bad();
        }
    }

    private String string() {
        expect('"');
        StringBuilder found = new StringBuilder();
        for (char sign = next(); sign != '"'; sign = next()) {
            if (sign < 0x20) {
                throw bad();
            }
            found.append(sign == '\\' ? escaped() : sign);
        }
        return found.toString();
    }

    private char escaped() {
        char sign = next();
        if (sign == 'u') {
            int code = 0;
            for (int left = 4; left > 0; left--) {
                int digit = Character.digit(next(), 16);
                if (digit < 0) {
                    throw bad();
                }
                code = code * 16 + digit;
            }
            return (char) code;
        }
        int place = "\"\\/bfnrt".indexOf(sign);
        if (place < 0) {
            throw bad();
        }
        return "\"\\/\b\f\n\r\t".charAt(place);
    }
}
