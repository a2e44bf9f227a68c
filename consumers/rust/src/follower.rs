//! What `Client::follow` gives: the events of many streams, and their states.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use crate::book::Book;
use crate::errors::Error;
use crate::group::{Group, Step};
use crate::link::Link;
use crate::replica::{Missing, Replica};
use crate::slots::slot_of;
use crate::state::State;
use crate::told::{Event, StateAt};
use crate::url::{Kind, Target};

/// Events that a group gives in a row while others have some, too.
const PATIENCE: u32 = 1000;

/// Follows streams for ever, connecting again whenever Redis is away. Whoever awaits `next` runs
/// everything; nothing runs in the background, dropping it closes its connections, and giving up an
/// await loses nothing. States change only when the next event is asked for.
pub struct Follower {
    groups: Vec<Group>,
    turn: usize,
    /// How many events more the group whose turn it is may give before the others are looked at.
    left: u32,
    /// Where the state of the event given last stands.
    last: Option<(usize, StateAt)>,
    is_over: bool,
}

impl Follower {
    pub(crate) fn new(
        target: &Arc<Target>,
        wanted: Vec<Vec<String>>,
        missing: Missing,
        block: Duration,
    ) -> Self {
        let mut slots: Vec<(Option<u16>, Vec<Vec<String>>)> = Vec::new();
        for streams in wanted {
            // On a cluster each slot has a reader: a shard that is lost costs its own streams only.
            let slot = (target.kind == Kind::Cluster).then(|| slot_of(&streams[0]));
            match slots.iter_mut().find(|(known, _)| *known == slot) {
                Some((_, group)) => group.push(streams),
                None => slots.push((slot, vec![streams])),
            }
        }
        let group = |(slot, wanted): (Option<u16>, Vec<Vec<String>>)| {
            Group::new(Link::new(target.clone(), slot), &wanted, missing, block)
        };
        let groups = slots.into_iter().map(group).collect();
        Self { groups, turn: 0, left: PATIENCE, last: None, is_over: false }
    }

    /// The next event. It ends, with `None`, only behind an error.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        std::future::poll_fn(|context| self.poll_event(context)).await
    }

    /// The state right after the event given last.
    pub fn state(&self) -> Option<&State> {
        self.last.map(|(group, at)| self.groups[group].state(at))
    }

    /// The book right after the event given last, where it is of a `book` stream.
    pub fn book(&self) -> Option<&Book> {
        self.state().and_then(State::book)
    }

    /// The replicas of all streams, as they stand.
    pub fn replicas(&self) -> impl Iterator<Item = &Replica> {
        self.groups.iter().flat_map(Group::replicas)
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Event, Error>>> {
        loop {
            match self.poll_step(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(Some(Ok(Step::Event(event)))) => return Poll::Ready(Some(Ok(event))),
                Poll::Ready(Some(Ok(Step::Idle))) => {}
            }
        }
    }

    /// One step of whichever group has one, each in its turn.
    pub(crate) fn poll_step(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Step, Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        for _ in 0..self.groups.len() {
            let at = self.turn;
            match self.groups[at].poll_step(context) {
                Poll::Pending => self.turn = (at + 1) % self.groups.len(),
                Poll::Ready(Err(error)) => {
                    self.is_over = true;
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(Ok(step)) => {
                    match &step {
                        Step::Event(event) => {
                            self.last = Some((at, event.state_at));
                            self.left = self.left.checked_sub(1).unwrap_or(PATIENCE);
                            if self.left == 0 {
                                self.turn = (at + 1) % self.groups.len();
                            }
                        }
                        Step::Idle => self.turn = (at + 1) % self.groups.len(),
                    }
                    return Poll::Ready(Some(Ok(step)));
                }
            }
        }
        Poll::Pending
    }
}

impl Stream for Follower {
    type Item = Result<Event, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_event(context)
    }
}
