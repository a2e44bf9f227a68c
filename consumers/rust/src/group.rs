//! The streams that one connection reads, and the round in which it does: what replicas want beside
//! entries, then entries; the newest ids are judged last.
//!
//! A poll-driven machine without tasks or threads of its own: a command under way is a future that owns
//! the connection, so that dropping everything closes it, and a caller that gives up waiting loses
//! nothing. Entries are handed to their replicas one at a time, as events are taken. Its clock runs only
//! while it waits for Redis: a slow application is no silent stream (WIRE §7.4).

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use redis::{Cmd, Value};

use crate::arbiter::Arbiter;
use crate::errors::Error;
use crate::id::EntryId;
use crate::link::{Failure, Link};
use crate::replica::{Missing, Replica, Want};
use crate::replies::{Row, entries_of, first_row, newest, oldest, one_at};
use crate::state::State;
use crate::told::{Event, Line, StateAt, Told};

/// Entries a stream and read; beyond it the cost per entry no longer falls.
const READ_COUNT: usize = 1000;
/// Entries a read over all streams: bounds memory with many symbols.
const READ_TOTAL: usize = 20_000;
/// Between two looks for a snapshot.
const JOIN_RETRY: Duration = Duration::from_millis(250);
/// Between two looks at how far behind reading is.
const HORIZON_RETRY: Duration = Duration::from_secs(1);
/// No entry in any stream for so long, though each has a heartbeat every 5 s: dial anew.
const DOUBT: Duration = Duration::from_secs(6);
/// First and longest pause before connecting again.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

type Flight = Pin<Box<dyn Future<Output = Landed> + Send>>;

struct Landed {
    link: Link,
    took: Duration,
    replies: Result<Vec<Value>, Failure>,
}

/// What is under way, and whose the replies are.
enum Errand {
    Sides(Vec<(usize, Want)>),
    Entries,
    Nap,
}

/// What the next round begins with.
#[derive(Clone, Copy, PartialEq)]
enum Turn {
    Sides,
    Entries,
    End,
    Nap,
}

/// What a step came to.
// One is made for each event and moved at once: a box would cost an allocation each.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Step {
    Event(Event),
    /// Nothing more could be read right now.
    Idle,
}

/// Streams of one server, or of one slot of a cluster.
pub(crate) struct Group {
    link: Option<Link>,
    flight: Option<(Flight, Errand)>,
    turn: Turn,
    names: Vec<Arc<str>>,
    replicas: Vec<Replica>,
    due: Vec<Duration>,
    behind: Vec<bool>,
    arbiters: Vec<(Arbiter, [usize; 2])>,
    heads: Vec<(usize, Option<EntryId>)>,
    sides: VecDeque<(usize, Want, Vec<Value>)>,
    inbox: VecDeque<(usize, std::vec::IntoIter<Row>)>,
    told: VecDeque<Event>,
    now: Duration,
    heard: Duration,
    pause: Duration,
    block: Duration,
    is_away: bool,
    is_idle: bool,
}

impl Group {
    pub fn new(link: Link, wanted: &[Vec<String>], missing: Missing, block: Duration) -> Self {
        let mut group = Self {
            link: Some(link),
            flight: None,
            turn: Turn::Sides,
            names: Vec::new(),
            replicas: Vec::new(),
            due: Vec::new(),
            behind: Vec::new(),
            arbiters: Vec::new(),
            heads: Vec::new(),
            sides: VecDeque::new(),
            inbox: VecDeque::new(),
            told: VecDeque::new(),
            now: Duration::ZERO,
            heard: Duration::ZERO,
            pause: BACKOFF.0,
            block,
            is_away: false,
            is_idle: false,
        };
        for streams in wanted {
            let at = group.replicas.len();
            // Of two lines either may come later.
            let missing = if streams.len() == 1 { missing } else { Missing::Wait };
            for stream in streams {
                group.names.push(stream.as_str().into());
                group.replicas.push(Replica::new(stream, Duration::ZERO, missing));
                group.due.push(Duration::ZERO);
                group.behind.push(false);
            }
            if streams.len() == 2 {
                let arbiter = Arbiter::of(group.replicas[at].channel());
                group.arbiters.push((arbiter, [at, at + 1]));
            }
        }
        group
    }

    pub fn replicas(&self) -> &[Replica] {
        &self.replicas
    }

    pub fn state(&self, at: StateAt) -> &State {
        match at {
            StateAt::Replica(at) => self.replicas[at].state(),
            StateAt::Trades(at) => match &self.arbiters[at].0 {
                Arbiter::Trades(lines) => lines.state(),
                Arbiter::Lines(_) => self.replicas[self.arbiters[at].1[0]].state(),
            },
        }
    }

