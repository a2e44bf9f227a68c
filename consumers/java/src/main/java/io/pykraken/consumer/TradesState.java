package io.pykraken.consumer;

import java.util.ArrayList;
import java.util.List;

/**
 * The latest trades, 50 at most, oldest first, and the id that the next one follows (WIRE §4.13).
 */
public final class TradesState extends State {

    static final int KEPT = 50;

    private long lastTradeId;
    private List<Trade> trades = List.of();

    TradesState() {
        super("trade");
    }

    /** The last id told, 0 where none is known; unsigned. */
    public long lastTradeId() {
        return lastTradeId;
    }

    /** The latest trades, unchangeable. */
    public List<Trade> trades() {
        return trades;
    }

    @Override
    public TradesState copy() {
        return (TradesState) super.copy();
    }

    @Override
    void load(AnySnapshot any) {
        AnySnapshot.TradesSnapshot snapshot = (AnySnapshot.TradesSnapshot) any;
        header(snapshot.symbol(), snapshot.pricePrecision(), snapshot.qtyPrecision());
        set(snapshot.lastTradeId(), snapshot.trades());
    }

    @Override
    void apply(ChannelEvent event) {
        if (event instanceof ChannelEvent.Trades told && !told.trades().isEmpty()) {
            follow(told.trades().get(0).tradeId(), "x");
            append(told.trades());
        } else if (event instanceof ChannelEvent.TradesGap gap) {
            follow(gap.first(), "gf");
            set(gap.last(), List.of());
        }
    }

    /** WIRE §7.2: "the first id of trades, and gf, is the last one plus 1; otherwise ORDER". */
    private void follow(long first, String key) {
        if (lastTradeId != 0 && first != lastTradeId + 1) {
            throw new DecodeException(Code.ORDER, key);
        }
    }

    /** Put trades behind; the oldest beyond 50 go. */
    void append(List<Trade> more) {
        List<Trade> all = new ArrayList<>(trades);
        all.addAll(more);
        set(more.get(more.size() - 1).tradeId(),
                List.copyOf(all.subList(Math.max(0, all.size() - KEPT), all.size())));
    }

    void set(long last, List<Trade> latest) {
        lastTradeId = last;
        trades = latest;
    }

    @Override
    void forget() {
        lastTradeId = 0;
    }
}
