package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client against a real server. */
@Timeout(60)
class ClientTest {

    private static final Words TEN = Words.BOOK.depth(10);

    @TempDir
    private Path folder;
    private RedisProcess server;
    private Publisher publisher;

    @BeforeEach
    void start() throws IOException {
        Path socket = folder.resolve("s");
        server = RedisProcess.start(folder, "--unixsocket", socket.toString());
        publisher = new Publisher(server.port(), Publisher.STREAM, 1);
    }

    @AfterEach
    void stop() {
        publisher.close();
        server.close();
    }

    private static <T extends Body> T take(Reading<Event> events, Class<T> type) {
        while (true) {
            Body body = events.next().body();
            if (type.isInstance(body)) {
                return type.cast(body);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"two", "three", "unix", "login"})
    void itFollowsABook(String how) throws IOException {
        String url = switch (how) {
            case "three" -> server.url() + "?protocol=3";
            case "unix" -> "unix://" + folder.resolve("s");
            case "login" -> login();
            default -> server.url();
        };
        publisher.open().snap();
        publisher.updates(2_500);
        try (Client client = new Client(url);
                Reading<Event> events = client.follow(TEN, "BTC/USD")) {
            Event joined = events.next();
            assertEquals(new LocalEvent.Joined(new EntryId(1, 1), null), joined.body());
            Event last = joined;
            for (int left = 2_500; left > 0; left--) {
                last = events.next();
                assertTrue(last.body() instanceof ChannelEvent.Update, last::toString);
            }
            assertEquals(publisher.qty(), last.book().best(Side.BID).orElseThrow().qty());
            assertEquals(publisher.last(), last.state().at());
        }
    }

    private String login() throws IOException {
        publisher.redis().aclSetUser("bot", "on", ">secret", "-@all", "+xread", "+xrange",
                "+xrevrange", "+hgetall", "~{kraken.*");
        Path file = Files.writeString(folder.resolve("password"), "secret\n");
        return "redis://bot@127.0.0.1:" + server.port() + "?password_file=" + file;
    }

    @Test
    void lossesAreToldAndMended() throws IOException {
        publisher.open().snap();
        try (Client client = new Client(server.url());
                Reading<Event> events = client.follow(TEN, "BTC/USD")) {
            take(events, LocalEvent.Joined.class);
            publisher.updates(1);
            EntryId before = publisher.last();
            take(events, ChannelEvent.Update.class);
            publisher.skip();
            publisher.updates(1);
            assertEquals(new LocalEvent.Gap(before, publisher.last()),
                    take(events, LocalEvent.Gap.class));
            publisher.snap();
            assertEquals(before, take(events, LocalEvent.Joined.class).after());
            publisher.garbage();
            LocalEvent.Quarantined bad = take(events, LocalEvent.Quarantined.class);
            assertEquals(Code.SCHEMA, bad.code());
            publisher.updates(1);
            publisher.snap();
            take(events, LocalEvent.Joined.class);
            try (Publisher next = new Publisher(server.port(), Publisher.STREAM, 2)) {
                next.open();
                assertEquals("start", take(events, LifeEvent.Epoch.class).reason());
                assertTrue(events.next().state().isValid());
            }
        }
    }

    @Test
    void itConnectsAgainForEver() throws IOException {
        publisher.open().snap();
        try (Client client = new Client(server.url());
                Reading<Event> events = client.follow(TEN, "BTC/USD")) {
            take(events, LocalEvent.Joined.class);
            server.kill();
            take(events, LocalEvent.Disconnected.class);
            server.run();
            take(events, LocalEvent.Reconnected.class);
            try (Publisher next = new Publisher(server.port(), Publisher.STREAM, 2)) {
                next.open().snap();
                take(events, LifeEvent.Epoch.class);
            }
        }
    }

    @Test
    void oneShotCalls() throws IOException {
        try (Client client = new Client(server.url())) {
            Duration soon = Duration.ofMillis(200);
            assertThrows(NoStreamException.class, () -> client.book("BTC/USD", TEN, soon));
            assertThrows(NoStreamException.class, () -> client.book("BTC/USD"));
            publisher.open().snap();
            publisher.updates(10);
            publisher.list();
            assertEquals(List.of(Publisher.STREAM),
                    client.streams().stream().map(Listing::stream).toList());
            AnyBook book = client.book("BTC/USD");
            assertEquals(publisher.qty(), book.best(Side.BID).orElseThrow().qty());
            assertEquals(10, book.depth());
            assertEquals(Publisher.STREAM, client.chosen().get("BTC/USD"));
            client.requestSnapshot("BTC/USD", Words.BOOK);
            assertEquals(1, publisher.redis().xlen("{kraken.feed.book.10.BTC/USD}:requests"));
            assertThrows(IllegalArgumentException.class,
                    () -> client.book("BTC/USD", Words.of(Channel.TRADE), soon));
            assertThrows(IllegalArgumentException.class,
                    () -> client.follow(Words.BOOK.interval(1), "BTC/USD"));
            publisher.garbage();
            assertThrows(NotReadyException.class, () -> client.book("BTC/USD", TEN, soon));
        }
    }

    @Test
    void refusalsSayWhatToDo() {
        publisher.redis().configSet("requirepass", "right");
        try (Client client = new Client(server.url());
                Reading<Event> events = client.follow(TEN, "BTC/USD")) {
            RedisRefusedException error =
                    assertThrows(RedisRefusedException.class, events::hasNext);
            assertTrue(error.answer().startsWith("NOAUTH"), error.answer());
            assertFalse(events.hasNext());
        }
        try (Client client = new Client("redis://:wrong@127.0.0.1:" + server.port())) {
            assertThrows(RedisRefusedException.class, client::streams);
        }
        server.kill();
        try (Client client = new Client(server.url())) {
            assertThrows(RedisUnreachableException.class, client::streams);
            assertThrows(RedisUnreachableException.class,
                    () -> client.book("BTC/USD", TEN, Duration.ofMillis(200)));
        }
    }

    @Test
    void nobodyIsWaitedForWithoutAStream() {
        try (Client client = new Client(server.url()); Reading<Event> events =
                client.follow(TEN.missing(Missing.FAIL), "BTC/USD")) {
            assertThrows(NoStreamException.class, events::hasNext);
        }
    }

    @Test
    void closingEndsABlockedReadAndLeavesNothing() throws Exception {
        publisher.open().snap();
        long connections = connections();
        Client client = new Client(server.url());
        Reading<Event> events = client.follow(TEN, "BTC/USD");
        take(events, LocalEvent.Joined.class);
        AtomicReference<Boolean> more = new AtomicReference<>();
        Thread thread = new Thread(() -> more.set(events.hasNext()));
        thread.start();
        RedisProcess.until(() -> publisher.redis().clientList().contains("cmd=xread"), "it waits");
        long began = System.nanoTime();
        client.close();
        thread.join(5_000);
        assertEquals(Boolean.FALSE, more.get());
        assertTrue(System.nanoTime() - began < 2_000_000_000L, "at once, or within a second");
        RedisProcess.until(() -> connections() == connections, "no connection is left");
    }

    private long connections() {
        return publisher.redis().clientList().lines().count();
    }

    @Test
    void interruptionEndsATake() throws Exception {
        publisher.open().snap();
        try (Client client = new Client(server.url());
                Reading<Event> events = client.follow(TEN, "BTC/USD")) {
            events.take();
            AtomicReference<Exception> thrown = new AtomicReference<>();
            Thread thread = new Thread(() -> {
                try {
                    events.take();
                } catch (InterruptedException | RuntimeException error) {
                    thrown.set(error);
                }
            });
            thread.start();
            thread.interrupt();
            thread.join(5_000);
            assertTrue(thrown.get() instanceof InterruptedException, () -> "" + thrown.get());
        }
    }

    @Test
    void aListenerIsCalled() throws Exception {
        publisher.open().snap();
        BlockingQueue<Body> told = new LinkedBlockingQueue<>();
        List<RuntimeException> failed = new ArrayList<>();
        try (Client client = new Client(server.url())) {
            Listening listening =
                    client.listen(event -> told.add(event.body()), failed::add, TEN, "BTC/USD");
            assertTrue(told.take() instanceof LocalEvent.Joined);
            publisher.updates(1);
            assertTrue(told.take() instanceof ChannelEvent.Update);
            listening.close();
        }
        assertEquals(List.of(), failed);
    }

    @Test
    void entriesAsTheyAre() throws IOException {
        publisher.open().snap();
        publisher.updates(2);
        publisher.skip();
        publisher.garbage();
        try (Client client = new Client(server.url());
                Reading<StreamEntry> entries = client.entries(Publisher.STREAM, Start.OLDEST)) {
            List<String> told = new ArrayList<>();
            for (int left = 6; left > 0; left--) {
                told.add(entries.next().body().getClass().getSimpleName());
            }
            assertEquals(
                    List.of("Epoch", "Snapshot", "Update", "Update", "Gap", "Quarantined"), told);
        }
    }

    @Test
    void twoLinesAreToldAsOne() throws IOException {
        try (Publisher one = new Publisher(server.port(), Publisher.STREAM + "/a", 1);
                Publisher other = new Publisher(server.port(), Publisher.STREAM + "/b", 9);
                Client client = new Client(server.url());
                Reading<Event> events = client.follow(TEN.line(Words.BOTH), "BTC/USD")) {
            one.open().snap();
            other.open().snap();
            take(events, LocalEvent.LineUp.class);
            take(events, LocalEvent.LineUp.class);
            one.updates(3);
            other.updates(3);
            one.garbage();
            other.updates(1);
            int updates = 0;
            while (updates < 4) {
                updates += events.next().body() instanceof ChannelEvent.Update ? 1 : 0;
            }
            assertFalse(publisher.qty().equals(other.qty()));
        }
    }
}
