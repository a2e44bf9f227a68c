package io.pykraken.consumer;

import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The fields of one type of record, in the order of its components, and how one is made of them.
 * Components before the fields (an entry's id) are given. Pure.
 */
final class Shape {

    /**
     * One key: its short name, its kind, and whether it must be there.
     *
     * @param key as it stands on the wire
     * @param kind what its value may be
     * @param isRequired whether an event without it is bad
     */
    record Field(String key, Kind kind, boolean isRequired) {

        /** Return the field that a word such as {@code y:text} or {@code n?:text} names. */
        static Field parse(String word) {
            int colon = word.indexOf(':');
            String key = word.substring(0, colon);
            Kind kind = Kind.valueOf(word.substring(colon + 1).toUpperCase(java.util.Locale.ROOT));
            return key.endsWith("?") ? new Field(key.substring(0, key.length() - 1), kind, false)
                    : new Field(key, kind, true);
        }
    }

    /** What was found in an entry: the good values by their keys. */
    static final class Found {
        private final Map<String, Object> raw;
        private final Map<String, Object> good = new HashMap<>();

        private Found(Map<String, Object> raw) {
            this.raw = raw;
        }

        /** Whether the key stands there, good or bad. */
        boolean has(String key) {
            return raw.containsKey(key);
        }

        /** The good value of this type, else null. */
        <T> T get(String key, Class<T> type) {
            return type.cast(good.get(key));
        }
    }

    private final Constructor<?> constructor;
    private final List<Field> fields;
    private final String channel;

    /** Take a record's type and its fields as words; {@code -} stands for one that is never due. */
    Shape(Class<? extends Record> type, String channel, String words) {
        this.constructor = type.getDeclaredConstructors()[0];
        this.channel = channel;
        this.fields = new ArrayList<>();
        for (String word : words.strip().split("\\s+")) {
            fields.add(word.equals("-") ? null : Field.parse(word));
        }
        if (constructor.getParameterCount() != fields.size() + 1) {
            throw new IllegalStateException(type + " has not the components of " + words);
        }
    }

    /** Judge each field by itself (WIRE §3.4). */
    Found judge(Unpacking.Fields entry, Faults faults) {
        return judge(fields, entry, faults, channel);
    }

    static Found judge(List<Field> due, Unpacking.Fields entry, Faults faults, String channel) {
        if (entry.isOdd) {
            faults.of("keys").schema();
        }
        Found found = new Found(entry.known);
        for (Field field : due) {
            if (field == null) {
                continue;
            }
            faults.of(field.key());
            Object value = entry.known.get(field.key());
            if (value == null) {
                if (field.isRequired()) {
                    faults.schema();
                }
                continue;
            }
            int before = faults.count();
            Object good = field.kind().take(value, faults, channel);
            if (faults.count() == before) {
                found.good.put(field.key(), good);
            }
        }
        return found;
    }

    /** Return the record with what was found, behind what is given. */
    Object make(Object given, Found found) {
        Object[] values = new Object[fields.size() + 1];
        values[0] = given;
        for (int at = 0; at < fields.size(); at++) {
            Field field = fields.get(at);
            values[at + 1] = field == null ? null : found.good.get(field.key());
        }
        try {
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(constructor.toString(), error);
        }
    }
}
