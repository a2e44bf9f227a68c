package io.pykraken.consumer;

import java.util.List;
import java.util.zip.CRC32;

/**
 * The L3 book of one stream, kept by WIRE §5.4: levels, each a queue of orders. It says all that a
 * {@link Book} says, of levels with their total qty, and {@link #orders} besides.
 */
public final class OrderBook extends AnyBook {

    private OrderSide bids = new OrderSide(Side.BID);
    private OrderSide asks = new OrderSide(Side.ASK);

    OrderBook() {
        super("level3");
    }

    @Override
    public List<Level> levels(Side side, int limit) {
        return (side == Side.BID ? bids : asks).levels(limit);
    }

    /** Return the orders of at most {@code limit} levels of a side, best first, in queue order. */
    public List<Order> orders(Side side, int limit) {
        return (side == Side.BID ? bids : asks).orders(limit);
    }

    /** Return all orders of a side, best level first, each level in queue order. */
    public List<Order> orders(Side side) {
        return orders(side, Integer.MAX_VALUE);
    }

    @Override
    public OrderBook copy() {
        OrderBook twin = (OrderBook) super.copy();
        twin.bids = new OrderSide(Side.BID);
        twin.bids.load(orders(Side.BID), depth());
        twin.asks = new OrderSide(Side.ASK);
        twin.asks.load(orders(Side.ASK), depth());
        return twin;
    }

    @Override
    void load(AnySnapshot any) {
        AnySnapshot.OrdersSnapshot snapshot = (AnySnapshot.OrdersSnapshot) any;
        header(snapshot.symbol(), snapshot.pricePrecision(), snapshot.qtyPrecision());
        load(snapshot.bids(), snapshot.asks(), snapshot.depth());
    }

    /** Replace both sides by orders, best level first, each in queue order. */
    void load(List<Order> ofBids, List<Order> ofAsks, int depth) {
        depth(depth);
        bids.load(ofBids, depth);
        asks.load(ofAsks, depth);
    }

    @Override
    void apply(ChannelEvent event) {
        if (event instanceof ChannelEvent.Orders orders) {
            bids.apply(orders.bids(), depth());
            asks.apply(orders.asks(), depth());
            compare(orders.checksum());
        }
    }

    @Override
    void digest(CRC32 into) {
        asks.digest(into);
        bids.digest(into);
    }
}
