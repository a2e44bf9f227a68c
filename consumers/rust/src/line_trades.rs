//! Two lines of a `trade` stream told as one (WIRE §7.7): by trade id, without loss or duplicate.
//!
//! Pure, like `lines`. The state told is one of its own, with the ids that were told. Ids that a
//! line names as a gap, or leaves out with a new snapshot, are waited for while the other line may
//! yet bring them; a gap is told of those that neither had.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::arbiter::States;
use crate::channels::put_behind;
use crate::events::{Body, Event};
use crate::lines::Pair;
use crate::replica::Told;
use crate::states::{Holding, LatestTrades, State};
use crate::wire::{BACKFILL, Channel, EntryId, Trade, TradesGap, WireBody, WireEvent};

/// How long missing ids are waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// Trades behind missing ids, beyond which these are given up.
const HELD: usize = 10_000;

/// Of the latest entry of either line: what the events made here bear.
#[derive(Debug, Clone, Copy, Default)]
struct Stamps {
    entry_id: EntryId,
    ts_event: u64,
    ts_recv: u64,
    ts_pub: u64,
    flags: u64,
}

impl Stamps {
    const fn of(event: &WireEvent) -> Self {
        let WireEvent { entry_id, ts_event, ts_recv, ts_pub, flags, .. } = *event;
        Self { entry_id, ts_event, ts_recv, ts_pub, flags }
    }
}

/// The arbiter of two lines of trades.
#[derive(Debug)]
pub(crate) struct TradeLines {
    pair: Pair,
    state: Arc<State>,
    /// The last id that each line has told or left out; 0 where unknown.
    passed: [u64; 2],
    /// Trades not told yet, by id.
    held: BTreeMap<u64, Trade>,
    missing_since: Option<Duration>,
    stamps: Stamps,
    line: usize,
}

impl TradeLines {
    pub(crate) fn new(streams: [Arc<str>; 2]) -> Self {
        Self {
            pair: Pair::new(streams),
            state: Arc::new(State::new(Channel::Trade)),
            passed: [0; 2],
            held: BTreeMap::new(),
            missing_since: None,
            stamps: Stamps::default(),
            line: 0,
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
            if line == self.line {
                let is_away = matches!(event.body, Body::Disconnected { .. });
                let state = self.state_mut();
                state.is_stale = state.is_valid && is_away;
                told.push_back(Event { state: Arc::clone(&self.state), ..event });
            }
            return;
        }
        let was_up = self.pair.takes(line, &event, now);
        let is_up = self.pair.up[line];
        self.line = line;
        if was_up && !is_up {
            self.passed[line] = 0;
            let is_any_up = self.pair.up.contains(&true);
            let state = self.state_mut();
            state.is_valid = states.iter().any(|state| state.is_valid);
            state.is_stale = !is_any_up;
            told.push_back(self.pair.line_down(line, event.body.clone(), &self.state));
        }
        if is_up {
            let state = self.state_mut();
            (state.is_valid, state.is_stale) = (true, false);
        }
        if !was_up && is_up {
            self.begin(&event.state);
            told.push_back(self.pair.line_up(line, &self.state));
        }
        self.taken(line, event, now, told);
    }

    /// Let time pass: what is missing is not waited for any longer.
    pub(crate) fn ticked(&mut self, now: Duration, told: &mut Told) {
        self.advance(now, told);
    }

    fn state_mut(&mut self) -> &mut State {
        Arc::make_mut(&mut self.state)
    }

    fn own(&self) -> &LatestTrades {
        latest(&self.state)
    }

    fn own_mut(&mut self) -> &mut LatestTrades {
        match &mut self.state_mut().holding {
            Holding::Trade(held) => held,
            _ => unreachable!("the state of trades holds trades"),
        }
    }

    /// Take the header of the first line that is up; nothing before its last id is told.
    fn begin(&mut self, theirs: &State) {
        if self.own().last_trade_id == 0 {
            *self.own_mut() = latest(theirs).clone();
        }
        self.state_mut().header.clone_from(&theirs.header);
    }

