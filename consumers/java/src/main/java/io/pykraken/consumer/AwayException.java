package io.pykraken.consumer;

/** Redis did not answer, or answered with what passes by itself. Never leaves the library. */
final class AwayException extends Exception {

    private static final long serialVersionUID = 1L;

    AwayException(String reason) {
        super(reason, null, false, false);
    }
}
