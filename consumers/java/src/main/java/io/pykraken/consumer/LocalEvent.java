package io.pykraken.consumer;

/** What the library tells of itself, between the events of the wire. */
public sealed interface LocalEvent extends Body {

    /** Entries from {@code first} to {@code last} of one epoch, both included. */
    record Range(EntryId first, EntryId last) {}

    /**
     * The state was loaded at {@code cursor}; entries after {@code after} (null: nothing was seen)
     * and up to it were not told. Where {@code cursor} is below {@code after} entries come again.
     */
    record Joined(EntryId cursor, EntryId after) implements LocalEvent {}

    /** Code GAP: after {@code cursor} the stream goes on at {@code found}. Invalid until loaded. */
    record Gap(EntryId cursor, EntryId found) implements LocalEvent {}

    /**
     * Comes before an {@link LifeEvent.Epoch}: what of the old epoch was written and not seen, and
     * what was published to nobody; either may be null.
     */
    record Missed(Range unseen, Range missed) implements LocalEvent {}

    /**
     * A bad entry: its code (decoding, CHECKSUM or POINTER) and id. The state is invalid; until it
     * is there again only resets, byes and epochs are told.
     */
    record Quarantined(Code code, EntryId entryId, String where) implements LocalEvent {}

    /** Code STALE: no entry for {@code ageS} seconds. */
    record Stale(double ageS) implements LocalEvent {}

    /** Code REGRESSION: the stream was rolled back from {@code cursor} to {@code head}. */
    record Regression(EntryId cursor, EntryId head) implements LocalEvent {}

    /** More than half of the kept entries, first to last, lie after {@code cursor}: read faster. */
    record TrimWarning(EntryId cursor, EntryId first, EntryId last) implements LocalEvent {}

    /** Redis is away; the client tries again by itself, for ever. The state stands still. */
    record Disconnected(String reason) implements LocalEvent {}

    /** Redis answers again; the sequence goes on where it stood. */
    record Reconnected() implements LocalEvent {}

    /** Of two lines followed as one (§7.7): {@code line} has a valid state. */
    record LineUp(String line) implements LocalEvent {}

    /**
     * {@code line} is lost, by what {@code cause} says; the other, where it is up, carries on and
     * nothing is missing. The state is invalid or stale only when both are lost.
     */
    record LineDown(String line, Body cause) implements LocalEvent {}

    /**
     * It goes on with {@code line} where the two lines did not meet: the state is whole and proven,
     * but events between may have been told by neither, or are told a second time.
     */
    record Jump(String line) implements LocalEvent {}
}
