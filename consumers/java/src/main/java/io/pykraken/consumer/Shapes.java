package io.pykraken.consumer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which events are known in a stream of each channel, and their fields (WIRE §3.6, §4). Pure. */
final class Shapes {

    static final List<Shape.Field> COMMON =
            Stream.of("te:time", "tr:time", "tp:time", "f:uint").map(Shape.Field::parse).toList();

    private static final String COMMON_WORDS = "te:time tr:time tp:time f:uint ";
    private static final String PRECISIONS = "pp:precision qp:precision ";
    private static final String TOP = "bp?:number bq?:number ap?:number aq?:number ";
    private static final String TICKER = TOP + "la?:number hi?:number lo?:number vo?:number "
            + "vw?:decimal cg?:decimal cp?:decimal n?:uint";
    private static final String CANDLE =
            "ib:time op:number hi:number lo:number cl:number vo:number vw:decimal n:uint";
    private static final String SNAPSHOT = "v:version ch:channel ";
    private static final Set<String> HEADER =
            Set.of("ch", "y", "d", "pp", "qp", "sc", "tg", "iv", "ac");

    private static final Map<String, Shapes> PLACES = places();

    private final Map<String, Shape> events = new HashMap<>();
    private final Shape epoch;
    private final Shape listing;

    private Shapes(String channel, Class<? extends Record> snapshot, String words) {
        // A status stream has no snapshots, and its epochs no header (WIRE §4.4).
        Set<String> header = snapshot == null ? Set.of() : Stream.of((SNAPSHOT + words).split(" "))
                .filter(word -> HEADER.contains(word.split("\\??:")[0]))
                .collect(Collectors.toSet());
        epoch = new Shape(LifeEvent.Epoch.class, channel, only(header, COMMON_WORDS
                + "v:version why:text fd:text w:uint ", "ch:channel y:text d:depth " + PRECISIONS,
                "pe?:uint ps?:uint mf?:uint ml?:uint ",
                "sc:source tg:trigger iv:interval ac:text"));
        listing = new Shape(Listing.class, channel, only(header, "v:version fd:text ",
                "ch:channel y:text d:depth " + PRECISIONS, "l:text ep:uint ",
                "sc:source tg:trigger iv:interval ac:text"));
        if (snapshot != null) {
            put("snapshot", snapshot, channel, SNAPSHOT + words);
            put("reset", LifeEvent.Reset.class, channel, "why:text n?:text");
            put("heartbeat", LifeEvent.Heartbeat.class, channel, "c?:crc s:state");
        }
        put("bye", LifeEvent.Bye.class, channel, "n?:text");
    }

    private Shapes put(String type, Class<? extends Record> made, String channel, String words) {
        events.put(type, new Shape(made, channel, COMMON_WORDS + words));
        return this;
    }

    /** Return the words, those of the header that the channel has not as one that is never due. */
    private static String only(Set<String> header, String... parts) {
        StringBuilder words = new StringBuilder();
        for (int at = 0; at < parts.length; at++) {
            boolean isOfHeader = at % 2 == 1;
            for (String word : parts[at].strip().split(" ")) {
                words.append(isOfHeader && !header.contains(word) ? "-" : word).append(' ');
            }
        }
        return words.toString();
    }

    private static Map<String, Shapes> places() {
        Map<String, Shapes> places = new HashMap<>();
        String book = "y:text d:depth " + PRECISIONS + "c:crc ";
        String market = "y:text " + PRECISIONS + "ptr?:one ";
        places.put("book", new Shapes("book", AnySnapshot.Snapshot.class,
                book + "b?:levels a?:levels ptr?:one")
                .put("update", ChannelEvent.Update.class, "book", "c:crc b:levels a:levels"));
        places.put("level3", new Shapes("level3", AnySnapshot.OrdersSnapshot.class,
                book + "b?:orders a?:orders ptr?:one")
                .put("orders", ChannelEvent.Orders.class, "level3", "c:crc b:changes a:changes"));
        places.put("bbo", new Shapes("bbo", AnySnapshot.TopSnapshot.class,
                "y:text d:depth " + PRECISIONS + "ptr?:one sc:source " + TOP)
                .put("top", ChannelEvent.Top.class, "bbo", TOP));
        places.put("ticker", new Shapes("ticker", AnySnapshot.TickerSnapshot.class,
                market + "tg:trigger " + TICKER)
                .put("ticker", ChannelEvent.Ticker.class, "ticker", TICKER));
        places.put("trade", new Shapes("trade", AnySnapshot.TradesSnapshot.class,
                market + "x?:trades lt?:uint")
                .put("trades", ChannelEvent.Trades.class, "trade", "x:trades")
                .put("gap", ChannelEvent.TradesGap.class, "trade",
                        "why:text n?:text gf:uint gl:uint"));
        places.put("ohlc", new Shapes("ohlc", AnySnapshot.CandleSnapshot.class,
                market + "iv:interval " + CANDLE.replace(":", "?:"))
                .put("candle", ChannelEvent.Candle.class, "ohlc", CANDLE)
                .put("closed", ChannelEvent.Closed.class, "ohlc", CANDLE));
        accounts(places);
        return places;
    }

    private static void accounts(Map<String, Shapes> places) {
        places.put("instrument", new Shapes("instrument", AnySnapshot.InstrumentsSnapshot.class,
                "ptr?:one ps?:pairs as?:assets")
                .put("instruments", ChannelEvent.Instruments.class, "instrument",
                        "ps:pairs as:assets"));
        places.put("executions", new Shapes("executions", AnySnapshot.ExecutionsSnapshot.class,
                "ptr?:one ac:text os?:jsons sq?:uint")
                .put("execution", ChannelEvent.Execution.class, "executions",
                        "oi:text rp:json st:json sq:uint")
                .put("gap", ChannelEvent.OrdersGap.class, "executions",
                        "why:text n?:text oi:texts"));
        places.put("balances", new Shapes("balances", AnySnapshot.BalancesSnapshot.class,
                "ptr?:one ac:text bs?:jsons sq?:uint")
                .put("balance", ChannelEvent.Balance.class, "balances",
                        "st:json rp:json as:text sq:uint"));
        places.put("status", new Shapes("status", null, "")
                .put("feed", LifeEvent.Feed.class, "status", "s:state ns:uint nl:uint sys:text")
                .put("notice", LifeEvent.Notice.class, "status", "y:text k:text n:text rp?:json"));
    }

    /** Return the shapes of a channel's stream, null where there is no such channel. */
    static Shapes of(String channel) {
        return PLACES.get(channel);
    }

    /** The shape of an event, null of one that is not known there; of an epoch see below. */
    Shape event(String type) {
        return events.get(type);
    }

    /** The shape of an epoch, with the header of the channel. */
    Shape epoch() {
        return epoch;
    }

    /** The shape of a row of the catalogue. */
    Shape listing() {
        return listing;
    }
}
