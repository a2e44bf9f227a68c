//! One connection to where a target says that Redis is: dials, logs in, runs commands.
//!
//! Each dial asks Sentinels, or the cluster's map, anew, and reads files of passwords and users anew.
//! Redirections of a cluster are followed here. What failed for good is told apart from what passes
//! by itself. Knows nothing of streams.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, Cmd, ConnectionAddr, ErrorKind,
    IntoConnectionInfo, ProtocolVersion, RedisConnectionInfo, RedisError, TlsCertificates, Value,
};
use tokio::time::timeout;

use crate::slots::owner_of;
use crate::url::{Kind, Node, Target};

/// Beyond a read's own wait, after which the server counts as hung.
pub(crate) const ANSWER: Duration = Duration::from_secs(4);
const CONNECT: Duration = Duration::from_secs(3);
const FILE_MOST: usize = 4096;
const REDIRECTS_MOST: usize = 40;
/// What passes by itself: a server that loads, a failover or a resharding under way.
const LATER: [&str; 12] = [
    "LOADING",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "BUSY",
    "UNBLOCKED",
    "READONLY",
    "MOVED",
    "ASK",
    "NOREPLICAS",
    "EXECABORT",
    "NOTBUSY",
];

/// Why there are no replies.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// It passes by itself.
    Away(String),
    /// It does not.
    Refused(String),
}

/// A connection that is dialled when it is needed; of a cluster, to the node of one slot.
pub(crate) struct Link {
    target: Arc<Target>,
    slot: Option<u16>,
    moved_to: Option<Node>,
    connection: Option<MultiplexedConnection>,
}

impl Link {
    pub fn new(target: Arc<Target>, slot: Option<u16>) -> Self {
        Self { target, slot, moved_to: None, connection: None }
    }

    /// Gives up the connection: the next command asks anew where the server is.
    pub fn hang_up(&mut self) {
        self.connection = None;
        self.moved_to = None;
    }

    /// Runs commands in one round trip; a reply for each.
    pub async fn run(&mut self, commands: &[Cmd]) -> Result<Vec<Value>, Failure> {
        let replies = self.redirected(commands).await;
        if replies.is_err() {
            self.hang_up();
        }
        replies
    }

    async fn redirected(&mut self, commands: &[Cmd]) -> Result<Vec<Value>, Failure> {
        for _ in 0..REDIRECTS_MOST {
            let error = match self.attempt(commands, false).await? {
                Ok(replies) => return Ok(replies),
                Err(error) => error,
            };
            let node = error.redirect_node();
            match (error.code(), node) {
                (Some("MOVED"), Some((host, port))) => {
                    self.connection = None;
                    self.moved_to = Some(self.named(host, port));
                }
                (Some("ASK"), Some((host, port))) => {
                    let mut there = Self::new(self.target.clone(), self.slot);
                    there.moved_to = Some(self.named(host, port));
                    if let Ok(replies) = there.attempt(commands, true).await? {
                        return Ok(replies);
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                (Some("TRYAGAIN"), _) => tokio::time::sleep(Duration::from_millis(50)).await,
                _ => return Err(self.failure(&error)),
            }
        }
        Err(Failure::Away("slots of the cluster are on the move".to_owned()))
    }

    /// The node of a redirection; an empty host is the one that was asked.
    fn named(&self, host: &str, port: u16) -> Node {
        let asked = self.moved_to.as_ref().or(self.target.nodes.first());
        let host = if host.is_empty() || host == "?" { asked.map_or("", |n| &n.host) } else { host };
        Node { host: host.to_owned(), port }
    }

    async fn attempt(
        &mut self,
        commands: &[Cmd],
        is_asking: bool,
    ) -> Result<Result<Vec<Value>, RedisError>, Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.dial().await?,
        };
        let mut pipe = redis::pipe();
        let extra = usize::from(is_asking);
        for command in commands {
            if is_asking {
                pipe.cmd("ASKING");
            }
            pipe.add_command(command.clone());
        }
        let count = commands.len() * (1 + extra);
        let answer = if count == 1 {
            let command = &commands[0];
            timeout(ANSWER, connection.send_packed_command(command)).await.map(|v| v.map(|v| vec![v]))
        } else {
            timeout(ANSWER, connection.send_packed_commands(&pipe, 0, count)).await
        };
        let Ok(answer) = answer else {
            return Err(Failure::Away(format!("no answer within {} s", ANSWER.as_secs())));
        };
        let replies = answer.and_then(|replies| {
            let each = replies.into_iter().map(Value::extract_error);
            each.collect::<Result<Vec<_>, _>>()
        });
        let is_usable = replies.as_ref().err().is_none_or(|error| error.code().is_some());
        if is_usable {
            self.connection = Some(connection);
        }
        Ok(replies.map(|replies| replies.into_iter().skip(extra).step_by(1 + extra).collect()))
    }

    async fn dial(&self) -> Result<MultiplexedConnection, Failure> {
        let target = &self.target;
        if !target.path.is_empty() {
            return self.opened(ConnectionAddr::Unix((&target.path).into()), "").await;
        }
        let node = match (&self.moved_to, target.kind) {
            (Some(node), _) => node.clone(),
            (None, Kind::One) => target.nodes[0].clone(),
            (None, Kind::Sentinel) => self.ask_each("sentinel_").await?,
            (None, Kind::Cluster) => self.ask_each("").await?,
        };
        self.opened(self.address(&node), "").await
    }

