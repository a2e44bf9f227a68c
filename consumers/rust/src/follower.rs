//! What a follower reads, in which order, and what it tells: the replicas of streams that lie on
//! one server, fed by one XREAD; of two lines of a stream an arbiter makes one.
//!
//! [`Follower::turn`] does one thing that may wait (a round trip, a pause), and the events that
//! come of it are taken with [`Follower::take`], entry by entry: each entry is applied when its
//! event is asked for, so that a state is copied only where the application keeps one. It connects
//! again by itself: a failed command becomes `Disconnected`, pauses that grow, and `Reconnected`.
//! The clock of silence (WIRE §7.4) runs only while it listens: a slow application is no silent
//! stream.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use redis::Cmd;

use crate::arbiter::Arbiter;
use crate::choosing::Wanted;
use crate::commands::{self, Batch, Entry};
use crate::dialing::{BLOCK, Failure};
use crate::errors::Error;
use crate::events::Event;
use crate::link::{Link, pace_of, spread};
use crate::replica::{Missing, Replica, Told, Want};
use crate::states::State;
use crate::wire::EntryId;

const READ_COUNT: usize = 1000; // entries a stream and read; beyond it the cost falls no longer
const READ_TOTAL: usize = 20_000; // entries a read over all streams: bounds memory
const JOIN_RETRY: Duration = Duration::from_millis(250); // between two looks for a snapshot
const HORIZON_RETRY: Duration = Duration::from_secs(1); // between two looks at the lag
/// No entry in any stream for so long, though each has a heartbeat every 5 s (WIRE §4.6): this may
/// be a replica that is cut off, or a master of yesterday, so Sentinels and names are asked again.
const DOUBT: Duration = Duration::from_secs(6);
/// How long a follower's read waits.
pub(crate) const FOLLOW_BLOCK: Duration = BLOCK;
/// First and longest pause before connecting again.
pub(crate) const BACKOFF: (Duration, Duration) =
    (Duration::from_millis(50), Duration::from_secs(2));

/// What a turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Busy,
    /// Nothing more can be read right now.
    Idle,
}

/// What the next turn does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Read what replicas want beside entries.
    Beside,
    /// Read entries.
    Entries,
    /// Judge the newest ids, which were read before the entries: so an entry that arrives between
    /// the two never looks like one that did not come.
    Heads,
    /// Redis is away: pause.
    Pause,
}

#[derive(Debug)]
struct Followed {
    replica: Replica,
    /// The arbiter and the line's number, where two lines are told as one.
    line: Option<(usize, usize)>,
    /// When to look for a snapshot, or at the lag.
    due: Duration,
    is_behind: bool,
}

#[derive(Debug)]
struct PairOf {
    arbiter: Arbiter,
    /// The places of both lines among the followed.
    members: [usize; 2],
}

/// What is read beside entries, and of which stream.
#[derive(Debug, Clone, Copy)]
enum Look {
    Join,
    Pointer,
    Heads,
    Horizon,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Follower {
    link: Link,
    followed: Vec<Followed>,
    places: HashMap<Arc<str>, usize>,
    pairs: Vec<PairOf>,
    count: usize,
    block: Duration,
    now: Duration,
    phase: Phase,
    told: Told,
    scratch: Told,
    batches: Vec<(usize, Batch)>,
    heads: Vec<(usize, Option<EntryId>)>,
    is_away: bool,
    /// What passes before the next read of entries.
    pace: Duration,
    pause: Duration,
    heard: Duration,
}

impl Follower {
    /// A follower of what is wanted, which reads at most its share of what all `total` streams that
    /// are followed together may take.
    pub(crate) fn new(
        link: Link,
        wanted: &[Wanted],
        missing: Missing,
        block: Duration,
        total: usize,
    ) -> Self {
        let mut follower = Self {
            link,
            followed: Vec::new(),
            places: HashMap::new(),
            pairs: Vec::new(),
            count: (READ_TOTAL / total.max(1)).clamp(1, READ_COUNT),
            block,
            now: Duration::ZERO,
            phase: Phase::Beside,
            told: Told::new(),
            scratch: Told::new(),
            batches: Vec::new(),
            heads: Vec::new(),
            is_away: false,
            pace: Duration::ZERO,
            pause: BACKOFF.0,
            heard: Duration::ZERO,
        };
        let mut seen = HashSet::new();
        for each in wanted.iter().filter(|each| seen.insert(each.streams()[0].clone())) {
            follower.add(each, missing);
        }
        follower
    }

