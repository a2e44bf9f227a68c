package io.pykraken.consumer;

import java.util.function.Consumer;

/**
 * A consumer's state kept equal to the publisher's: the machine of WIRE §7, for one stream.
 *
 * <p>Pure: no I/O, no clock, no randomness. A shell asks what it {@link #wants}, reads that, and
 * hands in what it read together with {@code now} (seconds of any monotonic clock); what the
 * application is told goes to {@code told}. Promises: a valid state is contiguous, a valid book
 * proven by its checksum; what was not seen is told.
 *
 * <pre>
 * wants    the shell reads              hands it to    wants next
 * JOIN     newest entry of .snap        snapshotRead   ENTRIES, if it is good and helps
 * ENTRIES  the stream after position    received       JOIN, POINTER, HEADS
 * POINTER  .snap at the cursor's id     pointerRead    ENTRIES; JOIN if gone or bad
 * HEADS    the stream's newest id       headsRead      what it wanted before, or JOIN
 * </pre>
 *
 * <p>Whenever {@link #position} is not null entries are read on, also while it wants HEADS or,
 * after a gap or a bad entry, JOIN: then the first that helps is taken, be it a snapshot of .snap
 * that is not older or an epoch or snapshot event (WIRE §7.3).
 */
final class Replica {

    static final double SILENCE_S = 15; // WIRE §7.4: three heartbeats

    /** What is to be read next. */
    enum Want { JOIN, ENTRIES, POINTER, HEADS }

    private final String stream;
    private final String channel;
    private final boolean isWaiting;
    private final State state;
    private final Consumer<Event> told;
    private Want wants = Want.JOIN;
    private EntryId cursor;
    private long skipped;
    /** After a gap or a bad entry: what helps is not older. */
    private EntryId floor;
    /** The last entry told, while some are not. */
    private EntryId after;
    /** A bad snapshot of .snap, told once. */
    private EntryId refused;
    private double heard;
    private double looked;
    private EntryId suspect;
    private boolean isStaleTold;
    private boolean isTrimTold;

    Replica(String stream, Missing missing, double now, Consumer<Event> told) {
        this.stream = stream;
        this.channel = Wire.placeOf(stream);
        this.isWaiting = missing == Missing.WAIT;
        this.state = State.of(channel);
        this.told = told;
        this.heard = now;
        this.looked = now;
    }

    String stream() {
        return stream;
    }

    State state() {
        return state;
    }

    Want wants() {
        return wants;
    }

    /** How many events meant nothing here. */
    long skipped() {
        return skipped;
    }

    /** The id of the last entry taken in, null before the first join. */
    EntryId cursor() {
        return cursor;
    }

    /** The id after which entries are to be read, null while none are. */
    EntryId position() {
        boolean isReading = wants != Want.POINTER && (wants != Want.JOIN || floor != null);
        return isReading ? cursor : null;
    }

    /** Let time pass: after 15 s without an entry the newest ids are wanted (WIRE §7.4). */
    void tick(double now) {
        if (position() != null && Math.min(now - heard, now - looked) >= SILENCE_S) {
            wants = Want.HEADS;
        }
    }

    /** Take the stream's next entry; while none are read it is ignored (WIRE §7.2). */
    void received(EntryId entryId, byte[] data, double now) {
        EntryId before = position();
        if (before == null || !before.isBelow(entryId)) {
            return;
        }
        hear(now);
        if (!before.isFollowedBy(entryId)) {
            gap(before, entryId);
            return;
        }
        WireEvent event;
        try {
            if (data == null) {
                throw new DecodeException(Code.SCHEMA, "field d");
            }
            event = Wire.decode(entryId, data, channel);
        } catch (DecodeException error) {
            quarantine(error, entryId, before);
            return;
        }
        if (entryId.epoch() == before.epoch()) {
            next(before, event);
        } else if (event instanceof LifeEvent.Epoch epoch) {
            epoch(before, epoch);
        } else {
            gap(before, entryId);
        }
    }

