package io.pykraken.consumer;

/** Events that tell of a stream's life, and those of a status stream. */
public sealed interface LifeEvent extends WireEvent {

    /** A new life of the sequence (§4.4). What its stream has not is null. */
    record Epoch(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            int version, String reason, String feed, long writer, String channel, String symbol,
            Integer depth, Integer pricePrecision, Integer qtyPrecision, Long prevEpoch,
            Long prevSeq, Long missedFirst, Long missedLast, String source, String trigger,
            Integer interval, String account) implements LifeEvent {}

    /** The state was dropped; a snapshot follows (§4.5). */
    record Reset(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            String reason, String note) implements LifeEvent {}

    /** Alive, nothing new (§4.6). {@code checksum} is that of a live book. */
    record Heartbeat(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            Long checksum, String state) implements LifeEvent {}

    /** The publisher stopped on request (§4.7). */
    record Bye(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags, String note)
            implements LifeEvent {}

    /** A status stream's pulse (§4.8): how many symbols, how many streams are live. */
    record Feed(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            String state, long symbols, long live, String system) implements LifeEvent {}

    /** Something that people should know (§4.8). */
    record Notice(EntryId entryId, long tsEvent, long tsRecv, long tsPub, long flags,
            String symbol, String kind, String note, String report) implements LifeEvent {}

    /** An event of a type that this reader does not know (§3.6); it keeps its place. */
    record Unknown(EntryId entryId, String type) implements LifeEvent {}
}
