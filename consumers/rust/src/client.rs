//! The client: streams on Redis as streams of events.
//!
//! Life: make a client (nothing connects yet), follow, drop what you followed. Everything that
//! waits does so inside the stream that you poll, on a connection of its own; a `Follow` or
//! `Entries` that is dropped closes it and leaves no task behind (the Redis library drives a
//! socket in a task of its own, which ends with it). A client may be shared and cloned; it holds
//! no connection. On a cluster a stream of several symbols has one connection a slot.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::{self, StreamExt as _};

use crate::choosing::{Options, Wanted, Wish, both_lines, choose, wishes};
use crate::cluster::slot_of;
use crate::commands;
use crate::dialing::Failure;
use crate::errors::Error;
use crate::events::{Event, Record};
use crate::follower::{FOLLOW_BLOCK, Follower};
use crate::link::Link;
use crate::one_shot::{ONE_SHOT_BLOCK, one_state};
use crate::records::{Records, Start};
use crate::replica::Missing;
use crate::resp::NotAReply;
use crate::states::State;
use crate::url::{Kind, Target, parse};
use crate::wire::{Listing, Place};

/// Whose streams: everybody's, or an account's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Scope {
    #[default]
    Public,
    Private,
}

/// Follows streams.
#[derive(Debug, Clone)]
pub struct Client {
    target: Arc<Target>,
    namespace: String,
    chosen: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Client {
    /// The URL of a server on this machine.
    pub const DEFAULT_URL: &str = "redis://127.0.0.1:6379";

    /// A client of the Redis that `url` names; see the crate for the forms. Nothing connects yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what is allowed.
    pub fn new(url: &str) -> Result<Self, Error> {
        let target = Arc::new(parse(url)?);
        Ok(Self { target, namespace: "kraken".to_owned(), chosen: Arc::default() })
    }

    /// The same client for the keys of another namespace than `kraken`.
    #[must_use]
    pub fn namespace(self, namespace: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), ..self }
    }

    /// What was asked for, and the stream that the catalogue gave for it.
    #[must_use]
    pub fn chosen(&self) -> BTreeMap<String, String> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The endless stream of the events of `symbols` (or stream keys); `instrument`, `executions`
    /// and `balances` have no symbols. What the options leave open the catalogue decides.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::NoStream`], [`Error::AmbiguousStream`],
    /// [`Error::RedisRefused`], and [`Error::RedisUnreachable`] when the catalogue is needed and
    /// cannot be read. The stream ends with an error that it cannot mend.
    pub async fn follow(&self, symbols: &[&str], options: &Options) -> Result<Follow, Error> {
        let mut wanted = Vec::new();
        for wish in wishes(symbols, options)? {
            wanted.push(self.wanted(&wish).await?);
        }
        let total = wanted.iter().map(|each| each.streams().len()).sum();
        let mut slots: BTreeMap<u16, Vec<Wanted>> = BTreeMap::new();
        for each in wanted {
            slots.entry(self.slot_of(&each.streams()[0])).or_default().push(each);
        }
        let followers = slots.into_iter().map(|(slot, wanted)| {
            let link = Link::new(Arc::clone(&self.target), slot);
            let missing = options.missing;
            events_of(Box::new(Follower::new(link, &wanted, missing, FOLLOW_BLOCK, total)))
        });
        Ok(Follow { followers: stream::select_all(followers), is_over: false })
    }

    /// The state of a stream of any channel, joined, caught up and verified, as it is now. `symbol`
    /// is empty for a channel without symbols.
    ///
    /// # Errors
    /// As [`Client::follow`], and [`Error::NotReady`] after `wait`.
    pub async fn state(
        &self,
        symbol: &str,
        options: &Options,
        wait: Duration,
    ) -> Result<Arc<State>, Error> {
        let wanted = self.wanted(&one_wish(symbol, options)?).await?;
        self.one_state(&wanted, wait).await
    }

    /// The same of a stream that holds a book, L2 or L3.
    ///
    /// # Errors
    /// As [`Client::state`], and [`Error::Invalid`] for a stream of another channel.
    pub async fn book(
        &self,
        symbol: &str,
        options: &Options,
        wait: Duration,
    ) -> Result<Arc<State>, Error> {
        let wanted = self.wanted(&one_wish(symbol, options)?).await?;
        let stream = &wanted.streams()[0];
        if !Place::of_key(stream).channel().is_some_and(|channel| channel.has_book()) {
            return Err(Error::Invalid(format!("{stream} holds no book: use state")));
        }
        self.one_state(&wanted, wait).await
    }

    async fn one_state(&self, wanted: &Wanted, wait: Duration) -> Result<Arc<State>, Error> {
        let streams = wanted.streams();
        let link = Link::new(Arc::clone(&self.target), self.slot_of(&streams[0]));
        let each: Vec<Wanted> = streams.iter().cloned().map(Wanted::Stream).collect();
        let follower = Follower::new(link, &each, Missing::Wait, ONE_SHOT_BLOCK, each.len());
        one_state(follower, &streams[0], wait).await
    }

    /// What the catalogue of public or of private streams lists.
    ///
    /// # Errors
    /// [`Error::RedisUnreachable`], [`Error::RedisRefused`].
    pub async fn streams(&self, scope: Scope) -> Result<Vec<Listing>, Error> {
        self.catalogue(&self.space(scope)).await
    }

    /// Ask the publisher of a stream for a newer snapshot; it answers in `.snap` (WIRE §7.6).
    ///
    /// # Errors
    /// As [`Client::follow`].
    pub async fn request_snapshot(&self, symbol: &str, options: &Options) -> Result<(), Error> {
        let wish = one_wish(symbol, options)?;
        let space = wish.space(&self.namespace);
        let rows = self.catalogue(&space).await?;
        for line in wish.lines() {
            let listing = self.listed(&rows, &line)?;
            let key = commands::requests_key(&space, &listing.feed);
            self.once(&key, commands::request(&space, listing), |_| Ok(())).await?;
        }
        Ok(())
    }

    /// The endless stream of the entries of a stream as they are, whatever its channel.
    pub fn entries(&self, stream: &str, start: Start) -> Entries {
        let link = Link::new(Arc::clone(&self.target), self.slot_of(stream));
        let records = Box::new(Records::new(link, stream, start));
        let next = |mut records: Box<Records>| async {
            let record = records.next().await;
            Some((record, records))
        };
        Entries { records: Box::pin(stream::unfold(records, next)), is_over: false }
    }

    /// The endless stream of the events of a feed's status stream (WIRE §4.8).
    pub fn status(&self, feed: &str, start: Start, scope: Scope) -> Entries {
        self.entries(&format!("{{{}.feed.{feed}}}:status", self.space(scope)), start)
    }

    fn space(&self, scope: Scope) -> String {
        match scope {
            Scope::Public => self.namespace.clone(),
            Scope::Private => format!("priv.{}", self.namespace),
        }
    }

    /// A key's slot on a cluster; elsewhere all keys lie together.
    fn slot_of(&self, key: &str) -> u16 {
        if self.target.kind == Kind::Cluster { slot_of(key) } else { 0 }
    }

    async fn wanted(&self, wish: &Wish) -> Result<Wanted, Error> {
        let lines = wish.lines();
        let first = self.stream(&lines[0]).await;
        match (lines.get(1), first) {
            (None, stream) => stream.map(Wanted::Stream),
            (Some(other), Err(Error::NoStream { .. })) => {
                Ok(Wanted::Lines(both_lines(&self.stream(other).await?)))
            }
            (Some(_), stream) => stream.map(|stream| Wanted::Lines(both_lines(&stream))),
        }
    }

    async fn stream(&self, wish: &Wish) -> Result<String, Error> {
        if let Some(key) = wish.key(&self.namespace) {
            return Ok(key);
        }
        let rows = self.catalogue(&wish.space(&self.namespace)).await?;
        self.listed(&rows, wish).map(|row| row.stream.clone())
    }

    /// The row that the catalogue gives for a wish; what else there was is said.
    fn listed<'r>(&self, rows: &'r [Listing], wish: &Wish) -> Result<&'r Listing, Error> {
        let found = choose(rows, wish)?;
        let (first, others) = (found[0], &found[1..]);
        let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        chosen.insert(wish.to_string(), first.stream.clone());
        if !others.is_empty() {
            let others: Vec<&str> = others.iter().map(|row| row.stream.as_str()).collect();
            let (stream, others) = (&first.stream, others.join(","));
            log::info!("stream_chosen wanted={wish} stream={stream} not={others}");
        }
        Ok(first)
    }

    async fn catalogue(&self, space: &str) -> Result<Vec<Listing>, Error> {
        let key = commands::catalogue_key(space);
        self.once(&key, commands::catalogue(space), commands::listings).await
    }

    async fn once<T>(
        &self,
        key: &str,
        command: redis::Cmd,
        read: impl FnOnce(&Bytes) -> Result<T, NotAReply>,
    ) -> Result<T, Error> {
        let began = std::time::Instant::now();
        let mut link = Link::new(Arc::clone(&self.target), self.slot_of(key));
        match link.ask(command, read).await {
            Ok(found) => Ok(found),
            Err(Failure::Refused(answer)) => Err(Error::RedisRefused { answer }),
            Err(Failure::Away(reason)) => {
                Err(Error::RedisUnreachable { reason, waited: began.elapsed() })
            }
        }
    }
}

