//! Events as the publisher wrote them: those of a stream's life whole, those of the channels by
//! what `market` holds; snapshots, and the catalogue's rows.
//!
//! Types only; full names as in WIRE §9. Prices and quantities are scaled integers, times
//! nanoseconds since 1970 UTC, `decimal` and `json` values texts. What may be absent is an
//! `Option`.

use super::market::{
    Balance, Candle, Execution, Instruments, Level, Order, Orders, OrdersGap, Ticker, Top, Trade,
    TradesGap, Update,
};
use super::{Channel, EntryId};

/// [`WireEvent::flags`]: not compared with Kraken's checksum, `checksum_freq` being above 1.
pub const UNVERIFIED: u64 = 1;
/// [`WireEvent::flags`]: best bid at or above best offer although the checksum passed.
pub const CROSSED: u64 = 2;
/// [`WireEvent::flags`]: learned after the fact.
pub const BACKFILL: u64 = 4;
/// [`WireEvent::flags`]: of a candle that was closed before, or of an earlier interval.
pub const REVISED: u64 = 8;
/// [`WireEvent::flags`]: tops between this one and the one before were left out.
pub const CONFLATED: u64 = 16;

/// One entry of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireEvent {
    /// Its place in the stream.
    pub entry_id: EntryId,
    /// The venue's stamp, 0 where it gave none.
    pub ts_event: u64,
    /// When the publisher received the frame.
    pub ts_recv: u64,
    /// When the publisher encoded the event.
    pub ts_pub: u64,
    /// A set of [`UNVERIFIED`], [`CROSSED`], [`BACKFILL`], [`REVISED`], [`CONFLATED`].
    pub flags: u64,
    /// What it says.
    pub body: WireBody,
}

/// What an entry says, by its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireBody {
    /// One Kraken message of `book`, verified (WIRE §4.2).
    Update(Update),
    /// One Kraken message of `level3`, verified (WIRE §4.10).
    Orders(Orders),
    /// The best bid and offer of a verified book (WIRE §4.11).
    Top(Top),
    /// The whole ticker (WIRE §4.12).
    Ticker(Box<Ticker>),
    /// Trades of one symbol, ids rising by 1 (WIRE §4.13).
    Trades(Vec<Trade>),
    /// Trades that could not be had (WIRE §4.13).
    TradesGap(TradesGap),
    /// A candle as it stands (WIRE §4.14).
    Candle(Box<Candle>),
    /// A candle that is final (WIRE §4.14).
    Closed(Box<Candle>),
    /// Pairs and assets that changed (WIRE §4.15).
    Instruments(Instruments),
    /// One report on an order (WIRE §4.16).
    Execution(Box<Execution>),
    /// Orders that are open no more, of which nothing tells the end (WIRE §4.16).
    OrdersGap(OrdersGap),
    /// One report on an asset (WIRE §4.17).
    Balance(Box<Balance>),
    /// The whole state (WIRE §4.3).
    Snapshot(Box<Snapshot>),
    /// A new life of the sequence (WIRE §4.4).
    Epoch(Box<Epoch>),
    /// The state was dropped; a snapshot follows (WIRE §4.5).
    Reset(Reset),
    /// Alive, nothing new (WIRE §4.6).
    Heartbeat(Heartbeat),
    /// The publisher stopped on request (WIRE §4.7).
    Bye {
        /// For people.
        note: Option<String>,
    },
    /// A status stream's pulse (WIRE §4.8).
    Feed(Feed),
    /// Something that people should know (WIRE §4.8).
    Notice(Box<Notice>),
    /// An event of a type that this reader does not know; it keeps its place (WIRE §3.6).
    Unknown {
        /// The type that it names.
        kind: String,
    },
}

impl WireBody {
    /// True for the events of one channel alone, which tell its news (WIRE §3.6).
    #[must_use]
    pub const fn is_of_channel(&self) -> bool {
        matches!(
            self,
            WireBody::Update(_)
                | WireBody::Orders(_)
                | WireBody::Top(_)
                | WireBody::Ticker(_)
                | WireBody::Trades(_)
                | WireBody::TradesGap(_)
                | WireBody::Candle(_)
                | WireBody::Closed(_)
                | WireBody::Instruments(_)
                | WireBody::Execution(_)
                | WireBody::OrdersGap(_)
                | WireBody::Balance(_)
        )
    }
}

/// The state was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reset {
    /// `disconnected`, `checksum`, `instrument` and so on (WIRE §4.5).
    pub reason: String,
    /// For people.
    pub note: Option<String>,
}

