package io.pykraken.consumer;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Two lines of a {@code trade} stream told as one (WIRE §7.7): by trade id, without loss or
 * duplicate. The state told is one of its own, with the ids that were told. Ids that a line names
 * as a gap, or leaves out with a new snapshot, are waited for while the other line may yet bring
 * them; a gap is told of those that neither had.
 */
final class TradeLines extends Arbiter {

    static final int HELD = 10_000; // trades behind missing ids, beyond which these are given up

    private final TradesState own = new TradesState();
    /** The last id that each line has told or left out; 0 where unknown. */
    private final long[] passed = new long[2];
    /** Trades not told yet, by id. */
    private final TreeMap<Long, Trade> held = new TreeMap<>(Long::compareUnsigned);
    private Double missingSince;
    private ChannelEvent.Trades stamps =
            new ChannelEvent.Trades(EntryId.ZERO, 0, 0, 0, 0, List.of());
    private int line;

    TradeLines(Replica one, Replica other) {
        super(one, other);
    }

    @Override
    void take(int from, Event event, double now) {
        Body body = event.body();
        if (body instanceof LocalEvent.Disconnected || body instanceof LocalEvent.Reconnected) {
            if (from == line) {
                own.stale(own.isValid() && body instanceof LocalEvent.Disconnected);
                tell(new Event(event.stream(), own, body));
            }
            return;
        }
        boolean wasUp = stands(from, event, now);
        line = from;
        if (wasUp && !isUp(from)) {
            passed[from] = 0;
            own.valid(state(0).isValid() || state(1).isValid());
            own.stale(!isUp(0) && !isUp(1));
            tellDown(from, event, own);
        }
        if (isUp(from)) {
            own.valid(true);
            own.stale(false);
        }
        if (!wasUp && isUp(from)) {
            begin((TradesState) state(from));
            tellUp(from, own);
        }
        take(from, body, (TradesState) state(from));
    }

    @Override
    void ticked(double now) {
        // what is missing is given up when the next event is asked for
    }

    /** Take the header of a line that is up; nothing before the first one's last id is told. */
    private void begin(TradesState state) {
        if (own.lastTradeId() == 0) {
            own.set(state.lastTradeId(), state.trades());
        }
        own.header(state.symbol(), state.pricePrecision(), state.qtyPrecision());
    }

    private void take(int from, Body body, TradesState state) {
        List<Trade> rows = List.of();
        long last;
        if (body instanceof ChannelEvent.Trades told) {
            rows = told.trades();
            stamps = told;
            last = rows.isEmpty() ? 0 : rows.get(rows.size() - 1).tradeId();
        } else if (body instanceof ChannelEvent.TradesGap gap) {
            last = gap.last();
            stamps = new ChannelEvent.Trades(gap.entryId(), gap.tsEvent(), gap.tsRecv(),
                    gap.tsPub(), gap.flags(), List.of());
        } else if (isWhole(body) && state.isValid()) {
            rows = state.trades();
            last = state.lastTradeId();
            stamps = new ChannelEvent.Trades(
                    state.at(), state.tsEvent(), 0, 0, Wire.BACKFILL, List.of());
        } else {
            return;
        }
        own.stands(state.at(), state.tsEvent());
        if (Long.compareUnsigned(last, passed[from]) > 0) {
            passed[from] = last;
        }
        for (Trade row : rows) {
            if (Long.compareUnsigned(row.tradeId(), own.lastTradeId()) > 0) {
                held.put(row.tradeId(), row);
            }
        }
    }

    private static boolean isWhole(Body body) {
        return body instanceof AnySnapshot || body instanceof LocalEvent.Joined;
    }

    @Override
    Event poll(double now) {
        Event first = super.poll(now);
        return first != null ? first : advance(now);
    }

    /** Return what follows on; of what is missing, only what nobody can bring any more. */
    private Event advance(double now) {
        if (own.lastTradeId() == 0 && !held.isEmpty()) {
            own.set(held.firstKey() - 1, own.trades()); // no trade was known: any id may come
        }
        List<Trade> rows = following();
        if (!rows.isEmpty()) {
            missingSince = null;
            own.append(rows);
            return told(new ChannelEvent.Trades(stamps.entryId(), stamps.tsEvent(),
                    stamps.tsRecv(), stamps.tsPub(), stamps.flags(), List.copyOf(rows)));
        }
        long last = held.isEmpty() ? max(passed[0], passed[1]) : held.firstKey() - 1;
        if (Long.compareUnsigned(last, own.lastTradeId()) <= 0 || own.lastTradeId() == 0) {
            missingSince = null;
            return null;
        }
        if (missingSince == null) {
            missingSince = now;
        }
        boolean isLate = now - missingSince >= PATIENCE_S || held.size() > HELD;
        if (mayCome(last) && !isLate) {
            return null;
        }
        long first = own.lastTradeId() + 1;
        own.set(last, List.of());
        return told(new ChannelEvent.TradesGap(stamps.entryId(), stamps.tsEvent(),
                stamps.tsRecv(), stamps.tsPub(), stamps.flags(), "unfilled", null, first, last));
    }

    private List<Trade> following() {
        List<Trade> rows = new ArrayList<>();
        long next = own.lastTradeId() + 1;
        for (Trade row = held.remove(next); row != null; row = held.remove(next)) {
            rows.add(row);
            next++;
        }
        return rows;
    }

    /** Tell whether a line that is up has not come as far. */
    private boolean mayCome(long last) {
        for (int each = 0; each < 2; each++) {
            if (isUp(each) && Long.compareUnsigned(passed[each], last) < 0) {
                return true;
            }
        }
        return false;
    }

    private Event told(ChannelEvent body) {
        return new Event(stream(line), own, body);
    }

    private static long max(long one, long other) {
        return Long.compareUnsigned(one, other) > 0 ? one : other;
    }
}
