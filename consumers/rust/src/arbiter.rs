//! Which arbiter makes one of two lines (WIRE §7.7). Pure.

use std::time::Duration;

use crate::id::Channel;
use crate::line_trades::TradeLines;
use crate::lines::{Lines, Said, States};
use crate::told::{Line, Told};

/// The arbiter of two lines of any channel.
#[derive(Debug)]
pub enum Arbiter {
    /// Of every channel but `trade`.
    Lines(Box<Lines>),
    /// Of `trade`.
    Trades(Box<TradeLines>),
}

impl Arbiter {
    /// The arbiter of a channel.
    pub fn of(channel: Channel) -> Self {
        match channel {
            Channel::Trade => Self::Trades(Box::default()),
            _ => Self::Lines(Box::default()),
        }
    }

    /// Takes what a line's replica tells; gives what the application is told.
    pub fn take(&mut self, line: Line, told: Told, states: States<'_>, now: Duration) -> Vec<Said> {
        match self {
            Self::Lines(lines) => lines.take(line, told, states, now),
            Self::Trades(lines) => lines.take(line, told, states, now),
        }
    }

    /// Lets time pass.
    pub fn ticked(&mut self, now: Duration) -> Vec<Said> {
        match self {
            Self::Lines(lines) => lines.ticked(now),
            Self::Trades(lines) => lines.ticked(now),
        }
    }
}
