package io.pykraken.consumer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The program of {@code follow}: the replicas of many streams, fed by one XREAD; of two lines of a
 * stream an arbiter makes one. In rounds: what replicas want beside entries, then entries, then the
 * newest ids are judged. These are read before the entries and judged after them, so that an entry
 * that arrives between the two never looks like one that did not come. When Redis is away it tells
 * so and tries again, for ever.
 */
final class Follower implements Program<Event> {

    private static final int READ_TOTAL = 20_000; // entries a read over all streams: bounds memory
    private static final double HORIZON_RETRY_S = 1.0; // between two looks at how far behind it is
    /**
     * No entry in any stream for so long, though each has a heartbeat every 5 s (WIRE §4.6): this
     * may be a replica that was cut off, or a master of yesterday, so it is dialled anew.
     */
    private static final double DOUBT_S = 6.0;

    /** Of each of many streams, between two reads that left nothing behind (WIRE §7.5). */
    private static final double PACE_S = 20e-6;
    private static final int PACED_FROM = 50; // streams; of fewer it would be less than 1 ms

    /** The parts of a round. */
    private enum Phase { BESIDE, ENTRIES, HEADS }

    /** One thing to read beside the entries, and who takes the replies. */
    private record Side(List<Command> commands, Consumer<List<Object>> take) {}

    /** A stream with what is known of its reading. */
    private static final class Followed {
        private Replica replica;
        private Arbiter arbiter;
        private double due;
        private boolean isBehind;
    }

    private final Server server;
    private final Life life;
    private final int blockMs;
    private final int count;
    private final Map<String, Followed> streams = new LinkedHashMap<>();
    private final Set<Arbiter> arbiters = new HashSet<>();
    private final Deque<Arbiter> telling = new ArrayDeque<>();
    private final Deque<Event> told = new ArrayDeque<>();
    private final Map<Replica, EntryId> heads = new HashMap<>();
    private Phase phase = Phase.BESIDE;
    private Iterator<Replies.Batch> batches = List.<Replies.Batch>of().iterator();
    private Iterator<?> rows = List.of().iterator();
    private Followed current;
    private boolean isAway;
    private boolean isIdle;
    private boolean isPaced;
    private double heard;
    private double backoff = BACKOFF_FIRST_S;

    /** Follow what is wanted: each a stream, or the two lines of one. */
    Follower(Server server, Life life, List<List<String>> wanted, Missing missing, int blockMs) {
        this.server = server;
        this.life = life;
        this.blockMs = blockMs;
        for (List<String> each : wanted) {
            if (each.size() == 1) {
                add(each.get(0)).replica =
                        new Replica(each.get(0), missing, 0, told::addLast);
            } else {
                addLines(each);
            }
        }
        this.count = Math.max(1, Math.min(READ_COUNT, READ_TOTAL / streams.size()));
    }

    private Followed add(String stream) {
        return streams.computeIfAbsent(stream, key -> new Followed());
    }

    private void addLines(List<String> lines) {
        List<Followed> both = new ArrayList<>();
        for (int line = 0; line < 2; line++) {
            int number = line;
            Followed each = add(lines.get(line));
            // Either may come later, so a line is waited for.
            each.replica = new Replica(lines.get(line), Missing.WAIT, 0, event -> {
                each.arbiter.take(number, event, life.now());
                telling.addLast(each.arbiter);
            });
            both.add(each);
        }
        Arbiter arbiter = Arbiter.of(both.get(0).replica, both.get(1).replica);
        both.forEach(each -> each.arbiter = arbiter);
        arbiters.add(arbiter);
    }

    /** The replicas, in the order in which they were asked for. */
    Collection<Replica> replicas() {
        return streams.values().stream().map(each -> each.replica).toList();
    }

    /** Whether all was taken in, and nothing more was to be read at the last look. */
    boolean isIdle() {
        return isIdle && told.isEmpty() && !rows.hasNext() && !batches.hasNext();
    }

    @Override
    public Event poll() {
        Event event = told.pollFirst();
        while (event == null && !telling.isEmpty()) {
            event = telling.peekFirst().poll(life.now());
            if (event == null) {
                telling.removeFirst();
            }
        }
        return event;
    }

    @Override
    public void work() {
        if (rows.hasNext()) {
            Replies.Row row = Replies.row(rows.next());
            current.replica.received(row.id(), row.data(), life.now());
            return;
        }
        if (nextBatch()) {
            return;
        }
        isIdle = false;
        try {
            switch (phase) {
                case BESIDE -> beside();
                case ENTRIES -> entries();
                case HEADS -> heads();
            }
        } catch (AwayException away) {
            lost(away.getMessage());
        }
    }

    private boolean nextBatch() {
        if (current != null && !current.isBehind) {
            current.replica.caughtUp();
        }
        current = null;
        if (!batches.hasNext()) {
            return false;
        }
        Replies.Batch batch = batches.next();
        current = streams.get(batch.stream());
        rows = batch.rows().iterator();
        return true;
    }

    private void lost(String reason) {
        phase = Phase.BESIDE;
        heads.clear();
        if (life.isOver()) {
            return;
        }
        if (!isAway) {
            isAway = true;
            streams.values().forEach(each -> each.replica.disconnected(reason));
        }
        isIdle = true;
        life.pause(backoff);
        backoff = Math.min(backoff * 2, BACKOFF_MOST_S);
    }

