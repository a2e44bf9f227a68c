package io.pykraken.consumer;

/** What a stream without a snapshot means to the application. */
public enum Missing {
    /** It may come yet: wait for it. */
    WAIT,
    /** It is an error: {@link NoStreamException}. */
    FAIL
}
