package io.pykraken.consumer;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Where Redis is, from a URL's text. Pure.
 *
 * <pre>
 * redis://[user:password@]host[:6379][/db]                         rediss:// with TLS
 * redis+sentinel://[user:password@]host[:26379][,...]/master[/db]  rediss+sentinel://
 * redis+cluster://[user:password@]host[:6379][,...]                rediss+cluster://
 * unix://[user:password@]/path[?db=0]
 * </pre>
 *
 * <p>Certificates are always verified: nothing in a URL turns that off. No message here holds any
 * part of the URL, which may hold a password, and neither does {@code toString}.
 */
final class Target {

    /** What stands there. */
    enum Kind {
        ONE(6379), SENTINEL(26379), CLUSTER(6379);

        private final int port;

        Kind(int port) {
            this.port = port;
        }
    }

    private static final Map<String, Kind> SCHEMES = Map.of("redis", Kind.ONE, "rediss", Kind.ONE,
            "unix", Kind.ONE, "redis+sentinel", Kind.SENTINEL, "rediss+sentinel", Kind.SENTINEL,
            "redis+cluster", Kind.CLUSTER, "rediss+cluster", Kind.CLUSTER);
    private static final String FORMS =
            "must be a URL "
            + String.join("://... or ", new TreeSet<>(SCHEMES.keySet())) + "://...";
    /** What may follow the {@code ?}. */
    private static final List<String> QUERIES = List.of("db", "protocol", "username", "password",
            "username_file", "password_file", "sentinel_username", "sentinel_password",
            "sentinel_password_file", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile",
            "ssl_password");
    /** Other clients turn verification off by these; here they may only say that it is on. */
    private static final Map<String, String> SWITCHES =
            Map.of("ssl_cert_reqs", "required", "ssl_check_hostname", "true");

    private final Kind kind;
    private final boolean isTls;
    private final List<Node> nodes;
    private final String path;
    private final String master;
    private final int db;
    private final Map<String, String> options;

    private Target(Kind kind, boolean isTls, List<Node> nodes, String path, String master, int db,
            Map<String, String> options) {
        this.kind = kind;
        this.isTls = isTls;
        this.nodes = nodes;
        this.path = path;
        this.master = master;
        this.db = db;
        this.options = options;
    }

    Kind kind() {
        return kind;
    }

    boolean isTls() {
        return isTls;
    }

    /** The server, the Sentinels, or the first nodes to ask; empty for a Unix socket. */
    List<Node> nodes() {
        return nodes;
    }

    /** Of the Unix socket, else empty. */
    String path() {
        return path;
    }

    /** The name by which Sentinels know the master. */
    String master() {
        return master;
    }

    int db() {
        return db;
    }

    /** What a query says, or stood before the {@code @}; null where nothing did. */
    String option(String name) {
        return options.get(name);
    }

    /**
     * Return what a URL says.
     *
     * @throws IllegalArgumentException with what is allowed
     */
    static Target parse(String url) {
        int colon = url.indexOf("://");
        String scheme = colon < 0 ? "" : url.substring(0, colon).toLowerCase(java.util.Locale.ROOT);
        Kind kind = SCHEMES.get(scheme);
        if (kind == null) {
            throw bad(FORMS);
        }
        String rest = url.substring(colon + 3).split("#", 2)[0];
        int question = rest.indexOf('?');
        String query = question < 0 ? "" : rest.substring(question + 1);
        rest = question < 0 ? rest : rest.substring(0, question);
        int slash = rest.indexOf('/');
        String authority = slash < 0 ? rest : rest.substring(0, slash);
        String path = slash < 0 ? "" : rest.substring(slash);
        int at = authority.lastIndexOf('@');
        Map<String, String> options = options(query, at < 0 ? "" : authority.substring(0, at));
        boolean isTls = scheme.startsWith("rediss");
        check(options, kind, isTls);
        String hosts = authority.substring(at + 1);
        if (scheme.equals("unix")) {
            if (!hosts.isEmpty() || path.replace("/", "").isEmpty()) {
                throw bad("must be unix:///path of the socket, with three slashes");
            }
            return new Target(kind, false, List.of(), decoded(path), "", db(options, ""), options);
        }
        return remote(kind, isTls, hosts, path, options);
    }

