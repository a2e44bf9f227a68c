//! The names of entries (WIRE §3.1), and where they lie (WIRE §2.1). Pure.

use std::fmt;
use std::str::FromStr;

/// An entry's id, totally ordered. Prints as Redis writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// Which life of the sequence.
    pub epoch: u64,
    /// The place in it.
    pub seq: u64,
}

impl EntryId {
    /// The id `<epoch>-<seq>`.
    pub fn new(epoch: u64, seq: u64) -> Self {
        Self { epoch, seq }
    }

    /// True when nothing can lie between: the next seq, or the first of a later epoch.
    pub fn is_followed_by(self, other: Self) -> bool {
        if other.epoch == self.epoch {
            Some(other.seq) == self.seq.checked_add(1)
        } else {
            other.epoch > self.epoch && other.seq == 0
        }
    }

    pub(crate) fn before(self) -> Self {
        Self { epoch: self.epoch, seq: self.seq.saturating_sub(1) }
    }

    pub(crate) fn from_bytes(text: &[u8]) -> Option<Self> {
        let at = text.iter().position(|byte| *byte == b'-')?;
        Some(Self { epoch: digits(&text[..at])?, seq: digits(&text[at + 1..])? })
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

impl fmt::Display for EntryId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}-{}", self.epoch, self.seq)
    }
}

/// A text is no entry id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an entry id is <epoch>-<seq>, such as 12-345")
    }
}

impl std::error::Error for NotAnId {}

impl FromStr for EntryId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::from_bytes(text.as_bytes()).ok_or(NotAnId)
    }
}

/// What a stream holds: the word behind the first `}:` of its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// A book of price levels.
    #[default]
    Book,
    /// A book of orders.
    Level3,
    /// The best bid and offer of a book.
    Bbo,
    /// The ticker.
    Ticker,
    /// Trades.
    Trade,
    /// Candles.
    Ohlc,
    /// All pairs and assets.
    Instrument,
    /// An account's orders and fills.
    Executions,
    /// An account's balances.
    Balances,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Book,
        Self::Level3,
        Self::Bbo,
        Self::Ticker,
        Self::Trade,
        Self::Ohlc,
        Self::Instrument,
        Self::Executions,
        Self::Balances,
    ];

    /// Its name in keys and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Level3 => "level3",
            Self::Bbo => "bbo",
            Self::Ticker => "ticker",
            Self::Trade => "trade",
            Self::Ohlc => "ohlc",
            Self::Instrument => "instrument",
            Self::Executions => "executions",
            Self::Balances => "balances",
        }
    }

    /// The channel of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == name)
    }

    /// True for the channels of an account.
    pub fn is_private(self) -> bool {
        matches!(self, Self::Executions | Self::Balances)
    }

    pub(crate) fn has_symbol(self) -> bool {
        !matches!(self, Self::Instrument | Self::Executions | Self::Balances)
    }

    pub(crate) fn has_depth(self) -> bool {
        matches!(self, Self::Book | Self::Level3 | Self::Bbo)
    }

    pub(crate) fn has_checksum(self) -> bool {
        matches!(self, Self::Book | Self::Level3)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.as_str())
    }
}

/// Where an entry lies. It decides which events and keys are known (WIRE §3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The stream's channel; `None` for a status stream.
    pub channel: Option<Channel>,
    /// True in the `.snap` beside the stream.
    pub is_snap: bool,
}

impl Place {
    /// The stream of a channel.
    pub fn stream(channel: Channel) -> Self {
        Self { channel: Some(channel), is_snap: false }
    }

    /// The snapshots of a channel's stream.
    pub fn snap(channel: Channel) -> Self {
        Self { channel: Some(channel), is_snap: true }
    }

    /// The place of this name: `book`, `trade.snap`, `status`.
    pub fn named(name: &str) -> Option<Self> {
        let (word, is_snap) = match name.strip_suffix(".snap") {
            Some(word) => (word, true),
            None => (name, false),
        };
        let channel = Channel::named(word);
        (channel.is_some() || word == "status").then_some(Self { channel, is_snap })
    }

    /// Where the entries of the key lie, by the grammar of WIRE §2.1; else a book's stream.
    pub fn of_key(key: &str) -> Self {
        let (name, is_snap) = match key.strip_suffix(".snap") {
            Some(name) => (name, true),
            None => (key, false),
        };
        let behind = name.split_once("}:").map_or("", |(_, behind)| behind);
        let word = behind.split(['/', '.']).next().unwrap_or("");
        let channel = Channel::named(word).or((word != "status").then_some(Channel::Book));
        Self { channel, is_snap }
    }
}
