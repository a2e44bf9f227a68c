package io.pykraken.consumer;

/**
 * An event as the publisher wrote it, unchangeable. Components stand in the order, and bear the
 * names, of WIRE §9. Prices and quantities are scaled integers; {@code long}s are unsigned, times
 * nanoseconds since 1970; {@code decimal} and {@code json} values are texts with every digit. What
 * may be absent is null.
 */
public sealed interface WireEvent extends Body permits AnySnapshot, ChannelEvent, LifeEvent {

    /** Where it lies in its stream. */
    EntryId entryId();

    /** Its {@code t}, such as {@code update}. */
    default String type() {
        return getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
    }
}
