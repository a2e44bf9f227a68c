package io.pykraken.consumer;

import java.time.Duration;

/** A call that reads once found no server in time. */
public final class RedisUnreachableException extends ConsumerException {

    private static final long serialVersionUID = 1L;

    private final String reason;

    RedisUnreachableException(String reason, Duration waited) {
        super(null, "Redis did not answer in " + waited.toMillis() + " ms (" + reason
                + "): check the URL", null);
        this.reason = reason;
    }

    /** The last failure. */
    public String reason() {
        return reason;
    }
}
