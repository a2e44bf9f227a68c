package io.pykraken.consumer;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Prints the entries of any stream as canonical lines (WIRE §9), one an entry, until it is stopped
 * or {@code --count}; gaps and the loss of Redis go to stderr.
 */
public final class Tail {

    private static final String USAGE = "usage: tail STREAM [--url URL] "
            + "[--from now|snapshot|oldest|ID] [--count N]";

    private static final long STOP_S = 5;

    private final CountDownLatch ended = new CountDownLatch(1);
    private String stream;
    private String url = System.getenv().getOrDefault("PYKRAKEN_REDIS_URL", Client.DEFAULT_URL);
    private Start start = Start.NOW;
    private long count = Long.MAX_VALUE;

    private Tail(String[] words) {
        for (int at = 0; at < words.length; at++) {
            if (words[at].startsWith("--")) {
                if (at + 1 == words.length) {
                    throw new IllegalArgumentException(words[at] + " needs a value");
                }
                option(words[at], words[++at]);
            } else if (stream == null) {
                stream = words[at];
            } else {
                throw new IllegalArgumentException("one stream, not " + words[at] + " besides");
            }
        }
        if (stream == null) {
            throw new IllegalArgumentException("a stream's key, such as {kraken.BTC/USD}:book.10");
        }
    }

    private void option(String name, String value) {
        switch (name) {
            case "--url" -> url = value;
            case "--from" -> start = Start.parse(value);
            case "--count" -> count = Long.parseLong(value);
            default -> throw new IllegalArgumentException("there is no " + name);
        }
    }

    /** Run as a command: exit with 0 when stopped, 2 for wrong arguments, 3 when Redis refuses. */
    public static void main(String[] words) {
        int code = 0;
        try {
            new Tail(words).run();
        } catch (ConsumerException error) {
            System.err.println(error.getMessage());
            code = 3;
        } catch (IllegalArgumentException error) {
            System.err.println(error.getMessage() + "\n" + USAGE);
            code = 2;
        }
        System.exit(code);
    }

    /** By Ctrl-C or a supervisor's word: the line that is being printed is the last, and whole. */
    private void stop(Reading<StreamEntry> entries) {
        if (ended.getCount() == 0) {
            return; // it ends by itself, with a code of its own
        }
        entries.close();
        try {
            ended.await(STOP_S, TimeUnit.SECONDS);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(0);
    }

    private void run() {
        try {
            print();
        } finally {
            ended.countDown();
        }
    }

    private void print() {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (Client client = new Client(url);
                Reading<StreamEntry> entries = client.entries(stream, start)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(entries)));
            long printed = 0;
            while (printed < count && !out.checkError() && entries.hasNext()) {
                Body body = entries.next().body();
                if (body instanceof WireEvent event) {
                    out.print(Canonical.line(event) + "\n");
                    printed++;
                } else if (body instanceof LocalEvent.Quarantined bad) {
                    out.print(Canonical.errorLine(bad.entryId(), bad.code()) + "\n");
                    printed++;
                } else {
                    System.err.println(body);
                }
            }
        }
    }
}
