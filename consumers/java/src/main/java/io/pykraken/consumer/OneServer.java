package io.pykraken.consumer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import redis.clients.jedis.exceptions.JedisException;

/** One server, or the master behind Sentinels, which are asked at each connect. */
final class OneServer implements Server {

    private static final Set<String> DOWN = Set.of("s_down", "o_down", "disconnected");

    private final Dial dial;
    private final Target target;
    private final List<Node> sentinels;
    private volatile Link link;
    private volatile boolean isOver;
    /** An XREAD that was sent ahead, null for none; and its reply, if it was taken in already. */
    private Command.Read sent;
    private boolean isEarly;
    private Object early;

    OneServer(Target target) {
        this.dial = new Dial(target);
        this.target = target;
        this.sentinels = new ArrayList<>(target.nodes());
    }

    @Override
    public List<Object> run(List<Command> commands) throws AwayException {
        try {
            Link current = connected();
            if (sent != null && !isEarly) {
                early = current.receive();
                isEarly = true;
            }
            return current.ask(commands);
        } catch (JedisException error) {
            redial();
            throw Replies.away(error, target);
        }
    }

    @Override
    public List<Replies.Batch> read(Command.Read read) throws AwayException {
        if (sent == null) {
            return Replies.batches(run(List.of(read.command())).get(0));
        }
        boolean isMeant = sent.equals(read);
        if (!isEarly) {
            run(List.of());
        }
        Object reply = early;
        forget();
        return isMeant ? Replies.batches(reply) : read(read);
    }

    @Override
    public void ahead(Command.Read read) {
        Link current = link;
        if (current == null || sent != null) {
            return;
        }
        try {
            current.send(read.command());
            current.push();
            sent = read;
        } catch (JedisException error) {
            redial(); // the next read says what there is to say
        }
    }

    private void forget() {
        sent = null;
        isEarly = false;
        early = null;
    }

    private Link connected() throws AwayException {
        Link current = link;
        if (current == null) {
            Node node = target.kind() == Target.Kind.SENTINEL ? master()
                    : target.nodes().isEmpty() ? null : target.nodes().get(0);
            current = dial.open(node);
            link = current;
        }
        if (isOver) {
            current.close();
            throw new AwayException("closed");
        }
        return current;
    }

    /** Ask the Sentinels, the one that answered last first. */
    private Node master() throws AwayException {
        List<String> faults = new ArrayList<>();
        for (int at = 0; at < sentinels.size() && !isOver; at++) {
            Node sentinel = sentinels.get(at);
            try (Link asked = dial.open(sentinel, Dial.ANSWER_MS, "sentinel_")) {
                link = asked; // so that close ends this, too
                Node master = named(asked);
                Collections.swap(sentinels, 0, at);
                return master;
            } catch (AwayException error) {
                faults.add(sentinel + ": " + error.getMessage());
            } catch (JedisException error) {
                faults.add(sentinel + ": " + Replies.textOf(error));
            } finally {
                link = null;
            }
        }
        throw new AwayException("no Sentinel names the master " + target.master() + " ("
                + String.join("; ", faults) + ")");
    }

    private Node named(Link asked) throws AwayException {
        Map<String, byte[]> master =
                Replies.hash(asked.ask(Command.of("SENTINEL", "", "MASTER", target.master())));
        Set<String> flags = new HashSet<>(List.of(Replies.text(master.get("flags")).split(",")));
        // A Sentinel that was cut off still knows a master, and that it does not reach it.
        if (!Collections.disjoint(flags, DOWN)) {
            throw new AwayException("the master is down");
        }
        return new Node(Replies.text(master.get("ip")),
                Integer.parseInt(Replies.text(master.get("port"))));
    }

    @Override
    public void redial() {
        forget();
        closeLink();
    }

    private void closeLink() {
        Link current = link;
        link = null;
        if (current != null) {
            current.close();
        }
    }

    @Override
    public void close() {
        isOver = true;
        dial.close();
        closeLink();
    }
}
