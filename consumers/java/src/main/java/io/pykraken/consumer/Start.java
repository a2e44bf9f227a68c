package io.pykraken.consumer;

/** Where reading a stream's entries begins. */
public final class Start {

    /** With what comes from now on. */
    public static final Start NOW = new Start(null);
    /** With the newest snapshot, and what follows it. */
    public static final Start SNAPSHOT = new Start(null);
    /** With the oldest entry that is kept. */
    public static final Start OLDEST = new Start(EntryId.ZERO);

    private final EntryId id;

    private Start(EntryId id) {
        this.id = id;
    }

    /** Begin after an entry. */
    public static Start after(EntryId id) {
        return new Start(id);
    }

    /**
     * Return what {@code now}, {@code snapshot}, {@code oldest} or an id says.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static Start parse(String text) {
        return switch (text) {
            case "now" -> NOW;
            case "snapshot" -> SNAPSHOT;
            case "oldest" -> OLDEST;
            default -> after(EntryId.parse(text));
        };
    }

    /** The id after which is read, null where Redis has to say. */
    EntryId id() {
        return id;
    }
}
