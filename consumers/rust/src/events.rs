//! What the application gets: events of the wire, and events of the consumer's own.
//!
//! Types only: nothing here decodes, reads or decides.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::book::{Book, OrderBook};
use crate::errors::Code;
use crate::states::State;
use crate::wire::{EntryId, WireBody, WireEvent};

/// What happened in a stream, and its state right after it.
#[derive(Debug, Clone)]
pub struct Event {
    /// The stream's key.
    pub stream: Arc<str>,
    /// The state right after the event; it stays as it is for as long as you keep it.
    pub state: Arc<State>,
    /// What happened.
    pub body: Body,
}

impl Event {
    /// The L2 book, where it is valid and not stale.
    #[must_use]
    pub fn live_book(&self) -> Option<&Book> {
        self.state.book().filter(|_| self.state.is_live())
    }

    /// The L3 book, where it is valid and not stale.
    #[must_use]
    pub fn live_order_book(&self) -> Option<&OrderBook> {
        self.state.order_book().filter(|_| self.state.is_live())
    }

    /// What the publisher wrote, `None` for an event of the consumer's own.
    #[must_use]
    pub const fn wire(&self) -> Option<&WireEvent> {
        match &self.body {
            Body::Wire(event) => Some(event),
            _ => None,
        }
    }
}

/// Entries from `first` to `last` of one epoch, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Span {
    pub first: EntryId,
    pub last: EntryId,
}

/// One of the two lines of a stream (WIRE §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Line {
    A,
    B,
}

impl Line {
    /// `a` or `b`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Line::A => "a",
            Line::B => "b",
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// As the publisher wrote it.
    Wire(WireEvent),
    /// The state was loaded from the snapshot at `cursor`; entries after `after` (`None`: nothing
    /// was seen) and up to it were not told. Where `cursor` is below `after`, entries come again.
    Joined {
        /// Where the sequence goes on.
        cursor: EntryId,
        /// The last entry told before.
        after: Option<EntryId>,
    },
    /// Code GAP: after `cursor` the stream goes on at `found`. The state is invalid until loaded.
    Gap {
        /// The last entry seen.
        cursor: EntryId,
        /// The next one there.
        found: EntryId,
    },
    /// Comes before an epoch: what of the old one was written and not seen, and what was published
    /// to nobody.
    Missed {
        /// Written and not read.
        unseen: Option<Span>,
        /// Published to nobody.
        missed: Option<Span>,
    },
    /// A bad entry; the state is invalid. After this and after a gap, until the state is there
    /// again, only resets, byes and epochs are told.
    Quarantined {
        /// What is wrong.
        code: Code,
        /// The entry.
        entry_id: EntryId,
        /// The key or limit concerned.
        at: &'static str,
    },
    /// Code STALE: no entry for so long.
    Stale {
        /// Since the last entry.
        age: Duration,
    },
    /// Code REGRESSION: the stream was rolled back from `cursor` to `head`, and goes on from there.
    Regression {
        /// The last entry seen.
        cursor: EntryId,
        /// The newest one there.
        head: EntryId,
    },
    /// More than half of the kept entries (`first` to `last`) lie after `cursor`: read faster.
    TrimWarning {
        /// The last entry seen.
        cursor: EntryId,
        /// The oldest one kept.
        first: EntryId,
        /// The newest one.
        last: EntryId,
    },
    /// Redis is away; the client tries again by itself. The state stands still.
    Disconnected {
        /// The failure.
        reason: String,
    },
    /// Redis answers again; the sequence goes on where it stood.
    Reconnected,
    /// Of two lines followed as one (WIRE §7.7): this one has a valid state.
    LineUp {
        /// Which.
        line: Line,
    },
    /// A line is lost; the other, where it is up, carries on and nothing is missing.
    LineDown {
        /// Which.
        line: Line,
        /// By what.
        cause: Box<Body>,
    },
    /// It goes on with a line where the two did not meet: the state is whole and proven, but events
    /// between may have been told by neither, or are told a second time.
    Jump {
        /// The one that it goes on with.
        line: Line,
    },
}

impl Body {
    pub(crate) const fn wire_body(&self) -> Option<&WireBody> {
        match self {
            Body::Wire(event) => Some(&event.body),
            _ => None,
        }
    }

    /// An event of the channel's own (WIRE §3.6).
    pub(crate) const fn is_of_channel(&self) -> bool {
        match self.wire_body() {
            Some(body) => body.is_of_channel(),
            None => false,
        }
    }

    pub(crate) const fn is_snapshot(&self) -> bool {
        matches!(self.wire_body(), Some(WireBody::Snapshot(_)))
    }
}

/// One entry of any stream as it is, or what kept some away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An entry.
    Entry(WireEvent),
    /// An entry that does not decode.
    Quarantined {
        /// What is wrong.
        code: Code,
        /// The entry.
        entry_id: EntryId,
        /// The key or limit concerned.
        at: &'static str,
    },
    /// After `cursor` the stream goes on at `found`.
    Gap {
        /// The last entry read.
        cursor: EntryId,
        /// The next one there.
        found: EntryId,
    },
    /// Redis is away; the client tries again by itself.
    Disconnected {
        /// The failure.
        reason: String,
    },
    /// Redis answers again.
    Reconnected,
}
