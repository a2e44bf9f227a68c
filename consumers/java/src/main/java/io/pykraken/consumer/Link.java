package io.pykraken.consumer;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.Connection;

/** One connection to one server. Used by one thread at a time, closed by any. */
final class Link implements Closeable {

    private final Connection connection;
    private final Socket socket;
    private final Node node;

    Link(Connection connection, Socket socket, Node node) {
        this.connection = connection;
        this.socket = socket;
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

    /** Return the reply to what was sent. Throw JedisException. */
    Object receive() {
        return connection.getOne();
    }

    /** Close the socket itself: a read that another thread waits in ends at once. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException gone) {
            // it is closed either way
        }
    }
}
