package io.pykraken.consumer;

/** Redis said no for good: rights, a password, a key of another type. Trying again cannot help. */
public final class RedisRefusedException extends ConsumerException {

    private static final long serialVersionUID = 1L;

    private final String answer;

    RedisRefusedException(String answer, Throwable cause) {
        super(null, "Redis refused: " + answer + ". Check the URL, the user's rights (XREAD, "
                + "XRANGE, XREVRANGE, HGETALL, for requests XADD) and that the key "
                + "is a stream", cause);
        this.answer = answer;
    }

    /** What Redis answered. */
    public String answer() {
        return answer;
    }
}
