package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assumptions;

/** A server of a test's own, on a free loopback port; ended with the test. */
final class RedisProcess implements AutoCloseable {

    private final int port;
    private final List<String> command;
    private Process process;

    private RedisProcess(int port, List<String> command) {
        this.port = port;
        this.command = command;
    }

    /** Start one; without the binary the test is skipped loudly, or fails where all is required. */
    static RedisProcess start(Path folder, String... more) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        List<String> command = new ArrayList<>(List.of("redis-server", "--port", "" + port,
                "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder + ""));
        command.addAll(List.of(more));
        RedisProcess server = new RedisProcess(port, command);
        server.run();
        return server;
    }

    void run() {
        try {
            process = new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectErrorStream(true).start();
        } catch (IOException missing) {
            if ("1".equals(System.getenv("PYKRAKEN_REQUIRE_ALL"))) {
                fail("redis-server is not on PATH", missing);
            }
            System.err.println("SKIPPED: redis-server is not on PATH: the client is not tested");
            Assumptions.abort("redis-server is not on PATH");
        }
        until(() -> {
            try (java.net.Socket socket = new java.net.Socket("127.0.0.1", port)) {
                return socket.isConnected();
            } catch (IOException notYet) {
                return false;
            }
        }, "the server listens");
    }

    String url() {
        return "redis://127.0.0.1:" + port;
    }

    int port() {
        return port;
    }

    void kill() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        if (process != null) {
            kill();
        }
    }

    /** Wait for a condition, 20 s at most. */
    static void until(BooleanSupplier condition, String what) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                fail("in 20 s it did not come that " + what);
            }
            try {
                Thread.sleep(10);
            } catch (InterruptedException stop) {
                fail(stop);
            }
        }
    }
}
