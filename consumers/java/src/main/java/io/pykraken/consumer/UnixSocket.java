package io.pykraken.consumer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * A Unix socket with the face that the Redis library wants: the JDK has it as a channel alone.
 * Reads obey the timeout, and end when another thread closes it.
 */
final class UnixSocket extends Socket {

    private final SocketChannel channel;
    private final Selector selector;
    private volatile int timeoutMs;

    UnixSocket(String path) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(Path.of(path)));
        selector = Selector.open();
        channel.configureBlocking(false);
    }

    private void await(int what) throws IOException {
        try {
            channel.register(selector, what);
            if (selector.select(timeoutMs) == 0 && channel.isOpen() && selector.isOpen()) {
                throw new SocketTimeoutException("no answer in " + timeoutMs + " ms");
            }
            selector.selectedKeys().clear();
        } catch (ClosedSelectorException closed) {
            // Another thread closed it meanwhile: to the Redis library that is a closed socket.
            throw new ClosedChannelException();
        }
    }

    @Override
    public InputStream getInputStream() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int from, int length) throws IOException {
                ByteBuffer buffer = ByteBuffer.wrap(into, from, length);
                int count = channel.read(buffer);
                while (count == 0) {
                    await(SelectionKey.OP_READ);
                    count = channel.read(buffer);
                }
                return count;
            }
        };
    }

    @Override
    public OutputStream getOutputStream() {
        return new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                write(new byte[] {(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] out, int from, int length) throws IOException {
                ByteBuffer buffer = ByteBuffer.wrap(out, from, length);
                while (buffer.hasRemaining()) {
                    if (channel.write(buffer) == 0) {
                        await(SelectionKey.OP_WRITE);
                    }
                }
            }
        };
    }

    @Override
    public void setSoTimeout(int milliseconds) {
        timeoutMs = milliseconds;
    }

    @Override
    public int getSoTimeout() {
        return timeoutMs;
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
    }

    @Override
    public boolean isBound() {
        return channel.isConnected();
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public boolean isInputShutdown() {
        return isClosed();
    }

    @Override
    public boolean isOutputShutdown() {
        return isClosed();
    }

    @Override
    public void close() throws IOException {
        channel.close();
        selector.close();
    }
}
