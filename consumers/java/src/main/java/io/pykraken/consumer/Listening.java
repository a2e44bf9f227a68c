package io.pykraken.consumer;

import java.util.function.Consumer;

/**
 * A {@link Reading} in a thread of its own, which calls a listener with each event. A slow listener
 * slows nobody else: it falls behind, is warned, and at last sees a Gap.
 */
public final class Listening implements AutoCloseable {

    private final Reading<Event> reading;
    private final Thread thread;

    Listening(Reading<Event> reading, Consumer<? super Event> listener,
            Consumer<? super RuntimeException> failed) {
        this.reading = reading;
        this.thread = new Thread(() -> {
            try {
                reading.forEachRemaining(listener);
            } catch (RuntimeException error) {
                failed.accept(error);
            } finally {
                reading.close();
            }
        }, "pykraken-listener");
        thread.start();
    }

    /** Stop, and wait until the listener has returned; from within the listener, just stop. */
    @Override
    public void close() {
        reading.close();
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }
}
