//! Two lines of a stream told as one: the arbiter of WIRE §7.7. `trade` has one of its own, in
//! `line_trades`.
//!
//! Pure: no I/O, no clock. It is handed what the replicas of the lines tell, as they tell it, with
//! `now` (of any monotonic clock), and puts behind `told` what the application is told. Promises:
//! the state of every event is one line's own proven state, never mixed of two; an event that both
//! lines have is told once; what was told by neither, or may be told twice, is announced by a
//! `Jump`.
//!
//! The lines are 0 and 1 here. One leads: its events are told. That says nothing about its health:
//! of two good lines it is whoever had the latest event first.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::arbiter::States;
use crate::events::{Body, Event, Line};
use crate::replica::Told;
use crate::states::{Holding, State};
use crate::wire::{Candle, Instruments, Ticker, Top, WireBody};

/// The lines by their numbers.
const NAMES: [Line; 2] = [Line::A, Line::B];
/// Marks that a line may be behind and still meet the other.
const TRAIL: usize = 1000;
/// How long a line that the other has passed may say nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where an event leaves its line: the venue's stamp, and what the state is known by.
#[derive(Debug, Clone, PartialEq)]
struct Mark {
    ts_event: u64,
    known_by: KnownBy,
}

#[derive(Debug, Clone, PartialEq)]
enum KnownBy {
    Checksum(u32),
    Top(Top),
    Ticker(Box<Ticker>),
    Candle(Option<Box<Candle>>),
    Words(String, String),
    Instruments(Box<Instruments>),
}

/// The mark of an event, `None` where it tells nothing of that.
fn mark_of(event: &Event) -> Option<Mark> {
    let mark = |ts_event, known_by| Some(Mark { ts_event, known_by });
    if let Body::Wire(wire) = &event.body {
        let at = wire.ts_event;
        match &wire.body {
            WireBody::Update(update) => return mark(at, KnownBy::Checksum(update.checksum)),
            WireBody::Orders(orders) => return mark(at, KnownBy::Checksum(orders.checksum)),
            WireBody::Execution(execution) => {
                let words = (execution.order_id.clone(), execution.report.clone());
                return mark(at, KnownBy::Words(words.0, words.1));
            }
            WireBody::Balance(balance) => {
                let words = (balance.asset.clone(), balance.report.clone());
                return mark(at, KnownBy::Words(words.0, words.1));
            }
            WireBody::Instruments(changed) => {
                return mark(at, KnownBy::Instruments(Box::new(changed.clone())));
            }
            _ => {}
        }
    }
    let body = &event.body;
    let is_marked =
        body.is_of_channel() || body.is_snapshot() || matches!(body, Body::Joined { .. });
    if !is_marked || !event.state.is_valid {
        return None;
    }
    let known_by = match &event.state.holding {
        Holding::Book(book) => KnownBy::Checksum(book.checksum()),
        Holding::Level3(book) => KnownBy::Checksum(book.checksum()),
        Holding::Bbo(top) => KnownBy::Top(*top),
        Holding::Ticker(ticker) => KnownBy::Ticker(Box::new(ticker.clone())),
        Holding::Ohlc(candle) => KnownBy::Candle(candle.clone().map(Box::new)),
        _ => return None,
    };
    mark(event.state.ts_event, known_by)
}

/// Which of two lines are up: their states valid, and they have not ended.
#[derive(Debug)]
pub(crate) struct Pair {
    streams: [Arc<str>; 2],
    pub(crate) up: [bool; 2],
    heard: [Duration; 2],
}

impl Pair {
    pub(crate) fn new(streams: [Arc<str>; 2]) -> Self {
        Self { streams, up: [false; 2], heard: [Duration::ZERO; 2] }
    }

    /// Note how a line stands after an event; return whether it was up before.
    pub(crate) fn takes(&mut self, line: usize, event: &Event, now: Duration) -> bool {
        let is_stale = matches!(event.body, Body::Stale { .. });
        if !is_stale {
            self.heard[line] = now;
        }
        let is_bye = matches!(event.body.wire_body(), Some(WireBody::Bye { .. }));
        let is_up = event.state.is_valid && !is_bye && !is_stale;
        std::mem::replace(&mut self.up[line], is_up)
    }

    pub(crate) fn event(&self, line: usize, state: &Arc<State>, body: Body) -> Event {
        Event { stream: Arc::clone(&self.streams[line]), state: Arc::clone(state), body }
    }

    pub(crate) fn line_up(&self, line: usize, state: &Arc<State>) -> Event {
        self.event(line, state, Body::LineUp { line: NAMES[line] })
    }

    pub(crate) fn line_down(&self, line: usize, cause: Body, state: &Arc<State>) -> Event {
        self.event(line, state, Body::LineDown { line: NAMES[line], cause: Box::new(cause) })
    }
}

/// The arbiter of every channel but `trade`.
#[derive(Debug)]
pub(crate) struct Lines {
    pair: Pair,
    lead: usize,
    marks: [Option<Mark>; 2],
    /// The leader's marks since the other line's own, the newest last.
    trail: VecDeque<Mark>,
    /// True while it is not known where the other line stands.
    is_apart: bool,
    /// What a lost leader had told beyond the present one, which has yet to come by.
    owed: VecDeque<Mark>,
}

impl Lines {
    pub(crate) fn new(streams: [Arc<str>; 2]) -> Self {
        Self {
            pair: Pair::new(streams),
            lead: 0,
            marks: [None, None],
            trail: VecDeque::new(),
            is_apart: true,
            owed: VecDeque::new(),
        }
    }

