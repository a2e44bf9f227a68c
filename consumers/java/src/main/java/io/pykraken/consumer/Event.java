package io.pykraken.consumer;

/**
 * What the application gets.
 *
 * @param stream the key of the stream that it is told of
 * @param state the state right after it, until the next event is taken
 * @param body what happened
 */
public record Event(String stream, State state, Body body) {

    /**
     * Return the state of a stream that holds a book.
     *
     * @throws IllegalStateException for the other channels: they have {@link #state}
     */
    public AnyBook book() {
        if (state instanceof AnyBook book) {
            return book;
        }
        throw new IllegalStateException(stream + " holds no book: use state(), a "
                + state.getClass().getSimpleName());
    }
}
