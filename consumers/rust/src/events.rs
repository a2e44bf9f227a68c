//! Events of the wire, as the publisher wrote them (WIRE §4).
//!
//! Types only. Fields bear the names of WIRE §9. Prices and quantities are scaled integers, times
//! nanoseconds since 1970 (0: the venue gave none), `decimal` and `json` values texts.

use std::sync::Arc;

use crate::id::{Channel, EntryId};
use crate::number::Number;

/// `checksum_freq` is above 1 and this update was not compared with Kraken's checksum.
pub const UNVERIFIED: u64 = 1;
/// Best bid at or above best offer although the checksum passed.
pub const CROSSED: u64 = 2;
/// Learned after the fact.
pub const BACKFILL: u64 = 4;
/// Of a candle that was closed before, or of an earlier interval.
pub const REVISED: u64 = 8;
/// Tops between this one and the one before were left out.
pub const CONFLATED: u64 = 16;

/// What all events have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The entry's id.
    pub entry_id: EntryId,
    /// The venue's stamp on the message that caused the event.
    pub ts_event: u64,
    /// When the publisher received the frame.
    pub ts_recv: u64,
    /// When the publisher encoded the event.
    pub ts_pub: u64,
    /// Bit set of WIRE §4.1.
    pub flags: u64,
}

/// What a stream is (WIRE §4.3). What its channel has not is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Header {
    pub channel: Option<Channel>,
    pub symbol: Option<Box<str>>,
    pub depth: Option<u32>,
    pub price_precision: Option<u32>,
    pub qty_precision: Option<u32>,
    pub source: Option<Box<str>>,
    pub trigger: Option<Box<str>>,
    pub interval: Option<u32>,
    pub account: Option<Box<str>>,
}

/// One price and the qty resting there; in an update a qty of 0 removes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// The scaled price.
    pub price: Number,
    /// The scaled quantity.
    pub qty: Number,
}

/// One resting order; `time` rules its place in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Order {
    pub order_id: Arc<str>,
    pub price: Number,
    pub qty: Number,
    pub time: u64,
}

/// What becomes of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ChangeKind {
    Add,
    Modify,
    Delete,
}

/// One change of a book of orders (WIRE §4.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What becomes of the order.
    pub kind: ChangeKind,
    /// The order as it is from then on.
    pub order: Order,
}

/// One trade (WIRE §4.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Kraken's id, growing by 1 within a symbol.
    pub trade_id: u64,
    /// Of the taker: 0 buy, 1 sell.
    pub side: u8,
    /// The scaled price.
    pub price: Number,
    /// The scaled quantity.
    pub qty: Number,
    /// 0 limit, 1 market, 2 another.
    pub ord_type: u8,
    /// The venue's stamp.
    pub time: u64,
}

/// One pair (WIRE §4.15); `words` are Kraken's own, as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Pair {
    pub symbol: Box<str>,
    pub status: Box<str>,
    pub price_precision: u64,
    pub qty_precision: u64,
    pub words: Box<str>,
}

/// One asset (WIRE §4.15); `words` are Kraken's own, as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Asset {
    pub id: Box<str>,
    pub status: Box<str>,
    pub precision: u64,
    pub words: Box<str>,
}

/// The best bid and offer (WIRE §4.11); `None` on an empty side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Top {
    pub bid: Option<Number>,
    pub bid_qty: Option<Number>,
    pub ask: Option<Number>,
    pub ask_qty: Option<Number>,
}

/// The ticker (WIRE §4.12); `None` where Kraken gave nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Ticker {
    pub top: Top,
    pub last: Option<Number>,
    pub high: Option<Number>,
    pub low: Option<Number>,
    pub volume: Option<Number>,
    pub vwap: Option<Box<str>>,
    pub change: Option<Box<str>>,
    pub change_pct: Option<Box<str>>,
    pub trades: Option<u64>,
}

/// A candle (WIRE §4.14).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Candle {
    pub interval_begin: u64,
    pub open: Number,
    pub high: Number,
    pub low: Number,
    pub close: Number,
    pub volume: Number,
    pub vwap: Box<str>,
    pub trades: u64,
}

