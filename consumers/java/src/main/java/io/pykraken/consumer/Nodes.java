package io.pykraken.consumer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisAskDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisRedirectionException;

/**
 * The nodes of a cluster: the map of its slots, connections that nobody uses at present, and which
 * nodes are away. Used by one thread, but for {@link #close}.
 */
final class Nodes {

    static final long CONNECT_MS = 500; // while it lasts, nothing else is read
    private static final double AWAY_S = 2.0; // before a node that did not answer is tried again
    private static final double CHART_S = 0.25; // between two looks at the map

    /**
     * Where a slot is to be asked for.
     *
     * @param node whom
     * @param isAsking whether with ASKING: the slot is on the move
     */
    record Place(Node node, boolean isAsking) {}

    private final Dial dial;
    private final Target target;
    private final Map<Node, Deque<Link>> idle = new HashMap<>();
    private final Map<Node, Double> awayUntil = new HashMap<>();
    private final Map<Integer, Node> asking = new HashMap<>();
    private final Set<Link> open = ConcurrentHashMap.newKeySet();
    private SlotMap map;
    private boolean isDoubtful = true;
    private double chartAt;
    private volatile boolean isOver;

    Nodes(Target target) {
        this.dial = new Dial(target);
        this.target = target;
    }

    private static double now() {
        return System.nanoTime() / 1e9;
    }

    /** Ask for the map if it is in doubt. Throw where there is none and none is to be had. */
    void chart() throws AwayException {
        double now = now();
        if (map != null && (!isDoubtful || now < chartAt)) {
            return;
        }
        chartAt = now + CHART_S;
        Set<Node> known = map == null ? Set.of() : map.nodes();
        Set<Node> asked = new LinkedHashSet<>(known);
        asked.addAll(target.nodes());
        List<String> faults = new ArrayList<>();
        for (Node node : asked) {
            if (now < awayUntil.getOrDefault(node, now) && awayUntil.size() < known.size()) {
                continue;
            }
            try {
                Link link = opened(node);
                try {
                    map = SlotMap.of(link.ask(Command.of("CLUSTER", "", "SLOTS")), node);
                } finally {
                    closed(link);
                }
                isDoubtful = false;
                return;
            } catch (AwayException error) {
                faults.add(node + ": " + error.getMessage());
            } catch (JedisException error) {
                faults.add(node + ": " + Replies.away(error, target).getMessage());
            }
            awayUntil.put(node, now() + AWAY_S);
        }
        if (map == null) {
            throw new AwayException("no node of the cluster answers: " + String.join("; ", faults));
        }
    }

    /** Return where to ask for a slot. */
    Place place(int slot) throws AwayException {
        Node moving = asking.remove(slot);
        if (moving != null) {
            return new Place(moving, true);
        }
        Node owner = map == null ? null : map.owner(slot);
        if (owner == null) {
            isDoubtful = true;
            throw new AwayException("no node of the cluster has slot " + slot);
        }
        return new Place(owner, false);
    }

    /** Return a connection to a node, one that nobody uses if there is any. */
    Link link(Node node) throws AwayException {
        Deque<Link> free = idle.get(node);
        if (free != null && !free.isEmpty()) {
            return free.pop();
        }
        if (now() < awayUntil.getOrDefault(node, 0.0)) {
            throw new AwayException(node + " is away");
        }
        try {
            return opened(node);
        } catch (AwayException error) {
            lose(node, null);
            throw error;
        }
    }

    private Link opened(Node node) throws AwayException {
        Link link = dial.open(node, (int) CONNECT_MS, "");
        open.add(link);
        if (isOver) {
            closed(link);
            throw new AwayException("closed");
        }
        awayUntil.remove(node);
        return link;
    }

    /** Take back a connection that has told all that was asked. */
    void free(Link link) {
        idle.computeIfAbsent(link.node(), node -> new ArrayDeque<>()).push(link);
    }

    /** Give up a connection. */
    void closed(Link link) {
        link.close();
        open.remove(link);
    }

    /** A node did not answer: leave it alone for a while, and ask for the map again. */
    void lose(Node node, Link link) {
        if (link != null) {
            closed(link);
        }
        Deque<Link> free = idle.remove(node);
        if (free != null) {
            free.forEach(this::closed);
        }
        awayUntil.put(node, now() + AWAY_S);
        isDoubtful = true;
    }

    /** Take what a redirection of a slot says. */
    void redirected(JedisRedirectionException error, int slot, Node from) {
        HostAndPort to = error.getTargetNode();
        Node node = new Node(to.getHost().isEmpty() ? from.host() : to.getHost(), to.getPort());
        if (error instanceof JedisAskDataException) {
            asking.put(slot, node);
        } else {
            isDoubtful = true;
            if (map != null) {
                map.move(slot, node);
            }
        }
    }

    /** Forget all. */
    void redial() {
        open.forEach(this::closed);
        idle.clear();
        awayUntil.clear();
        asking.clear();
        map = null;
    }

    /** Close all for good; any thread may. */
    void close() {
        isOver = true;
        dial.close();
        open.forEach(Link::close);
    }
}
