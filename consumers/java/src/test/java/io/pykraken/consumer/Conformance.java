package io.pykraken.consumer;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;

/** The conformance program: consumers/spec/CONFORMANCE.md says what it does. */
public final class Conformance {

    private static final PrintStream OUT = new PrintStream(
            new BufferedOutputStream(System.out, 1 << 16), false, StandardCharsets.UTF_8);
    private static final Gson GSON =
            new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    /**
     * One entry of a corpus.
     *
     * @param place where it lies
     * @param id its id
     * @param data its {@code d}
     */
    record Entry(String place, String id, byte[] data) {

        /** Return the next entry, null at the end. */
        static Entry read(DataInputStream in) throws IOException {
            int length = in.read();
            if (length < 0) {
                return null;
            }
            String place = new String(whole(in, length), StandardCharsets.UTF_8);
            String id = new String(whole(in, in.readUnsignedByte()), StandardCharsets.UTF_8);
            return new Entry(place, id, whole(in, in.readInt()));
        }

        private static byte[] whole(DataInputStream in, int length) throws IOException {
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length) {
                throw new EOFException("an entry is cut");
            }
            return bytes;
        }
    }

    private Conformance() {}

    /** Run one subcommand. */
    public static void main(String[] arguments) throws Exception {
        String command = arguments.length == 0 ? "" : arguments[0];
        List<String> rest = new ArrayList<>(List.of(arguments)).subList(
                Math.min(1, arguments.length), arguments.length);
        int code;
        try {
            code = switch (command) {
                case "vectors" -> vectors(Path.of(rest.get(0)));
                case "decode" -> decode(System.in, rest.contains("--digest"));
                case "rebuild" -> rebuild(Path.of(rest.get(0)));
                case "read" -> new ConformanceRead(new Arguments(rest)).run();
                case "follow" -> new ConformanceFollow(new Arguments(rest)).run();
                default -> throw new IllegalArgumentException(
                        "vectors FOLDER | decode [--digest] | rebuild FILE | read | follow");
            };
        } catch (IllegalArgumentException | IndexOutOfBoundsException error) {
            System.err.println(error.getMessage());
            code = 2;
        }
        OUT.flush();
        System.exit(code);
    }

    /** Print one line. */
    static void say(String line) {
        synchronized (OUT) {
            OUT.print(line);
            OUT.print('\n');
            OUT.flush();
        }
    }

    static void say(JsonObject line) {
        say(text(line));
    }

    static String text(JsonObject line) {
        return GSON.toJson(line);
    }

    private static int vectors(Path folder) throws IOException {
        int code = 0;
        for (Path part : Vectors.sorted(folder)) {
            if (!Files.isDirectory(part)) {
                continue;
            }
            String name = part.getFileName().toString();
            if (!Vectors.PLAYED.containsKey(name)) {
                code = told(name + "/", "an unknown folder");
                continue;
            }
            for (Path file : Vectors.sorted(part)) {
                String vector =
                        name + "/" + file.getFileName().toString().replaceAll("\\.json$", "");
                try {
                    Vectors.play(name, file);
                    told(vector, null);
                } catch (Exception | AssertionError error) {
                    code = told(vector, error.toString());
                }
            }
        }
        return code;
    }

    private static int told(String vector, String fault) {
        JsonObject line = new JsonObject();
        line.addProperty("vector", vector);
        line.addProperty("ok", fault == null);
        if (fault != null) {
            line.addProperty("detail", fault);
        }
        say(line);
        return fault == null ? 0 : 1;
    }

    private static int decode(InputStream stdin, boolean isDigest)
            throws IOException, NoSuchAlgorithmException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(stdin, 1 << 16));
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        Map<String, Integer> codes = new TreeMap<>();
        long entries = 0;
        long events = 0;
        for (Entry entry = Entry.read(in); entry != null; entry = Entry.read(in)) {
            entries++;
            EntryId id = EntryId.parse(entry.id());
            String line;
            try {
                line = Canonical.line(Wire.decode(id, entry.data(), entry.place()));
                events++;
            } catch (DecodeException error) {
                line = Canonical.errorLine(id, error.why());
                codes.merge(error.why().name(), 1, Integer::sum);
            }
            if (isDigest) {
                sha.update((line + "\n").getBytes(StandardCharsets.UTF_8));
            } else {
                OUT.print(line);
                OUT.print('\n');
                if (in.available() == 0) {
                    OUT.flush();
                }
            }
        }
        if (isDigest) {
            JsonObject said = new JsonObject();
            said.addProperty("entries", entries);
            said.addProperty("events", events);
            said.add("codes", GSON.toJsonTree(codes));
            said.addProperty("sha256", HexFormat.of().formatHex(sha.digest()));
            say(said);
        }
        return 0;
    }

    private static int rebuild(Path file) throws IOException {
        List<byte[]> ids = new ArrayList<>();
        List<byte[]> data = new ArrayList<>();
        Entry first;
        try (DataInputStream in = new DataInputStream(
                new BufferedInputStream(Files.newInputStream(file), 1 << 20))) {
            first = Entry.read(in);
            for (Entry entry = Entry.read(in); entry != null; entry = Entry.read(in)) {
                ids.add(entry.id().getBytes(StandardCharsets.US_ASCII));
                data.add(entry.data());
            }
        }
        Timed timed = new Timed();
        String channel = first.place().replace(".snap", "");
        AtomicReference<Event> last = new AtomicReference<>();
        String stream = "{kraken.BTC/USD}:" + channel + ".10";
        Replica replica = new Replica(stream, Missing.WAIT, 0, event -> {
            last.setPlain(event);
            timed.count(event);
        });
        replica.snapshotRead(EntryId.parse(first.id()), first.data(), 0);
        for (int at = 0; at < ids.size(); at++) {
            replica.received(EntryId.parse(ids.get(at)), data.get(at), 0);
        }
        timed.say(last.get().state());
        return 0;
    }

    /** Counts the channel's own events, and says what they took. */
    static final class Timed {

        private static final OperatingSystemMXBean SYSTEM =
                (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

        private long wall = System.nanoTime();
        private long cpu = SYSTEM.getProcessCpuTime();
        private long events;

        void restart() {
            wall = System.nanoTime();
            cpu = SYSTEM.getProcessCpuTime();
        }

        long events() {
            return events;
        }

        void count(Event event) {
            Body body = event.body();
            if (body instanceof ChannelEvent) {
                events++;
            } else if (!(body instanceof LocalEvent.Joined || body instanceof AnySnapshot
                    || body instanceof LifeEvent.Heartbeat)) {
                throw new IllegalStateException("not in an undisturbed stream: " + body);
            }
        }

        void say(State state) {
            JsonObject said = new JsonObject();
            double wallS = (System.nanoTime() - wall) / 1e9;
            said.addProperty("events", events);
            said.addProperty("wall_s", wallS);
            said.addProperty("cpu_s", (SYSTEM.getProcessCpuTime() - cpu) / 1e9);
            said.addProperty("checksum",
                    state instanceof AnyBook book ? Long.toString(book.checksum()) : "");
            Conformance.say(said);
        }
    }
}
