package io.pykraken.consumer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Follows streams on Redis.
 *
 * <p>Life: make a client (nothing connects yet), read, close it; what it gave out is closed with
 * it. Threads: a client may be shared, a {@link Reading} is for one thread; each has connections of
 * its own. Nothing runs in the background but a {@link Listening}, and on a cluster a thread for
 * each slot that a reading waits for.
 */
public final class Client implements AutoCloseable {

    /** Where Redis is unless told. */
    public static final String DEFAULT_URL = "redis://127.0.0.1:6379";
    /** How long a one-shot call waits unless told. */
    public static final Duration WAIT = Duration.ofSeconds(5);

    private static final System.Logger LOG = System.getLogger(Client.class.getName());

    private final Target target;
    private final String namespace;
    private final Map<String, String> chosen = new ConcurrentHashMap<>();
    private final Set<Reading<?>> readings = ConcurrentHashMap.newKeySet();

    /** Read from {@link #DEFAULT_URL}. */
    public Client() {
        this(DEFAULT_URL);
    }

    /**
     * Read from where a URL says; the README has its forms.
     *
     * @throws IllegalArgumentException with what is allowed
     */
    public Client(String url) {
        this(url, "kraken");
    }

    /** The same, of streams in another namespace. */
    public Client(String url, String namespace) {
        this.target = Target.parse(url);
        this.namespace = namespace;
    }

    /** What was asked for and left open, and the streams that the catalogue gave. */
    public Map<String, String> chosen() {
        return Map.copyOf(chosen);
    }

    /**
     * Return what the catalogue lists.
     *
     * @throws RedisUnreachableException where no server answers
     * @throws RedisRefusedException where trying again cannot help
     */
    public List<Listing> streams(Scope scope) {
        return catalogue(scope.space(namespace));
    }

    /** Return what the catalogue of public streams lists. */
    public List<Listing> streams() {
        return streams(Scope.PUBLIC);
    }

    /**
     * Follow the books of symbols, or streams by their keys; see {@link #follow(Words, String...)}.
     */
    public Reading<Event> follow(String... symbols) {
        return follow(Words.BOOK, symbols);
    }

    /**
     * Return the events of the streams of symbols, or of streams by their keys; instrument,
     * executions and balances have no symbols. What the words leave open the catalogue decides.
     *
     * @throws IllegalArgumentException for words that mean nothing
     * @throws NoStreamException where the catalogue has none
     * @throws AmbiguousStreamException where it has several that would do
     * @throws RedisUnreachableException where the catalogue is needed and no server answers
     * @throws RedisRefusedException where trying again cannot help
     */
    public Reading<Event> follow(Words words, String... symbols) {
        List<List<String>> wanted = new ArrayList<>();
        for (Wish wish : Wish.of(words, List.of(symbols))) {
            wanted.add(wanted(wish));
        }
        Server server = Server.of(target);
        Life life = new Life();
        return reading(server, life,
                new Follower(server, life, wanted, words.missing(), Dial.BLOCK_MS));
    }

    /**
     * Follow in a thread of its own; see {@link #follow(Words, String...)}.
     *
     * @param listener is called with each event, in that thread
     * @param failed is called with what ends it, a {@link RedisRefusedException} or what the
     *     listener throws
     */
    public Listening listen(Consumer<? super Event> listener,
            Consumer<? super RuntimeException> failed, Words words, String... symbols) {
        return new Listening(follow(words, symbols), listener, failed);
    }

    /** Return the book of a symbol as it is now; see {@link #state}. */
    public AnyBook book(String symbol) {
        return book(symbol, Words.BOOK, WAIT);
    }

    /** Return the book of a symbol, L2 or with the words of LEVEL3 L3; see {@link #state}. */
    public AnyBook book(String symbol, Words words, Duration wait) {
        List<String> wanted = wanted(Wish.of(words, List.of(symbol)).get(0));
        if (!List.of("book", "level3").contains(Wire.placeOf(wanted.get(0)))) {
            throw new IllegalArgumentException(wanted.get(0) + " holds no book: use state()");
        }
        return (AnyBook) state(wanted, wait);
    }

