package io.pykraken.consumer;

/**
 * An entry breaks WIRE §3 to §5; the replica turns it into {@link LocalEvent.Quarantined}. Without
 * a stack trace: bytes are at fault, not code, and hostile ones may come by the million.
 */
public final class DecodeException extends ConsumerException {

    private static final long serialVersionUID = 1L;

    private final Code why;
    private final String where;

    DecodeException(Code why, String where) {
        super(why, null, null);
        this.why = why;
        this.where = where;
    }

    /** The code itself. */
    public Code why() {
        return why;
    }

    /** The key or the limit concerned. */
    public String where() {
        return where;
    }

    @Override
    public String getMessage() {
        return why + ": " + where;
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
