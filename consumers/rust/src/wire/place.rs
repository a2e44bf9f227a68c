//! Channels, and where an entry lies: both decide which events and keys are known (WIRE §2.1, §3.6).

use std::fmt;
use std::str::FromStr;

/// What a stream is about (WIRE §2.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// One book by price, L2.
    #[default]
    Book,
    /// One book by order, L3.
    Level3,
    /// The best bid and offer of a book.
    Bbo,
    /// The ticker.
    Ticker,
    /// Trades.
    Trade,
    /// Candles.
    Ohlc,
    /// All pairs and assets; no symbol.
    Instrument,
    /// An account's orders and fills; no symbol.
    Executions,
    /// An account's balances; no symbol.
    Balances,
}

impl Channel {
    /// All of them, by name.
    pub const ALL: [Channel; 9] = [
        Channel::Book,
        Channel::Level3,
        Channel::Bbo,
        Channel::Ticker,
        Channel::Trade,
        Channel::Ohlc,
        Channel::Instrument,
        Channel::Executions,
        Channel::Balances,
    ];

    /// The name in keys and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Book => "book",
            Channel::Level3 => "level3",
            Channel::Bbo => "bbo",
            Channel::Ticker => "ticker",
            Channel::Trade => "trade",
            Channel::Ohlc => "ohlc",
            Channel::Instrument => "instrument",
            Channel::Executions => "executions",
            Channel::Balances => "balances",
        }
    }

    /// True for what holds a book, L2 or L3.
    #[must_use]
    pub const fn has_book(self) -> bool {
        matches!(self, Channel::Book | Channel::Level3)
    }

    /// True for an account's streams, whose keys stand apart.
    #[must_use]
    pub const fn is_private(self) -> bool {
        matches!(self, Channel::Executions | Channel::Balances)
    }

    /// True for streams of one symbol, which have precisions.
    #[must_use]
    pub const fn has_symbol(self) -> bool {
        !(self.is_private() || matches!(self, Channel::Instrument))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names none of what it should; it says which there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName(pub(crate) String);

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnknownName {}

impl FromStr for Channel {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            UnknownName(format!("no channel {text:?}: one of {names}"))
        })
    }
}

/// Where an entry lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the stream of a channel.
    Stream(Channel),
    /// In the `.snap` beside one.
    Snap(Channel),
    /// In a feed's status stream.
    Status,
}

impl Place {
    /// Where the entries of the stream at `key` lie, by the grammar of WIRE §2.1; what it does not
    /// name counts as a book.
    #[must_use]
    pub fn of_key(key: &str) -> Self {
        let name = key.split_once("}:").map_or("", |(_, name)| name);
        let plain = name.strip_suffix(".snap").unwrap_or(name);
        let word = plain.split(['/', '.']).next().unwrap_or_default();
        if word == "status" {
            return Place::Status;
        }
        let channel = word.parse().unwrap_or_default();
        if key.ends_with(".snap") { Place::Snap(channel) } else { Place::Stream(channel) }
    }

    /// The channel, `None` for a status stream.
    #[must_use]
    pub const fn channel(self) -> Option<Channel> {
        match self {
            Place::Stream(channel) | Place::Snap(channel) => Some(channel),
            Place::Status => None,
        }
    }
}

impl FromStr for Place {
    type Err = UnknownName;

    /// Read `book`, `book.snap` or `status`.
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match (text, text.strip_suffix(".snap")) {
            ("status", _) => Ok(Place::Status),
            (_, Some(channel)) => channel.parse().map(Place::Snap),
            _ => text.parse().map(Place::Stream),
        }
    }
}
