package io.pykraken.consumer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisRedirectionException;

/**
 * A Redis Cluster as one server. An XREAD over many symbols becomes one for each slot, each waiting
 * on a connection and in a thread of its own, and what comes first is the answer; the others go on
 * waiting, and are asked for again by the same words. With more slots than {@link #WAITING_MOST}
 * they are asked in turn instead, without waiting. A node that is away costs its own streams only:
 * what it should have answered counts as nothing new.
 */
final class Cluster implements Server {

    static final int WAITING_MOST = 64; // threads and connections that a follower may hold
    private static final long POLL_MS = 10;
    private static final long LOOK_MS = 100; // how soon the map is asked for anew while waiting
    private static final int REDIRECTS_MOST = 40;
    private static final long TRYAGAIN_MS = 50;

    /**
     * An XREAD that a thread waits with.
     *
     * @param slot of its keys
     * @param read what was asked
     * @param link where
     */
    private record Waiting(int slot, Command.Read read, Link link) {}

    /**
     * What came of it; one for each, so that there are never more than waiting ones.
     *
     * @param of which
     * @param reply what Redis said, or
     * @param error why it said nothing
     */
    private record Came(Waiting of, Object reply, JedisException error) {}

    private final Target target;
    private final Nodes nodes;
    private final Map<Integer, Waiting> waiting = new HashMap<>();
    private final BlockingQueue<Came> came = new LinkedBlockingQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "pykraken-slot");
        thread.setDaemon(true);
        return thread;
    });
    private volatile boolean isOver;

    Cluster(Target target) {
        this.target = target;
        this.nodes = new Nodes(target);
    }

    @Override
    public List<Object> run(List<Command> commands) throws AwayException {
        nodes.chart();
        return each(commands);
    }

    @Override
    public List<Replies.Batch> read(Command.Read read) throws AwayException {
        nodes.chart();
        Map<Integer, Command.Read> parts = SlotMap.bySlot(read);
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(read.blockMs());
        if (read.blockMs() == 0 || parts.size() > WAITING_MOST) {
            return poll(parts, until);
        }
        for (Waiting each : List.copyOf(waiting.values())) {
            if (!each.read().equals(parts.get(each.slot()))) { // it was told another place to begin
                waiting.remove(each.slot());
                nodes.closed(each.link());
            }
        }
        while (!isOver) {
            AwayException away = waitFor(parts);
            if (away != null && waiting.isEmpty()) {
                throw away;
            }
            long leftMs = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
            List<Replies.Batch> found = received(Math.max(0, Math.min(leftMs, LOOK_MS)));
            if (!found.isEmpty() || leftMs <= 0) {
                return found;
            }
            nodes.chart();
        }
        return List.of();
    }

    private List<Replies.Batch> poll(Map<Integer, Command.Read> parts, long until)
            throws AwayException {
        List<Command> commands =
                parts.values().stream().map(each -> keyed(each.withoutBlock())).toList();
        while (true) {
            List<Replies.Batch> found = new ArrayList<>();
            each(commands).forEach(reply -> found.addAll(Replies.batches(reply)));
            if (!found.isEmpty() || System.nanoTime() >= until || isOver) {
                return found;
            }
            sleep(POLL_MS);
        }
    }

    private static Command keyed(Command.Read read) {
        return new Command("XREAD", read.streams().get(0), read.command().words());
    }

    /** Have every slot's XREAD wait; return why one does not, null where all do. */
    private AwayException waitFor(Map<Integer, Command.Read> parts) {
        AwayException away = null;
        for (Map.Entry<Integer, Command.Read> part : parts.entrySet()) {
            if (waiting.containsKey(part.getKey())) {
                continue;
            }
            try {
                start(part.getKey(), part.getValue());
            } catch (AwayException error) {
                away = error;
            }
        }
        return away;
    }

    private void start(int slot, Command.Read read) throws AwayException {
        Nodes.Place place = nodes.place(slot);
        Waiting begun = new Waiting(slot, read, nodes.link(place.node()));
        try {
            threads.execute(() -> wait(begun, place.isAsking()));
        } catch (RejectedExecutionException closed) {
            throw new AwayException("closed");
        }
        waiting.put(slot, begun);
    }

    private void wait(Waiting begun, boolean isAsking) {
        Object reply = null;
        JedisException fault = null;
        try {
            if (isAsking) {
                begun.link().ask(Command.of("ASKING", ""));
            }
            reply = begun.link().ask(begun.read().command());
        } catch (JedisException error) {
            fault = error;
        }
        came.add(new Came(begun, reply, fault));
    }

    /** Return what has come, waiting for the first at most so long. */
    private List<Replies.Batch> received(long waitMs) throws AwayException {
        List<Replies.Batch> found = new ArrayList<>();
        Came first = await(waitMs);
        for (Came each = first; each != null; each = came.poll()) {
            if (waiting.get(each.of().slot()) == each.of()) {
                waiting.remove(each.of().slot());
                take(each, found);
            } else {
                nodes.closed(each.of().link()); // nobody waits for it any more
            }
        }
        return found;
    }

    private Came await(long waitMs) {
        try {
            return came.poll(waitMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            isOver = true;
            return null;
        }
    }

    private void take(Came it, List<Replies.Batch> found) throws AwayException {
        Link link = it.of().link();
        if (it.error() == null) {
            nodes.free(link);
            found.addAll(Replies.batches(it.reply()));
        } else if (it.error() instanceof JedisRedirectionException moved) {
            nodes.redirected(moved, it.of().slot(), link.node());
            nodes.closed(link);
        } else if (isTryAgain(it.error())) {
            nodes.closed(link);
            sleep(TRYAGAIN_MS);
        } else {
            nodes.lose(link.node(), link);
            Replies.away(it.error(), target); // a refusal goes through
        }
    }

    /** Its keys move one by one, and some are here, some there. */
    private static boolean isTryAgain(JedisException error) {
        return String.valueOf(error.getMessage()).startsWith("TRYAGAIN");
    }

    /** Run commands of one slot each, those of a node in one round trip. */
    private List<Object> each(List<Command> commands) throws AwayException {
        Object[] replies = new Object[commands.size()];
        Map<Integer, Command> left = new TreeMap<>();
        for (int at = 0; at < commands.size(); at++) {
            left.put(at, commands.get(at));
        }
        AwayException fault = null;
        int lost = 0;
        for (int round = 0; round < REDIRECTS_MOST && !left.isEmpty() && !isOver; round++) {
            Map<Nodes.Place, List<Integer>> routes = new LinkedHashMap<>();
            for (int at : List.copyOf(left.keySet())) {
                try {
                    Nodes.Place place = nodes.place(SlotMap.slot(left.get(at).key()));
                    routes.computeIfAbsent(place, none -> new ArrayList<>()).add(at);
                } catch (AwayException error) {
                    fault = error;
                    left.remove(at);
                    lost++;
                }
            }
            for (Map.Entry<Nodes.Place, List<Integer>> route : routes.entrySet()) {
                try {
                    exchange(route.getKey(), route.getValue(), left, replies);
                } catch (AwayException error) {
                    fault = error;
                    lost += route.getValue().stream().filter(left.keySet()::remove).count();
                }
            }
        }
        if (!left.isEmpty()) {
            fault = new AwayException("slots of the cluster are on the move");
            lost += left.size();
        }
        if (fault != null && lost == commands.size()) {
            throw fault;
        }
        return Arrays.asList(replies);
    }

    private void exchange(Nodes.Place place, List<Integer> places, Map<Integer, Command> left,
            Object[] replies) throws AwayException {
        Link link = nodes.link(place.node());
        try {
            for (int at : places) {
                if (place.isAsking()) {
                    link.send(Command.of("ASKING", ""));
                }
                link.send(left.get(at));
            }
            for (int at : places) {
                if (place.isAsking()) {
                    link.receive();
                }
                receive(link, at, left, replies);
            }
            nodes.free(link);
        } catch (JedisException error) {
            nodes.lose(place.node(), link);
            throw Replies.away(error, target);
        }
    }

    private void receive(Link link, int at, Map<Integer, Command> left, Object[] replies) {
        try {
            replies[at] = link.receive();
            left.remove(at);
        } catch (JedisRedirectionException moved) {
            nodes.redirected(moved, SlotMap.slot(left.get(at).key()), link.node());
        } catch (JedisDataException error) {
            if (!isTryAgain(error)) {
                throw error;
            }
            sleep(TRYAGAIN_MS);
        }
    }

    private void sleep(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            isOver = true;
        }
    }

    @Override
    public void redial() {
        waiting.clear();
        nodes.redial();
    }

    @Override
    public void close() {
        isOver = true;
        nodes.close();
        threads.shutdown();
    }
}
