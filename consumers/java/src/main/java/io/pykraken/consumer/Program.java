package io.pykraken.consumer;

/** What reads, and tells what it read, one by one. Used by one thread. */
interface Program<T> {

    double JOIN_RETRY_S = 0.25; // between two looks for a snapshot
    double BACKOFF_FIRST_S = 0.05;
    double BACKOFF_MOST_S = 2.0;
    int READ_COUNT = 1000; // entries a stream and read; beyond it the cost per entry falls no more

    /** Return the next thing to tell, null where there is none before more is read. */
    T poll();

    /** Do the next piece of reading; it takes a second at most while Redis answers. */
    void work();
}
