package io.pykraken.consumer;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.Connection;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.JedisSocketFactory;

/** One connection to one server. Used by one thread at a time, closed by any. */
final class Link implements Closeable {

    /** A connection that can be made to send before an answer is asked for. */
    private static final class Pushing extends Connection {
        Pushing(JedisSocketFactory sockets, JedisClientConfig config) {
            super(sockets, config);
        }

        void push() {
            flush();
        }
    }

    private final Pushing connection;
    private final Socket plain;
    private final Node node;

    /**
     * Log in over a socket. Throw JedisException.
     *
     * @param socket what is spoken over
     * @param plain what lies below it: the same, or of TLS that of TCP
     */
    Link(Socket socket, Socket plain, Node node, JedisClientConfig config) {
        this.connection = new Pushing(() -> socket, config);
        this.plain = plain;
        this.node = node;
    }

    /** Where it leads, null for a Unix socket. */
    Node node() {
        return node;
    }

    /** Return a command's reply. Throw JedisException. */
    Object ask(Command command) {
        send(command);
        return connection.getOne();
    }

    /** Return a reply for each, all asked in one round trip. Throw JedisException at the first. */
    List<Object> ask(List<Command> commands) {
        commands.forEach(this::send);
        List<Object> replies = new ArrayList<>(commands.size());
        for (int left = commands.size(); left > 0; left--) {
            replies.add(connection.getOne());
        }
        return replies;
    }

    void send(Command command) {
        byte[] name = Command.bytes(command.name());
        connection.sendCommand(() -> name, command.words().toArray(new byte[0][]));
    }

    /** Have what was sent go out, though nobody waits for the reply yet. Throw JedisException. */
    void push() {
        connection.push();
    }

    /** Return the reply to what was sent. Throw JedisException. */
    Object receive() {
        return connection.getOne();
    }

    /** Close the lowest socket itself: a read that another thread waits in ends at once. */
    @Override
    public void close() {
        try {
            plain.close();
        } catch (IOException gone) {
            // it is closed either way
        }
    }
}
