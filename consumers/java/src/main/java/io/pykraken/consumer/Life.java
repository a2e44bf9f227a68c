package io.pykraken.consumer;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * The clock of a program, and its end. The clock runs only while the program reads or waits: a slow
 * application is no silent stream (WIRE §7.4). {@link #end} may be called by any thread.
 */
final class Life {

    private final CountDownLatch over = new CountDownLatch(1);
    private double clock;

    /** Something that takes time. */
    interface Timed<T> {
        T run() throws AwayException;
    }

    /** Seconds that the program has read or waited. */
    double now() {
        return clock;
    }

    boolean isOver() {
        return over.getCount() == 0 || Thread.currentThread().isInterrupted();
    }

    void end() {
        over.countDown();
    }

    <T> T timed(Timed<T> work) throws AwayException {
        long began = System.nanoTime();
        try {
            return work.run();
        } finally {
            clock += (System.nanoTime() - began) / 1e9;
        }
    }

    /** Wait, at most so long: up to half less, so that many clients do not come at once. */
    void pause(double seconds) {
        double part = ThreadLocalRandom.current().nextDouble(0.5, 1.0);
        long began = System.nanoTime();
        try {
            over.await((long) (seconds * part * 1e9), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        clock += (System.nanoTime() - began) / 1e9;
    }
}
