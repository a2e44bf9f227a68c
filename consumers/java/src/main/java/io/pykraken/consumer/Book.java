package io.pykraken.consumer;

import java.util.List;
import java.util.zip.CRC32;

/**
 * The L2 book of one stream, kept by WIRE §5. Knows nothing of Redis, msgpack or sequences. After
 * {@code load} or {@code apply} the sides hold at most {@code depth} levels.
 */
public final class Book extends AnyBook {

    private BookSide bids = new LongSide(Side.BID);
    private BookSide asks = new LongSide(Side.ASK);

    Book() {
        super("book");
    }

    @Override
    public List<Level> levels(Side side, int limit) {
        return (side == Side.BID ? bids : asks).levels(limit);
    }

    @Override
    public Book copy() {
        Book twin = (Book) super.copy();
        twin.bids = bids.copy();
        twin.asks = asks.copy();
        return twin;
    }

    @Override
    void load(AnySnapshot any) {
        AnySnapshot.Snapshot snapshot = (AnySnapshot.Snapshot) any;
        header(snapshot.symbol(), snapshot.pricePrecision(), snapshot.qtyPrecision());
        load(snapshot.bids(), snapshot.asks(), snapshot.depth());
    }

    /** Replace both sides by levels, best first, and keep {@code depth} a side from now on. */
    void load(Levels ofBids, Levels ofAsks, int depth) {
        depth(depth);
        bids = LongSide.of(Side.BID, ofBids).applied(Levels.NONE, depth);
        asks = LongSide.of(Side.ASK, ofAsks).applied(Levels.NONE, depth);
    }

    @Override
    void apply(ChannelEvent event) {
        if (event instanceof ChannelEvent.Update update) {
            bids = bids.applied(update.bids(), depth());
            asks = asks.applied(update.asks(), depth());
            compare(update.checksum());
        }
    }

    @Override
    void digest(CRC32 into) {
        asks.digest(into);
        bids.digest(into);
    }
}
