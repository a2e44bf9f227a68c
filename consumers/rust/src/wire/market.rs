//! What the events of the channels hold: levels, orders, trades, candles, and an account's news.
//!
//! Types only; full names as in WIRE §9. Prices and quantities are scaled integers, times
//! nanoseconds, `decimal` and `json` values texts. What may be absent is an `Option`.

use crate::number::Number;

/// One price and the total qty resting there; in an update a qty of 0 removes the level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Level {
    /// Scaled by the price precision.
    pub price: Number,
    /// Scaled by the qty precision.
    pub qty: Number,
}

/// One resting order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// The venue's name of it.
    pub order_id: String,
    /// Scaled by the price precision.
    pub price: Number,
    /// Scaled by the qty precision.
    pub qty: Number,
    /// Rules its place in the queue.
    pub time: u64,
}

/// What a change does to its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It comes to the book.
    Add,
    /// Its qty, and perhaps its price or time, are other ones now.
    Modify,
    /// It leaves the book.
    Delete,
}

/// One change of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it does.
    pub kind: ChangeKind,
    /// The order.
    pub order_id: String,
    /// Scaled by the price precision; without use in a delete.
    pub price: Number,
    /// Scaled by the qty precision; without use in a delete.
    pub qty: Number,
    /// The order's from then on; without use in a delete.
    pub time: u64,
}

/// Both sides' deltas, in the venue's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Of the book after it.
    pub checksum: u32,
    /// Levels set or, with a qty of 0, removed.
    pub bids: Vec<Level>,
    /// The same of the other side.
    pub asks: Vec<Level>,
}

/// Both sides' changes, in the venue's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orders {
    /// Of the book after them.
    pub checksum: u32,
    /// Changes of bids.
    pub bids: Vec<Change>,
    /// Changes of asks.
    pub asks: Vec<Change>,
}

/// The best of each side; `None` where a side is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Top {
    /// Best bid and the qty of its whole level.
    pub bid: Option<Level>,
    /// Best offer likewise.
    pub ask: Option<Level>,
}

/// The ticker; `None` where Kraken gave nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)] // each is what Kraken calls so
pub struct Ticker {
    pub bid: Option<Number>,
    pub bid_qty: Option<Number>,
    pub ask: Option<Number>,
    pub ask_qty: Option<Number>,
    pub last: Option<Number>,
    pub high: Option<Number>,
    pub low: Option<Number>,
    pub volume: Option<Number>,
    pub vwap: Option<String>,
    pub change: Option<String>,
    pub change_pct: Option<String>,
    pub trades: Option<u64>,
}

/// Who crossed the spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Aggressor {
    Buy,
    Sell,
}

/// The taker's order type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum OrdType {
    Limit,
    Market,
    Other,
}

/// One trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trade {
    /// Grows by exactly 1 within a symbol.
    pub trade_id: u64,
    /// Who crossed the spread.
    pub aggressor: Aggressor,
    /// Scaled by the price precision.
    pub price: Number,
    /// Scaled by the qty precision.
    pub qty: Number,
    /// The taker's order type.
    pub ord_type: OrdType,
    /// The venue's stamp.
    pub time: u64,
}

/// Trades `first` to `last`, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TradesGap {
    /// Why they are not there.
    pub reason: String,
    /// For people.
    pub note: Option<String>,
    /// The first id.
    pub first: u64,
    /// The last id.
    pub last: u64,
}

/// A candle.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // each is what Kraken calls so
pub struct Candle {
    pub interval_begin: u64,
    pub open: Number,
    pub high: Number,
    pub low: Number,
    pub close: Number,
    pub volume: Number,
    pub vwap: String,
    pub trades: u64,
}

/// A pair, with Kraken's own words on it as JSON text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PairRow {
    pub symbol: String,
    pub status: String,
    pub price_precision: u64,
    pub qty_precision: u64,
    pub words: String,
}

/// An asset, with Kraken's own words on it as JSON text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct AssetRow {
    pub id: String,
    pub status: String,
    pub precision: u64,
    pub words: String,
}

/// Pairs and assets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Instruments {
    pub pairs: Vec<PairRow>,
    pub assets: Vec<AssetRow>,
}

/// One report, and the whole order after it, as JSON texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The order.
    pub order_id: String,
    /// As Kraken sent it.
    pub report: String,
    /// All its reports so far, later fields over earlier ones.
    pub order: String,
    /// Kraken's counter; 0 in what was learned after the fact.
    pub sequence: u64,
}

/// Orders that are open no more, of which nothing tells the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrdersGap {
    /// Why it is not told.
    pub reason: String,
    /// For people.
    pub note: Option<String>,
    /// The orders.
    pub order_ids: Vec<String>,
}

/// One report, and the asset's whole state after it, as JSON texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The asset.
    pub asset: String,
    /// As Kraken sent it.
    pub report: String,
    /// In the shape of Kraken's snapshot.
    pub state: String,
    /// Kraken's counter.
    pub sequence: u64,
}
