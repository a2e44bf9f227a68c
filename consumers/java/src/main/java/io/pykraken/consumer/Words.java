package io.pykraken.consumer;

import java.util.Locale;

/**
 * What an application says of the streams that it wants, beside their symbols; what is left out the
 * catalogue decides (WIRE §4.9). Unchangeable: each word gives new ones.
 *
 * @param channel what they carry
 * @param depth levels a side, of book, level3 and bbo
 * @param interval minutes, of ohlc
 * @param trigger {@code bbo} or {@code trades}, of ticker
 * @param source {@code book} or {@code level3}, of bbo
 * @param account whose, of executions and balances
 * @param line {@code a} or {@code b}, or {@code ab} for both told as one (WIRE §7.7)
 * @param missing what a stream without a snapshot means
 */
public record Words(Channel channel, Integer depth, Integer interval, String trigger,
        String source, String account, String line, Missing missing) {

    /** What {@code line} is where two lines are to be one. */
    public static final String BOTH = "ab";

    /** Books, whichever the catalogue gives. */
    public static final Words BOOK = of(Channel.BOOK);

    /** Return the words that name a channel alone. */
    public static Words of(Channel channel) {
        return new Words(channel, null, null, null, null, null, null, Missing.WAIT);
    }

    /** Say how many levels a side. */
    public Words depth(int levels) {
        return new Words(channel, levels, interval, trigger, source, account, line, missing);
    }

    /** Say how many minutes a candle has. */
    public Words interval(int minutes) {
        return new Words(channel, depth, minutes, trigger, source, account, line, missing);
    }

    /** Say what makes Kraken tell a ticker. */
    public Words trigger(String word) {
        return new Words(channel, depth, interval, word, source, account, line, missing);
    }

    /** Say which book a bbo is of. */
    public Words source(String word) {
        return new Words(channel, depth, interval, trigger, word, account, line, missing);
    }

    /** Say whose. */
    public Words account(String name) {
        return new Words(channel, depth, interval, trigger, source, name, line, missing);
    }

    /** Say which line, {@code ab} for both told as one. */
    public Words line(String name) {
        return new Words(channel, depth, interval, trigger, source, account, name, missing);
    }

    /** Say what a stream without a snapshot means. */
    public Words missing(Missing what) {
        return new Words(channel, depth, interval, trigger, source, account, line, what);
    }

    /** Return the value of a word, null where it is left open. */
    Object said(Word word) {
        return switch (word) {
            case DEPTH -> depth;
            case INTERVAL -> interval;
            case TRIGGER -> trigger;
            case SOURCE -> source;
            case ACCOUNT -> account;
        };
    }

    /** The words beside channel and line. */
    enum Word {
        DEPTH, INTERVAL, TRIGGER, SOURCE, ACCOUNT;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
