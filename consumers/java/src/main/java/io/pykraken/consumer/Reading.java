package io.pykraken.consumer;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Consumer;

/**
 * What a stream tells, one by one, for ever: an iterator that waits. Whoever iterates runs
 * everything, in its own thread; one thread at a time. {@link #close} may be called by any thread:
 * then, as when the iterating thread is interrupted, {@link #hasNext} returns false at once, or
 * within a second. What cannot pass by itself is thrown: {@link RedisRefusedException}, and
 * {@link NoStreamException} where waiting was not wanted; it is closed then.
 *
 * @param <T> what is told
 */
public final class Reading<T> implements Iterator<T>, Iterable<T>, AutoCloseable {

    private final Server server;
    private final Life life;
    private final Program<T> program;
    private final Consumer<Reading<T>> ended;
    private T next;

    Reading(Server server, Life life, Program<T> program,
            Consumer<Reading<T>> ended) {
        this.server = server;
        this.life = life;
        this.program = program;
        this.ended = ended;
    }

    Program<T> program() {
        return program;
    }

    /** Wait for the next; return false once it is closed. */
    @Override
    public boolean hasNext() {
        while (next == null && !life.isOver()) {
            next = program.poll();
            if (next == null) {
                work();
            }
        }
        return next != null && !life.isOver();
    }

    private void work() {
        try {
            program.work();
        } catch (RuntimeException error) {
            close();
            throw error;
        }
    }

    @Override
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException("closed");
        }
        T taken = next;
        next = null;
        return taken;
    }

    /**
     * Wait for the next and take it.
     *
     * @throws InterruptedException when this thread is interrupted
     * @throws NoSuchElementException once it is closed
     */
    public T take() throws InterruptedException {
        if (!hasNext() && Thread.interrupted()) {
            throw new InterruptedException();
        }
        return next();
    }

    /** This very one: it can be gone through once. */
    @Override
    public Iterator<T> iterator() {
        return this;
    }

    /** Stop, whoever waits, and close its connections. */
    @Override
    public void close() {
        life.end();
        server.close();
        ended.accept(this);
    }
}
