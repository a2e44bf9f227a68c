package io.pykraken.consumer;

/**
 * A server's address.
 *
 * @param host its name or number
 * @param port its port
 */
record Node(String host, int port) {
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
