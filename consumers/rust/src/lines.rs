//! Two lines of a stream told as one: the arbiter of WIRE §7.7. `trade` has one of its own.
//!
//! Pure: no I/O, no clock. It is handed what the replicas of the lines tell, as they tell it, and
//! gives back what the application is told. Promises: the state of every event is one line's own proven
//! state, never mixed of two; an event that both lines have is told once; what was told by neither, or
//! may be told twice, is announced by a `Jump`.
//!
//! One line leads: its events are told. That says nothing about its health: of two good lines it is
//! whoever had the latest event first.

use std::collections::VecDeque;
use std::time::Duration;

use crate::events::{Asset, Body, Candle, Pair, Ticker, Top};
use crate::state::{Held, State};
use crate::told::{Line, Told};

/// Marks that a line may be behind and still meet the other.
const TRAIL: usize = 1000;
/// How long a line that the other has passed may say nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the application is told: of which line's stream, and whose state is that of the event.
#[derive(Debug)]
pub struct Said {
    /// Whose stream.
    pub line: Line,
    /// Whose state.
    pub state: Line,
    /// What.
    pub told: Told,
}

/// The states of both lines, `a` first.
pub type States<'a> = [&'a State; 2];

/// Where an event leaves its line: the venue's stamp, and what the state is known by.
#[derive(Clone, Debug, PartialEq)]
struct Mark {
    stamp: u64,
    known_by: KnownBy,
}

#[derive(Clone, Debug, PartialEq)]
enum KnownBy {
    Checksum(u32),
    Top(Top),
    Ticker(Box<Ticker>),
    Candle(Option<Box<Candle>>),
    Instruments(Vec<Pair>, Vec<Asset>),
    Report(Box<str>, Box<str>),
}

fn mark_of(told: &Told, state: &State) -> Option<Mark> {
    let known_by = match told {
        Told::Joined { .. } => return mark_of_state(state),
        Told::Wire(event) => match &event.body {
            Body::Update { checksum, .. } | Body::Orders { checksum, .. } => {
                KnownBy::Checksum(*checksum)
            }
            Body::Execution { order_id, report, .. } => {
                KnownBy::Report(order_id.clone(), report.clone())
            }
            Body::Balance { asset, report, .. } => KnownBy::Report(asset.clone(), report.clone()),
            Body::Instruments { pairs, assets } => {
                KnownBy::Instruments(pairs.clone(), assets.clone())
            }
            Body::Snapshot(_) => return mark_of_state(state),
            _ if event.is_of_channel() => return mark_of_state(state),
            _ => return None,
        },
        _ => return None,
    };
    told.wire().map(|event| Mark { stamp: event.head.ts_event, known_by })
}

fn mark_of_state(state: &State) -> Option<Mark> {
    let known_by = match &state.held {
        _ if !state.is_valid => return None,
        Held::Book(book) => KnownBy::Checksum(book.checksum()),
        Held::Level3(book) => KnownBy::Checksum(book.checksum()),
        Held::Bbo(top) => KnownBy::Top(*top),
        Held::Ticker(ticker) => KnownBy::Ticker(Box::new(ticker.clone())),
        Held::Ohlc(candle) => KnownBy::Candle(candle.clone().map(Box::new)),
        _ => return None,
    };
    Some(Mark { stamp: state.ts_event, known_by })
}

/// Which of two lines are up: their states valid, and they have not ended.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    up: [bool; 2],
    heard: [Duration; 2],
}

impl Pulse {
    pub fn is_up(&self, line: Line) -> bool {
        self.up[line as usize]
    }

    pub fn are_both_up(&self) -> bool {
        self.up == [true, true]
    }

    /// Notes how a line stands after an event; returns whether it was up before.
    pub fn takes(&mut self, line: Line, told: &Told, state: &State, now: Duration) -> bool {
        let is_stale = matches!(told, Told::Stale { .. });
        if !is_stale {
            self.heard[line as usize] = now;
        }
        let is_bye = told.wire().is_some_and(|event| matches!(event.body, Body::Bye { .. }));
        let is_up = state.is_valid && !is_stale && !is_bye;
        std::mem::replace(&mut self.up[line as usize], is_up)
    }
}

/// The arbiter of every channel but `trade`.
#[derive(Debug)]
pub struct Lines {
    pulse: Pulse,
    lead: Line,
    marks: [Option<Mark>; 2],
    /// The leader's marks since the other line's own, the newest last.
    trail: VecDeque<Mark>,
    /// True while it is not known where the other line stands.
    is_apart: bool,
    /// What a lost leader had told beyond the present one, which has yet to come by.
    owed: VecDeque<Mark>,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            pulse: Pulse::default(),
            lead: Line::A,
            marks: [None, None],
            trail: VecDeque::new(),
            is_apart: true,
            owed: VecDeque::new(),
        }
    }
}

