package io.pykraken.consumer;

/**
 * An entry's id, totally ordered (WIRE §3.1); prints as Redis writes it. Both parts are unsigned.
 *
 * @param epoch the life of the sequence
 * @param seq the place in it, from 0 on
 */
public record EntryId(long epoch, long seq) implements Comparable<EntryId> {

    /** Below all ids that are written. */
    public static final EntryId ZERO = new EntryId(0, 0);

    /**
     * Return the id that a text such as {@code 12-3} names.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static EntryId parse(String text) {
        int dash = text.indexOf('-');
        try {
            return new EntryId(Long.parseUnsignedLong(text.substring(0, Math.max(dash, 0))),
                    Long.parseUnsignedLong(text.substring(dash + 1)));
        } catch (NumberFormatException error) {
            throw new IllegalArgumentException("must be an id such as 12-3, not " + text, error);
        }
    }

    /** Return the id in ASCII, as Redis sent it. */
    static EntryId parse(byte[] text) {
        long epoch = 0;
        long part = 0;
        for (byte sign : text) {
            if (sign == '-') {
                epoch = part;
                part = 0;
            } else {
                part = part * 10 + (sign - '0');
            }
        }
        return new EntryId(epoch, part);
    }

    /** Tell whether nothing can lie between: the next seq, or the first of a later epoch. */
    public boolean isFollowedBy(EntryId other) {
        if (other.epoch == epoch) {
            return other.seq == seq + 1 && other.seq != 0;
        }
        return Long.compareUnsigned(other.epoch, epoch) > 0 && other.seq == 0;
    }

    /** Return the id before, of the same epoch. */
    EntryId before() {
        return new EntryId(epoch, seq - 1);
    }

    @Override
    public int compareTo(EntryId other) {
        int order = Long.compareUnsigned(epoch, other.epoch);
        return order != 0 ? order : Long.compareUnsigned(seq, other.seq);
    }

    boolean isBelow(EntryId other) {
        return compareTo(other) < 0;
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(epoch) + "-" + Long.toUnsignedString(seq);
    }
}