fn one_wish(symbol: &str, options: &Options) -> Result<Wish, Error> {
    let symbols: &[&str] = if symbol.is_empty() { &[] } else { &[symbol] };
    let mut found = wishes(symbols, options)?;
    Ok(found.swap_remove(0))
}

type Boxed<T> = Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>;

fn events_of(follower: Box<Follower>) -> Boxed<Event> {
    let next = |mut follower: Box<Follower>| async {
        loop {
            if let Some(event) = follower.take() {
                return Some((Ok(event), follower));
            }
            if let Err(error) = follower.turn().await {
                return Some((Err(error), follower));
            }
        }
    };
    Box::pin(stream::unfold(follower, next))
}

/// The events of what is followed, for ever, or until an error that it cannot mend.
///
/// A [`Stream`]; [`Follow::next`] saves you its extension trait. Waiting for the next event may be
/// given up at any point (`select!`) without losing one.
#[must_use = "streams do nothing unless polled"]
pub struct Follow {
    followers: stream::SelectAll<Boxed<Event>>,
    is_over: bool,
}

impl Follow {
    /// The next event; `None` after an error.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        std::future::poll_fn(|context| self.poll_event(context)).await
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Event, Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let polled = self.followers.poll_next_unpin(context);
        self.is_over = matches!(polled, Poll::Ready(None | Some(Err(_))));
        if self.is_over {
            self.followers.clear(); // closes the connections
        }
        polled
    }
}

impl Stream for Follow {
    type Item = Result<Event, Error>;

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Event, Error>>> {
        self.get_mut().poll_event(context)
    }
}

impl std::fmt::Debug for Follow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follow").field("is_over", &self.is_over).finish_non_exhaustive()
    }
}

/// The entries of a stream as they are, for ever, or until an error that it cannot mend.
#[must_use = "streams do nothing unless polled"]
pub struct Entries {
    records: Boxed<Record>,
    is_over: bool,
}

impl Entries {
    /// The next record; `None` after an error.
    pub async fn next(&mut self) -> Option<Result<Record, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Entries {
    type Item = Result<Record, Error>;

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Record, Error>>> {
        let entries = self.get_mut();
        if entries.is_over {
            return Poll::Ready(None);
        }
        let polled = entries.records.as_mut().poll_next(context);
        entries.is_over = matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }
}

impl std::fmt::Debug for Entries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entries").field("is_over", &self.is_over).finish_non_exhaustive()
    }
}
