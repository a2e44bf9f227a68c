package io.pykraken.consumer;

import java.util.Arrays;
import java.util.List;

/** The open candle (WIRE §4.14). */
public final class CandleState extends State {

    private int interval;
    private ChannelEvent.Candle candle;

    CandleState() {
        super("ohlc");
    }

    /** Minutes of a candle. */
    public int interval() {
        return interval;
    }

    /** The candle that is open, in the shape of an event; null while none is. */
    public ChannelEvent.Candle candle() {
        return candle;
    }

    @Override
    public CandleState copy() {
        return (CandleState) super.copy();
    }

    @Override
    void load(AnySnapshot any) {
        AnySnapshot.CandleSnapshot it = (AnySnapshot.CandleSnapshot) any;
        header(it.symbol(), it.pricePrecision(), it.qtyPrecision());
        interval = it.interval();
        candle = it.intervalBegin() == null ? null : new ChannelEvent.Candle(it.entryId(),
                it.tsEvent(), it.tsRecv(), it.tsPub(), it.flags(), it.intervalBegin(), it.open(),
                it.high(), it.low(), it.close(), it.volume(), it.vwap(), it.trades());
    }

    @Override
    void apply(ChannelEvent event) {
        if ((event.flags() & Wire.REVISED) != 0) {
            return; // WIRE §7.2: "with REVISED: nothing"
        }
        if (event instanceof ChannelEvent.Candle told) {
            candle = told;
        } else if (event instanceof ChannelEvent.Closed) {
            candle = null;
        }
    }

    @Override
    List<Object> values() {
        return candle == null ? List.of() : Arrays.asList(candle.intervalBegin(), candle.open(),
                candle.high(), candle.low(), candle.close(), candle.volume(), candle.vwap(),
                candle.trades());
    }
}
