package io.pykraken.consumer;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;

/** The ticker (WIRE §4.12): that of the last event, null where Kraken gave nothing. */
public final class TickerState extends State {

    private String trigger = "";
    private ChannelEvent.Ticker ticker;

    TickerState() {
        super("ticker");
    }

    /** What makes Kraken tell: {@code bbo} or {@code trades}. */
    public String trigger() {
        return trigger;
    }

    /** All that is known, in the shape of an event; null before the first snapshot. */
    public ChannelEvent.Ticker ticker() {
        return ticker;
    }

    /** The best bid, null where it is not known. */
    public BigInteger bid() {
        return ticker == null ? null : ticker.bid();
    }

    /** The best offer, null where it is not known. */
    public BigInteger ask() {
        return ticker == null ? null : ticker.ask();
    }

    /** The last price, null where it is not known. */
    public BigInteger last() {
        return ticker == null ? null : ticker.last();
    }

    @Override
    public TickerState copy() {
        return (TickerState) super.copy();
    }

    @Override
    void load(AnySnapshot any) {
        AnySnapshot.TickerSnapshot it = (AnySnapshot.TickerSnapshot) any;
        header(it.symbol(), it.pricePrecision(), it.qtyPrecision());
        trigger = it.trigger();
        ticker = new ChannelEvent.Ticker(it.entryId(), it.tsEvent(), it.tsRecv(), it.tsPub(),
                it.flags(), it.bid(), it.bidQty(), it.ask(), it.askQty(), it.last(), it.high(),
                it.low(), it.volume(), it.vwap(), it.change(), it.changePct(), it.trades());
    }

    @Override
    void apply(ChannelEvent event) {
        if (event instanceof ChannelEvent.Ticker told) {
            ticker = told;
        }
    }

    @Override
    List<Object> values() {
        return ticker == null ? List.of() : Arrays.asList(ticker.bid(), ticker.bidQty(),
                ticker.ask(), ticker.askQty(), ticker.last(), ticker.high(), ticker.low(),
                ticker.volume(), ticker.vwap(), ticker.change(), ticker.changePct(),
                ticker.trades());
    }
}
