//! The client: chooses streams, follows them, and answers questions once.
//!
//! Life: make a client (nothing connects yet), follow, drop. Each follower and each call has its own
//! connection, dialled when it is needed and closed when it is dropped.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Cmd, Value};

use crate::choosing::{Wish, Words, both_lines, choose, wishes};
use crate::errors::Error;
use crate::follower::Follower;
use crate::group::Step;
use crate::id::{Channel, Place};
use crate::link::{Failure, Link};
use crate::listing::Listing;
use crate::records::{Records, Start};
use crate::replica::Missing;
use crate::slots::slot_of;
use crate::state::State;
use crate::told::Told;
use crate::url::{Target, parse};
use crate::wire::decode_listing;

/// How long a read waits: silence is noticed at least as often.
const BLOCK: Duration = Duration::from_secs(1);
const ONE_SHOT_BLOCK: Duration = Duration::from_millis(20);
const REQUESTS_KEPT: u32 = 1000;

/// Which catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Scope {
    #[default]
    Public,
    Private,
}

/// Follows streams of one Redis; see the module.
#[derive(Clone, Debug)]
pub struct Client {
    target: Arc<Target>,
    namespace: String,
}

impl Client {
    /// Where Redis is unless told.
    pub const DEFAULT_URL: &str = "redis://127.0.0.1:6379";

    /// A client of the Redis that the URL names; `Error::Usage` says what a URL may be.
    pub fn new(url: &str) -> Result<Self, Error> {
        Ok(Self { target: Arc::new(parse(url)?), namespace: "kraken".to_owned() })
    }

    /// The client for streams of another namespace than `kraken`.
    pub fn namespace(mut self, namespace: &str) -> Self {
        namespace.clone_into(&mut self.namespace);
        self
    }

    /// What the catalogue lists.
    pub async fn streams(&self, scope: Scope) -> Result<Vec<Listing>, Error> {
        self.catalogue(&self.space(scope)).await
    }

    /// Follows the streams of `symbols` (or stream keys); `instrument`, `executions` and `balances` have
    /// no symbols. What the words leave open the catalogue decides.
    pub async fn follow(
        &self,
        symbols: &[&str],
        words: &Words,
        missing: Missing,
    ) -> Result<Follower, Error> {
        let mut wanted = Vec::new();
        for wish in wishes(symbols, words)? {
            wanted.push(self.wanted(&wish).await?);
        }
        Ok(Follower::new(&self.target, wanted, missing, BLOCK))
    }

    /// The state of a stream as it is now: joined, caught up and verified. `NoStream`, `NotReady` or
    /// `RedisUnreachable` after `wait`.
    pub async fn state(
        &self,
        symbol: &str,
        words: &Words,
        wait: Duration,
    ) -> Result<State, Error> {
        let symbols: &[&str] = if symbol.is_empty() { &[] } else { &[symbol] };
        let wish = wishes(symbols, words)?.remove(0);
        let streams = self.wanted(&wish).await?;
        let wanted = streams.iter().map(|stream| vec![stream.clone()]).collect();
        let mut follower = Follower::new(&self.target, wanted, Missing::Wait, ONE_SHOT_BLOCK);
        let (began, mut reason) = (Instant::now(), None);
        while let Some(step) = poll_fn(|context| follower.poll_step(context)).await {
            if let Step::Event(event) = step? {
                reason = match event.told {
                    Told::Disconnected { reason } => Some(reason),
                    _ => None,
                };
                continue;
            }
            let valid = follower.replicas().map(|replica| replica.state());
            let newest = valid.filter(|state| state.is_valid).max_by_key(|state| state.ts_event);
            if let (Some(state), None) = (newest, &reason) {
                return Ok(state.clone());
            }
            if began.elapsed() >= wait {
                break;
            }
        }
        let is_there = follower.replicas().any(|replica| replica.cursor().is_some());
        Err(match reason {
            Some(reason) => Error::RedisUnreachable { reason, waited: wait },
            None if is_there => Error::NotReady { stream: streams[0].clone(), waited: wait },
            None => Error::NoStream { wanted: streams[0].clone() },
        })
    }

    /// The state of a `book` or `level3` stream as it is now; `state().book()` is the book.
    pub async fn book(&self, symbol: &str, words: &Words, wait: Duration) -> Result<State, Error> {
        let channel = if symbol.starts_with('{') {
            Place::of_key(symbol).channel.unwrap_or_default()
        } else {
            words.channel
        };
        if !matches!(channel, Channel::Book | Channel::Level3) {
            return Err(Error::Usage(format!("{channel} holds no book: use state()")));
        }
        self.state(symbol, words, wait).await
    }

