//! How connections are opened: login, TLS, timeouts, and where the master behind Sentinels is.
//!
//! Files (users, passwords, certificates) are read at each connect, so that whatever was rotated is
//! taken with the next connection. Each connection is one reader's own: a blocking read must not
//! keep others waiting. Sentinels are asked here, not through the library's: that one looks at the
//! master with `ROLE`, which the rights of a consumer do not have, and heeds only the first
//! Sentinel that answers.

use std::io;
use std::time::Duration;

use redis::{ErrorKind, ProtocolVersion, RedisConnectionInfo, RedisError, RedisResult};

use crate::commands;
use crate::connection::Connection;
use crate::resp::NotAReply;
use crate::transport::{self, Socket};
use crate::url::{Kind, Node, Target};

/// How long a read waits: silence is noticed at least as often.
pub(crate) const BLOCK: Duration = Duration::from_secs(1);
/// Beyond a read's own wait, after which the server counts as hung.
pub(crate) const ANSWER: Duration = Duration::from_secs(3);
const FILE_MAX: u64 = 4096; // no password is longer; a wrong path may lead to anything

/// Why a command brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It may pass by itself; the text says what it was.
    Away(String),
    /// It will not.
    Refused(String),
}

impl From<NotAReply> for Failure {
    fn from(error: NotAReply) -> Self {
        Failure::Away(error.to_string())
    }
}

/// What passes by itself: a server that loads, a failover or a resharding under way.
const LATER: [&str; 9] = [
    "LOADING",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "BUSY",
    "UNBLOCKED",
    "READONLY",
    "MOVED",
    "ASK",
];

impl Target {
    /// What a failure means: a wrong password passes where it stands in a file, which is read
    /// again.
    pub(crate) fn failure(&self, error: &RedisError) -> Failure {
        let text = error.to_string();
        let code = error.code();
        let is_login = error.kind() == ErrorKind::AuthenticationFailed
            || matches!(code, Some("WRONGPASS" | "NOAUTH"));
        let passes = match code {
            _ if is_login => self.options.contains_key("password_file"),
            Some(code) => LATER.contains(&code),
            None => error.kind() != ErrorKind::InvalidClientConfig,
        };
        if passes { Failure::Away(text) } else { Failure::Refused(text) }
    }

    /// A connection to the server, or to the master that Sentinels name.
    pub(crate) async fn dial(&self) -> RedisResult<Connection> {
        match (self.kind, self.nodes.first()) {
            (Kind::Sentinel, _) => self.dial_node(&self.master_node().await?, "").await,
            (_, Some(node)) => self.dial_node(node, "").await,
            (_, None) => self.connect(transport::to_path(&self.path), "").await,
        }
    }

    /// A connection to one node; `whose` login: the server's own, or the `sentinel_` one.
    pub(crate) async fn dial_node(&self, node: &Node, whose: &str) -> RedisResult<Connection> {
        let tls = if self.is_tls { Some(self.tls()?) } else { None };
        self.connect(transport::to_node(node, tls), whose).await
    }

    async fn connect(
        &self,
        socket: impl Future<Output = io::Result<Box<dyn Socket>>>,
        whose: &str,
    ) -> RedisResult<Connection> {
        let login = self.login(whose)?;
        let opened = async { Connection::open(socket.await?, &login).await };
        let late = |_| io::Error::from(io::ErrorKind::TimedOut);
        tokio::time::timeout(ANSWER, opened).await.map_err(late)?
    }

    fn login(&self, whose: &str) -> RedisResult<RedisConnectionInfo> {
        let mut login = RedisConnectionInfo::default().set_skip_set_lib_name();
        if let Some(user) = self.secret(whose, "username")? {
            login = login.set_username(user);
        }
        if let Some(password) = self.secret(whose, "password")? {
            login = login.set_password(password);
        }
        if self.options.get("protocol").is_some_and(|version| version == "3") {
            login = login.set_protocol(ProtocolVersion::RESP3);
        }
        Ok(if whose.is_empty() { login.set_db(self.db) } else { login })
    }

    fn secret(&self, whose: &str, name: &str) -> io::Result<Option<String>> {
        match self.options.get(&format!("{whose}{name}_file")) {
            Some(path) => secret_in(path).map(Some),
            None => Ok(self.options.get(&format!("{whose}{name}")).cloned()),
        }
    }

    /// Ask the Sentinels, one after the other, where the master is.
    async fn master_node(&self) -> RedisResult<Node> {
        let mut faults = Vec::new();
        for sentinel in &self.nodes {
            match self.ask_sentinel(sentinel).await {
                Ok(node) => return Ok(node),
                Err(error) => faults.push(format!("{sentinel}: {error}")),
            }
        }
        let text = format!("no Sentinel names a master {}: {}", self.master, faults.join("; "));
        Err(io::Error::new(io::ErrorKind::NotConnected, text).into())
    }

    async fn ask_sentinel(&self, sentinel: &Node) -> RedisResult<Node> {
        let mut connection = self.dial_node(sentinel, "sentinel_").await?;
        let reply = connection.run(redis::cmd("SENTINEL").arg("MASTERS")).await?;
        let away = |text: &str| RedisError::from(io::Error::other(text.to_owned()));
        let master = commands::masters(&reply)
            .map_err(io::Error::other)?
            .into_iter()
            .find(|master| master.get("name") == Some(&self.master))
            .ok_or_else(|| away("it knows no master of that name"))?;
        let flags = master.get("flags").map_or("", String::as_str);
        if flags.split(',').any(|flag| ["s_down", "o_down", "disconnected"].contains(&flag)) {
            return Err(away("it sees the master down"));
        }
        let host = master.get("ip").cloned();
        let port = master.get("port").and_then(|port| port.parse().ok());
        let (host, port) = host.zip(port).ok_or_else(|| away("it gives no address"))?;
        Ok(Node { host, port })
    }
}

/// What a file holds, without the space around it. The error shows none of it.
fn secret_in(path: &str) -> io::Result<String> {
    let text = read(path)?;
    let text = str::from_utf8(&text).unwrap_or_default().trim();
    if text.is_empty() || text.len() as u64 > FILE_MAX {
        let text = format!("{path} must hold the value and nothing else, as text");
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(text.to_owned())
}

/// The error names the file.
pub(crate) fn read(path: &str) -> io::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))
}