/// Alive, nothing new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// Of the stream.
    pub state: FeedState,
    /// Of a live book as it stands.
    pub checksum: Option<u32>,
}

/// A status stream's pulse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Of the connection to Kraken.
    pub state: FeedState,
    /// How many symbols.
    pub symbols: u64,
    /// How many of their streams are live.
    pub live: u64,
    /// Kraken's system state, empty if unknown.
    pub system: String,
}

/// Something that people should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// May be empty.
    pub symbol: String,
    /// `system`, `refused`, `brake`, `malformed`, or a later one.
    pub kind: String,
    /// For people.
    pub note: String,
    /// Kraken's own words as JSON text.
    pub report: Option<String>,
}

/// A new life of the sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Of the wire.
    pub version: u64,
    /// `start`, `takeover`, `fenced`, `lost`, `overrun`.
    pub reason: String,
    /// The feed's id.
    pub feed: String,
    /// A random id of the writing process.
    pub writer: u64,
    /// What the stream is; a status stream has none.
    pub header: Option<Header>,
    /// The stream's last entry before this one.
    pub previous: Option<EntryId>,
    /// Seqs of the previous epoch that were published to nobody, first and last.
    pub missed: Option<(u64, u64)>,
}

/// What a stream is (WIRE §4.3); what it has not is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Its channel.
    pub channel: Channel,
    /// The venue's name, byte for byte.
    pub symbol: Option<String>,
    /// Levels a side.
    pub depth: Option<u32>,
    /// Decimals in a price.
    pub price_precision: Option<u32>,
    /// Decimals in a qty.
    pub qty_precision: Option<u32>,
    /// Of a `bbo`: the book that it is the top of.
    pub source: Option<Source>,
    /// Of a `ticker`: what makes Kraken send one.
    pub trigger: Option<Trigger>,
    /// Of an `ohlc`: minutes.
    pub interval: Option<u32>,
    /// Of a private stream.
    pub account: Option<String>,
}

/// The whole state of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Of the wire.
    pub version: u64,
    /// What the stream is.
    pub header: Header,
    /// Of a book.
    pub checksum: Option<u32>,
    /// `None` where it is a pointer: the content lies in `.snap` under this entry's id.
    pub content: Option<Content>,
}

/// What a snapshot holds, by channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Content {
    /// Levels, best first.
    Book { bids: Vec<Level>, asks: Vec<Level> },
    /// Orders, best level first, each level in queue order.
    Level3 { bids: Vec<Order>, asks: Vec<Order> },
    /// The best bid and offer.
    Bbo(Top),
    /// The ticker.
    Ticker(Ticker),
    /// The latest trades, 50 at most, and the id that the next one follows.
    Trade { trades: Vec<Trade>, last_trade_id: u64 },
    /// The open candle, if one is open.
    Ohlc(Option<Candle>),
    /// All pairs and assets.
    Instrument(Instruments),
    /// The open orders as JSON texts.
    Executions { orders: Vec<String>, sequence: u64 },
    /// All balances as JSON texts.
    Balances { balances: Vec<String>, sequence: u64 },
}

/// One stream of the catalogue (WIRE §4.9). A hint, not a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The stream's key.
    pub stream: String,
    /// Of the wire.
    pub version: u64,
    /// The feed's id.
    pub feed: String,
    /// What the stream is.
    pub header: Header,
    /// `a` or `b` in A/B mode, else empty.
    pub line: String,
    /// The stream's life.
    pub epoch: u64,
}

/// An enum whose variants are words of the wire.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$one:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$one])* $variant,)* }

        impl $name {
            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            pub(crate) fn from_word(text: &str) -> Option<Self> {
                match text { $($word => Some($name::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = super::UnknownName;

            fn from_str(text: &str) -> Result<Self, super::UnknownName> {
                Self::from_word(text).ok_or_else(|| {
                    super::UnknownName(format!("{text:?} is none of {}", [$($word),*].join(", ")))
                })
            }
        }
    };
}

words! {
    /// How a feed or a stream stands.
    FeedState {
        /// No connection to Kraken.
        Disconnected = "disconnected",
        /// Connected, no state yet.
        AwaitingSnapshot = "awaiting_snapshot",
        /// Up to date.
        Live = "live",
    }
}

words! {
    /// The book that a `bbo` is the top of.
    Source {
        /// L2.
        Book = "book",
        /// L3.
        Level3 = "level3",
    }
}

words! {
    /// What makes Kraken send a ticker.
    Trigger {
        /// A new best price.
        Bbo = "bbo",
        /// A trade.
        Trades = "trades",
    }
}
