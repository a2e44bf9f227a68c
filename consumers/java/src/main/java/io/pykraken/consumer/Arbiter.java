package io.pykraken.consumer;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Two lines of a stream told as one (WIRE §7.7). Pure: no I/O, no clock. It is handed what the
 * replicas of the lines tell, as they tell it, with {@code now}, and gives back what the
 * application is told. The lines are 0 and 1 here.
 */
abstract sealed class Arbiter permits Lines, TradeLines {

    static final String[] NAMES = {"a", "b"};
    /** How long a line that the other has passed may say nothing, or missing ids are waited for. */
    static final double PATIENCE_S = 1.0;

    private final Replica[] replicas;
    private final boolean[] isUp = new boolean[2];
    private final double[] heard = new double[2];
    private final Deque<Event> told = new ArrayDeque<>();

    Arbiter(Replica one, Replica other) {
        replicas = new Replica[] {one, other};
    }

    /** Return the arbiter of two lines. */
    static Arbiter of(Replica one, Replica other) {
        return one.state() instanceof TradesState ? new TradeLines(one, other)
                : new Lines(one, other);
    }

    /** Take what a line's replica tells. */
    abstract void take(int line, Event event, double now);

    /** Let time pass. */
    abstract void ticked(double now);

    /**
     * Return the next event for the application, null when there is none now. {@code state} of it
     * is the state right after it until the next is asked for.
     */
    Event poll(double now) {
        return told.pollFirst();
    }

    /** Note how a line stands after an event; return whether it was up before. */
    final boolean stands(int line, Event event, double now) {
        Body body = event.body();
        if (!(body instanceof LocalEvent.Stale)) {
            heard[line] = now;
        }
        boolean wasUp = isUp[line];
        isUp[line] = state(line).isValid()
                && !(body instanceof LifeEvent.Bye) && !(body instanceof LocalEvent.Stale);
        return wasUp;
    }

    final boolean isUp(int line) {
        return isUp[line];
    }

    final double heard(int line) {
        return heard[line];
    }

    final String stream(int line) {
        return replicas[line].stream();
    }

    final State state(int line) {
        return replicas[line].state();
    }

    final void tell(Event event) {
        told.addLast(event);
    }

    final void tellUp(int line, State state) {
        tell(new Event(stream(line), state, new LocalEvent.LineUp(NAMES[line])));
    }

    final void tellDown(int line, Event cause, State state) {
        tell(new Event(stream(line), state, new LocalEvent.LineDown(NAMES[line], cause.body())));
    }
}
