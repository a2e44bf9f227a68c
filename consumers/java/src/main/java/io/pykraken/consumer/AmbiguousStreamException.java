package io.pykraken.consumer;

import java.util.List;

/** Several streams would do, and nothing says which. */
public final class AmbiguousStreamException extends ConsumerException {

    private static final long serialVersionUID = 1L;

    private final String wanted;
    private final transient List<String> streams;

    AmbiguousStreamException(String wanted, List<String> streams) {
        super(Code.AMBIGUOUS, wanted + " is published as " + String.join(", ", streams)
                + ": give line (ab for both as one), depth, interval, trigger or source to choose",
                null);
        this.wanted = wanted;
        this.streams = List.copyOf(streams);
    }

    /** What was asked for. */
    public String wanted() {
        return wanted;
    }

    /** The keys of the streams that would do. */
    public List<String> streams() {
        return streams;
    }
}