    fn add(&mut self, wanted: &Wanted, missing: Missing) {
        let streams = match wanted {
            Wanted::Stream(stream) => return self.add_one(stream, missing, None),
            Wanted::Lines(streams) => streams,
        };
        let (pair, at) = (self.pairs.len(), self.followed.len());
        for (line, stream) in streams.iter().enumerate() {
            self.add_one(stream, Missing::Wait, Some((pair, line))); // either may come later
        }
        let keys = [at, at + 1].map(|at| Arc::clone(self.followed[at].replica.stream()));
        let arbiter = Arbiter::new(keys);
        self.pairs.push(PairOf { arbiter, members: [at, at + 1] });
    }

    fn add_one(&mut self, stream: &str, missing: Missing, line: Option<(usize, usize)>) {
        let replica = Replica::new(stream, Duration::ZERO, missing);
        self.places.insert(Arc::clone(replica.stream()), self.followed.len());
        self.followed.push(Followed { replica, line, due: Duration::ZERO, is_behind: false });
    }

    /// The time spent listening.
    pub(crate) const fn now(&self) -> Duration {
        self.now
    }

    /// The states as they stand.
    pub(crate) fn states(&self) -> impl Iterator<Item = &Arc<State>> {
        self.followed.iter().map(|each| each.replica.state())
    }

    /// True once any stream was joined.
    pub(crate) fn has_joined(&self) -> bool {
        self.followed.iter().any(|each| each.replica.cursor().is_some())
    }

    /// The next event of what was read.
    pub(crate) fn take(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.told.pop_front() {
                return Some(event);
            }
            let (at, batch) = self.batches.last_mut()?;
            let at = *at;
            match batch.next() {
                Some((entry_id, data)) => {
                    let now = self.now;
                    self.tell(at, |replica, told| {
                        replica.received(entry_id, data.as_deref(), now, told);
                    });
                }
                None => {
                    self.batches.pop();
                    if !self.followed[at].is_behind {
                        self.followed[at].replica.caught_up();
                    }
                }
            }
        }
    }

    /// Do the next thing that may wait; all that was told before must have been taken.
    pub(crate) async fn turn(&mut self) -> Result<Turn, Error> {
        let turn = match self.phase {
            Phase::Beside => self.read_beside().await,
            Phase::Entries => self.read_entries().await,
            Phase::Heads => return Ok(self.judge_heads()),
            Phase::Pause => {
                self.sleep(self.pause).await;
                self.pause = (self.pause * 2).min(BACKOFF.1);
                self.phase = Phase::Beside;
                return Ok(Turn::Busy);
            }
        };
        match turn {
            Ok(turn) => Ok(turn?),
            Err(Failure::Refused(answer)) => Err(Error::RedisRefused { answer }),
            Err(Failure::Away(reason)) => {
                self.phase = Phase::Pause;
                self.heads.clear();
                if !self.is_away {
                    self.is_away = true;
                    self.tell_all(|replica, told| replica.disconnected(&reason, told));
                }
                Ok(Turn::Idle)
            }
        }
    }

    async fn read_beside(&mut self) -> Result<Result<Turn, Error>, Failure> {
        let now = self.now;
        self.followed.iter_mut().for_each(|each| each.replica.tick(now));
        self.heads.clear();
        let looks = self.looks();
        let commands: Vec<Cmd> =
            looks.iter().flat_map(|(_, _, commands)| commands.clone()).collect();
        if !commands.is_empty() {
            let mut replies = self.ask(&commands).await?.into_iter();
            for (at, look, commands) in looks {
                let own = replies.by_ref().take(commands.len());
                let found = own.map(|reply| commands::first(&reply)).collect::<Result<_, _>>()?;
                if let Err(error) = self.looked(at, look, found) {
                    return Ok(Err(error));
                }
            }
        }
        self.phase = Phase::Entries;
        Ok(Ok(Turn::Busy))
    }

    /// What replicas want beside entries, by their places.
    fn looks(&mut self) -> Vec<(usize, Look, Vec<Cmd>)> {
        let now = self.now;
        let mut looks = Vec::new();
        for (at, each) in self.followed.iter_mut().enumerate() {
            let stream = each.replica.stream();
            let snaps = || format!("{stream}.snap");
            match each.replica.wants() {
                Want::Join if each.due <= now => {
                    each.due = now + JOIN_RETRY;
                    looks.push((at, Look::Join, vec![commands::newest(&snaps())]));
                }
                Want::Pointer => {
                    let cursor = each.replica.cursor().unwrap_or_default();
                    looks.push((at, Look::Pointer, vec![commands::one(&snaps(), cursor)]));
                }
                Want::Heads => looks.push((at, Look::Heads, vec![commands::newest(stream)])),
                Want::Entries if each.is_behind && each.due <= now => {
                    each.due = now + HORIZON_RETRY;
                    let both = vec![commands::oldest(stream), commands::newest(stream)];
                    looks.push((at, Look::Horizon, both));
                }
                _ => {}
            }
        }
        looks
    }

