//! Where Redis is, from a URL's text: one server, the master that Sentinels name, the nodes of a
//! cluster, or a Unix socket. Pure.
//!
//! ```text
//! redis://[user:password@]host[:6379][/db]                           rediss:// with TLS
//! redis+sentinel://[user:password@]host[:26379][,...]/master[/db]    rediss+sentinel://
//! redis+cluster://[user:password@]host[:6379][,...]                  rediss+cluster://
//! unix://[user:password@]/path[?db=0]
//! ```
//!
//! What else a URL may say stands in `QUERIES`. Certificates are always verified: nothing in a URL
//! turns that off. No message here holds any part of the URL, which may hold a password.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode_str;

use crate::errors::Error;

/// What stands at the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    One,
    Sentinel,
    Cluster,
}

impl Kind {
    const fn port(self) -> u16 {
        match self {
            Kind::Sentinel => 26379,
            Kind::One | Kind::Cluster => 6379,
        }
    }
}

/// Of each scheme: what stands there, and whether TLS is spoken.
const SCHEMES: [(&str, Kind, bool); 7] = [
    ("redis", Kind::One, false),
    ("rediss", Kind::One, true),
    ("unix", Kind::One, false),
    ("redis+sentinel", Kind::Sentinel, false),
    ("rediss+sentinel", Kind::Sentinel, true),
    ("redis+cluster", Kind::Cluster, false),
    ("rediss+cluster", Kind::Cluster, true),
];

/// What may follow the `?`. Files of users and passwords are read at each connect.
const QUERIES: [&str; 13] = [
    "db",
    "protocol",
    "username",
    "password",
    "username_file",
    "password_file",
    "sentinel_username",
    "sentinel_password",
    "sentinel_password_file",
    "ssl_ca_certs",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_password",
];
/// Redis clients know these, by which verification is turned off; here they may only say that it
/// is on.
const SWITCHES: [(&str, &str); 2] = [("ssl_cert_reqs", "required"), ("ssl_check_hostname", "true")];

/// A server's address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Node {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// What a URL says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) kind: Kind,
    /// The server, the Sentinels, or the first nodes to ask; empty for a Unix socket.
    pub(crate) nodes: Vec<Node>,
    pub(crate) is_tls: bool,
    /// Of the Unix socket.
    pub(crate) path: String,
    pub(crate) db: i64,
    /// The name by which Sentinels know the master.
    pub(crate) master: String,
    /// Of `QUERIES`, `username` and `password` among them wherever they stood; no empty ones.
    pub(crate) options: BTreeMap<String, String>,
}

impl fmt::Debug for Target {
    /// Secrets stand in no text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("kind", &self.kind).field("nodes", &self.nodes).finish()
    }
}

type Wrong = String;

/// What `url` says, or what is allowed.
pub(crate) fn parse(url: &str) -> Result<Target, Error> {
    parts(url).map_err(|text| Error::Invalid(format!("the URL {text}")))
}

