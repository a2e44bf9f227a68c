//! What the streams hold at an entry: books, tops, tickers, trades, candles and the rest.
//!
//! Pure. Changed in place by a replica, read by anyone; `clone()` keeps a moment. `channels` says
//! what events do to it.

use std::collections::{BTreeMap, VecDeque};

use crate::book::Book;
use crate::events::{Asset, Candle, Header, Pair, Ticker, Top, Trade};
use crate::id::{Channel, EntryId};
use crate::order_book::OrderBook;

/// What a channel holds.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Held {
    Book(Book),
    Level3(OrderBook),
    Bbo(Top),
    Ticker(Ticker),
    /// The latest trades, 50 at most, oldest first, and the id that the next one follows; 0 where
    /// none is known.
    Trade { last_trade_id: u64, trades: VecDeque<Trade> },
    /// The open candle, `None` while there is none.
    Ohlc(Option<Candle>),
    /// Pairs by symbol, assets by id.
    Instrument { pairs: BTreeMap<Box<str>, Pair>, assets: BTreeMap<Box<str>, Asset> },
    /// An account's open orders, each as JSON text, by order id.
    Executions { orders: BTreeMap<Box<str>, Box<str>>, sequence: u64 },
    /// An account's balances, each as JSON text, by asset.
    Balances { balances: BTreeMap<Box<str>, Box<str>>, sequence: u64 },
}

/// The state of one stream at `entry_id`.
#[derive(Clone, Debug)]
pub struct State {
    /// What the stream is, as the latest snapshot says.
    pub header: Header,
    /// The last entry that was taken in.
    pub entry_id: EntryId,
    /// The venue's latest stamp.
    pub ts_event: u64,
    /// Joined, contiguous, and where it is a book, proven by its checksum.
    pub is_valid: bool,
    /// Valid, but nothing was heard for longer than allowed, the publisher said goodbye, or Redis is
    /// away.
    pub is_stale: bool,
    /// What the channel holds.
    pub held: Held,
}

impl State {
    /// The empty state of a channel.
    pub(crate) fn new(channel: Channel) -> Self {
        let held = match channel {
            Channel::Book => Held::Book(Book::default()),
            Channel::Level3 => Held::Level3(OrderBook::default()),
            Channel::Bbo => Held::Bbo(Top::default()),
            Channel::Ticker => Held::Ticker(Ticker::default()),
            Channel::Trade => Held::Trade { last_trade_id: 0, trades: VecDeque::new() },
            Channel::Ohlc => Held::Ohlc(None),
            Channel::Instrument => {
                Held::Instrument { pairs: BTreeMap::new(), assets: BTreeMap::new() }
            }
            Channel::Executions => Held::Executions { orders: BTreeMap::new(), sequence: 0 },
            Channel::Balances => Held::Balances { balances: BTreeMap::new(), sequence: 0 },
        };
        Self {
            header: Header { channel: Some(channel), ..Header::default() },
            entry_id: EntryId::default(),
            ts_event: 0,
            is_valid: false,
            is_stale: false,
            held,
        }
    }

    /// The book of a `book` stream.
    pub fn book(&self) -> Option<&Book> {
        match &self.held {
            Held::Book(book) => Some(book),
            _ => None,
        }
    }

    /// The book of a `level3` stream.
    pub fn order_book(&self) -> Option<&OrderBook> {
        match &self.held {
            Held::Level3(book) => Some(book),
            _ => None,
        }
    }

    /// The own checksum, where it is a book.
    pub fn checksum(&self) -> Option<u32> {
        match &self.held {
            Held::Book(book) => Some(book.checksum()),
            Held::Level3(book) => Some(book.checksum()),
            _ => None,
        }
    }
}