impl Lines {
    /// Takes what a line's replica tells; gives what the application is told.
    pub fn take(&mut self, line: Line, told: Told, states: States<'_>, now: Duration) -> Vec<Said> {
        if matches!(told, Told::Disconnected { .. } | Told::Reconnected) {
            // Both lie on one server.
            return if line == self.lead { vec![own(line, told)] } else { Vec::new() };
        }
        let state = states[line as usize];
        let was_up = self.pulse.takes(line, &told, state, now);
        let mark = mark_of(&told, state);
        if mark.is_some() {
            self.marks[line as usize].clone_from(&mark);
        }
        let (is_up, is_other_up) = (self.pulse.is_up(line), self.pulse.is_up(line.other()));
        match (was_up, is_up) {
            (true, false) => self.lost(line, told),
            (false, true) => self.found(line, told),
            (false, false) => {
                let is_told = !is_other_up && self.follows(line, &told);
                if is_told { vec![own(line, told)] } else { Vec::new() }
            }
            (true, true) if line == self.lead => self.of_leader(told, mark),
            (true, true) => self.of_other(line, told, mark),
        }
    }

    /// Lets time pass: a leader that says nothing while the other has passed it leads no more.
    pub fn ticked(&mut self, now: Duration) -> Vec<Said> {
        let marks = (&self.marks[self.lead as usize], &self.marks[self.lead.other() as usize]);
        let is_passed = matches!(marks, (Some(own), Some(others)) if others.stamp > own.stamp);
        let is_silent = now.saturating_sub(self.pulse.heard[self.lead as usize]) >= PATIENCE;
        if self.is_apart && is_passed && is_silent && self.pulse.are_both_up() {
            return vec![self.jump(self.lead.other())];
        }
        Vec::new()
    }

    fn lost(&mut self, line: Line, told: Told) -> Vec<Said> {
        let other = line.other();
        let is_other_up = self.pulse.is_up(other);
        let state = if is_other_up { other } else { line };
        let mut said = vec![Said { line, state, told: Told::LineDown(line, Box::new(told)) }];
        if !is_other_up {
            self.owed.clear();
        } else if line != self.lead {
            self.is_apart = true;
        } else if self.is_apart || !self.owed.is_empty() {
            said.push(self.jump(other));
        } else {
            self.owed = std::mem::take(&mut self.trail);
            self.leads(other);
        }
        said
    }

    fn found(&mut self, line: Line, told: Told) -> Vec<Said> {
        if self.pulse.is_up(line.other()) {
            self.is_apart = true;
            if line != self.lead
                && let Some(mark) = self.marks[line as usize].clone()
            {
                self.place(&mark);
            }
            return vec![Said { line, state: self.lead, told: Told::LineUp(line) }];
        }
        let mut said = vec![own(line, Told::LineUp(line))];
        let is_loaded = matches!(told, Told::Joined { .. })
            || told.wire().is_some_and(|event| matches!(event.body, Body::Snapshot(_)));
        let is_new = line != self.lead && !is_loaded;
        self.leads(line);
        if is_new {
            // The other may have told all of this before it was lost.
            said.push(self.jump(line));
        }
        said.push(own(line, told));
        said
    }

    /// Both are down: what comes of a channel comes from the line that leads from here.
    fn follows(&mut self, line: Line, told: &Told) -> bool {
        if told.wire().is_some_and(|event| event.is_of_channel()) {
            self.leads(line);
        }
        line == self.lead
    }

    fn of_leader(&mut self, told: Told, mark: Option<Mark>) -> Vec<Said> {
        let lead = self.lead;
        let Some(mark) = mark else {
            return if self.owed.is_empty() { vec![own(lead, told)] } else { Vec::new() };
        };
        self.comes_by(mark.clone());
        if self.owed.is_empty() {
            vec![own(lead, told)]
        } else if drop_through(&mut self.owed, &mark) {
            Vec::new()
        } else {
            vec![self.jump(lead), own(lead, told)]
        }
    }

    fn of_other(&mut self, line: Line, told: Told, mark: Option<Mark>) -> Vec<Said> {
        let Some(mark) = mark else {
            return Vec::new();
        };
        let is_level = !self.is_apart && self.trail.is_empty() && self.owed.is_empty();
        if self.place(&mark) || !is_level {
            return Vec::new();
        }
        self.leads(line);
        self.is_apart = false;
        self.comes_by(mark);
        vec![own(line, told)]
    }

    /// Finds where the other line stands; if nowhere in the trail, it is apart.
    fn place(&mut self, mark: &Mark) -> bool {
        let is_found = if drop_through(&mut self.trail, mark) {
            true
        } else if self.is_apart && self.marks[self.lead as usize].as_ref() == Some(mark) {
            self.trail.clear();
            true
        } else {
            false
        };
        self.is_apart = !is_found;
        is_found
    }

    /// The leader has come to a mark: the other line is behind it, or was ahead and is met.
    fn comes_by(&mut self, mark: Mark) {
        let other = self.lead.other();
        let is_met = self.is_apart
            && self.pulse.is_up(other)
            && self.marks[other as usize].as_ref() == Some(&mark);
        if is_met {
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

    fn leads(&mut self, line: Line) {
        self.lead = line;
        self.trail.clear();
        self.is_apart = true;
    }

    fn jump(&mut self, line: Line) -> Said {
        if line != self.lead {
            self.leads(line);
        }
        self.owed.clear();
        own(line, Told::Jump(line))
    }
}

fn own(line: Line, told: Told) -> Said {
    Said { line, state: line, told }
}

/// Drops up to the mark and with it, if it is there.
fn drop_through(marks: &mut VecDeque<Mark>, mark: &Mark) -> bool {
    let Some(at) = marks.iter().position(|each| each == mark) else {
        return false;
    };
    marks.drain(..=at);
    true
}