    fn looked(&mut self, at: usize, look: Look, found: Vec<Option<Entry>>) -> Result<(), Error> {
        let now = self.now;
        let mut found = found.into_iter();
        let first = found.next().flatten();
        match look {
            Look::Join => {
                let entry = first.as_ref().map(|(id, data)| (*id, data.as_deref()));
                return self.tell(at, |replica, told| replica.snapshot_read(entry, now, told));
            }
            Look::Pointer => {
                let data = first.as_ref().map(|(_, data)| data.as_deref());
                self.tell(at, |replica, told| replica.pointer_read(data, now, told));
            }
            Look::Heads => self.heads.push((at, first.map(|(id, _)| id))),
            Look::Horizon => {
                if let Some(((first, _), (last, _))) = first.zip(found.next().flatten()) {
                    self.tell(at, |replica, told| replica.horizon_read(first, last, told));
                }
            }
        }
        Ok(())
    }

    /// Read the next entries of all streams in one XREAD.
    async fn read_entries(&mut self) -> Result<Result<Turn, Error>, Failure> {
        let pace = std::mem::take(&mut self.pace);
        if !pace.is_zero() {
            self.sleep(pace).await;
        }
        let wants = self.followed.iter().map(|each| &each.replica);
        let streams = wants.clone().filter_map(|r| Some((&**r.stream(), r.position()?)));
        if streams.clone().next().is_none() {
            self.sleep(JOIN_RETRY).await;
            self.phase = Phase::Beside;
            return Ok(Ok(Turn::Idle));
        }
        let is_joining = wants.clone().any(|replica| replica.wants() == Want::Join);
        let block = if is_joining { self.block.min(JOIN_RETRY) } else { self.block };
        let block = self.heads.is_empty().then_some(block);
        let named = streams.clone().count();
        let command = commands::after(streams, self.count, block);
        let reply = self.ask(&[command]).await?.pop().unwrap_or_default();
        self.followed.iter_mut().for_each(|each| each.is_behind = false);
        for (stream, batch) in commands::batches(&reply)? {
            if let Some(&at) = self.places.get(stream.as_str()) {
                self.followed[at].is_behind = batch.len() >= self.count;
                self.batches.push((at, batch));
            }
        }
        self.batches.reverse(); // taken from the end
        if !self.batches.is_empty() {
            self.heard = self.now;
            let is_behind = self.followed.iter().any(|each| each.is_behind);
            self.pace = if is_behind { Duration::ZERO } else { pace_of(named) };
        } else if self.now.saturating_sub(self.heard) >= DOUBT {
            self.heard = self.now;
            self.link.redial();
        }
        self.phase = Phase::Heads;
        self.pause = BACKOFF.0;
        Ok(Ok(Turn::Busy))
    }

    fn judge_heads(&mut self) -> Turn {
        let now = self.now;
        for (at, last) in std::mem::take(&mut self.heads) {
            self.tell(at, |replica, told| replica.heads_read(last, now, told));
        }
        for PairOf { arbiter, members } in &mut self.pairs {
            let states = members.map(|at| self.followed[at].replica.state());
            arbiter.ticked(now, states, &mut self.told);
        }
        self.phase = Phase::Beside;
        let is_behind = self.followed.iter().any(|each| each.is_behind);
        if is_behind { Turn::Busy } else { Turn::Idle }
    }

    async fn ask(&mut self, commands: &[Cmd]) -> Result<Vec<Bytes>, Failure> {
        let began = Instant::now();
        let replies = self.link.run(commands).await;
        self.now += began.elapsed();
        let replies = replies?;
        if std::mem::take(&mut self.is_away) {
            self.tell_all(Replica::reconnected);
        }
        Ok(replies)
    }

    async fn sleep(&mut self, pause: Duration) {
        let began = Instant::now();
        tokio::time::sleep(spread(pause)).await;
        self.now += began.elapsed();
    }

    fn tell_all(&mut self, mut tell: impl FnMut(&mut Replica, &mut Told)) {
        for at in 0..self.followed.len() {
            self.tell(at, &mut tell);
        }
    }

    /// Let a replica tell, and put what the application gets of it behind what it got before.
    fn tell<T>(&mut self, at: usize, tell: impl FnOnce(&mut Replica, &mut Told) -> T) -> T {
        let each = &mut self.followed[at];
        let Some((pair, line)) = each.line else {
            return tell(&mut each.replica, &mut self.told);
        };
        let done = tell(&mut each.replica, &mut self.scratch);
        let PairOf { arbiter, members } = &mut self.pairs[pair];
        let states = members.map(|at| self.followed[at].replica.state());
        for event in self.scratch.drain(..) {
            arbiter.take(line, event, self.now, states, &mut self.told);
        }
        done
    }
}
