//! Sockets to Redis: TCP, TCP with TLS, Unix.

use std::io;
use std::sync::Arc;

use futures_util::future::select_ok;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use crate::url::Node;

/// What a connection needs of a socket.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Socket for S {}

/// A socket to a node; with TLS, the name in its certificate is that of the node.
pub(crate) async fn to_node(
    Node { host, port }: &Node,
    tls: Option<ClientConfig>,
) -> io::Result<Box<dyn Socket>> {
    let addresses = lookup_host((host.as_str(), *port)).await?;
    let attempts: Vec<_> = addresses.map(|address| Box::pin(TcpStream::connect(address))).collect();
    if attempts.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "no address of that name"));
    }
    let (socket, _) = select_ok(attempts).await?; // the first that answers
    socket.set_nodelay(true)?;
    let Some(config) = tls else { return Ok(Box::new(socket)) };
    let name = ServerName::try_from(host.clone())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    Ok(Box::new(TlsConnector::from(Arc::new(config)).connect(name, socket).await?))
}

/// A socket of this machine.
#[cfg(unix)]
pub(crate) async fn to_path(path: &str) -> io::Result<Box<dyn Socket>> {
    Ok(Box::new(tokio::net::UnixStream::connect(path).await?))
}

/// A socket of this machine.
#[cfg(not(unix))]
pub(crate) async fn to_path(_: &str) -> io::Result<Box<dyn Socket>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no Unix sockets"))
}