/// The whole state of a channel, as a snapshot holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Content {
    /// Best first.
    Book { bids: Vec<Level>, asks: Vec<Level> },
    /// Best level first, each level's orders in queue order.
    Level3 { bids: Vec<Order>, asks: Vec<Order> },
    Bbo(Top),
    Ticker(Ticker),
    /// The latest, 50 at most.
    Trade { trades: Vec<Trade>, last_trade_id: u64 },
    /// `None` while no candle is open.
    Ohlc(Option<Candle>),
    Instrument { pairs: Vec<Pair>, assets: Vec<Asset> },
    /// Open orders as JSON texts.
    Executions { orders: Vec<Box<str>>, sequence: u64 },
    /// Assets as JSON texts.
    Balances { balances: Vec<Box<str>>, sequence: u64 },
}

/// The whole state of a stream (WIRE §4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The wire's version.
    pub version: u64,
    /// What the stream is.
    pub header: Header,
    /// Of a book's.
    pub checksum: Option<u32>,
    /// `None` in a pointer: the content lies in `.snap` under this very id.
    pub content: Option<Content>,
}

/// A new life of the sequence (WIRE §4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Epoch {
    pub version: u64,
    pub reason: Box<str>,
    pub feed: Box<str>,
    pub writer: u64,
    pub header: Header,
    pub prev_epoch: Option<u64>,
    pub prev_seq: Option<u64>,
    pub missed_first: Option<u64>,
    pub missed_last: Option<u64>,
}

/// What an event says beside its head, by type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Body {
    Snapshot(Box<Snapshot>),
    Epoch(Box<Epoch>),
    /// The state was dropped; a snapshot follows.
    Reset { reason: Box<str>, note: Option<Box<str>> },
    /// Alive, nothing new.
    Heartbeat { checksum: Option<u32>, state: Box<str> },
    /// The publisher stopped on request.
    Bye { note: Option<Box<str>> },
    /// A status stream's pulse.
    Feed { state: Box<str>, symbols: u64, live: u64, system: Box<str> },
    /// Something that people should know.
    Notice { symbol: Box<str>, kind: Box<str>, note: Box<str>, report: Option<Box<str>> },
    /// One Kraken message of `book`, verified.
    Update { checksum: u32, bids: Vec<Level>, asks: Vec<Level> },
    /// One Kraken message of `level3`, verified.
    Orders { checksum: u32, bids: Vec<Change>, asks: Vec<Change> },
    Top(Top),
    Ticker(Box<Ticker>),
    Trades(Vec<Trade>),
    /// Trades from first to last that could not be had.
    TradesGap { reason: Box<str>, note: Option<Box<str>>, first: u64, last: u64 },
    Candle(Box<Candle>),
    /// A candle that is final.
    Closed(Box<Candle>),
    Instruments { pairs: Vec<Pair>, assets: Vec<Asset> },
    /// One report, and the whole order after it, as JSON texts.
    Execution { order_id: Box<str>, report: Box<str>, order: Box<str>, sequence: u64 },
    /// Orders that are open no more, of which nothing tells the end.
    OrdersGap { reason: Box<str>, note: Option<Box<str>>, order_id: Vec<Box<str>> },
    /// One report, and the asset's whole state after it, as JSON texts.
    Balance { state: Box<str>, report: Box<str>, asset: Box<str>, sequence: u64 },
    /// An event of a type that this reader does not know; it keeps its place.
    Unknown { kind: Box<str> },
}

/// One entry, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireEvent {
    /// What all events have; of an unknown one only the id is kept.
    pub head: Head,
    /// What this one says.
    pub body: Body,
}

impl WireEvent {
    /// True for an event of the channel's own, false for those that all channels have (WIRE §3.6).
    pub fn is_of_channel(&self) -> bool {
        !matches!(
            self.body,
            Body::Snapshot(_)
                | Body::Epoch(_)
                | Body::Reset { .. }
                | Body::Heartbeat { .. }
                | Body::Bye { .. }
                | Body::Feed { .. }
                | Body::Notice { .. }
                | Body::Unknown { .. }
        )
    }
}
