package io.pykraken.consumer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Collection;
import java.util.List;

/** Events and states as vectors spell them: full names, every number a string of digits. */
final class Spelled {

    private Spelled() {}

    static JsonObject event(WireEvent event) {
        JsonObject said = new JsonObject();
        said.addProperty("type", event.type());
        if (!(event instanceof LifeEvent.Unknown)) {
            fields(event).entrySet().forEach(each -> said.add(each.getKey(), each.getValue()));
        }
        return said;
    }

    /** Return all components but the first that are not null. */
    static JsonObject fields(Object record) {
        JsonObject said = new JsonObject();
        Canonical.Part[] parts = Canonical.parts(record);
        for (int at = 1; at < parts.length; at++) {
            add(said, parts[at].name(), parts[at].of(record));
        }
        return said;
    }

    static void add(JsonObject said, String name, Object value) {
        if (value != null) {
            said.add(name, value(value));
        }
    }

    static JsonElement value(Object value) {
        if (value instanceof Long number) {
            return new JsonPrimitive(Long.toUnsignedString(number));
        }
        JsonArray rows = new JsonArray();
        if (value instanceof Collection<?> list) {
            list.forEach(each -> rows.add(value(each)));
            return rows;
        }
        if (value instanceof Record row) {
            for (Canonical.Part part : Canonical.parts(row)) {
                rows.add(value(part.of(row)));
            }
            return rows;
        }
        return new JsonPrimitive(value.toString());
    }

    /** Return how a replica stands at the end of a story. */
    static JsonObject finalOf(Replica replica) {
        JsonObject said = new JsonObject();
        said.add("cursor", id(replica.cursor()));
        said.addProperty("valid", replica.state().isValid());
        said.addProperty("skipped", Long.toString(replica.skipped()));
        if (replica.state().isValid()) {
            held(said, replica.state());
        }
        return said;
    }

    static JsonElement id(EntryId id) {
        return id == null ? com.google.gson.JsonNull.INSTANCE : new JsonPrimitive(id.toString());
    }

    private static void held(JsonObject said, State state) {
        if (!state.symbol().isEmpty()) {
            add(said, "price_precision", state.pricePrecision());
            add(said, "qty_precision", state.qtyPrecision());
        }
        if (state instanceof AnyBook book) {
            add(said, "depth", book.depth());
            add(said, "checksum", book.checksum());
            add(said, "bids", rows(book, Side.BID));
            add(said, "asks", rows(book, Side.ASK));
        } else if (state instanceof TopState top) {
            add(said, "depth", top.depth());
            add(said, "source", top.source());
            add(said, "bid", top.bid());
            add(said, "bid_qty", top.bidQty());
            add(said, "ask", top.ask());
            add(said, "ask_qty", top.askQty());
        } else if (state instanceof TickerState ticker) {
            add(said, "trigger", ticker.trigger());
            content(said, ticker.ticker());
        } else if (state instanceof CandleState candle) {
            add(said, "interval", candle.interval());
            content(said, candle.candle());
        } else {
            rest(said, state);
        }
    }

    private static void rest(JsonObject said, State state) {
        if (state instanceof TradesState trades) {
            add(said, "last_trade_id", trades.lastTradeId());
            add(said, "trades", trades.trades());
        } else if (state instanceof InstrumentsState instruments) {
            add(said, "pairs", instruments.pairs().values());
            add(said, "assets", instruments.assets().values());
        } else if (state instanceof ExecutionsState executions) {
            add(said, "account", executions.account());
            add(said, "orders", executions.orders().values());
        } else if (state instanceof BalancesState balances) {
            add(said, "account", balances.account());
            add(said, "balances", balances.balances().values());
        }
    }

    private static List<?> rows(AnyBook book, Side side) {
        return book instanceof OrderBook orders ? orders.orders(side) : book.levels(side);
    }

    /** Add what an event holds beside its id, stamps and flags. */
    private static void content(JsonObject said, Object event) {
        if (event == null) {
            return;
        }
        Canonical.Part[] parts = Canonical.parts(event);
        for (int at = 5; at < parts.length; at++) {
            add(said, parts[at].name(), parts[at].of(event));
        }
    }

}