    pub fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Result<Step, Error>> {
        loop {
            if let Some(event) = self.told.pop_front() {
                return Poll::Ready(Ok(Step::Event(event)));
            }
            if let Some(side) = self.sides.pop_front() {
                self.take_side(side)?;
                continue;
            }
            if self.take_entry() {
                continue;
            }
            if std::mem::take(&mut self.is_idle) {
                return Poll::Ready(Ok(Step::Idle));
            }
            let Some((flight, _)) = &mut self.flight else {
                self.launch();
                continue;
            };
            let Poll::Ready(landed) = flight.as_mut().poll(context) else {
                return Poll::Pending;
            };
            if let Some((_, errand)) = self.flight.take() {
                self.land(landed, errand)?;
            }
        }
    }

    fn launch(&mut self) {
        match self.turn {
            Turn::Sides => {
                self.turn = Turn::Entries;
                self.launch_sides();
            }
            Turn::Entries => {
                self.turn = Turn::End;
                self.launch_entries();
            }
            Turn::End => {
                self.turn = Turn::Sides;
                self.end_round();
            }
            Turn::Nap => {
                self.turn = Turn::Sides;
                let pause = self.pause;
                self.pause = (pause * 2).min(BACKOFF.1);
                self.nap(pause);
            }
        }
    }

    fn launch_sides(&mut self) {
        self.heads.clear();
        let (mut commands, mut whose) = (Vec::new(), Vec::new());
        for (at, replica) in self.replicas.iter_mut().enumerate() {
            replica.tick(self.now);
            let name = &self.names[at];
            let snap = format!("{name}.snap");
            match replica.wants() {
                Want::Join if self.due[at] <= self.now => {
                    self.due[at] = self.now + JOIN_RETRY;
                    commands.push(newest(&snap));
                }
                Want::Pointer => commands.push(one_at(&snap, replica.cursor().unwrap_or_default())),
                Want::Heads => commands.push(newest(name)),
                Want::Entries if self.behind[at] && self.due[at] <= self.now => {
                    self.due[at] = self.now + HORIZON_RETRY;
                    commands.extend([oldest(name), newest(name)]);
                }
                _ => continue,
            }
            whose.push((at, replica.wants()));
        }
        if !whose.is_empty() {
            self.fly(commands, Errand::Sides(whose));
        }
    }

    fn launch_entries(&mut self) {
        let after: Vec<_> = self.replicas.iter().map(Replica::position).enumerate().collect();
        let after: Vec<_> = after.into_iter().filter_map(|(at, id)| Some((at, id?))).collect();
        if after.is_empty() {
            self.is_idle = true;
            return self.nap(JOIN_RETRY);
        }
        let is_joining = self.replicas.iter().any(|replica| replica.wants() == Want::Join);
        let block = if is_joining { self.block.min(JOIN_RETRY) } else { self.block };
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(self.count());
        if self.heads.is_empty() {
            command.arg("BLOCK").arg(block.as_millis() as u64);
        }
        command.arg("STREAMS");
        for (at, _) in &after {
            command.arg(&*self.names[*at]);
        }
        for (_, id) in &after {
            command.arg(id.to_string());
        }
        self.fly(vec![command], Errand::Entries);
    }

    fn count(&self) -> usize {
        (READ_TOTAL / self.replicas.len().max(1)).clamp(1, READ_COUNT)
    }

    fn fly(&mut self, commands: Vec<Cmd>, errand: Errand) {
        let Some(mut link) = self.link.take() else { return };
        let flight = Box::pin(async move {
            let began = Instant::now();
            let replies = link.run(&commands).await;
            Landed { link, took: began.elapsed(), replies }
        });
        self.flight = Some((flight, errand));
    }

    /// Waits, up to half less, so that many clients do not come at once.
    fn nap(&mut self, pause: Duration) {
        let Some(link) = self.link.take() else { return };
        let flight = Box::pin(async move {
            let began = Instant::now();
            tokio::time::sleep(pause.mul_f64(0.5 + 0.5 * chance())).await;
            Landed { link, took: began.elapsed(), replies: Ok(Vec::new()) }
        });
        self.flight = Some((flight, Errand::Nap));
    }

    fn land(&mut self, landed: Landed, errand: Errand) -> Result<(), Error> {
        self.link = Some(landed.link);
        self.now += landed.took;
        let replies = match landed.replies {
            Ok(replies) => replies,
            Err(Failure::Refused(answer)) => return Err(Error::RedisRefused { answer }),
            Err(Failure::Away(reason)) => {
                if !std::mem::replace(&mut self.is_away, true) {
                    for at in 0..self.replicas.len() {
                        let told = self.replicas[at].disconnected(&reason);
                        self.tell(at, told);
                    }
                }
                self.is_idle = true;
                self.turn = Turn::Nap;
                return Ok(());
            }
        };
        if !matches!(errand, Errand::Nap) && std::mem::take(&mut self.is_away) {
            (0..self.replicas.len()).for_each(|at| self.tell(at, Told::Reconnected));
        }
        match errand {
            Errand::Nap => {}
            Errand::Sides(whose) => self.land_sides(whose, replies),
            Errand::Entries => self.land_entries(replies),
        }
        Ok(())
    }

