package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys in each form that openssl writes. */
class CertificatesTest {

    @TempDir
    private Path folder;

    private void openssl(String words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(words.split(" ")));
        Process process = new ProcessBuilder(command).directory(folder.toFile())
                .redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), said);
    }

    @BeforeEach
    void pairs() throws IOException, InterruptedException {
        try {
            openssl("version");
        } catch (IOException missing) {
            if ("1".equals(System.getenv("PYKRAKEN_REQUIRE_ALL"))) {
                fail("openssl is not on PATH", missing);
            }
            System.err.println("SKIPPED: openssl is not on PATH: keys are not tested");
            Assumptions.abort("openssl is not on PATH");
        }
        openssl("req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.pem -subj /CN=a");
        openssl("rsa -in rsa.key -traditional -out rsa-old.key");
        openssl("pkcs8 -topk8 -in rsa.key -v2 aes-256-cbc -passout pass:word -out rsa-secret.key");
        openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ec.key "
                + "-out ec.pem -subj /CN=a");
        openssl("ec -in ec.key -out ec-old.key");
    }

    private Target target(String certificate, String key, String more) {
        return Target.parse("rediss://localhost?ssl_ca_certs=" + folder.resolve(certificate)
                + "&ssl_certfile=" + folder.resolve(certificate)
                + "&ssl_keyfile=" + folder.resolve(key) + more);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rsa.key", "rsa-old.key", "rsa-secret.key", "ec.key", "ec-old.key"})
    void everyFormOfAKeyIsRead(String key) throws Exception {
        String certificate = key.startsWith("rsa") ? "rsa.pem" : "ec.pem";
        String more = key.contains("secret") ? "&ssl_password=word" : "";
        assertNotNull(Certificates.sockets(target(certificate, key, more)));
    }

    @Test
    void whatIsMissingIsSaid() throws IOException {
        assertThrows(IOException.class,
                () -> Certificates.sockets(target("rsa.pem", "rsa-secret.key", "")));
        Files.writeString(folder.resolve("empty"), "nothing");
        assertThrows(IOException.class,
                () -> Certificates.sockets(target("empty", "rsa.key", "")));
    }
}
