package io.pykraken.consumer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * Which node of a cluster has each slot, as one node said, and as redirections put it right since.
 * Pure.
 */
final class SlotMap {

    static final int SLOTS = 16384;

    private final Node[] owners = new Node[SLOTS];

    private SlotMap() {}

    /** Return a key's slot. */
    static int slot(String key) {
        return JedisClusterCRC16.getSlot(key);
    }

    /** Return an XREAD apart by slot (WIRE §2.2: never two in one command). */
    static Map<Integer, Command.Read> bySlot(Command.Read read) {
        Map<Integer, Command.Read> parts = new LinkedHashMap<>();
        for (int at = 0; at < read.streams().size(); at++) {
            String stream = read.streams().get(at);
            Command.Read part = parts.computeIfAbsent(slot(stream), slot -> new Command.Read(
                    read.count(), read.blockMs(), new ArrayList<>(),
                    new ArrayList<>()));
            part.streams().add(stream);
            part.after().add(read.after().get(at));
        }
        return parts;
    }

    /**
     * Read the answer to {@code CLUSTER SLOTS}: ranges, each with first and last slot, primary,
     * replicas. A node that gives no host of its own is reached where it was asked.
     */
    static SlotMap of(Object reply, Node asked) throws AwayException {
        SlotMap map = new SlotMap();
        try {
            for (Object each : (List<?>) reply) {
                List<?> range = (List<?>) each;
                List<?> primary = (List<?>) range.get(2);
                String host = primary.get(0) == null ? "" : Replies.text(primary.get(0));
                int port = ((Long) primary.get(1)).intValue();
                Node node = new Node(host.isEmpty() || host.equals("?") ? asked.host() : host,
                        port == 0 ? asked.port() : port);
                for (long slot = (Long) range.get(0); slot <= (Long) range.get(1); slot++) {
                    map.owners[(int) slot] = node;
                }
            }
        } catch (ClassCastException | IndexOutOfBoundsException error) {
            throw new AwayException("not the answer to CLUSTER SLOTS: " + error.getMessage());
        }
        return map;
    }

    /** The nodes that have slots. */
    Set<Node> nodes() {
        Set<Node> nodes = new LinkedHashSet<>();
        for (Node node : owners) {
            if (node != null) {
                nodes.add(node);
            }
        }
        return nodes;
    }

    /** Return the node of a slot, null while nobody has it. */
    Node owner(int slot) {
        return owners[slot];
    }

    /** Take what a redirection says. */
    void move(int slot, Node node) {
        owners[slot] = node;
    }
}
