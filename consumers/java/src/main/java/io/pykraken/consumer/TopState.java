package io.pykraken.consumer;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;

/** The best bid and offer of the book {@code source} of {@code depth} (WIRE §4.11). */
public final class TopState extends State {

    private int depth;
    private String source = "";
    private BigInteger bid;
    private BigInteger bidQty;
    private BigInteger ask;
    private BigInteger askQty;

    TopState() {
        super("bbo");
    }

    /** The depth of the book that it is of. */
    public int depth() {
        return depth;
    }

    /** The channel of that book: {@code book} or {@code level3}. */
    public String source() {
        return source;
    }

    /** The best bid, null when there is none. */
    public BigInteger bid() {
        return bid;
    }

    /** The qty of its whole level. */
    public BigInteger bidQty() {
        return bidQty;
    }

    /** The best offer, null when there is none. */
    public BigInteger ask() {
        return ask;
    }

    /** The qty of its whole level. */
    public BigInteger askQty() {
        return askQty;
    }

    @Override
    public TopState copy() {
        return (TopState) super.copy();
    }

    @Override
    void load(AnySnapshot any) {
        AnySnapshot.TopSnapshot snapshot = (AnySnapshot.TopSnapshot) any;
        header(snapshot.symbol(), snapshot.pricePrecision(), snapshot.qtyPrecision());
        depth = snapshot.depth();
        source = snapshot.source();
        set(snapshot.bid(), snapshot.bidQty(), snapshot.ask(), snapshot.askQty());
    }

    @Override
    void apply(ChannelEvent event) {
        if (event instanceof ChannelEvent.Top top) {
            set(top.bid(), top.bidQty(), top.ask(), top.askQty());
        }
    }

    private void set(
            BigInteger newBid, BigInteger newBidQty, BigInteger newAsk, BigInteger newAskQty) {
        bid = newBid;
        bidQty = newBidQty;
        ask = newAsk;
        askQty = newAskQty;
    }

    @Override
    List<Object> values() {
        return Arrays.asList(bid, bidQty, ask, askQty);
    }
}
