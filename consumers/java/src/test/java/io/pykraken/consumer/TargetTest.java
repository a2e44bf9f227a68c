package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What URLs say, and what they may not. */
class TargetTest {

    @Test
    void everyForm() {
        Target one = Target.parse("rediss://bot:p%40ss+@host/3?ssl_ca_certs=%2Fca.pem");
        assertEquals(List.of(new Node("host", 6379)), one.nodes());
        assertEquals("bot", one.option("username"));
        assertEquals("p@ss+", one.option("password"));
        assertEquals("/ca.pem", one.option("ssl_ca_certs"));
        assertEquals(3, one.db());

        Target sentinel = Target.parse("redis+sentinel://a,[::1]:7/my/2?sentinel_password=x");
        assertEquals(List.of(new Node("a", 26379), new Node("::1", 7)), sentinel.nodes());
        assertEquals("my", sentinel.master());
        assertEquals(2, sentinel.db());

        Target cluster = Target.parse("redis+cluster://:pass@a:1,b:2");
        assertEquals(Target.Kind.CLUSTER, cluster.kind());
        assertEquals("pass", cluster.option("password"));

        Target socket = Target.parse("unix:///run/my%20redis.sock?db=4");
        assertEquals("/run/my redis.sock", socket.path());
        assertEquals(4, socket.db());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "host:6379", "http://secret", "redis://", "redis://a,b",
        "redis://secret/1/2", "redis://secret/x", "redis://a:0", "redis://a:65536", "redis://::1",
        "redis+sentinel://secret", "redis+cluster://a/1", "unix://secret", "unix://",
        "redis://a?secret=1", "redis://a?ssl_cert_reqs=none", "rediss://a?ssl_cert_reqs=none",
        "rediss://a?ssl_check_hostname=false", "redis://a?ssl_ca_certs=x",
        "redis://a?sentinel_password=x", "redis://u:secret@a?password=x",
        "redis://u:secret@a?password_file=x", "redis://secret@a", "rediss://a?ssl_keyfile=x",
        "redis://a?protocol=4", "redis://a/1?db=1", "redis://a?db=1&db=2", "redis://a?db",
        "redis://%zzsecret@a"})
    void whatIsRefusedShowsNoSecret(String url) {
        IllegalArgumentException error =
                assertThrows(IllegalArgumentException.class, () -> Target.parse(url));
        assertFalse(error.getMessage().contains("secret"), error.getMessage());
    }
}
