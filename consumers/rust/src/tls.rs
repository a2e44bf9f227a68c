//! What TLS trusts and shows. The server is always verified: by the authorities in the file that
//! the URL names, by those alone, or else by the system's.

use std::fmt::Display;
use std::io;
use std::sync::Arc;

use redis::{ErrorKind, RedisError, RedisResult};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::dialing::read;
use crate::keys;
use crate::url::Target;

impl Target {
    /// TLS as the URL says; its files are read now.
    pub(crate) fn tls(&self) -> RedisResult<ClientConfig> {
        let file = |name| self.options.get(name).map(|path| read(path)).transpose();
        let authorities = match file("ssl_ca_certs")? {
            Some(pem) => certificates(&pem).map_err(|error| unread("ssl_ca_certs", error))?,
            None => of_the_system()?,
        };
        let mut trusted = RootCertStore::empty();
        for authority in authorities {
            trusted.add(authority).map_err(|error| unread("an authority", error))?;
        }
        // What the process chose; where the application chose nothing, ring.
        let crypto = CryptoProvider::get_default().cloned();
        let crypto = crypto.unwrap_or_else(|| Arc::new(ring::default_provider()));
        let config = ClientConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(&error.to_string()))?
            .with_root_certificates(trusted);
        let Some(certificate) = file("ssl_certfile")? else {
            return Ok(config.with_no_client_auth());
        };
        let key = file("ssl_keyfile")?.unwrap_or_else(|| certificate.clone()); // may stand in it
        let password = self.options.get("ssl_password").map(String::as_str);
        let key = keys::opened(key, password).map_err(wrong)?;
        let key = PrivateKeyDer::from_pem_slice(&key).map_err(|error| unread("the key", error))?;
        let shown = certificates(&certificate).map_err(|error| unread("ssl_certfile", error))?;
        config.with_client_auth_cert(shown, key).map_err(|error| wrong(&error.to_string()))
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_slice_iter(pem).collect()
}

/// A file may be on its way: this passes.
fn unread(what: &str, error: impl Display) -> io::Error {
    io::Error::other(format!("{what} is not read: {error}"))
}

fn of_the_system() -> io::Result<Vec<CertificateDer<'static>>> {
    let found = rustls_native_certs::load_native_certs();
    match found.errors.into_iter().next() {
        Some(error) => Err(io::Error::other(error)),
        None => Ok(found.certs),
    }
}

/// What does not pass by itself.
fn wrong(text: &str) -> RedisError {
    (ErrorKind::InvalidClientConfig, "TLS", text.to_owned()).into()
}
