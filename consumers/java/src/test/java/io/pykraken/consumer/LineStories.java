package io.pykraken.consumer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;

/** Plays a story of two lines against two replicas and their arbiter. */
final class LineStories {

    private final JsonArray told = new JsonArray();
    private final Replica[] replicas = new Replica[2];
    private final Arbiter arbiter;
    private double now;

    private LineStories(String stream) {
        for (int line = 0; line < 2; line++) {
            int number = line;
            replicas[line] = new Replica(stream + "/" + Arbiter.NAMES[line], Missing.WAIT, 0,
                    event -> take(number, event));
        }
        arbiter = Arbiter.of(replicas[0], replicas[1]);
    }

    static void play(JsonObject vector) {
        String channel = Vectors.text(vector, "stream", "book");
        LineStories story = new LineStories(Stories.STREAMS.get(channel));
        for (JsonElement step : vector.getAsJsonArray("steps")) {
            story.step(step.getAsJsonObject());
        }
        Vectors.same(vector.getAsJsonArray("expect"), story.told);
    }

    private void step(JsonObject step) {
        if (step.has("line")) {
            int line = List.of(Arbiter.NAMES).indexOf(step.get("line").getAsString());
            Stories.hand(replicas[line], step, now);
            return;
        }
        now = Double.parseDouble(step.get("now").getAsString());
        for (Replica replica : replicas) {
            replica.tick(now);
        }
        arbiter.ticked(now);
        drain();
    }

    private void take(int line, Event event) {
        arbiter.take(line, event, now);
        drain();
    }

    private void drain() {
        for (Event event = arbiter.poll(now); event != null; event = arbiter.poll(now)) {
            write(event);
        }
    }

    private void write(Event event) {
        Body body = event.body();
        JsonObject said = new JsonObject();
        String line = event.stream().substring(event.stream().length() - 1);
        if (body instanceof LocalEvent.LineUp up) {
            put(said, "line", up.line(), "type", "line_up");
        } else if (body instanceof LocalEvent.LineDown down) {
            put(said, "line", down.line(), "type", "line_down");
        } else if (body instanceof LocalEvent.Jump jump) {
            put(said, "line", jump.line(), "type", "jump");
        } else if (body instanceof ChannelEvent.Trades trades) {
            List<Trade> rows = trades.trades();
            put(said, "type", "trades", "first", rows.get(0).tradeId(),
                    "last", rows.get(rows.size() - 1).tradeId());
        } else if (body instanceof ChannelEvent.TradesGap gap) {
            put(said, "type", "gap", "first", gap.first(), "last", gap.last());
        } else if (body instanceof LocalEvent.Joined joined) {
            put(said, "line", line, "type", "joined", "id", joined.cursor());
        } else if (body instanceof ChannelEvent || body instanceof AnySnapshot) {
            WireEvent wire = (WireEvent) body;
            put(said, "line", line, "type", wire.type(), "id", wire.entryId());
        } else {
            return;
        }
        told.add(said);
    }

    private static void put(JsonObject said, Object... pairs) {
        for (int at = 0; at < pairs.length; at += 2) {
            said.addProperty(pairs[at].toString(), pairs[at + 1].toString());
        }
    }
}
