package io.pykraken.consumer;

import java.util.List;

/**
 * Where an event leaves its line (WIRE §7.7).
 *
 * @param tsEvent the venue's stamp, unsigned
 * @param known what the state is known by
 */
record Mark(long tsEvent, Object known) {

    /** Return an event's mark, null where it tells nothing of that. */
    static Mark of(Event event) {
        Body body = event.body();
        if (body instanceof ChannelEvent.Update it) {
            return new Mark(it.tsEvent(), it.checksum());
        } else if (body instanceof ChannelEvent.Orders it) {
            return new Mark(it.tsEvent(), it.checksum());
        } else if (body instanceof ChannelEvent.Execution it) {
            return new Mark(it.tsEvent(), List.of(it.orderId(), it.report()));
        } else if (body instanceof ChannelEvent.Balance it) {
            return new Mark(it.tsEvent(), List.of(it.asset(), it.report()));
        } else if (body instanceof ChannelEvent.Instruments it) {
            return new Mark(it.tsEvent(), List.of(it.pairs(), it.assets()));
        }
        boolean isOfState = body instanceof ChannelEvent || body instanceof AnySnapshot
                || body instanceof LocalEvent.Joined;
        return isOfState && event.state().isValid() ? of(event.state()) : null;
    }

    private static Mark of(State state) {
        Object known = state instanceof AnyBook book ? (Object) book.checksum() : state.values();
        return known == null ? null : new Mark(state.tsEvent(), known);
    }
}