    fn land_sides(&mut self, whose: Vec<(usize, Want)>, replies: Vec<Value>) {
        let mut replies = replies.into_iter();
        for (at, want) in whose {
            let count = if want == Want::Entries { 2 } else { 1 };
            let own = replies.by_ref().take(count).collect();
            self.sides.push_back((at, want, own));
        }
    }

    fn land_entries(&mut self, replies: Vec<Value>) {
        self.pause = BACKOFF.0;
        let count = self.count();
        self.behind.fill(false);
        let batches = replies.into_iter().next().map(entries_of).unwrap_or_default();
        for (key, rows) in batches {
            let Some(at) = self.names.iter().position(|name| name.as_bytes() == key) else {
                continue;
            };
            self.behind[at] = rows.len() >= count;
            self.inbox.push_back((at, rows.into_iter()));
        }
        if !self.inbox.is_empty() {
            self.heard = self.now;
        } else if self.now.saturating_sub(self.heard) >= DOUBT {
            self.heard = self.now;
            if let Some(link) = &mut self.link {
                link.hang_up();
            }
        }
    }

    /// Judges the newest ids: they were read before the entries, so that an entry that arrives between
    /// the two never looks like one that did not come.
    fn end_round(&mut self) {
        for (at, last) in std::mem::take(&mut self.heads) {
            if let Some(told) = self.replicas[at].heads_read(last, self.now) {
                self.tell(at, told);
            }
        }
        for number in 0..self.arbiters.len() {
            let said = self.arbiters[number].0.ticked(self.now);
            self.say(number, said);
        }
        self.is_idle = !self.behind.contains(&true);
    }

    fn take_side(&mut self, side: (usize, Want, Vec<Value>)) -> Result<(), Error> {
        let (at, want, replies) = side;
        let mut rows = replies.into_iter().map(first_row);
        let first = rows.next().flatten();
        let now = self.now;
        let replica = &mut self.replicas[at];
        let told = match want {
            Want::Join => {
                let found = first.as_ref().map(|row| (row.id, row.data.as_deref()));
                replica.snapshot_read(found, now)?
            }
            Want::Pointer => replica.pointer_read(first.and_then(|row| row.data).as_deref(), now),
            Want::Heads => {
                self.heads.push((at, first.map(|row| row.id)));
                None
            }
            Want::Entries => match (first, rows.next().flatten()) {
                (Some(first), Some(last)) => replica.horizon_read(first.id, last.id),
                _ => None,
            },
        };
        if let Some(told) = told {
            self.tell(at, told);
        }
        Ok(())
    }

    /// Hands the next entry to its replica; false when there is none.
    fn take_entry(&mut self) -> bool {
        let Some((at, rows)) = self.inbox.front_mut() else {
            return false;
        };
        let (at, row) = (*at, rows.next());
        let Some(row) = row else {
            self.inbox.pop_front();
            if !self.behind[at] {
                self.replicas[at].caught_up();
            }
            return true;
        };
        let mut told = Vec::new();
        self.replicas[at].received(row.id, row.data.as_deref(), self.now, &mut told);
        told.into_iter().for_each(|told| self.tell(at, told));
        true
    }

    /// Gives the application what a replica tells, or what the arbiter makes of it.
    fn tell(&mut self, at: usize, told: Told) {
        let found = self.arbiters.iter().position(|(_, lines)| lines.contains(&at));
        let Some(number) = found else {
            let stream = self.names[at].clone();
            return self.told.push_back(Event { stream, told, state_at: StateAt::Replica(at) });
        };
        let (arbiter, [one, other]) = &mut self.arbiters[number];
        let line = if at == *one { Line::A } else { Line::B };
        let states = [self.replicas[*one].state(), self.replicas[*other].state()];
        let said = arbiter.take(line, told, states, self.now);
        self.say(number, said);
    }

    fn say(&mut self, number: usize, said: Vec<crate::lines::Said>) {
        let (arbiter, lines) = &self.arbiters[number];
        for each in said {
            let state_at = match arbiter {
                Arbiter::Trades(_) => StateAt::Trades(number),
                Arbiter::Lines(_) => StateAt::Replica(lines[each.state as usize]),
            };
            let stream = self.names[lines[each.line as usize]].clone();
            self.told.push_back(Event { stream, told: each.told, state_at });
        }
    }
}

/// A number from 0 to 1, without a generator of our own: hashers are keyed at random.
fn chance() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}