    /// Take what a line's replica tells; tell what the application gets.
    pub(crate) fn take(
        &mut self,
        line: usize,
        event: Event,
        now: Duration,
        states: States<'_>,
        told: &mut Told,
    ) {
        if matches!(event.body, Body::Disconnected { .. } | Body::Reconnected) {
            if line == self.lead {
                told.push_back(event); // both lie on one server
            }
            return;
        }
        let was_up = self.pair.takes(line, &event, now);
        let mark = mark_of(&event);
        if mark.is_some() {
            self.marks[line].clone_from(&mark);
        }
        match (was_up, self.pair.up[line]) {
            (true, false) => self.lost(line, event, states, told),
            (false, true) => self.found(line, event, states, told),
            (false, false) => {
                if !self.pair.up[1 - line] && self.follows(line, &event) {
                    told.push_back(event);
                }
            }
            (true, true) if line == self.lead => self.of_leader(event, mark, states, told),
            (true, true) => {
                if let Some(mark) = mark {
                    self.of_other(event, mark, told);
                }
            }
        }
    }

    /// Let time pass: a leader that says nothing while the other has passed it leads no more.
    pub(crate) fn ticked(&mut self, now: Duration, states: States<'_>, told: &mut Told) {
        let other = 1 - self.lead;
        let stamp = |line: usize| self.marks[line].as_ref().map(|mark| mark.ts_event);
        let is_passed =
            stamp(self.lead).zip(stamp(other)).is_some_and(|(own, theirs)| theirs > own);
        let is_silent = now.saturating_sub(self.pair.heard[self.lead]) >= PATIENCE;
        if self.is_apart && is_passed && is_silent && self.pair.up == [true; 2] {
            let jump = self.jump(other, states);
            told.push_back(jump);
        }
    }

    fn lost(&mut self, line: usize, event: Event, states: States<'_>, told: &mut Told) {
        let other = 1 - line;
        if !self.pair.up[other] {
            self.owed.clear();
            told.push_back(self.pair.line_down(line, event.body, states[line]));
            return;
        }
        told.push_back(self.pair.line_down(line, event.body, states[other]));
        if line != self.lead {
            self.is_apart = true;
        } else if self.is_apart || !self.owed.is_empty() {
            let jump = self.jump(other, states);
            told.push_back(jump);
        } else {
            self.owed = std::mem::take(&mut self.trail);
            self.leads(other);
        }
    }

    fn found(&mut self, line: usize, event: Event, states: States<'_>, told: &mut Told) {
        if self.pair.up[1 - line] {
            told.push_back(self.pair.line_up(line, states[self.lead]));
            self.is_apart = true;
            if line != self.lead
                && let Some(mark) = self.marks[line].clone()
            {
                self.place(&mark);
            }
            return;
        }
        told.push_back(self.pair.line_up(line, states[line]));
        let is_whole = event.body.is_snapshot() || matches!(event.body, Body::Joined { .. });
        let is_new = line != self.lead && !is_whole;
        self.leads(line);
        if is_new {
            // The other may have told all of this before it was lost.
            let jump = self.jump(line, states);
            told.push_back(jump);
        }
        told.push_back(event);
    }

    /// Both are down: what comes of a channel comes from the line that leads from here.
    fn follows(&mut self, line: usize, event: &Event) -> bool {
        if event.body.is_of_channel() {
            self.leads(line);
        }
        line == self.lead
    }

    fn of_leader(&mut self, event: Event, mark: Option<Mark>, states: States<'_>, told: &mut Told) {
        let Some(mark) = mark else {
            if self.owed.is_empty() {
                told.push_back(event);
            }
            return;
        };
        if self.owed.is_empty() {
            self.comes_by(mark);
        } else if drop_through(&mut self.owed, &mark) {
            return self.comes_by(mark);
        } else {
            self.comes_by(mark);
            let jump = self.jump(self.lead, states);
            told.push_back(jump);
        }
        told.push_back(event);
    }

    fn of_other(&mut self, event: Event, mark: Mark, told: &mut Told) {
        let are_level = !self.is_apart && self.trail.is_empty() && self.owed.is_empty();
        if self.place(&mark) || !are_level {
            return;
        }
        self.leads(1 - self.lead);
        self.is_apart = false;
        self.comes_by(mark);
        told.push_back(event);
    }

    /// Find where the other line stands; if nowhere in the trail, it is apart.
    fn place(&mut self, mark: &Mark) -> bool {
        let is_in_trail = drop_through(&mut self.trail, mark);
        let is_met = !is_in_trail && self.is_apart && self.marks[self.lead].as_ref() == Some(mark);
        if is_met {
            self.trail.clear();
        }
        self.is_apart = !(is_in_trail || is_met);
        !self.is_apart
    }

    /// The leader has come to a mark: the other line is behind it, or was ahead and is met.
    fn comes_by(&mut self, mark: Mark) {
        let other = 1 - self.lead;
        if self.is_apart && self.pair.up[other] && self.marks[other].as_ref() == Some(&mark) {
            self.trail.clear();
            self.is_apart = false;
            return;
        }
        self.trail.push_back(mark);
        if self.trail.len() > TRAIL {
            self.trail.pop_front();
            self.is_apart = true;
        }
    }

    fn leads(&mut self, line: usize) {
        self.lead = line;
        self.trail.clear();
        self.is_apart = true;
    }

    fn jump(&mut self, line: usize, states: States<'_>) -> Event {
        if line != self.lead {
            self.leads(line);
        }
        self.owed.clear();
        self.pair.event(line, states[line], Body::Jump { line: NAMES[line] })
    }
}

/// Drop marks up to the first such one and with it; return whether there was one.
fn drop_through(marks: &mut VecDeque<Mark>, mark: &Mark) -> bool {
    let found = marks.iter().position(|known| known == mark);
    if let Some(at) = found {
        marks.drain(..=at);
    }
    found.is_some()
}
