package io.pykraken.consumer;

/**
 * One entry's {@code d} as a typed event, or refused with a code (WIRE §3, §4).
 *
 * <p>Pure: bytes in, an event or {@link DecodeException} out. Nothing in the bytes is trusted:
 * limits first, then version, schema, ranges and order, and when several rules are broken the first
 * in that order is reported (WIRE §8). Knows nothing of books, sequences or Redis. A *place* says
 * where an entry lies: in the stream of a channel ({@code ticker}), in the {@code .snap} beside one
 * ({@code ticker.snap}) or in a status stream ({@code status}). What {@link Plain} takes needs no
 * more; all else goes the long way.
 */
public final class Wire {

    /** Flag: not compared with Kraken's checksum (WIRE §4.1). */
    public static final int UNVERIFIED = 1;
    /** Flag: best bid at or above best offer although the checksum passed. */
    public static final int CROSSED = 2;
    /** Flag: learned after the fact. */
    public static final int BACKFILL = 4;
    /** Flag: of a candle that was closed before. */
    public static final int REVISED = 8;
    /** Flag: tops between this one and the one before were left out. */
    public static final int CONFLATED = 16;

    private static final String SNAP = ".snap";

    private Wire() {}

    /**
     * Return the event in an entry's {@code d}.
     *
     * @throws DecodeException with the first code, in the order of WIRE §8, that applies
     */
    public static WireEvent decode(EntryId entryId, byte[] data, String place) {
        WireEvent plain = switch (place) {
            case "book" -> Plain.update(entryId, data);
            case "level3" -> Plain.orders(entryId, data);
            default -> null;
        };
        return plain != null ? plain : decodeAny(entryId, data, place);
    }

    /**
     * Return the state in an entry of a channel's {@code .snap} (WIRE §4.3).
     *
     * @throws DecodeException with the first code that applies
     */
    public static AnySnapshot decodeSnapshot(EntryId entryId, byte[] data, String channel) {
        return (AnySnapshot) decodeAny(entryId, data, channel + SNAP);
    }

    /**
     * Return one value of the catalogue (WIRE §4.9), given its field.
     *
     * @throws DecodeException with the first code that applies
     */
    public static Listing decodeListing(String stream, byte[] data) {
        Unpacking.Fields fields = Unpacking.map(data);
        Shape shape = Shapes.of(channelOf(placeOf(stream))).listing();
        Faults faults = new Faults();
        Shape.Found found = shape.judge(fields, faults);
        faults.raise();
        return (Listing) shape.make(stream, found);
    }

    /** Return where the entries of a stream lie, by the grammar of WIRE §2.1; else {@code book}. */
    public static String placeOf(String key) {
        boolean isSnap = key.endsWith(SNAP);
        int from = key.indexOf("}:");
        String rest = from < 0 ? "" : channelOf(key.substring(from + 2)) ;
        String word = rest.split("[./]", 2)[0];
        String place = Shapes.of(word) != null ? word : "book";
        return isSnap ? place + SNAP : place;
    }

    private static String channelOf(String place) {
        return place.endsWith(SNAP) ? place.substring(0, place.length() - SNAP.length()) : place;
    }

    /** Decode the long way, which all codes come from. */
    static WireEvent decodeAny(EntryId entryId, byte[] data, String place) {
        Unpacking.Fields fields = Unpacking.map(data);
        String channel = channelOf(place);
        boolean isInSnap = !channel.equals(place);
        if (!(fields.known.get("t") instanceof String type)
                || (isInSnap && !type.equals("snapshot"))) {
            throw new DecodeException(Code.SCHEMA, "t");
        }
        Shapes shapes = Shapes.of(channel);
        Faults faults = new Faults();
        Shape shape = type.equals("epoch") ? shapes.epoch() : shapes.event(type);
        if (shape == null) {
            Shape.judge(Shapes.COMMON, fields, faults, channel);
            faults.raise();
            return new LifeEvent.Unknown(entryId, type);
        }
        Shape.Found found = shape.judge(fields, faults);
        if (type.equals("snapshot")) {
            Rules.content(channel, isInSnap, found, faults);
        } else {
            Rules.event(channel, type, found, faults);
        }
        faults.raise();
        return (WireEvent) shape.make(entryId, found);
    }
}
