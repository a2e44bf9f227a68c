//! The client's private key for mutual TLS, opened where its file is encrypted. Pure.

use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, SecretDocument};

const BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const END: &str = "-----END ENCRYPTED PRIVATE KEY-----";
/// What a key has that OpenSSL encrypted in its own way, of before PKCS #8.
const OLD: &str = "Proc-Type: 4,ENCRYPTED";
const IS_OLD: &str = "the key is encrypted in an old way: openssl pkcs8 -topk8 -v2 aes-256-cbc \
    makes one of PKCS #8";

/// The key of a PEM file as rustls reads it: what is not encrypted as it is. The error is what to
/// change.
pub(crate) fn opened(pem: Vec<u8>, password: Option<&str>) -> Result<Vec<u8>, &'static str> {
    let Ok(text) = str::from_utf8(&pem) else { return Ok(pem) };
    let Some((_, rest)) = text.split_once(BEGIN) else {
        return if text.contains(OLD) { Err(IS_OLD) } else { Ok(pem) };
    };
    let password = password.ok_or("the key is encrypted: ssl_password must open it")?;
    let body = rest.split_once(END).ok_or("the key's file is cut")?.0;
    let (_, locked) = SecretDocument::from_pem(&format!("{BEGIN}{body}{END}\n"))
        .map_err(|_| "the key's file is no PEM")?;
    let key = EncryptedPrivateKeyInfoRef::try_from(locked.as_bytes())
        .and_then(|locked| locked.decrypt(password))
        .map_err(|_| {
            "ssl_password does not open the key (it must be of PKCS #8, as openssl pkcs8 -topk8 \
             -v2 aes-256-cbc makes it)"
        })?;
    let plain = key.to_pem("PRIVATE KEY", LineEnding::LF).map_err(|_| "the key is too long")?;
    Ok(plain.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use pkcs8::LineEnding;
    use pkcs8::der::Decode;
    use pkcs8::pkcs5::pbes2::Parameters;
    use pkcs8::{PrivateKeyInfoRef, SecretDocument};

    use super::opened;

    /// A key of Ed25519 in PKCS #8, each byte of it 7.
    fn plain() -> Vec<u8> {
        let head = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
        [head.as_slice(), &[7; 32]].concat()
    }

    fn pem(label: &'static str, key: &SecretDocument) -> String {
        key.to_pem(label, LineEnding::LF).unwrap().to_string()
    }

    fn locked(password: &str) -> String {
        let way = Parameters::generate_pbkdf2_sha256_aes256cbc(10, b"salt", [3; 16]).unwrap();
        let der = plain();
        let key = PrivateKeyInfoRef::from_der(&der).unwrap();
        pem("ENCRYPTED PRIVATE KEY", &key.encrypt_with_params(way, password).unwrap())
    }

    #[test]
    fn an_encrypted_key_is_opened_wherever_it_stands() {
        let wanted = pem("PRIVATE KEY", &SecretDocument::try_from(plain()).unwrap());
        let certificate = "-----BEGIN CERTIFICATE-----\nMTIz\n-----END CERTIFICATE-----\n";
        for text in [locked("word"), format!("{certificate}{}{certificate}", locked("word"))] {
            let found = opened(text.into_bytes(), Some("word")).unwrap();
            assert_eq!(String::from_utf8(found).unwrap(), wanted);
        }
        for password in [None, Some("word")] {
            let found = opened(wanted.clone().into_bytes(), password).unwrap();
            assert_eq!(String::from_utf8(found).unwrap(), wanted);
        }
    }

    #[test]
    fn what_does_not_open_says_what_to_change() {
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n";
        for (text, password, says) in [
            (locked("word"), None, "ssl_password"),
            (locked("word"), Some("other"), "does not open"),
            (locked("word")[..80].to_owned(), Some("word"), "cut"),
            (locked("word").replace('M', "-"), Some("word"), "no PEM"),
            (old.to_owned(), Some("word"), "openssl pkcs8 -topk8"),
        ] {
            let text = opened(text.into_bytes(), password).unwrap_err();
            assert!(text.contains(says), "{text}");
            assert!(!text.contains("other"), "{text}");
        }
    }
}
