//! What the application is told: events of the wire, and events of the consumer's own. Types only.

use std::sync::Arc;
use std::time::Duration;

use crate::errors::Code;
use crate::events::WireEvent;
use crate::id::EntryId;

/// Entries from `first` to `last` of one epoch, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Range {
    pub first: EntryId,
    pub last: EntryId,
}

/// One of two lines of a stream (WIRE §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Line {
    A,
    B,
}

impl Line {
    /// `a` or `b`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Told {
    /// An event of the wire.
    Wire(WireEvent),
    /// The state was loaded at `cursor`; entries after `after` (`None`: nothing was seen) and up to it
    /// were not told. Where `cursor` is below `after`, entries come a second time.
    Joined {
        /// The sequence goes on after this.
        cursor: EntryId,
        /// The last entry told before.
        after: Option<EntryId>,
    },
    /// Code GAP: after `cursor` the stream goes on at `found`. The state is invalid until loaded.
    Gap {
        /// The last entry seen.
        cursor: EntryId,
        /// What came instead of the next.
        found: EntryId,
    },
    /// Comes before an `Epoch`: what of the old epoch was written and not seen, and what was published
    /// to nobody.
    Missed {
        /// Written and not seen.
        unseen: Option<Range>,
        /// Published to nobody.
        missed: Option<Range>,
    },
    /// A bad entry: the state is invalid until loaded. Until then only resets, byes, epochs are told.
    Quarantined {
        /// Of decoding, CHECKSUM or POINTER.
        code: Code,
        /// Which entry.
        entry_id: EntryId,
        /// The key or limit concerned.
        place: &'static str,
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
        /// Where the stream stands.
        head: EntryId,
    },
    /// More than half of the kept entries lie after `cursor`: read faster.
    TrimWarning {
        /// The last entry taken in.
        cursor: EntryId,
        /// The first entry kept.
        first: EntryId,
        /// The last entry kept.
        last: EntryId,
    },
    /// Redis is away; the client tries again by itself. The state stands still.
    Disconnected {
        /// Why.
        reason: String,
    },
    /// Redis answers again; the sequence goes on where it stood.
    Reconnected,
    /// Of two lines followed as one (WIRE §7.7): the line has a valid state.
    LineUp(Line),
    /// The line is lost by this cause; the other, where it is up, carries on and nothing is missing.
    LineDown(Line, Box<Told>),
    /// It goes on with this line where the two did not meet: events between may have been told by
    /// neither, or are told a second time.
    Jump(Line),
}

impl Told {
    /// The event of the wire, where it is one.
    pub fn wire(&self) -> Option<&WireEvent> {
        match self {
            Self::Wire(event) => Some(event),
            _ => None,
        }
    }
}

/// What the application gets of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The stream's key.
    pub stream: Arc<str>,
    /// What happened.
    pub told: Told,
    pub(crate) state_at: StateAt,
}

/// Which of a follower's states is that of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StateAt {
    Replica(usize),
    /// The own state of two lines of trades.
    Trades(usize),
}

/// One entry of any stream as it is, or what kept some away.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// An entry that decodes.
    Event(WireEvent),
    /// An entry that does not: the id and the code.
    Bad(EntryId, Code),
    /// After the first id the stream goes on at the second.
    Gap(EntryId, EntryId),
    /// Redis is away, and why; the client tries again by itself.
    Disconnected(String),
    /// Redis answers again.
    Reconnected,
}
