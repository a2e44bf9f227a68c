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
//! Certificates are always verified: nothing in a URL turns that off. No message here holds any part
//! of the URL, which may hold a password.

use std::collections::BTreeMap;
use std::fmt;

use crate::errors::Error;

const FORMS: &str = "the URL must be redis://, rediss://, unix://, redis+sentinel://, \
                     rediss+sentinel://, redis+cluster:// or rediss+cluster://";
/// What may follow the `?`.
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
/// By these other clients turn verification off; here they may only say that it is on.
const SWITCHES: [(&str, &str); 2] = [("ssl_cert_reqs", "required"), ("ssl_check_hostname", "true")];

/// What stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    One,
    Sentinel,
    Cluster,
}

/// A server's address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    pub host: String,
    pub port: u16,
}

/// What a URL says. Secrets stand in no `Debug`.
#[derive(Clone)]
pub(crate) struct Target {
    pub kind: Kind,
    /// The server, the Sentinels, or the first nodes to ask; empty for a Unix socket.
    pub nodes: Vec<Node>,
    pub is_tls: bool,
    /// Of the Unix socket.
    pub path: String,
    pub db: i64,
    /// The name by which Sentinels know the master.
    pub master: String,
    /// Of `QUERIES`, `username` and `password` among them wherever they stood; no empty ones.
    pub options: BTreeMap<String, String>,
}

impl fmt::Debug for Target {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Target").field("kind", &self.kind).field("nodes", &self.nodes).finish()
    }
}

fn wrong(what: impl Into<String>) -> Error {
    Error::Usage(what.into())
}

/// Reads a URL; `Error::Usage` says what is allowed.
pub(crate) fn parse(url: &str) -> Result<Target, Error> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong(FORMS))?;
    let (kind, is_tls) = match scheme {
        "redis" | "unix" => (Kind::One, false),
        "rediss" => (Kind::One, true),
        "redis+sentinel" => (Kind::Sentinel, false),
        "rediss+sentinel" => (Kind::Sentinel, true),
        "redis+cluster" => (Kind::Cluster, false),
        "rediss+cluster" => (Kind::Cluster, true),
        _ => return Err(wrong(FORMS)),
    };
    let rest = rest.split('#').next().unwrap_or("");
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (place, path) = before.split_at(before.find('/').unwrap_or(before.len()));
    let (login, hosts) = place.rsplit_once('@').unwrap_or(("", place));
    let options = options(login, query)?;
    check_options(&options, kind, is_tls)?;
    if scheme == "unix" {
        if !hosts.is_empty() || path.trim_matches('/').is_empty() {
            return Err(wrong("the URL must be unix:///path of the socket, with three slashes"));
        }
        let (db, path) = (database(&options, None)?, unquoted(path));
        return Ok(Target { kind, nodes: vec![], is_tls, path, db, master: String::new(), options });
    }
    let port = if kind == Kind::Sentinel { 26379 } else { 6379 };
    let nodes = hosts.split(',').map(|text| node(text, port)).collect::<Result<Vec<_>, _>>()?;
    if kind == Kind::One && nodes.len() > 1 {
        return Err(wrong("the URL must name one host: several belong to redis+sentinel or redis+cluster"));
    }
    let mut words = path.split('/').filter(|word| !word.is_empty()).map(unquoted);
    let mut master = String::new();
    if kind == Kind::Sentinel {
        master = words.next().ok_or_else(|| {
            wrong("the URL must name the master behind the Sentinels: /mymaster or /mymaster/0")
        })?;
    }
    let db = database(&options, words.next())?;
    if words.next().is_some() {
        return Err(wrong("the URL must end behind the number of the database"));
    }
    if kind == Kind::Cluster && db != 0 {
        return Err(wrong("the URL must leave the database out: a cluster has one, 0"));
    }
    Ok(Target { kind, nodes, is_tls, path: String::new(), db, master, options })
}

fn options(login: &str, query: &str) -> Result<BTreeMap<String, String>, Error> {
    let mut options = BTreeMap::new();
    for pair in query.split('&').filter(|_| !query.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            wrong("the URL must have name=value pairs behind the ?, with & between them")
        })?;
        if value.is_empty() {
            continue;
        }
        if options.insert(unquoted(name), unquoted(&value.replace('+', " "))).is_some() {
            return Err(wrong("the URL must have each name behind the ? once"));
        }
    }
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    for (name, text) in [("username", user), ("password", password)] {
        if !text.is_empty() && options.insert(name.to_owned(), unquoted(text)).is_some() {
            let text = format!("the URL must have the {name} before the @ or behind the ?, not both");
            return Err(wrong(text));
        }
    }
    Ok(options)
}