    fn taken(&mut self, line: usize, event: Event, now: Duration, told: &mut Told) {
        let state = &event.state;
        let (rows, passed): (&[Trade], u64) = match &event.body {
            Body::Wire(wire) if matches!(wire.body, WireBody::Snapshot(_)) && !state.is_valid => {
                return;
            }
            Body::Joined { .. } if !state.is_valid => return,
            Body::Wire(wire) => match &wire.body {
                WireBody::Trades(rows) => {
                    self.stamps = Stamps::of(wire);
                    (rows, rows.last().map_or(0, |row| row.trade_id))
                }
                WireBody::TradesGap(gap) => {
                    self.stamps = Stamps::of(wire);
                    (&[], gap.last)
                }
                WireBody::Snapshot(_) => self.whole(state),
                _ => return,
            },
            Body::Joined { .. } => self.whole(state),
            _ => return,
        };
        self.passed[line] = passed.max(self.passed[line]);
        let last = self.own().last_trade_id;
        let new = rows.iter().filter(|row| row.trade_id > last);
        self.held.extend(new.map(|row| (row.trade_id, *row)));
        let own = self.state_mut();
        (own.epoch, own.seq, own.ts_event) = (state.epoch, state.seq, state.ts_event);
        self.advance(now, told);
    }

    /// What a line's whole state brings.
    fn whole<'a>(&mut self, state: &'a State) -> (&'a [Trade], u64) {
        self.stamps = Stamps {
            entry_id: EntryId::new(state.epoch, state.seq),
            ts_event: state.ts_event,
            flags: BACKFILL,
            ..Stamps::default()
        };
        let held = latest(state);
        (&held.trades, held.last_trade_id)
    }

    /// Tell what follows on; of what is missing, only what nobody can bring any more.
    fn advance(&mut self, now: Duration, told: &mut Told) {
        if self.own().last_trade_id == 0
            && let Some((&lowest, _)) = self.held.first_key_value()
        {
            // No trade was known: any id may come.
            self.own_mut().last_trade_id = lowest.saturating_sub(1);
        }
        loop {
            self.tell_following(told);
            let own = self.own().last_trade_id;
            let last = match self.held.first_key_value() {
                Some((&lowest, _)) => lowest - 1,
                None => self.passed[0].max(self.passed[1]),
            };
            if last <= own || own == 0 {
                self.missing_since = None;
                return;
            }
            let since = *self.missing_since.get_or_insert(now);
            let is_late = now.saturating_sub(since) >= PATIENCE || self.held.len() > HELD;
            if self.may_come(last) && !is_late {
                return;
            }
            *self.own_mut() = LatestTrades { last_trade_id: last, trades: Vec::new() };
            let (reason, note) = ("unfilled".to_owned(), None);
            let gap = TradesGap { reason, note, first: own + 1, last };
            self.tell(WireBody::TradesGap(gap), told);
        }
    }

    fn tell_following(&mut self, told: &mut Told) {
        let mut rows = Vec::new();
        let mut last = self.own().last_trade_id;
        while let Some(row) = last.checked_add(1).and_then(|next| self.held.remove(&next)) {
            rows.push(row);
            last = row.trade_id;
        }
        if rows.is_empty() {
            return;
        }
        self.missing_since = None;
        let own = self.own_mut();
        own.last_trade_id = last;
        put_behind(&mut own.trades, &rows);
        self.tell(WireBody::Trades(rows), told);
    }

    /// Whether a line that is up has not come as far as `last`.
    fn may_come(&self, last: u64) -> bool {
        self.pair.up.iter().zip(self.passed).any(|(&is_up, passed)| is_up && passed < last)
    }

    fn tell(&self, body: WireBody, told: &mut Told) {
        let Stamps { entry_id, ts_event, ts_recv, ts_pub, flags } = self.stamps;
        let event = WireEvent { entry_id, ts_event, ts_recv, ts_pub, flags, body };
        told.push_back(self.pair.event(self.line, &self.state, Body::Wire(event)));
    }
}

fn latest(state: &State) -> &LatestTrades {
    match &state.holding {
        Holding::Trade(held) => held,
        _ => unreachable!("the state of trades holds trades"),
    }
}
