package io.pykraken.consumer;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One stream as an application's words say it. Pure.
 *
 * @param symbol the symbol, a stream's key, or empty
 * @param words what else was said
 */
record Wish(String symbol, Words words) {

    /** Which words say more about a stream of a channel, in the order of its key (WIRE §2.1). */
    private static final Map<Channel, List<Words.Word>> MEANINGFUL = new EnumMap<>(Map.of(
            Channel.BOOK, List.of(Words.Word.DEPTH), Channel.LEVEL3, List.of(Words.Word.DEPTH),
            Channel.BBO, List.of(Words.Word.SOURCE, Words.Word.DEPTH),
            Channel.TICKER, List.of(Words.Word.TRIGGER), Channel.TRADE, List.of(),
            Channel.OHLC, List.of(Words.Word.INTERVAL), Channel.INSTRUMENT, List.of(),
            Channel.EXECUTIONS, List.of(Words.Word.ACCOUNT),
            Channel.BALANCES, List.of(Words.Word.ACCOUNT)));

    /**
     * Return what is wanted, one for each symbol or key.
     *
     * @throws IllegalArgumentException for words that cannot mean anything
     */
    static List<Wish> of(Words words, List<String> symbols) {
        if (!symbols.isEmpty() && symbols.stream().allMatch(each -> each.startsWith("{"))) {
            String both = Words.BOTH.equals(words.line()) ? Words.BOTH : null;
            Words none = Words.BOOK.missing(words.missing()).line(both);
            return symbols.stream().map(key -> new Wish(key, none)).toList();
        }
        Channel channel = words.channel();
        for (Words.Word word : Words.Word.values()) {
            if (words.said(word) != null && !MEANINGFUL.get(channel).contains(word)) {
                throw new IllegalArgumentException(
                        word + " means nothing for " + channel + ": leave it out");
            }
        }
        if (channel.hasSymbol() == symbols.isEmpty()) {
            throw new IllegalArgumentException(channel + (symbols.isEmpty()
                    ? " needs at least one symbol, such as BTC/USD"
                    : " has no symbols: leave " + symbols.get(0) + " out"));
        }
        return symbols.isEmpty() ? List.of(new Wish("", words))
                : symbols.stream().map(symbol -> new Wish(symbol, words)).toList();
    }

    /** Tell whether it is a stream's key. */
    boolean isKey() {
        return symbol.startsWith("{");
    }

    /** Return what the tags of its keys begin with: private streams stand apart (WIRE §2.1). */
    String space(String namespace) {
        boolean isPrivate = isKey() ? symbol.startsWith("{priv.") : words.channel().isPrivate();
        return isPrivate ? "priv." + namespace : namespace;
    }

    /** Return the stream that the words alone name, null where the catalogue has to say. */
    String key(String namespace) {
        if (isKey()) {
            return symbol;
        }
        Channel channel = words.channel();
        StringBuilder details = new StringBuilder();
        for (Words.Word word : MEANINGFUL.get(channel)) {
            Object said = words.said(word);
            if (said == null) {
                return null;
            }
            details.append(channel.isPrivate() ? "" : "." + said);
        }
        String name = channel.hasSymbol() ? symbol
                : channel.isPrivate() ? words.account() : channel.toString();
        String line = words.line() == null ? "" : "/" + words.line();
        return "{" + space(namespace) + "." + name + "}:" + channel + details + line;
    }

    /** Return this wish, or where it is of both lines one for each. */
    List<Wish> lines() {
        if (!Words.BOTH.equals(words.line())) {
            return List.of(this);
        }
        if (isKey()) {
            return bothLines(symbol).stream().map(key -> new Wish(key, words.line(null))).toList();
        }
        return List.of(new Wish(symbol, words.line("a")), new Wish(symbol, words.line("b")));
    }

    /** Return both lines of a stream, given one of them (WIRE §2.3). */
    static List<String> bothLines(String stream) {
        String base = stream.substring(0, stream.length() - 1);
        return List.of(base + "a", base + "b");
    }

    @Override
    public String toString() {
        String name = !symbol.isEmpty() ? symbol : words.account() != null ? words.account() : "";
        return words.channel() == Channel.BOOK ? name : (words.channel() + " " + name).strip();
    }
}