fn check_options(
    options: &BTreeMap<String, String>,
    kind: Kind,
    is_tls: bool,
) -> Result<(), Error> {
    let has = |name: &str| options.contains_key(name);
    for (name, value) in options {
        let switch = SWITCHES.iter().find(|(switch, _)| switch == name);
        if switch.is_some_and(|(_, on)| !value.eq_ignore_ascii_case(on)) {
            return Err(wrong(format!(
                "the URL must be without {name}: certificates are always verified"
            )));
        }
        if switch.is_none() && !QUERIES.contains(&name.as_str()) {
            let text = format!("the URL must have behind the ? only {}", QUERIES.join(", "));
            return Err(wrong(text));
        }
        if name.starts_with("ssl_") && !is_tls {
            return Err(wrong(format!("the URL must be rediss:// where {name} is given")));
        }
        if name.starts_with("sentinel_") && kind != Kind::Sentinel {
            return Err(wrong(format!("the URL must be redis+sentinel:// where {name} is given")));
        }
    }
    for name in ["username", "password", "sentinel_password"] {
        if has(name) && has(&format!("{name}_file")) {
            return Err(wrong(format!("the URL must have {name} or {name}_file, not both")));
        }
    }
    if has("ssl_keyfile") != has("ssl_certfile") {
        return Err(wrong("the URL must have ssl_certfile and ssl_keyfile together"));
    }
    if has("ssl_password") {
        return Err(wrong(
            "the URL must be without ssl_password: this library reads keys that are not encrypted",
        ));
    }
    let has_name = has("username") || has("username_file");
    if has_name && !(has("password") || has("password_file")) {
        return Err(wrong(
            "the URL must have a password (user:password@, or password_file) with the user",
        ));
    }
    match options.get("protocol").map(String::as_str) {
        None | Some("2" | "3") => Ok(()),
        Some(_) => Err(wrong("the URL must have protocol=2 or protocol=3")),
    }
}

fn node(text: &str, port: u16) -> Result<Node, Error> {
    let (host, digits) = match text.rsplit_once(':') {
        Some((host, digits)) if !text.ends_with(']') => (host, Some(digits)),
        _ => (text, None),
    };
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if inner.is_none() && host.contains(':') {
        return Err(wrong("the URL must have IPv6 addresses in brackets, [::1]:6379"));
    }
    let host = unquoted(inner.unwrap_or(host));
    if host.is_empty() {
        return Err(wrong(format!("{FORMS}, with a host, and one behind each comma")));
    }
    let port = match digits {
        None => port,
        Some(digits) => digits.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
            wrong("the URL must have a port below 65536 behind each host, if any")
        })?,
    };
    Ok(Node { host, port })
}

fn database(options: &BTreeMap<String, String>, word: Option<String>) -> Result<i64, Error> {
    let text = match (options.get("db"), word) {
        (Some(_), Some(_)) => {
            return Err(wrong("the URL must have the database behind the host or as db=, not both"));
        }
        (Some(text), None) => text.clone(),
        (None, word) => word.unwrap_or_else(|| "0".to_owned()),
    };
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<u32>().ok().filter(|_| is_digits);
    number.map(i64::from).ok_or_else(|| wrong("the URL must have a number as the database"))
}

fn unquoted(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let target = parse("redis+sentinel://u:p%40@a,[::1]:7/mymaster/2").unwrap();
        assert_eq!((target.kind, target.master.as_str(), target.db), (Kind::Sentinel, "mymaster", 2));
        assert_eq!(target.nodes[1], Node { host: "::1".into(), port: 7 });
        assert_eq!(target.options["password"], "p@");
        assert_eq!(parse("unix:///tmp/s?db=1").unwrap().path, "/tmp/s");
        for wrong in [
            "http://x",
            "redis://",
            "redis://a,b",
            "redis://a:0",
            "redis://a/1/2",
            "redis://a?x=1",
            "redis://a?ssl_ca_certs=/x",
            "rediss://a?ssl_cert_reqs=none",
            "redis://user@a",
            "redis+cluster://a/1",
            "redis+sentinel://a",
            "unix://a/b",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