    private void answered() {
        if (isAway) {
            isAway = false;
            streams.values().forEach(each -> each.replica.reconnected());
        }
    }

    private void beside() throws AwayException {
        List<Side> sides = new ArrayList<>();
        List<Command> commands = new ArrayList<>();
        for (Followed each : streams.values()) {
            each.replica.tick(life.now());
            Side side = side(each);
            if (side != null) {
                sides.add(side);
                commands.addAll(side.commands());
            }
        }
        if (!sides.isEmpty()) {
            List<Object> replies = life.timed(() -> server.run(commands));
            answered();
            int at = 0;
            for (Side side : sides) {
                int size = side.commands().size();
                side.take().accept(replies.subList(at, at + size));
                at += size;
            }
        }
        phase = Phase.ENTRIES;
    }

    /** Return what a replica wants beside its entries now, null for nothing. */
    private Side side(Followed each) {
        Replica replica = each.replica;
        String stream = replica.stream();
        double now = life.now();
        switch (replica.wants()) {
            case JOIN:
                if (each.due > now) {
                    return null;
                }
                each.due = now + JOIN_RETRY_S;
                return new Side(List.of(Command.newest(stream + ".snap")), replies ->
                        join(replica, replies.get(0)));
            case POINTER:
                Command at = Command.at(stream + ".snap", replica.cursor());
                return new Side(List.of(at), replies -> {
                    if (replies.get(0) != null) { // null: its node is away, and may still have it
                        Replies.Row row = Replies.first(replies.get(0));
                        replica.pointerRead(row == null ? null : row.data(), life.now());
                    }
                });
            case HEADS:
                return new Side(List.of(Command.newest(stream)), replies -> {
                    Replies.Row row = Replies.first(replies.get(0));
                    heads.put(replica, row == null ? null : row.id());
                });
            default:
                return each.isBehind && each.due <= now ? horizon(each) : null;
        }
    }

    private void join(Replica replica, Object reply) {
        if (reply != null) {
            Replies.Row row = Replies.first(reply);
            replica.snapshotRead(
                    row == null ? null : row.id(), row == null ? null : row.data(), life.now());
        }
    }

    private Side horizon(Followed each) {
        each.due = life.now() + HORIZON_RETRY_S;
        String stream = each.replica.stream();
        return new Side(List.of(Command.oldest(stream), Command.newest(stream)), replies -> {
            Replies.Row oldest = Replies.first(replies.get(0));
            Replies.Row latest = Replies.first(replies.get(1));
            if (oldest != null && latest != null) {
                each.replica.horizonRead(oldest.id(), latest.id());
            }
        });
    }

    /** Read the next entries of all streams in one XREAD. */
    private void entries() throws AwayException {
        List<String> keys = new ArrayList<>();
        List<EntryId> after = new ArrayList<>();
        boolean isJoining = false;
        for (Followed each : streams.values()) {
            EntryId position = each.replica.position();
            isJoining |= each.replica.wants() == Replica.Want.JOIN;
            if (position != null) {
                keys.add(each.replica.stream());
                after.add(position);
            }
        }
        phase = Phase.HEADS;
        if (keys.isEmpty()) {
            isIdle = true;
            life.pause(JOIN_RETRY_S);
            return;
        }
        if (isPaced) {
            life.pause(PACE_S * keys.size());
        }
        int block = isJoining ? Math.min(blockMs, (int) (JOIN_RETRY_S * 1000)) : blockMs;
        Command.Read read = new Command.Read(count, heads.isEmpty() ? block : 0, keys, after);
        List<Replies.Batch> found = life.timed(() -> server.read(read));
        answered();
        isIdle = true;
        streams.values().forEach(each -> each.isBehind = false);
        for (Replies.Batch batch : found) {
            Followed each = streams.get(batch.stream());
            each.isBehind = batch.rows().size() >= count;
            isIdle &= !each.isBehind;
        }
        batches = found.iterator();
        isPaced = isIdle && !found.isEmpty() && keys.size() >= PACED_FROM;
        doubt(!found.isEmpty());
        if (!isIdle && !isJoining && heads.isEmpty()) {
            ahead(read, found);
        }
    }

    /** Reading lags: have the server work on what comes next while this is taken in. */
    private void ahead(Command.Read read, List<Replies.Batch> found) {
        Map<String, EntryId> last = new HashMap<>();
        for (Replies.Batch batch : found) {
            List<?> entries = batch.rows();
            last.put(batch.stream(), Replies.row(entries.get(entries.size() - 1)).id());
        }
        List<EntryId> after = new ArrayList<>();
        for (int at = 0; at < read.streams().size(); at++) {
            EntryId known = last.get(read.streams().get(at));
            after.add(known == null ? read.after().get(at) : known);
        }
        server.ahead(new Command.Read(read.count(), blockMs, read.streams(), after));
    }

    private void doubt(boolean isHeard) {
        if (isHeard) {
            heard = life.now();
        } else if (life.now() - heard >= DOUBT_S) {
            heard = life.now();
            server.redial();
        }
    }

    private void heads() {
        heads.forEach((replica, last) -> replica.headsRead(last, life.now()));
        heads.clear();
        for (Arbiter each : arbiters) {
            each.ticked(life.now());
            telling.addLast(each);
        }
        backoff = BACKOFF_FIRST_S;
        phase = Phase.BESIDE;
    }
}
