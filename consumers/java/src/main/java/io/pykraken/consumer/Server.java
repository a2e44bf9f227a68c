package io.pykraken.consumer;

import java.util.List;

/**
 * What runs commands, wherever Redis is. Used by one thread at a time, but for {@link #close},
 * which any may call and which ends what is under way.
 */
interface Server extends AutoCloseable {

    /** Return what serves a target. Nothing connects yet. */
    static Server of(Target target) {
        return target.kind() == Target.Kind.CLUSTER ? new Cluster(target) : new OneServer(target);
    }

    /**
     * Return a reply for each command, null where its node alone is away.
     *
     * @throws AwayException where none could be run
     * @throws RedisRefusedException where trying again cannot help
     */
    List<Object> run(List<Command> commands) throws AwayException;

    /**
     * Return what an XREAD brings, nothing where nothing came in time.
     *
     * @throws AwayException where no server could be asked
     * @throws RedisRefusedException where trying again cannot help
     */
    List<Replies.Batch> read(Command.Read read) throws AwayException;

    /**
     * Send an XREAD that is likely to be the next one, so that the server works on it meanwhile.
     * What it brings is kept for the {@link #read} of the same words, and dropped at another.
     */
    default void ahead(Command.Read read) {}

    /** Give up all connections: the next command asks anew where the server is. */
    void redial();

    /** Close for good. */
    @Override
    void close();
}
