package io.pykraken.consumer;

import java.util.Arrays;
import java.util.Optional;

/** What a stream carries (WIRE §2.1). */
public enum Channel {
    /** An L2 book. */
    BOOK,
    /** An L3 book. */
    LEVEL3,
    /** Best bid and offer of a book. */
    BBO,
    /** The ticker. */
    TICKER,
    /** Trades. */
    TRADE,
    /** Candles. */
    OHLC,
    /** All pairs and assets. */
    INSTRUMENT,
    /** An account's orders and fills. */
    EXECUTIONS,
    /** An account's balances. */
    BALANCES;

    private final String word = name().toLowerCase(java.util.Locale.ROOT);

    /** Return the channel of this name on the wire. */
    static Optional<Channel> of(String word) {
        return Arrays.stream(values()).filter(each -> each.word.equals(word)).findFirst();
    }

    /**
     * Return the channel of this name, such as {@code level3}.
     *
     * @throws IllegalArgumentException with the names that there are
     */
    public static Channel parse(String word) {
        return of(word).orElseThrow(() -> new IllegalArgumentException(
                "no channel " + word + ": one of " + Arrays.toString(values())));
    }

    boolean isPrivate() {
        return this == EXECUTIONS || this == BALANCES;
    }

    boolean hasSymbol() {
        return this != INSTRUMENT && !isPrivate();
    }

    /** The name on the wire. */
    @Override
    public String toString() {
        return word;
    }
}
