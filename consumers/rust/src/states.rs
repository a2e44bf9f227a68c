//! What a stream holds at an entry: its book, or what its channel has instead.
//!
//! Pure data. A replica changes its state in place while nobody else holds it; an application that
//! keeps an event keeps the state as it was (`Arc`, copied on the next change).

use std::collections::BTreeMap;

use crate::book::{Book, OrderBook};
use crate::wire::{AssetRow, Candle, Channel, Header, PairRow, Ticker, Top, Trade};

/// The state of one stream right after an event, and whether it can be trusted.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What the stream is, as its latest snapshot said.
    pub header: Header,
    /// The entry that the state is at.
    pub epoch: u64,
    /// The entry that the state is at.
    pub seq: u64,
    /// The venue's latest stamp.
    pub ts_event: u64,
    /// Joined, contiguous, and a book proven by its checksum.
    pub is_valid: bool,
    /// Valid, but nothing was heard for longer than allowed, the publisher said goodbye, or Redis
    /// is away.
    pub is_stale: bool,
    /// What it holds.
    pub holding: Holding,
}

impl State {
    pub(crate) fn new(channel: Channel) -> Self {
        let header = Header { channel, ..Header::default() };
        Self { header, holding: Holding::new(channel), ..Self::default() }
    }

    /// Valid and not stale.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.is_valid && !self.is_stale
    }

    /// The L2 book, `None` for other channels; look at [`State::is_live`] before you trust it.
    #[must_use]
    pub const fn book(&self) -> Option<&Book> {
        match &self.holding {
            Holding::Book(book) => Some(book),
            _ => None,
        }
    }

    /// The L3 book, `None` for other channels; look at [`State::is_live`] before you trust it.
    #[must_use]
    pub const fn order_book(&self) -> Option<&OrderBook> {
        match &self.holding {
            Holding::Level3(book) => Some(book),
            _ => None,
        }
    }

    /// The checksum of a book, L2 or L3.
    #[must_use]
    pub fn checksum(&self) -> Option<u32> {
        match &self.holding {
            Holding::Book(book) => Some(book.checksum()),
            Holding::Level3(book) => Some(book.checksum()),
            _ => None,
        }
    }
}

/// What a state holds, by channel.
#[derive(Debug, Clone)]
pub enum Holding {
    /// The L2 book.
    Book(Book),
    /// The L3 book.
    Level3(OrderBook),
    /// The best bid and offer.
    Bbo(Top),
    /// The ticker.
    Ticker(Ticker),
    /// The latest trades.
    Trade(LatestTrades),
    /// The open candle, if one is open.
    Ohlc(Option<Candle>),
    /// All pairs and assets.
    Instrument {
        /// By symbol.
        pairs: BTreeMap<String, PairRow>,
        /// By id.
        assets: BTreeMap<String, AssetRow>,
    },
    /// The open orders.
    Executions {
        /// JSON texts by order id.
        orders: BTreeMap<String, String>,
        /// Kraken's counter.
        sequence: u64,
    },
    /// The balances.
    Balances {
        /// JSON texts by asset.
        balances: BTreeMap<String, String>,
        /// Kraken's counter.
        sequence: u64,
    },
}

/// The latest trades, 50 at most, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LatestTrades {
    /// The id that the next one follows; 0 where none is known.
    pub last_trade_id: u64,
    /// In the order of their ids.
    pub trades: Vec<Trade>,
}

impl Default for Holding {
    fn default() -> Self {
        Holding::Book(Book::default())
    }
}

impl Holding {
    fn new(channel: Channel) -> Self {
        match channel {
            Channel::Book => Holding::Book(Book::default()),
            Channel::Level3 => Holding::Level3(OrderBook::default()),
            Channel::Bbo => Holding::Bbo(Top::default()),
            Channel::Ticker => Holding::Ticker(Ticker::default()),
            Channel::Trade => Holding::Trade(LatestTrades::default()),
            Channel::Ohlc => Holding::Ohlc(None),
            Channel::Instrument => {
                Holding::Instrument { pairs: BTreeMap::new(), assets: BTreeMap::new() }
            }
            Channel::Executions => Holding::Executions { orders: BTreeMap::new(), sequence: 0 },
            Channel::Balances => Holding::Balances { balances: BTreeMap::new(), sequence: 0 },
        }
    }
}