    /// Asks the publisher of a stream for a newer snapshot; it answers in `.snap` (WIRE §7.6).
    pub async fn request_snapshot(&self, symbol: &str, words: &Words) -> Result<(), Error> {
        let symbols: &[&str] = if symbol.is_empty() { &[] } else { &[symbol] };
        let wish = wishes(symbols, words)?.remove(0);
        let space = wish.space(&self.namespace);
        let rows = self.catalogue(&space).await?;
        for line in wish.lines() {
            let row = choose(&rows, &line)?[0];
            let key = format!("{{{space}.feed.{}}}:requests", row.feed);
            let mut command = redis::cmd("XADD");
            command.arg(&key).arg("MAXLEN").arg("~").arg(REQUESTS_KEPT).arg("*").arg("d");
            command.arg(request(row.header.symbol.as_deref().unwrap_or("")));
            self.ask(&key, command).await?;
        }
        Ok(())
    }

    /// The entries of any stream as they are, for ever.
    pub fn entries(&self, stream: &str, start: Start) -> Records {
        Records::new(Link::new(self.target.clone(), Some(slot_of(stream))), stream, start)
    }

    /// The events of a feed's status stream (WIRE §4.8).
    pub fn status(&self, feed: &str, start: Start, scope: Scope) -> Records {
        self.entries(&format!("{{{}.feed.{feed}}}:status", self.space(scope)), start)
    }

    fn space(&self, scope: Scope) -> String {
        match scope {
            Scope::Public => self.namespace.clone(),
            Scope::Private => format!("priv.{}", self.namespace),
        }
    }

    async fn wanted(&self, wish: &Wish) -> Result<Vec<String>, Error> {
        let lines = wish.lines();
        let first = self.stream(&lines[0]).await;
        let Some(other) = lines.get(1) else {
            return Ok(vec![first?]);
        };
        let found = match first {
            Err(Error::NoStream { .. }) => self.stream(other).await,
            first => first,
        };
        Ok(both_lines(&found?).to_vec())
    }

    async fn stream(&self, wish: &Wish) -> Result<String, Error> {
        if let Some(key) = wish.key(&self.namespace) {
            return Ok(key);
        }
        let rows = self.catalogue(&wish.space(&self.namespace)).await?;
        Ok(choose(&rows, wish)?[0].stream.clone())
    }

    /// The rows of a catalogue; what does not decode proves nothing and is passed over.
    async fn catalogue(&self, space: &str) -> Result<Vec<Listing>, Error> {
        let key = format!("{{{space}.catalogue}}:streams");
        let mut command = redis::cmd("HGETALL");
        command.arg(&key);
        let reply = self.ask(&key, command).await?;
        let pairs = redis::from_redis_value::<Vec<(Vec<u8>, Vec<u8>)>>(reply).unwrap_or_default();
        let listing = |(field, value): (Vec<u8>, Vec<u8>)| {
            decode_listing(&String::from_utf8(field).ok()?, &value).ok()
        };
        let mut rows: Vec<_> = pairs.into_iter().filter_map(listing).collect();
        let order = |row: &Listing| {
            (row.header.symbol.clone(), row.header.depth.unwrap_or(0), row.stream.clone())
        };
        rows.sort_by_key(order);
        Ok(rows)
    }

    async fn ask(&self, key: &str, command: Cmd) -> Result<Value, Error> {
        let began = Instant::now();
        let mut link = Link::new(self.target.clone(), Some(slot_of(key)));
        match link.run(&[command]).await {
            Ok(replies) => Ok(replies.into_iter().next().unwrap_or(Value::Nil)),
            Err(Failure::Refused(answer)) => Err(Error::RedisRefused { answer }),
            Err(Failure::Away(reason)) => {
                Err(Error::RedisUnreachable { reason, waited: began.elapsed() })
            }
        }
    }
}

/// The msgpack map `{t: snapshot, y: symbol}`.
fn request(symbol: &str) -> Vec<u8> {
    let mut data = b"\x82\xa1t\xa8snapshot\xa1y\xd9".to_vec();
    data.push(symbol.len().min(255) as u8);
    data.extend(symbol.bytes().take(255));
    data
}
