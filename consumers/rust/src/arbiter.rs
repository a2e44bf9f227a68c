//! Two lines of a stream told as one, whatever its channel (WIRE §7.7). Pure.

use std::sync::Arc;
use std::time::Duration;

use crate::events::Event;
use crate::line_trades::TradeLines;
use crate::lines::Lines;
use crate::replica::Told;
use crate::states::State;
use crate::wire::{Channel, Place};

/// The states of both lines as they are now.
pub type States<'a> = [&'a Arc<State>; 2];

/// What makes one of two lines.
#[derive(Debug)]
pub struct Arbiter(Kind);

#[derive(Debug)]
enum Kind {
    Lines(Lines),
    Trades(TradeLines),
}

impl Arbiter {
    /// An arbiter of the lines `a` and `b` at these keys, of neither of which anything was heard.
    #[must_use]
    pub fn new(streams: [Arc<str>; 2]) -> Self {
        Self(match Place::of_key(&streams[0]).channel() {
            Some(Channel::Trade) => Kind::Trades(TradeLines::new(streams)),
            _ => Kind::Lines(Lines::new(streams)),
        })
    }

    /// Take what the replica of a line (0 is `a`, 1 is `b`) tells, one event after the other as it
    /// is told; put behind `told` what the application gets.
    pub fn take(
        &mut self,
        line: usize,
        event: Event,
        now: Duration,
        states: States<'_>,
        told: &mut Told,
    ) {
        match &mut self.0 {
            Kind::Lines(lines) => lines.take(line, event, now, states, told),
            Kind::Trades(lines) => lines.take(line, event, now, states, told),
        }
    }

    /// Let time pass.
    pub fn ticked(&mut self, now: Duration, states: States<'_>, told: &mut Told) {
        match &mut self.0 {
            Kind::Lines(lines) => lines.ticked(now, states, told),
            Kind::Trades(lines) => lines.ticked(now, told),
        }
    }
}
