package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Plays a story against a replica. */
final class Stories {

    static final Map<String, String> STREAMS = Map.of("book", "{kraken.BTC/USD}:book.10",
            "level3", "{kraken.BTC/USD}:level3.10", "bbo", "{kraken.BTC/USD}:bbo.book.10",
            "ticker", "{kraken.BTC/USD}:ticker.bbo", "trade", "{kraken.BTC/USD}:trade",
            "ohlc", "{kraken.BTC/USD}:ohlc.1", "instrument", "{kraken.instrument}:instrument",
            "executions", "{priv.kraken.main}:executions",
            "balances", "{priv.kraken.main}:balances");

    private final JsonArray told = new JsonArray();
    private final List<Event> events = new ArrayList<>();
    private LocalEvent.Missed missed = new LocalEvent.Missed(null, null);

    private Stories() {}

    static void play(JsonObject story) {
        new Stories().run(story);
    }

    private void run(JsonObject story) {
        boolean waits = !Vectors.text(story, "waits", "yes").equals("no");
        Replica replica = new Replica(STREAMS.get(Vectors.text(story, "stream", "book")),
                waits ? Missing.WAIT : Missing.FAIL, 0, events::add);
        double now = 0;
        int number = 0;
        for (JsonElement each : story.getAsJsonArray("steps")) {
            JsonObject step = each.getAsJsonObject();
            if (step.has("now")) {
                now = Double.parseDouble(step.get("now").getAsString());
                replica.tick(now);
            }
            try {
                hand(replica, step, now);
            } catch (NoStreamException error) {
                told.add(code(error.code().orElseThrow().name()));
            }
            events.forEach(event -> tell(event.body()));
            events.clear();
            stands(replica, step.getAsJsonObject("then"), "step " + number++);
        }
        Vectors.same(story.getAsJsonArray("expect"), told);
        assertEquals(story.get("final"), Spelled.finalOf(replica));
    }

    private static void stands(Replica replica, JsonObject then, String step) {
        for (String key : then.keySet()) {
            JsonObject own = new JsonObject();
            switch (key) {
                case "wants" ->
                        own.addProperty(key, replica.wants().name().toLowerCase(Locale.ROOT));
                case "cursor" -> own.add(key, Spelled.id(replica.cursor()));
                case "valid" -> own.addProperty(key, replica.state().isValid());
                case "stale" -> own.addProperty(key, replica.state().isStale());
                default -> throw new AssertionError("a key that nobody knows: " + key);
            }
            assertEquals(then.get(key), own.get(key), step + " " + key);
        }
    }

    /** Hand a replica what a step holds. */
    static void hand(Replica replica, JsonObject step, double now) {
        for (String key : step.keySet()) {
            JsonObject it = step.get(key).isJsonObject() ? step.getAsJsonObject(key) : null;
            EntryId id = it != null && it.has("id")
                    ? EntryId.parse(it.get("id").getAsString()) : null;
            byte[] data = it != null && it.has("hex") ? Vectors.data(it) : null;
            switch (key) {
                case "snap" -> replica.snapshotRead(id, data, now);
                case "entry" -> replica.received(id, data, now);
                case "pointer" -> replica.pointerRead(data, now);
                case "heads" -> {
                    JsonElement head = it.get("stream");
                    replica.headsRead(head instanceof JsonNull ? null
                            : EntryId.parse(head.getAsString()), now);
                }
                case "now", "then", "line" -> { }
                default -> throw new AssertionError("a step that nobody runs: " + key);
            }
        }
    }

    private void tell(Body body) {
        if (body instanceof LocalEvent.Missed spans) {
            missed = spans;
        } else if (body instanceof LifeEvent.Epoch epoch) {
            JsonObject said = event("epoch", epoch.entryId());
            said.addProperty("reason", epoch.reason());
            said.add("unseen", range(missed.unseen()));
            said.add("missed", range(missed.missed()));
            missed = new LocalEvent.Missed(null, null);
            told.add(said);
        } else if (body instanceof LifeEvent.Reset reset) {
            JsonObject said = event("reset", reset.entryId());
            said.addProperty("reason", reset.reason());
            told.add(said);
        } else if (body instanceof LifeEvent.Bye bye) {
            told.add(event("bye", bye.entryId()));
        } else if (body instanceof LocalEvent.Gap gap) {
            told.add(code("GAP", "cursor", gap.cursor(), "found", gap.found()));
        } else if (body instanceof LocalEvent.Quarantined bad) {
            told.add(code(bad.code().name(), "id", bad.entryId()));
        } else if (body instanceof LocalEvent.Stale stale) {
            told.add(code("STALE", "age",
                    BigDecimal.valueOf(stale.ageS()).stripTrailingZeros().toPlainString()));
        } else if (body instanceof LocalEvent.Regression back) {
            told.add(code("REGRESSION", "cursor", back.cursor(), "head", back.head()));
        }
    }

    private static JsonObject event(String type, EntryId id) {
        JsonObject said = new JsonObject();
        said.addProperty("type", type);
        said.addProperty("id", id.toString());
        return said;
    }

    private static JsonObject code(String code, Object... more) {
        JsonObject said = new JsonObject();
        said.addProperty("code", code);
        for (int at = 0; at < more.length; at += 2) {
            said.addProperty(more[at].toString(), more[at + 1].toString());
        }
        return said;
    }

    static JsonElement range(LocalEvent.Range range) {
        if (range == null) {
            return JsonNull.INSTANCE;
        }
        JsonArray both = new JsonArray();
        both.add(range.first().toString());
        both.add(range.last().toString());
        return both;
    }
}