    /**
     * Take the newest entry of .snap, null when there is none (WIRE §7.1).
     *
     * @throws NoStreamException when there never was one and the application asked not to wait
     */
    void snapshotRead(EntryId entryId, byte[] data, double now) {
        if (entryId == null && !isWaiting && cursor == null) {
            throw new NoStreamException(stream);
        }
        boolean isOld = entryId == null || entryId.equals(refused)
                || (floor != null && entryId.isBelow(floor));
        if (wants != Want.JOIN || isOld) {
            return;
        }
        EntryId last = after != null ? after : cursor;
        try {
            load(Proof.snapshot(entryId, data, channel));
        } catch (DecodeException error) {
            refused = entryId;
            tell(new LocalEvent.Quarantined(error.why(), entryId, error.where()));
            return;
        }
        cursor = entryId;
        hear(now);
        tell(new LocalEvent.Joined(entryId, last));
    }

    /** Take the entry of .snap at the cursor's id, null when it is gone (WIRE §7.2). */
    void pointerRead(byte[] data, double now) {
        if (wants != Want.POINTER) {
            return;
        }
        AnySnapshot snapshot;
        try {
            if (data == null) {
                throw new DecodeException(Code.POINTER, "its snapshot is gone");
            }
            snapshot = Proof.snapshot(cursor, data, channel);
        } catch (DecodeException error) {
            quarantine(error, cursor, cursor.before());
            return;
        }
        load(snapshot);
        hear(now);
        tell(snapshot);
    }

    /** Take the stream's last id, null when it has none (WIRE §7.4). */
    void headsRead(EntryId last, double now) {
        if (wants != Want.HEADS) {
            return;
        }
        looked = now;
        wants = floor == null ? Want.ENTRIES : Want.JOIN;
        if (last != null && cursor.isBelow(last)) {
            wants = Want.JOIN;
            return;
        }
        if (last != null && Long.compareUnsigned(last.epoch(), cursor.epoch()) < 0) {
            EntryId before = suspect;
            suspect = last;
            if (before == null) {
                return;
            }
            if (before.isBelow(last)) {
                EntryId lost = cursor;
                regress();
                tell(new LocalEvent.Regression(lost, last));
                return;
            }
        }
        if (!isStaleTold) {
            isStaleTold = true;
            state.stale(true);
            tell(new LocalEvent.Stale(now - heard));
        }
    }

    /** Take the ids of the stream's first and last entry while reading lags (WIRE §7.5). */
    void horizonRead(EntryId first, EntryId last) {
        if (cursor == null || isTrimTold) {
            return;
        }
        long kept = first.epoch() == cursor.epoch() ? cursor.seq() - first.seq() : cursor.seq();
        long ahead = last.epoch() == cursor.epoch() ? last.seq() - cursor.seq() : last.seq() + 1;
        if (ahead > kept) {
            isTrimTold = true;
            tell(new LocalEvent.TrimWarning(cursor, first, last));
        }
    }

    /** Note that reading no longer lags: the next time that it does is worth a warning again. */
    void caughtUp() {
        isTrimTold = false;
    }

    /** Note that the server is away: the state stands still from here. */
    void disconnected(String reason) {
        state.stale(state.isValid());
        tell(new LocalEvent.Disconnected(reason));
    }

    /** Note that the server answers again; the state is up to date when the next entry comes. */
    void reconnected() {
        tell(new LocalEvent.Reconnected());
    }

    private void tell(Body body) {
        told.accept(new Event(stream, state, body));
    }

    private void hear(double now) {
        heard = now;
        looked = now;
        suspect = null;
        isStaleTold = false;
        state.stale(false);
        if (wants == Want.HEADS) {
            wants = floor == null ? Want.ENTRIES : Want.JOIN;
        }
    }

    /** Act on the entry that follows the cursor. */
    private void next(EntryId before, WireEvent event) {
        cursor = event.entryId();
        boolean isTold;
        try {
            isTold = act(event);
        } catch (DecodeException error) {
            quarantine(error, cursor, before);
            return;
        }
        if (isTold) {
            tell(event);
        }
    }

