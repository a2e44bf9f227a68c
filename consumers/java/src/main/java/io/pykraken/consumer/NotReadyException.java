package io.pykraken.consumer;

import java.time.Duration;

/** A stream is there, but its state did not become valid in time. */
public final class NotReadyException extends ConsumerException {

    private static final long serialVersionUID = 1L;

    private final String stream;

    NotReadyException(String stream, Duration waited) {
        super(null, "the state of " + stream + " did not become valid in " + waited.toMillis()
                + " ms: its publisher has none to show at present; try again or wait longer", null);
        this.stream = stream;
    }

    /** The stream's key. */
    public String stream() {
        return stream;
    }
}