    /**
     * Return the state of any channel's stream, joined, caught up and proven, as it is now.
     *
     * @param symbol empty for a channel without symbols
     * @throws NoStreamException where there is none
     * @throws NotReadyException where it did not become valid in time
     * @throws RedisUnreachableException where no server answers in time
     */
    public State state(String symbol, Words words, Duration wait) {
        return state(wanted(one(symbol, words)), wait);
    }

    private State state(List<String> wanted, Duration wait) {
        try (Server server = Server.of(target)) {
            return OneState.of(server, wanted, wait);
        }
    }

    /**
     * Ask the publisher of a stream for a newer snapshot; it answers in .snap (WIRE §7.6).
     *
     * @param symbol empty for a channel without symbols
     */
    public void requestSnapshot(String symbol, Words words) {
        Wish wish = one(symbol, words);
        String space = wish.space(namespace);
        List<Listing> rows = catalogue(space);
        for (Wish line : wish.lines()) {
            Listing listing = listed(rows, line);
            String key = "{" + space + ".feed." + listing.feed() + "}:requests";
            String of = Objects.requireNonNullElse(listing.symbol(), "");
            once(Command.of("XADD", key, "MAXLEN", "~", 1000, "*", "d", Packing.request(of)));
        }
    }

    /** Return the entries of a stream as they are. */
    public Reading<StreamEntry> entries(String stream, Start start) {
        Server server = Server.of(target);
        Life life = new Life();
        return reading(server, life, new EntryReader(server, life, stream, start));
    }

    /** Return the events of a feed's status stream (WIRE §4.8). */
    public Reading<StreamEntry> status(String feed, Start start, Scope scope) {
        return entries("{" + scope.space(namespace) + ".feed." + feed + "}:status", start);
    }

    /** Close all that it gave out. */
    @Override
    public void close() {
        readings.forEach(Reading::close);
    }

    private <T> Reading<T> reading(Server server, Life life, Program<T> program) {
        Reading<T> made = new Reading<>(server, life, program, readings::remove);
        readings.add(made);
        return made;
    }

    private static Wish one(String symbol, Words words) {
        return Wish.of(words, symbol.isEmpty() ? List.of() : List.of(symbol)).get(0);
    }

    /** Return the stream that a wish means, or the two lines of one. */
    private List<String> wanted(Wish wish) {
        List<Wish> lines = wish.lines();
        if (lines.size() == 1) {
            return List.of(stream(lines.get(0)));
        }
        try {
            return Wish.bothLines(stream(lines.get(0)));
        } catch (NoStreamException onlyTheOther) {
            return Wish.bothLines(stream(lines.get(1)));
        }
    }

    private String stream(Wish wish) {
        String named = wish.key(namespace);
        return named != null ? named : listed(catalogue(wish.space(namespace)), wish).stream();
    }

    /** Return the row that the catalogue gives for a wish, and say what else there was. */
    private Listing listed(List<Listing> rows, Wish wish) {
        List<Listing> found = Choosing.choose(rows, wish);
        Listing first = found.get(0);
        chosen.put(wish.toString(), first.stream());
        if (found.size() > 1) {
            LOG.log(System.Logger.Level.INFO, "stream_chosen wanted={0} stream={1} of={2}",
                    wish, first.stream(), found.size());
        }
        return first;
    }

    private List<Listing> catalogue(String space) {
        List<Listing> listings = new ArrayList<>();
        Object reply = once(Command.of("HGETALL", "{" + space + ".catalogue}:streams"));
        Replies.hash(reply).forEach((stream, value) -> {
            try {
                listings.add(Wire.decodeListing(stream, value));
            } catch (DecodeException bad) {
                // WIRE §4.9: "A row that does not decode is passed over."
            }
        });
        listings.sort(Comparator.comparing(Listing::stream));
        return listings;
    }

    private Object once(Command command) {
        long began = System.nanoTime();
        try (Server server = Server.of(target)) {
            return server.run(List.of(command)).get(0);
        } catch (AwayException away) {
            throw new RedisUnreachableException(
                    away.getMessage(), Duration.ofNanos(System.nanoTime() - began));
        }
    }
}