    /** Act by WIRE §7.2 and return whether to tell. Throw a code that §7.3 is for. */
    private boolean act(WireEvent event) {
        if (event instanceof ChannelEvent own) {
            return take(own);
        }
        if (event instanceof AnySnapshot snapshot) {
            if (snapshot.pointer() != null) {
                drop(Want.POINTER);
                return false;
            }
            Proof.prove(snapshot);
            load(snapshot);
            return true;
        }
        if (event instanceof LifeEvent.Reset || event instanceof LifeEvent.Bye) {
            ended(event);
            return true;
        }
        if (event instanceof LifeEvent.Heartbeat heartbeat) {
            if (state.isValid() && state instanceof AnyBook book && heartbeat.checksum() != null) {
                book.compare(heartbeat.checksum());
            }
            state.stands(event.entryId(), heartbeat.tsEvent());
        } else {
            skipped++;
            state.stands(event.entryId(), 0);
        }
        return floor == null;
    }

    private void ended(WireEvent event) {
        if (floor != null) {
            // Told while a good snapshot is awaited: none before it, or it were told twice.
            floor = event.entryId();
        }
        state.stands(event.entryId(), 0);
        if (event instanceof LifeEvent.Reset) {
            state.valid(false);
        } else {
            state.stale(true);
        }
    }

    /**
     * Let the state take in an event of its channel, and return whether to tell it. What has a
     * meaning without the state is told after a reset too, and trades go on.
     */
    private boolean take(ChannelEvent event) {
        if (state.isValid()) {
            state.apply(event);
            state.stands(event.entryId(), event.tsEvent());
            return true;
        }
        if (floor != null || state instanceof AnyBook) {
            return false;
        }
        if (state instanceof TradesState trades && trades.lastTradeId() != 0) {
            trades.apply(event);
        }
        state.stands(event.entryId(), event.tsEvent());
        return true;
    }

    /** WIRE §7.2: "tell the application which events of the old epoch it did not see". */
    private void epoch(EntryId before, LifeEvent.Epoch event) {
        drop(Want.ENTRIES);
        state.forget();
        cursor = event.entryId();
        after = null;
        state.stands(cursor, event.tsEvent());
        LocalEvent.Range unseen = null;
        LocalEvent.Range missed = null;
        if (event.prevEpoch() != null) {
            long epoch = event.prevEpoch();
            EntryId last = new EntryId(epoch, event.prevSeq());
            // Below the cursor: a failover took back what was seen, there is nothing more to tell.
            if (before.isBelow(last)) {
                long first = epoch == before.epoch() ? before.seq() + 1 : 0;
                unseen = new LocalEvent.Range(new EntryId(epoch, first), last);
            }
            if (event.missedFirst() != null) {
                missed = new LocalEvent.Range(new EntryId(epoch, event.missedFirst()),
                        new EntryId(epoch, event.missedLast()));
            }
        }
        if (unseen != null || missed != null) {
            tell(new LocalEvent.Missed(unseen, missed));
        }
        tell(event);
    }

    /** WIRE §7.2: a snapshot before the hole would lead here again, so wait for a later one. */
    private void gap(EntryId before, EntryId found) {
        await(found, found.seq() == 0 ? found : found.before(), before);
        tell(new LocalEvent.Gap(before, found));
    }

    /** WIRE §7.3: keep the place in the sequence, and want a snapshot that is not older. */
    private void quarantine(DecodeException error, EntryId entryId, EntryId before) {
        await(entryId, entryId, before);
        tell(new LocalEvent.Quarantined(error.why(), entryId, error.where()));
    }

    /** Read on without a state, until a snapshot from {@code least} on helps. */
    private void await(EntryId at, EntryId least, EntryId before) {
        if (after == null) {
            after = before;
        }
        drop(Want.JOIN);
        state.forget();
        cursor = at;
        floor = least;
    }

    private void drop(Want next) {
        state.valid(false);
        wants = next;
        if (next != Want.JOIN) {
            floor = null;
        }
    }

    private void regress() {
        drop(Want.JOIN);
        cursor = after = floor = suspect = refused = null;
    }

    private void load(AnySnapshot snapshot) {
        state.load(snapshot);
        state.loadedAt(snapshot.entryId(), snapshot.tsEvent());
        state.valid(true);
        wants = Want.ENTRIES;
        after = null;
        floor = null;
    }
}