fn parts(url: &str) -> Result<Target, Wrong> {
    let url = url.split('#').next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").ok_or_else(forms)?;
    let scheme = scheme.to_ascii_lowercase();
    let (_, kind, is_tls) =
        SCHEMES.into_iter().find(|(name, ..)| *name == scheme).ok_or_else(forms)?;
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (location, path) = before.find('/').map_or((before, ""), |at| before.split_at(at));
    let (login, hosts) = location.rsplit_once('@').unwrap_or(("", location));
    let options = options(login, query)?;
    check(&options, kind, is_tls)?;
    if scheme == "unix" {
        if !hosts.is_empty() || path.trim_matches('/').is_empty() {
            return Err("must be unix:///path of the socket, with three slashes".to_owned());
        }
        let (db, path) = (database(&options, "")?, decoded(path)?);
        let (nodes, master) = (Vec::new(), String::new());
        return Ok(Target { kind, nodes, is_tls, path, db, master, options });
    }
    let nodes: Vec<Node> =
        hosts.split(',').map(|text| node(text, kind.port())).collect::<Result<_, _>>()?;
    if kind == Kind::One && nodes.len() > 1 {
        let text = "must name one host: several belong to redis+sentinel or redis+cluster";
        return Err(text.to_owned());
    }
    let mut words = Vec::new();
    for word in path.split('/').filter(|word| !word.is_empty()) {
        words.push(decoded(word)?);
    }
    let mut words = words.into_iter();
    let master = match kind {
        Kind::Sentinel => words.next().ok_or(
            "must name the master behind the Sentinels: /mymaster or /mymaster/0".to_owned(),
        )?,
        Kind::One | Kind::Cluster => String::new(),
    };
    let db = database(&options, &words.next().unwrap_or_default())?;
    if words.next().is_some() {
        return Err("must end behind the number of the database".to_owned());
    }
    if kind == Kind::Cluster && db != 0 {
        return Err("must leave the database out: a cluster has one, 0".to_owned());
    }
    Ok(Target { kind, nodes, is_tls, path: String::new(), db, master, options })
}

fn forms() -> Wrong {
    let schemes = SCHEMES.map(|(name, ..)| format!("{name}://..."));
    format!("must be a URL {}", schemes.join(" or "))
}

fn decoded(text: &str) -> Result<String, Wrong> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(Into::into).map_err(|_| "must be UTF-8 behind each %".to_owned())
}

fn options(login: &str, query: &str) -> Result<BTreeMap<String, String>, Wrong> {
    let mut options = BTreeMap::new();
    for pair in query.split('&').filter(|_| !query.is_empty()) {
        let (name, value) = pair
            .split_once('=')
            .ok_or("must have name=value pairs behind the ?, with & between them")?;
        let value = decoded(&value.replace('+', " "))?;
        if !value.is_empty() && options.insert(decoded(name)?, value).is_some() {
            return Err("must have each name behind the ? once".to_owned());
        }
    }
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    for (name, text) in [("username", decoded(user)?), ("password", decoded(password)?)] {
        if !text.is_empty() && options.insert(name.to_owned(), text).is_some() {
            return Err(format!("must have the {name} before the @ or behind the ?, not both"));
        }
    }
    Ok(options)
}

fn check(options: &BTreeMap<String, String>, kind: Kind, is_tls: bool) -> Result<(), Wrong> {
    for (name, value) in options {
        let name = name.as_str();
        if let Some((_, on)) = SWITCHES.into_iter().find(|(switch, _)| *switch == name) {
            if value.to_ascii_lowercase() != on {
                return Err(format!("must be without {name}: certificates are always verified"));
            }
        } else if !QUERIES.contains(&name) {
            return Err(format!("must have behind the ? only {}", QUERIES.join(", ")));
        }
        if name.starts_with("ssl_") && !is_tls {
            return Err(format!("must be of rediss:// (or rediss+...) where {name} is given"));
        }
        if name.starts_with("sentinel_") && kind != Kind::Sentinel {
            return Err(format!("must be of redis+sentinel:// where {name} is given"));
        }
    }
    let has = |name: &str| options.contains_key(name);
    for name in ["username", "password", "sentinel_password"] {
        if has(name) && has(&format!("{name}_file")) {
            return Err(format!("must have {name} or {name}_file, not both"));
        }
    }
    if has("ssl_certfile") != has("ssl_keyfile") && has("ssl_keyfile") {
        return Err("must have ssl_certfile where ssl_keyfile is given".to_owned());
    }
    if (has("username") || has("username_file")) && !(has("password") || has("password_file")) {
        let text = "must have a password (user:password@, or password_file) with the user";
        return Err(text.to_owned());
    }
    match options.get("protocol").map(String::as_str) {
        None | Some("2" | "3") => Ok(()),
        Some(_) => Err("must have protocol=2 or protocol=3".to_owned()),
    }
}

