//! Two lines of a `trade` stream told as one (WIRE §7.7): by trade id, without loss or duplicate.
//!
//! Pure, like `lines`. The state told is one of its own, with the ids that were told. Ids that a line
//! names as a gap, or leaves out with a new snapshot, are waited for while the other line may yet bring
//! them; a `TradesGap` is told of those that neither had.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::channels::keep_latest;
use crate::events::{BACKFILL, Body, Head, Trade, WireEvent};
use crate::id::Channel;
use crate::lines::{Pulse, Said, States};
use crate::state::{Held, State};
use crate::told::{Line, Told};

/// How long missing ids are waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// Trades behind missing ids, beyond which these are given up.
const HELD_MOST: usize = 10_000;

/// The arbiter of two lines of trades.
#[derive(Debug)]
pub struct TradeLines {
    pulse: Pulse,
    state: State,
    /// The last id told, 0 at first.
    last: u64,
    /// The last id that each line has told or left out; 0 where unknown.
    passed: [u64; 2],
    /// Trades not told yet, by id.
    held: BTreeMap<u64, Trade>,
    missing_since: Option<Duration>,
    head: Head,
    line: Line,
}

impl Default for TradeLines {
    fn default() -> Self {
        Self {
            pulse: Pulse::default(),
            state: State::new(Channel::Trade),
            last: 0,
            passed: [0, 0],
            held: BTreeMap::new(),
            missing_since: None,
            head: Head::default(),
            line: Line::A,
        }
    }
}

impl TradeLines {
    /// The state of what was told.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes what a line's replica tells; gives what the application is told.
    pub fn take(&mut self, line: Line, told: Told, states: States<'_>, now: Duration) -> Vec<Said> {
        if matches!(told, Told::Disconnected { .. } | Told::Reconnected) {
            if line != self.line {
                return Vec::new();
            }
            let is_away = matches!(told, Told::Disconnected { .. });
            self.state.is_stale = self.state.is_valid && is_away;
            return vec![self.said(told)];
        }
        let state = states[line as usize];
        let was_up = self.pulse.takes(line, &told, state, now);
        let is_up = self.pulse.is_up(line);
        self.line = line;
        let mut said = Vec::new();
        if was_up && !is_up {
            self.passed[line as usize] = 0;
            self.state.is_valid = states.iter().any(|state| state.is_valid);
            self.state.is_stale = !self.pulse.is_up(line.other());
            said.push(self.said(Told::LineDown(line, Box::new(told.clone()))));
        }
        if is_up {
            self.state.is_valid = true;
            self.state.is_stale = false;
        }
        if !was_up && is_up {
            self.begin(state);
            said.push(self.said(Told::LineUp(line)));
        }
        self.taken(line, &told, state, now, &mut said);
        said
    }

    /// Lets time pass: what is missing is not waited for any longer.
    pub fn ticked(&mut self, now: Duration) -> Vec<Said> {
        let mut said = Vec::new();
        self.advance(now, &mut said);
        said
    }

    /// Takes the header of the line that is up; nothing before the first one's last id is told.
    fn begin(&mut self, state: &State) {
        if let (0, Held::Trade { last_trade_id, .. }) = (self.last, &state.held) {
            self.last = *last_trade_id;
            self.state.held = state.held.clone();
        }
        self.state.header = state.header.clone();
    }

    fn taken(
        &mut self,
        line: Line,
        told: &Told,
        state: &State,
        now: Duration,
        said: &mut Vec<Said>,
    ) {
        let Held::Trade { last_trade_id, trades: latest } = &state.held else {
            return;
        };
        let mut rows: Vec<Trade> = Vec::new();
        let event = told.wire();
        let is_loaded = matches!(told, Told::Joined { .. })
            || event.is_some_and(|event| matches!(event.body, Body::Snapshot(_)));
        let passed = match event.map(|event| (&event.head, &event.body)) {
            Some((head, Body::Trades(trades))) => {
                self.head = *head;
                rows.clone_from(trades);
                trades.last().map_or(0, |trade| trade.trade_id)
            }
            Some((head, Body::TradesGap { last, .. })) => {
                self.head = *head;
                *last
            }
            _ if is_loaded && state.is_valid => {
                let (entry_id, ts_event) = (state.entry_id, state.ts_event);
                self.head = Head { entry_id, ts_event, flags: BACKFILL, ..Head::default() };
                rows.extend(latest);
                *last_trade_id
            }
            _ => return,
        };
        self.state.entry_id = state.entry_id;
        self.state.ts_event = state.ts_event;
        let known = &mut self.passed[line as usize];
        *known = passed.max(*known);
        let news = rows.iter().filter(|trade| trade.trade_id > self.last);
        self.held.extend(news.map(|trade| (trade.trade_id, *trade)));
        self.advance(now, said);
    }

    /// Tells what follows on; of what is missing, only what nobody can bring any more.
    fn advance(&mut self, now: Duration, said: &mut Vec<Said>) {
        if let (0, Some((lowest, _))) = (self.last, self.held.first_key_value()) {
            self.last = lowest.saturating_sub(1); // no trade was known: any id may come
        }
        loop {
            let rows = self.following();
            if !rows.is_empty() {
                self.missing_since = None;
                self.keep(Some(&rows));
                said.push(self.event(Body::Trades(rows)));
            }
            let beyond = self.held.first_key_value().map(|(id, _)| id.saturating_sub(1));
            let last = beyond.unwrap_or(self.passed[0].max(self.passed[1]));
            if last <= self.last || self.last == 0 {
                self.missing_since = None;
                return;
            }
            let since = *self.missing_since.get_or_insert(now);
            let is_late = now.saturating_sub(since) >= PATIENCE || self.held.len() > HELD_MOST;
            if self.may_come(last) && !is_late {
                return;
            }
            let first = self.last + 1;
            self.last = last;
            self.keep(None);
            let reason = "unfilled".into();
            said.push(self.event(Body::TradesGap { reason, note: None, first, last }));
        }
    }

    /// Takes the trades held that follow the last one told without a hole.
    fn following(&mut self) -> Vec<Trade> {
        let mut rows = Vec::new();
        while let Some(trade) = self.last.checked_add(1).and_then(|next| self.held.remove(&next)) {
            self.last = trade.trade_id;
            rows.push(trade);
        }
        rows
    }

    /// Keeps the state equal to what was told: more trades, or a gap, which leaves none.
    fn keep(&mut self, more: Option<&[Trade]>) {
        if let Held::Trade { last_trade_id, trades } = &mut self.state.held {
            *last_trade_id = self.last;
            match more {
                Some(rows) => keep_latest(trades, rows),
                None => trades.clear(),
            }
        }
    }

    /// Whether a line that is up has not come as far as `last`.
    fn may_come(&self, last: u64) -> bool {
        let is_before = |line: Line| self.pulse.is_up(line) && self.passed[line as usize] < last;
        is_before(Line::A) || is_before(Line::B)
    }

    fn event(&self, body: Body) -> Said {
        self.said(Told::Wire(WireEvent { head: self.head, body }))
    }

    fn said(&self, told: Told) -> Said {
        Said { line: self.line, state: self.line, told }
    }
}
