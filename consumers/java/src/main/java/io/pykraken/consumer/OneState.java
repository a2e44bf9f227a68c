package io.pykraken.consumer;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The program of {@code state}: follow until a state is valid and nothing newer is to be read. */
final class OneState {

    private static final int BLOCK_MS = 20;

    private OneState() {}

    /**
     * Return the state of a stream, or that of its newer line.
     *
     * @throws NoStreamException after the wait, where there is none
     * @throws NotReadyException where it did not become valid
     * @throws RedisUnreachableException where no server answered
     */
    static State of(Server server, List<String> wanted, Duration wait) {
        Life life = new Life();
        // Each line by itself: what two lines would tell is not asked for here.
        List<List<String>> apart = wanted.stream().map(List::of).toList();
        Follower follower = new Follower(server, life, apart, Missing.WAIT, BLOCK_MS);
        String reason = "";
        while (!life.isOver()) {
            for (Event event = follower.poll(); event != null; event = follower.poll()) {
                reason = event.body() instanceof LocalEvent.Disconnected away ? away.reason() : "";
            }
            follower.work();
            if (!follower.isIdle()) {
                continue;
            }
            Optional<State> best = follower.replicas().stream().map(Replica::state)
                    .filter(State::isValid).max(Comparator.comparingLong(State::tsEvent));
            if (reason.isEmpty() && best.isPresent()) {
                return best.get();
            }
            if (life.now() >= wait.toNanos() / 1e9) {
                throw failure(follower, wanted.get(0), reason, wait);
            }
        }
        throw new NotReadyException(wanted.get(0), wait);
    }

    private static ConsumerException failure(
            Follower follower, String stream, String reason, Duration wait) {
        if (!reason.isEmpty()) {
            return new RedisUnreachableException(reason, wait);
        }
        boolean isThere = follower.replicas().stream().anyMatch(each -> each.cursor() != null);
        return isThere ? new NotReadyException(stream, wait) : new NoStreamException(stream);
    }
}