fn node(text: &str, port: u16) -> Result<Node, Wrong> {
    let (host, digits) = match text.rsplit_once(':') {
        Some((host, digits)) if !text.ends_with(']') => (host, Some(digits)),
        _ => (text, None),
    };
    let is_bracketed = host.starts_with('[') && host.ends_with(']');
    let host = if is_bracketed { &host[1..host.len() - 1] } else { host };
    if host.contains(':') && !is_bracketed {
        return Err("must have IPv6 addresses in brackets, [::1]:6379".to_owned());
    }
    if host.is_empty() {
        return Err(format!("{} with a host, and one behind each comma", forms()));
    }
    let port = match digits.map(str::parse) {
        None => port,
        Some(Ok(port)) if port > 0 => port,
        Some(_) => return Err("must have a port below 65536 behind each host, if any".to_owned()),
    };
    Ok(Node { host: decoded(host)?, port })
}

fn database(options: &BTreeMap<String, String>, word: &str) -> Result<i64, Wrong> {
    let said = options.get("db").map_or("", String::as_str);
    match (said, word) {
        ("", "") => Ok(0),
        (text, "") | ("", text) => {
            let number = text.parse::<u32>().ok().filter(|_| !text.starts_with('+'));
            number.map(i64::from).ok_or_else(|| "must have a number as the database".to_owned())
        }
        _ => Err("must have the database behind the host or as db=, not both".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Node, parse};

    fn node(host: &str, port: u16) -> Node {
        Node { host: host.to_owned(), port }
    }

    #[test]
    fn every_form_says_where_redis_is() {
        let one = parse("redis://bot:p%40ss@host/3").unwrap();
        assert_eq!((one.kind, one.db, one.is_tls), (Kind::One, 3, false));
        assert_eq!(one.nodes, [node("host", 6379)]);
        assert_eq!(
            (one.options["username"].as_str(), one.options["password"].as_str()),
            ("bot", "p@ss")
        );
        let set = parse("rediss+sentinel://a,[::1]:7/mymaster?ssl_ca_certs=/ca.pem").unwrap();
        assert_eq!(set.nodes, [node("a", 26379), node("::1", 7)]);
        assert_eq!((set.kind, set.master.as_str(), set.is_tls), (Kind::Sentinel, "mymaster", true));
        let socket = parse("unix:///run/my%20redis.sock?db=2").unwrap();
        assert_eq!((socket.path.as_str(), socket.db), ("/run/my redis.sock", 2));
        assert_eq!(parse("redis+cluster://a:1,b:2").unwrap().nodes, [node("a", 1), node("b", 2)]);
    }

    #[test]
    fn what_means_nothing_is_refused_without_telling_the_secret() {
        for url in [
            "http://host",
            "redis://",
            "redis://a,b",
            "redis://host:0",
            "redis://host:70000",
            "redis://::1",
            "redis://host/1/2",
            "redis://host/x",
            "redis://host/1?db=2",
            "redis://secret@host",
            "redis://host?ssl_ca_certs=secret",
            "rediss://host?ssl_cert_reqs=none",
            "rediss://host?ssl_check_hostname=false",
            "rediss://host?ssl_keyfile=secret",
            "redis://:secret@host?password_file=f",
            "redis://:secret@host?password=other",
            "redis://host?sentinel_password=secret",
            "redis://host?secret",
            "redis://host?db=1&db=2",
            "redis://host?protocol=4",
            "redis://host?other=secret",
            "redis+sentinel://host",
            "redis+cluster://host/1",
            "unix://host/path",
            "unix:///",
        ] {
            let text = parse(url).expect_err(url).to_string();
            assert!(!text.contains("secret"), "{text}");
        }
        assert!(parse("rediss://host?ssl_cert_reqs=required&ssl_check_hostname=True").is_ok());
        assert!(!format!("{:?}", parse("redis://:hidden@host").unwrap()).contains("hidden"));
    }
}
