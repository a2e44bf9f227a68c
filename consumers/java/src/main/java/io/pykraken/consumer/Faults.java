package io.pykraken.consumer;

/**
 * What is wrong with an entry, in all that was looked at: only the first in the order of WIRE §8 is
 * kept. Pure.
 */
final class Faults {

    private String key = "";
    private Code worst;
    private String where;
    private int count;

    /** Judge a field from here. */
    Faults of(String name) {
        key = name;
        return this;
    }

    /** Note a fault of the field being judged. Returns null, in the place of a value. */
    <T> T add(Code code) {
        count++;
        if (worst == null || code.compareTo(worst) < 0) { // declared in the order of WIRE §8
            worst = code;
            where = key;
        }
        return null;
    }

    <T> T schema() {
        return add(Code.SCHEMA);
    }

    <T> T range() {
        return add(Code.RANGE);
    }

    /** How many there were so far. */
    int count() {
        return count;
    }

    /** Throw the worst, if there is any. */
    void raise() {
        if (worst != null) {
            throw new DecodeException(worst, where);
        }
    }
}
