package io.pykraken.consumer;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * TLS from the PEM files that a URL names: a private authority, and the client's own certificate
 * for mutual TLS. They are read at each connect, so that renewed ones are taken with the next
 * connection. Nothing here turns verification off.
 */
final class Certificates {

    private static final Pattern KEY = Pattern.compile(
            "-----BEGIN ((?:ENCRYPTED |RSA |EC )?)PRIVATE KEY-----([^-]+)-----END");
    private static final String ALIAS = "own";

    private Certificates() {}

    /** Return what makes sockets for a target. */
    static SSLSocketFactory sockets(Target target) throws GeneralSecurityException, IOException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own(target), authorities(target.option("ssl_ca_certs")), null);
        return context.getSocketFactory();
    }

    /** Null where the machine's own authorities do. */
    private static TrustManager[] authorities(String path)
            throws GeneralSecurityException, IOException {
        if (path == null) {
            return null;
        }
        KeyStore store = empty();
        int number = 0;
        for (Certificate each : read(path)) {
            store.setCertificateEntry("ca" + number++, each);
        }
        if (number == 0) {
            throw new IOException(path + " must hold a certificate in PEM");
        }
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static KeyManager[] own(Target target) throws GeneralSecurityException, IOException {
        String path = target.option("ssl_certfile");
        if (path == null) {
            return null;
        }
        Certificate[] chain = read(path).toArray(new Certificate[0]);
        if (chain.length == 0) {
            throw new IOException(path + " must hold a certificate in PEM");
        }
        String file = target.option("ssl_keyfile") == null ? path : target.option("ssl_keyfile");
        String algorithm = chain[0].getPublicKey().getAlgorithm();
        PrivateKey key = key(file, algorithm, target.option("ssl_password"));
        char[] nothing = new char[0];
        KeyStore store = empty();
        store.setKeyEntry(ALIAS, key, nothing, chain);
        KeyManagerFactory factory =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, nothing);
        return factory.getKeyManagers();
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }

    private static Collection<? extends Certificate> read(String path)
            throws GeneralSecurityException, IOException {
        String text = Files.readString(Path.of(path), StandardCharsets.ISO_8859_1);
        StringBuilder alone = new StringBuilder(); // a key may stand in the same file
        Matcher found = Pattern.compile(
                "-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----").matcher(text);
        while (found.find()) {
            alone.append(found.group()).append('\n');
        }
        return CertificateFactory.getInstance("X.509").generateCertificates(
                new ByteArrayInputStream(alone.toString().getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static PrivateKey key(String path, String algorithm, String password)
            throws GeneralSecurityException, IOException {
        Matcher found = KEY.matcher(Files.readString(Path.of(path), StandardCharsets.ISO_8859_1));
        while (found.find()) {
            String body = found.group(2);
            if (body.contains(":")) { // OpenSSL's own encryption, of before PKCS #8
                break;
            }
            byte[] der = Base64.getMimeDecoder().decode(body);
            byte[] plain = switch (found.group(1)) {
                case "" -> der;
                case "ENCRYPTED " -> decrypted(der, password, path);
                default -> Der.asPkcs8(found.group(1).strip(), der);
            };
            return KeyFactory.getInstance(algorithm)
                    .generatePrivate(new PKCS8EncodedKeySpec(plain));
        }
        throw new IOException(path + " must hold a private key in PEM "
                + "(an old encrypted one: openssl pkcs8 -topk8 makes it a present one)");
    }

    private static byte[] decrypted(byte[] der, String password, String path)
            throws GeneralSecurityException, IOException {
        if (password == null) {
            throw new IOException(path + " is encrypted: give ssl_password");
        }
        EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
        // PBES2 is a family; which of it the parameters print.
        boolean isFamily = List.of("PBES2", "1.2.840.113549.1.5.13").contains(info.getAlgName());
        String name = isFamily ? info.getAlgParameters().toString() : info.getAlgName();
        Cipher cipher = Cipher.getInstance(name);
        cipher.init(Cipher.DECRYPT_MODE, SecretKeyFactory.getInstance(name)
                .generateSecret(new PBEKeySpec(password.toCharArray())), info.getAlgParameters());
        return info.getKeySpec(cipher).getEncoded();
    }
}
