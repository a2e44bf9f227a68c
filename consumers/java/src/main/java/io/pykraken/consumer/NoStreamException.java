package io.pykraken.consumer;

/** Nothing is published under what was asked for: a stream's key, or words for the catalogue. */
public final class NoStreamException extends ConsumerException {

    private static final long serialVersionUID = 1L;

    private final String wanted;

    NoStreamException(String wanted) {
        super(Code.NO_STREAM, "nothing is published for " + wanted + ": start a publisher for it, "
                + "or ask for another symbol, channel, depth, line or namespace", null);
        this.wanted = wanted;
    }

    /** What was asked for. */
    public String wanted() {
        return wanted;
    }
}
