package io.pykraken.consumer;

import java.util.List;
import java.util.zip.CRC32;

/** One side of an L2 book. */
interface BookSide {

    /**
     * Set or remove each level in array order, then cut to {@code depth} (WIRE §5.1). Return the
     * side after it: this one, or another where a number does not fit this one.
     */
    BookSide applied(Levels levels, int depth);

    /** Return at most {@code limit} levels, best first. */
    List<Level> levels(int limit);

    /** Feed the side's part of the checksum's text. */
    void digest(CRC32 into);

    /** Return a side of its own. */
    BookSide copy();
}
