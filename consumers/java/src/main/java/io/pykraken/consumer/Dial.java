package io.pykraken.consumer;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisException;

/**
 * How connections are opened. Files (passwords, users, certificates) are read at each connect, so
 * that whatever was rotated is taken with the next one.
 */
final class Dial {

    static final int BLOCK_MS = 1000; // how long a read waits: silence is noticed at least as often
    static final int ANSWER_MS = 3000; // beyond that, after which the server counts as hung
    private static final int FILE_MAX = 4096; // no password is longer; a path may lead anywhere

    private final Target target;
    /** What is being opened, so that {@link #close} ends that, too. */
    private volatile Socket opening;
    private volatile boolean isOver;

    Dial(Target target) {
        this.target = target;
    }

    Target target() {
        return target;
    }

    /** Return a connection to a node, or by the Unix socket. */
    Link open(Node node) throws AwayException {
        return open(node, ANSWER_MS, "");
    }

    /**
     * Return a connection.
     *
     * @throws AwayException where there is none at present
     * @throws RedisRefusedException where trying again cannot help
     */
    Link open(Node node, int connectMs, String whose) throws AwayException {
        Socket plain = null;
        try {
            DefaultJedisClientConfig config = config(whose);
            plain = node == null ? new UnixSocket(target.path()) : tcp(node, connectMs);
            Socket socket = target.isTls() ? tls(plain, node) : plain;
            Link link = new Link(socket, plain, node, config);
            plain = null;
            return link;
        } catch (JedisException error) {
            throw Replies.away(error, target);
        } catch (IOException | GeneralSecurityException | IllegalArgumentException error) {
            throw new AwayException(Replies.textOf(error));
        } finally {
            opening = null;
            close(plain);
        }
    }

    /** Open nothing more; what is being opened ends. Any thread may. */
    void close() {
        isOver = true;
        close(opening);
    }

    private static void close(Socket socket) {
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException gone) {
            // it is closed either way
        }
    }

    private Socket tcp(Node node, int connectMs) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            socket.setSoTimeout(BLOCK_MS + ANSWER_MS);
            opening = socket;
            if (isOver) {
                throw new IOException("closed");
            }
            socket.connect(new InetSocketAddress(node.host(), node.port()), connectMs);
        } catch (IOException error) {
            socket.close();
            throw new IOException(node + ": " + Replies.textOf(error), error);
        }
        return socket;
    }

    /** Speak TLS over a socket; the certificate and its name are verified, always. */
    private Socket tls(Socket plain, Node node) throws IOException, GeneralSecurityException {
        SSLSocket socket = (SSLSocket) Certificates.sockets(target)
                .createSocket(plain, node.host(), node.port(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private DefaultJedisClientConfig config(String whose) throws IOException {
        String user = secret(whose + "username");
        String password = secret(whose + "password");
        boolean isNew = "3".equals(target.option("protocol"));
        return DefaultJedisClientConfig.builder()
                .protocol(isNew ? RedisProtocol.RESP3 : RedisProtocol.RESP2)
                .autoNegotiateProtocol(false)
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED) // a consumer's rights are few
                .socketTimeoutMillis(BLOCK_MS + ANSWER_MS)
                .user(user).password(password)
                .database(whose.isEmpty() ? target.db() : 0)
                .build();
    }

    private String secret(String name) throws IOException {
        String path = target.option(name + "_file");
        return path == null ? target.option(name) : inFile(path);
    }

    /** Return what a file holds, without the space around it. What is thrown shows none of it. */
    static String inFile(String path) throws IOException {
        String found = "";
        try (InputStream in = Files.newInputStream(Path.of(path))) {
            found = StandardCharsets.UTF_8.newDecoder()
                    .decode(ByteBuffer.wrap(in.readNBytes(FILE_MAX))).toString().strip();
        } catch (CharacterCodingException error) {
            // told below
        }
        if (found.isEmpty()) {
            throw new IOException(path + " must hold the value and nothing else, as text");
        }
        return found;
    }
}
