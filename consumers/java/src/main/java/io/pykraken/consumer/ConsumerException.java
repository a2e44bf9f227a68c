package io.pykraken.consumer;

import java.util.Optional;

/**
 * Base of all that the library throws on purpose. Each says what to change. What the library mends
 * by itself (a gap, a bad entry, a lost connection) is an event for the application, never one of
 * these.
 */
public abstract sealed class ConsumerException extends RuntimeException
        permits DecodeException, NoStreamException, AmbiguousStreamException, NotReadyException,
                RedisRefusedException, RedisUnreachableException {

    private static final long serialVersionUID = 1L;

    private final Code code;

    ConsumerException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** The code of WIRE §8, for those that have one. */
    public Optional<Code> code() {
        return Optional.ofNullable(code);
    }
}