    private static Target remote(
            Kind kind, boolean isTls, String hosts, String path, Map<String, String> options) {
        List<Node> nodes =
                Arrays.stream(hosts.split(",", -1)).map(text -> node(text, kind)).toList();
        if (kind == Kind.ONE && nodes.size() > 1) {
            throw bad("must name one host: several belong to redis+sentinel or redis+cluster");
        }
        List<String> words = new ArrayList<>();
        for (String word : path.split("/")) {
            if (!word.isEmpty()) {
                words.add(decoded(word));
            }
        }
        String master = "";
        if (kind == Kind.SENTINEL) {
            if (words.isEmpty()) {
                throw bad("must name the master behind the Sentinels: /mymaster or /mymaster/0");
            }
            master = words.remove(0);
        }
        if (words.size() > 1) {
            throw bad("must end behind the number of the database");
        }
        int db = db(options, words.isEmpty() ? "" : words.get(0));
        if (kind == Kind.CLUSTER && db != 0) {
            throw bad("must leave the database out: a cluster has one, 0");
        }
        return new Target(kind, isTls, nodes, "", master, db, options);
    }

    private static Map<String, String> options(String query, String user) {
        Map<String, String> options = new HashMap<>();
        for (String pair : query.isEmpty() ? new String[0] : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                throw bad("must have name=value pairs behind the ?, with & between them");
            }
            String value = formDecoded(pair.substring(equals + 1));
            if (options.put(formDecoded(pair.substring(0, equals)), value) != null) {
                throw bad("must have each name behind the ? once");
            }
        }
        options.values().removeIf(String::isEmpty);
        int colon = user.indexOf(':');
        put(options, "username", decoded(colon < 0 ? user : user.substring(0, colon)));
        put(options, "password", decoded(colon < 0 ? "" : user.substring(colon + 1)));
        return options;
    }

    private static void put(Map<String, String> options, String name, String text) {
        if (!text.isEmpty() && options.put(name, text) != null) {
            throw bad("must have the " + name + " before the @ or behind the ?, not both");
        }
    }

    private static void check(Map<String, String> options, Kind kind, boolean isTls) {
        options.forEach((name, value) -> {
            if (SWITCHES.containsKey(name) && !value.equalsIgnoreCase(SWITCHES.get(name))) {
                throw bad("must be without " + name + ": certificates are always verified");
            } else if (!QUERIES.contains(name) && !SWITCHES.containsKey(name)) {
                throw bad("must have behind the ? only " + String.join(", ", QUERIES));
            } else if (name.startsWith("ssl_") && !isTls) {
                throw bad("must be of rediss:// (or rediss+...) where " + name + " is given");
            } else if (name.startsWith("sentinel_") && kind != Kind.SENTINEL) {
                throw bad("must be of redis+sentinel:// where " + name + " is given");
            }
        });
        for (String name : List.of("username", "password", "sentinel_password")) {
            if (options.containsKey(name) && options.containsKey(name + "_file")) {
                throw bad("must have " + name + " or " + name + "_file, not both");
            }
        }
        if (options.containsKey("ssl_keyfile") && !options.containsKey("ssl_certfile")) {
            throw bad("must have ssl_certfile where ssl_keyfile is given");
        }
        if ((options.containsKey("username") || options.containsKey("username_file"))
                && !options.containsKey("password") && !options.containsKey("password_file")) {
            throw bad("must have a password (user:password@, or password_file) with the user");
        }
        if (!List.of("2", "3").contains(options.getOrDefault("protocol", "2"))) {
            throw bad("must have protocol=2 or protocol=3");
        }
    }

    private static Node node(String text, Kind kind) {
        int colon = text.endsWith("]") ? -1 : text.lastIndexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        String digits = colon < 0 ? Integer.toString(kind.port) : text.substring(colon + 1);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.contains(":")) {
            throw bad("must have IPv6 addresses in brackets, [::1]:6379");
        }
        if (host.isEmpty()) {
            throw bad(FORMS + " with a host, and one behind each comma");
        }
        int port = digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : 0;
        if (port < 1 || port > 65535) {
            throw bad("must have a port below 65536 behind each host, if any");
        }
        return new Node(decoded(host), port);
    }

    private static int db(Map<String, String> options, String word) {
        if (!word.isEmpty() && options.containsKey("db")) {
            throw bad("must have the database behind the host or as db=, not both");
        }
        String text = word.isEmpty() ? options.getOrDefault("db", "0") : word;
        if (!text.matches("[0-9]{1,9}")) {
            throw bad("must have a number as the database");
        }
        return Integer.parseInt(text);
    }

    private static String decoded(String text) {
        return formDecoded(text.replace("+", "%2B"));
    }

    private static String formDecoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException error) { // whose text may hold a password
            throw bad("must have two hexadecimal digits behind each %");
        }
    }

    private static IllegalArgumentException bad(String what) {
        return new IllegalArgumentException("the URL " + what);
    }

    @Override
    public String toString() {
        return kind + " " + nodes + path;
    }
}
