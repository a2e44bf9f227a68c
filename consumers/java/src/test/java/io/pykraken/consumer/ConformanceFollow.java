package io.pykraken.consumer;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;

/** `follow`: all that the application is told, until stdin ends. */
final class ConformanceFollow {

    private final Arguments arguments;

    ConformanceFollow(Arguments arguments) {
        this.arguments = arguments;
    }

    int run() {
        String namespace = arguments.named("namespace");
        try (Client client = new Client(
                arguments.need("url"), namespace == null ? "kraken" : namespace)) {
            Reading<Event> events =
                    client.follow(words(), arguments.rest().toArray(new String[0]));
            endWithStdin(events);
            while (events.hasNext()) {
                Event event = events.next();
                StringBuilder line = new StringBuilder("{\"stream\":");
                Canonical.text(line, event.stream());
                Conformance.say(line.append(",\"event\":").append(told(event.body())).append('}')
                        .toString());
            }
            finals((Follower) events.program());
            return 0;
        } catch (ConsumerException error) {
            JsonObject said = new JsonObject();
            said.addProperty("error", error.code().map(Code::name).orElse(""));
            said.addProperty("text", error.getMessage());
            Conformance.say(said);
            return 3;
        }
    }

    private Words words() {
        String channel = arguments.named("channel");
        Words words = Words.of(channel == null ? Channel.BOOK : Channel.parse(channel));
        String depth = arguments.named("depth");
        String interval = arguments.named("interval");
        words = depth == null ? words : words.depth(Integer.parseInt(depth));
        words = interval == null ? words : words.interval(Integer.parseInt(interval));
        return words.trigger(arguments.named("trigger")).source(arguments.named("source"))
                .account(arguments.named("account")).line(arguments.named("line"));
    }

    private static void endWithStdin(Reading<Event> events) {
        Thread thread = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {
                    // nobody says anything here
                }
            } catch (IOException gone) {
                // that is an end, too
            }
            events.close();
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static void finals(Follower follower) {
        List<Replica> replicas = follower.replicas().stream()
                .sorted(Comparator.comparing(Replica::stream)).toList();
        for (Replica replica : replicas) {
            JsonObject held = Spelled.finalOf(replica);
            held.addProperty("stale", replica.state().isStale());
            JsonObject said = new JsonObject();
            said.addProperty("stream", replica.stream());
            said.add("final", held);
            Conformance.say(said);
        }
    }

    private static String told(Body body) {
        return body instanceof WireEvent event ? Canonical.line(event)
                : Conformance.text(own(body));
    }

    private static JsonObject own(Body body) {
        JsonObject said = new JsonObject();
        if (body instanceof LocalEvent.Joined joined) {
            said.addProperty("told", "joined");
            said.add("cursor", Spelled.id(joined.cursor()));
            said.add("after", Spelled.id(joined.after()));
        } else if (body instanceof LocalEvent.Missed spans) {
            said.addProperty("told", "missed");
            said.add("unseen", Stories.range(spans.unseen()));
            said.add("missed", Stories.range(spans.missed()));
        } else if (body instanceof LocalEvent.Gap gap) {
            said.addProperty("code", "GAP");
            said.add("cursor", Spelled.id(gap.cursor()));
            said.add("found", Spelled.id(gap.found()));
        } else if (body instanceof LocalEvent.Regression back) {
            said.addProperty("code", "REGRESSION");
            said.add("cursor", Spelled.id(back.cursor()));
            said.add("head", Spelled.id(back.head()));
        } else if (body instanceof LocalEvent.Quarantined bad) {
            said.addProperty("code", bad.code().name());
            said.add("id", Spelled.id(bad.entryId()));
        } else if (body instanceof LocalEvent.Stale) {
            said.addProperty("code", "STALE");
        } else {
            said.addProperty("told", name(body));
            line(said, body);
        }
        return said;
    }

    private static String name(Body body) {
        return body.getClass().getSimpleName().replaceAll("(?<=.)([A-Z])", "_$1")
                .toLowerCase(java.util.Locale.ROOT);
    }

    private static void line(JsonObject said, Body body) {
        if (body instanceof LocalEvent.LineUp up) {
            said.addProperty("line", up.line());
        } else if (body instanceof LocalEvent.LineDown down) {
            said.addProperty("line", down.line());
        } else if (body instanceof LocalEvent.Jump jump) {
            said.addProperty("line", jump.line());
        }
    }
}
