package io.pykraken.consumer;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** Which row of the catalogue an application's words name (WIRE §4.9). Pure. */
final class Choosing {

    private Choosing() {}

    /**
     * Return the streams that would do, the one to be taken first: of several the smallest depth,
     * or interval.
     *
     * @throws NoStreamException when there is none
     * @throws AmbiguousStreamException when several are as small
     */
    static List<Listing> choose(List<Listing> listings, Wish wish) {
        List<Listing> found = listings.stream().filter(row -> isWanted(row, wish))
                .sorted(Comparator.comparingInt(Choosing::size)).toList();
        if (found.isEmpty()) {
            throw new NoStreamException(wish.toString());
        }
        int least = size(found.get(0));
        List<String> smallest = found.stream().filter(row -> size(row) == least)
                .map(Listing::stream).toList();
        if (smallest.size() > 1) {
            throw new AmbiguousStreamException(wish.toString(), smallest);
        }
        return found;
    }

    private static boolean isWanted(Listing row, Wish wish) {
        if (wish.isKey()) {
            return row.stream().equals(wish.symbol());
        }
        Words words = wish.words();
        return row.channel().equals(words.channel().toString())
                && Objects.requireNonNullElse(row.symbol(), "").equals(wish.symbol())
                && isOpen(words.depth(), row.depth()) && isOpen(words.interval(), row.interval())
                && isOpen(words.trigger(), row.trigger()) && isOpen(words.source(), row.source())
                && isOpen(words.account(), row.account()) && isOpen(words.line(), row.line());
    }

    private static boolean isOpen(Object said, Object is) {
        return said == null || said.equals(is);
    }

    private static int size(Listing row) {
        return row.depth() != null ? row.depth() : row.interval() != null ? row.interval() : 0;
    }
}
