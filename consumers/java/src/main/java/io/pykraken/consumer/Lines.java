package io.pykraken.consumer;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The arbiter of WIRE §7.7 for every channel but {@code trade}.
 *
 * <p>One line leads: its events are told. That says nothing about its health: of two good lines it
 * is whoever had the latest event first. Promises: the state of every event is one line's own
 * proven state, never mixed of two; an event that both lines have is told once; what was told by
 * neither, or may be told twice, is announced by a {@link LocalEvent.Jump}.
 */
final class Lines extends Arbiter {

    static final int TRAIL = 1000; // marks that a line may be behind and still meet the other

    private final Mark[] marks = new Mark[2];
    private int lead;
    /** The leader's marks since the other line's own, the newest last. */
    private Deque<Mark> trail = new ArrayDeque<>();
    /** Whether it is not known where the other line stands. */
    private boolean isApart = true;
    /** What a lost leader had told beyond the present one, which has yet to come by. */
    private Deque<Mark> owed = new ArrayDeque<>();

    Lines(Replica one, Replica other) {
        super(one, other);
    }

    @Override
    void take(int line, Event event, double now) {
        Body body = event.body();
        if (body instanceof LocalEvent.Disconnected || body instanceof LocalEvent.Reconnected) {
            if (line == lead) { // both lie on one server
                tell(event);
            }
            return;
        }
        boolean wasUp = stands(line, event, now);
        Mark mark = Mark.of(event);
        if (mark != null) {
            marks[line] = mark;
        }
        if (wasUp && !isUp(line)) {
            lost(line, event);
        } else if (!wasUp && isUp(line)) {
            found(line, event);
        } else if (!isUp(line)) {
            down(line, event);
        } else if (line == lead) {
            ofLeader(event, mark);
        } else if (mark != null) {
            ofOther(event, mark);
        }
    }

    @Override
    void ticked(double now) {
        Mark own = marks[lead];
        Mark others = marks[1 - lead];
        boolean isPassed = own != null && others != null
                && Long.compareUnsigned(others.tsEvent(), own.tsEvent()) > 0;
        boolean isSilent = now - heard(lead) >= PATIENCE_S;
        if (isApart && isPassed && isSilent && isUp(0) && isUp(1)) {
            jump(1 - lead);
        }
    }

    private void lost(int line, Event event) {
        int other = 1 - line;
        if (!isUp(other)) {
            owed.clear();
            tellDown(line, event, state(line));
            return;
        }
        tellDown(line, event, state(other));
        if (line != lead) {
            isApart = true;
        } else if (isApart || !owed.isEmpty()) {
            jump(other);
        } else {
            owed = trail;
            leads(other);
        }
    }

    private void found(int line, Event event) {
        if (isUp(1 - line)) {
            tellUp(line, state(lead));
            isApart = true;
            if (line != lead && marks[line] != null) {
                place(marks[line]);
            }
            return;
        }
        tellUp(line, state(line));
        boolean isWhole = event.body() instanceof LocalEvent.Joined
                || event.body() instanceof AnySnapshot;
        boolean isNew = line != lead && !isWhole;
        leads(line);
        if (isNew) { // the other may have told all of this before it was lost
            jump(line);
        }
        tell(event);
    }

    /** What comes of a channel while both are down comes from the line that leads from here. */
    private void down(int line, Event event) {
        if (isUp(1 - line)) {
            return;
        }
        if (event.body() instanceof ChannelEvent) {
            leads(line);
        }
        if (line == lead) {
            tell(event);
        }
    }

    private void ofLeader(Event event, Mark mark) {
        if (mark == null) {
            if (owed.isEmpty()) {
                tell(event);
            }
            return;
        }
        comesBy(mark);
        if (owed.isEmpty()) {
            tell(event);
        } else if (owed.contains(mark)) {
            dropThrough(owed, mark);
        } else {
            jump(lead);
            tell(event);
        }
    }

    private void ofOther(Event event, Mark mark) {
        boolean isLevel = !isApart && trail.isEmpty() && owed.isEmpty();
        if (place(mark) || !isLevel) {
            return;
        }
        leads(1 - lead);
        isApart = false;
        comesBy(mark);
        tell(event);
    }

    /** Find where the other line stands; if nowhere in the trail, it is apart. */
    private boolean place(Mark mark) {
        if (trail.contains(mark)) {
            dropThrough(trail, mark);
        } else if (isApart && mark.equals(marks[lead])) {
            trail.clear();
        } else {
            isApart = true;
            return false;
        }
        isApart = false;
        return true;
    }

    /** The leader has come to a mark: the other line is behind it, or was ahead and is met. */
    private void comesBy(Mark mark) {
        if (isApart && isUp(1 - lead) && mark.equals(marks[1 - lead])) {
            trail.clear();
            isApart = false;
            return;
        }
        trail.addLast(mark);
        if (trail.size() > TRAIL) {
            trail.removeFirst();
            isApart = true;
        }
    }

    private void leads(int line) {
        lead = line;
        trail = new ArrayDeque<>();
        isApart = true;
    }

    private void jump(int line) {
        if (line != lead) {
            leads(line);
        }
        owed.clear();
        tell(new Event(stream(line), state(line), new LocalEvent.Jump(NAMES[line])));
    }

    private static void dropThrough(Deque<Mark> marks, Mark mark) {
        Mark first;
        do {
            first = marks.removeFirst();
        } while (!first.equals(mark));
    }
}