    /// Asks the target's nodes in turn where to go.
    async fn ask_each(&self, whose: &'static str) -> Result<Node, Failure> {
        let mut faults = Vec::new();
        for node in &self.target.nodes {
            match timeout(CONNECT, self.ask(node, whose)).await {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(Failure::Refused(answer))) => return Err(Failure::Refused(answer)),
                Ok(Err(Failure::Away(reason))) => {
                    faults.push(format!("{}:{}: {reason}", node.host, node.port));
                }
                Err(_) => faults.push(format!("{}:{}: no answer", node.host, node.port)),
            }
        }
        Err(Failure::Away(faults.join("; ")))
    }

    async fn ask(&self, node: &Node, whose: &'static str) -> Result<Node, Failure> {
        let mut connection = self.opened(self.address(node), whose).await?;
        let mut command = redis::cmd(if whose.is_empty() { "CLUSTER" } else { "SENTINEL" });
        if whose.is_empty() {
            command.arg("SLOTS");
        } else {
            command.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.target.master);
        }
        let reply = connection.send_packed_command(&command).await;
        let reply = reply.and_then(Value::extract_error).map_err(|error| self.failure(&error))?;
        let found = if whose.is_empty() {
            owner_of(&reply, self.slot.unwrap_or(0), node)
        } else {
            redis::from_redis_value::<Option<(String, u16)>>(reply)
                .ok()
                .flatten()
                .map(|(host, port)| Node { host, port })
        };
        found.ok_or_else(|| Failure::Away("it knows no master for this".to_owned()))
    }

    fn address(&self, node: &Node) -> ConnectionAddr {
        let (host, port) = (node.host.clone(), node.port);
        if self.target.is_tls {
            ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        } else {
            ConnectionAddr::Tcp(host, port)
        }
    }

    async fn opened(
        &self,
        address: ConnectionAddr,
        whose: &str,
    ) -> Result<MultiplexedConnection, Failure> {
        let away = |error: RedisError| self.failure(&error);
        let mut login = RedisConnectionInfo::default().set_skip_set_lib_name();
        if self.option("protocol") == Some("3") {
            login = login.set_protocol(ProtocolVersion::RESP3);
        }
        if whose.is_empty() {
            login = login.set_db(self.target.db);
        }
        if let Some(user) = self.secret(whose, "username")? {
            login = login.set_username(user);
        }
        if let Some(password) = self.secret(whose, "password")? {
            login = login.set_password(password);
        }
        let is_tls = matches!(address, ConnectionAddr::TcpTls { .. });
        let info = address.into_connection_info().map_err(away)?.set_redis_settings(login);
        let client = if is_tls {
            Client::build_with_tls(info, self.certificates()?).map_err(away)?
        } else {
            Client::open(info).map_err(away)?
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(None);
        let dialled = client.get_multiplexed_async_connection_with_config(&config);
        match timeout(CONNECT, dialled).await {
            Ok(dialled) => dialled.map_err(away),
            Err(_) => Err(Failure::Away(format!("no connection within {} s", CONNECT.as_secs()))),
        }
    }

    fn certificates(&self) -> Result<TlsCertificates, Failure> {
        let pem = |name: &str| self.option(name).map(read_file).transpose();
        let client_tls = match (pem("ssl_certfile")?, pem("ssl_keyfile")?) {
            (Some(client_cert), Some(client_key)) => {
                Some(ClientTlsConfig { client_cert, client_key })
            }
            _ => None,
        };
        Ok(TlsCertificates { client_tls, root_cert: pem("ssl_ca_certs")? })
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.target.options.get(name).map(String::as_str)
    }

    /// A user or password, as its file has it now.
    fn secret(&self, whose: &str, name: &str) -> Result<Option<String>, Failure> {
        let name = format!("{whose}{name}");
        let Some(path) = self.option(&format!("{name}_file")) else {
            return Ok(self.option(&name).map(str::to_owned));
        };
        let found = String::from_utf8(read_file(path)?).unwrap_or_default();
        match found.trim() {
            "" => Err(Failure::Away(format!("{path} must hold the value and nothing else, as text"))),
            text if text.len() > FILE_MOST => Err(Failure::Away(format!("{path} is too long"))),
            text => Ok(Some(text.to_owned())),
        }
    }

    /// A wrong password passes by itself where it stands in a file, which is read again.
    fn failure(&self, error: &RedisError) -> Failure {
        let text = error.to_string();
        let code = error.code().unwrap_or("");
        let is_of_login = error.kind() == ErrorKind::AuthenticationFailed
            || matches!(code, "NOAUTH" | "WRONGPASS");
        let passes = LATER.iter().any(|later| code == *later || text.contains(&format!("{later} ")));
        let is_rotating = is_of_login && self.option("password_file").is_some();
        if !is_rotating && !passes && (is_of_login || !code.is_empty()) && !error.is_io_error() {
            return Failure::Refused(text);
        }
        Failure::Away(text)
    }
}

fn read_file(path: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::Away(format!("{path}: {error}")))
}
