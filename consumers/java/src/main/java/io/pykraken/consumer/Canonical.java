package io.pykraken.consumer;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Locale;

/**
 * Canonical JSON, the same bytes in every language (WIRE §9). Pure. Records have their components
 * in the order of that section and under its names, in Java's case.
 */
public final class Canonical {

    /**
     * One component of a record: how it is read, and its name as the page has it.
     *
     * @param accessor what reads it
     * @param name such as {@code ts_event}
     */
    record Part(Method accessor, String name) {

        Object of(Object it) {
            try {
                return accessor.invoke(it);
            } catch (IllegalAccessException | InvocationTargetException error) {
                throw new IllegalStateException(accessor.toString(), error);
            }
        }
    }

    private static final ClassValue<Part[]> PARTS = new ClassValue<>() {
        @Override
        protected Part[] computeValue(Class<?> type) {
            RecordComponent[] components = type.getRecordComponents();
            Part[] parts = new Part[components.length];
            for (int at = 0; at < parts.length; at++) {
                String name = components[at].getName();
                parts[at] = new Part(components[at].getAccessor(),
                        name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT));
            }
            return parts;
        }
    };

    private Canonical() {}

    /** Return the canonical line of an event, without a newline. */
    public static String line(WireEvent event) {
        StringBuilder out = new StringBuilder(256);
        out.append("{\"id\":\"").append(event.entryId()).append("\",\"type\":");
        text(out, event.type());
        if (!(event instanceof LifeEvent.Unknown)) {
            Part[] parts = parts(event);
            for (int at = 1; at < parts.length; at++) {
                Object value = parts[at].of(event);
                if (value != null) {
                    out.append(",\"").append(parts[at].name()).append("\":");
                    value(out, value);
                }
            }
        }
        return out.append('}').toString();
    }

    /** Return the canonical line of an entry that does not decode. */
    public static String errorLine(EntryId entryId, Code code) {
        return "{\"id\":\"" + entryId + "\",\"error\":\"" + code + "\"}";
    }

    static Part[] parts(Object record) {
        return PARTS.get(record.getClass());
    }

    private static void value(StringBuilder out, Object value) {
        if (value instanceof String text) {
            text(out, text);
        } else if (value instanceof Long number) {
            out.append(Long.toUnsignedString(number));
        } else if (value instanceof List<?> list) {
            String before = "[";
            for (Object each : list) {
                out.append(before);
                value(out, each);
                before = ",";
            }
            out.append(list.isEmpty() ? "[]" : "]");
        } else if (value instanceof Record row) {
            String before = "[";
            for (Part part : parts(row)) {
                out.append(before);
                value(out, part.of(row));
                before = ",";
            }
            out.append(']');
        } else {
            out.append(value);
        }
    }

    /** Write a JSON string, escaped the shortest way. */
    static void text(StringBuilder out, String text) {
        out.append('"');
        for (int at = 0; at < text.length(); at++) {
            char sign = text.charAt(at);
            int place = "\"\\\b\f\n\r\t".indexOf(sign);
            if (place >= 0) {
                out.append('\\').append("\"\\bfnrt".charAt(place));
            } else if (sign < 0x20) {
                out.append(String.format("\\u%04x", (int) sign));
            } else {
                out.append(sign);
            }
        }
        out.append('"');
    }
}
