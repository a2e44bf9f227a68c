package io.pykraken.consumer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * The program that reads one stream's entries as they are, in order, for ever; a hole in the
 * sequence is a Gap. Knows nothing of states.
 */
final class EntryReader implements Program<StreamEntry> {

    private final Server server;
    private final Life life;
    private final String stream;
    private final Start start;
    private final Deque<StreamEntry> told = new ArrayDeque<>();
    private Iterator<?> rows = List.of().iterator();
    private boolean isBegun;
    private EntryId cursor;
    private boolean isAway;
    private double backoff = BACKOFF_FIRST_S;

    EntryReader(Server server, Life life, String stream, Start start) {
        this.server = server;
        this.life = life;
        this.stream = stream;
        this.start = start;
    }

    @Override
    public StreamEntry poll() {
        StreamEntry next = told.pollFirst();
        while (next == null && rows.hasNext()) {
            take(Replies.row(rows.next()));
            next = told.pollFirst();
        }
        return next;
    }

    @Override
    public void work() {
        try {
            if (isBegun) {
                read();
            } else {
                begin();
            }
            backoff = BACKOFF_FIRST_S;
        } catch (AwayException away) {
            if (!isAway && !life.isOver()) {
                isAway = true;
                tell(new LocalEvent.Disconnected(away.getMessage()));
            }
            life.pause(backoff);
            backoff = Math.min(backoff * 2, BACKOFF_MOST_S);
        }
    }

    private void begin() throws AwayException {
        cursor = start == Start.OLDEST ? null : start.id();
        if (start == Start.NOW) {
            Replies.Row last = newest(stream);
            cursor = last == null ? null : last.id();
        } else if (start == Start.SNAPSHOT) {
            String snaps = stream + ".snap";
            Replies.Row last = newest(snaps);
            if (last == null) {
                life.pause(JOIN_RETRY_S);
                return;
            }
            cursor = last.id();
            tell(decoded(last, snaps));
        }
        isBegun = true;
    }

    private Replies.Row newest(String key) throws AwayException {
        List<Object> replies = life.timed(() -> server.run(List.of(Command.newest(key))));
        answered();
        return Replies.first(replies.get(0));
    }

    private void read() throws AwayException {
        EntryId after = cursor == null ? EntryId.ZERO : cursor;
        Command.Read read =
                new Command.Read(READ_COUNT, Dial.BLOCK_MS, List.of(stream), List.of(after));
        List<Replies.Batch> batches = life.timed(() -> server.read(read));
        answered();
        if (!batches.isEmpty()) {
            rows = batches.get(0).rows().iterator();
        }
    }

    private void answered() {
        if (isAway) {
            isAway = false;
            tell(new LocalEvent.Reconnected());
        }
    }

    private void take(Replies.Row row) {
        if (cursor != null && !cursor.isFollowedBy(row.id())) {
            tell(new LocalEvent.Gap(cursor, row.id()));
        }
        cursor = row.id();
        tell(decoded(row, stream));
    }

    private static Body decoded(Replies.Row row, String key) {
        try {
            if (row.data() == null) {
                throw new DecodeException(Code.SCHEMA, "field d");
            }
            return Wire.decode(row.id(), row.data(), Wire.placeOf(key));
        } catch (DecodeException error) {
            return new LocalEvent.Quarantined(error.why(), row.id(), error.where());
        }
    }

    private void tell(Body body) {
        told.addLast(new StreamEntry(stream, body));
    }
}
