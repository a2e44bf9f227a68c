package io.pykraken.consumer;

/** Which catalogue or feeds are meant. */
public enum Scope {
    /** Of market data. */
    PUBLIC(""),
    /** Of accounts. */
    PRIVATE("priv.");

    private final String prefix;

    Scope(String prefix) {
        this.prefix = prefix;
    }

    String space(String namespace) {
        return prefix + namespace;
    }
}
