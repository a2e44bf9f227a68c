//! The L2 book of one stream: two sides of price levels, kept by WIRE §5.
//!
//! Knows nothing of Redis, msgpack or sequences. Prices and quantities are scaled integers; decimals
//! appear only at the edge, never a float. Each side is sorted so that the best level is last, where
//! most changes are. Promises: after `load` or `apply` the sides hold at most `depth` levels, and
//! `checksum()` is Kraken's CRC-32 of what they hold.

use crate::events::Level;
use crate::number::{Decimal, Number};

/// The best levels of each side that the checksum covers (WIRE §5.2).
pub(crate) const CHECKSUM_LEVELS: usize = 10;

/// A side of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Side {
    Bid,
    Ask,
}

impl Side {
    /// How a price stands to another on this side: greater is better.
    #[inline]
    pub(crate) fn compare(self, one: &Number, other: &Number) -> std::cmp::Ordering {
        match self {
            Self::Bid => one.cmp(other),
            Self::Ask => other.cmp(one),
        }
    }
}

/// A level's price and qty as exact decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct DecimalLevel {
    pub price: Decimal,
    pub qty: Decimal,
}

/// What is said of every book, L2 or L3, by its best levels.
pub trait Priced {
    /// The best level of the side with its whole qty, `None` when the side is empty.
    fn best(&self, side: Side) -> Option<Level>;

    /// At most `limit` levels of the side with their whole qty, best first.
    fn levels(&self, side: Side, limit: usize) -> Vec<Level>;

    /// How many digits of a price stand behind the point.
    fn price_precision(&self) -> u32;

    /// How many digits of a quantity stand behind the point.
    fn qty_precision(&self) -> u32;

    /// A level as exact decimals.
    fn decimal(&self, level: Level) -> DecimalLevel {
        DecimalLevel {
            price: Decimal::new(level.price, self.price_precision()),
            qty: Decimal::new(level.qty, self.qty_precision()),
        }
    }

    /// At most `limit` levels of the side as exact decimals, best first.
    fn decimal_levels(&self, side: Side, limit: usize) -> Vec<DecimalLevel> {
        self.levels(side, limit).into_iter().map(|level| self.decimal(level)).collect()
    }

    /// The highest bid, `None` when there is none.
    fn best_bid(&self) -> Option<DecimalLevel> {
        self.best(Side::Bid).map(|level| self.decimal(level))
    }

    /// The lowest ask, `None` when there is none.
    fn best_offer(&self) -> Option<DecimalLevel> {
        self.best(Side::Ask).map(|level| self.decimal(level))
    }

    /// Best offer minus best bid, `None` when a side is empty.
    fn spread(&self) -> Option<Decimal> {
        let (bid, ask) = (self.best(Side::Bid)?, self.best(Side::Ask)?);
        Some(Decimal::difference(ask.price, bid.price, self.price_precision()))
    }

    /// The exact mean of best bid and best offer, `None` when a side is empty.
    fn mid(&self) -> Option<Decimal> {
        let (bid, ask) = (self.best(Side::Bid)?, self.best(Side::Ask)?);
        Some(Decimal::mean(bid.price, ask.price, self.price_precision()))
    }
}

/// Levels of one side, best last; `text` is its part of the checksum's input.
#[derive(Clone, Debug)]
struct Levels {
    side: Side,
    levels: Vec<Level>,
    text: Vec<u8>,
}

impl Levels {
    fn new(side: Side) -> Self {
        Self { side, levels: Vec::new(), text: Vec::new() }
    }

    fn load(&mut self, best_first: &[Level], depth: usize) {
        self.levels.clear();
        self.levels.extend(best_first.iter().take(depth).rev());
        self.write_text();
    }

    fn apply(&mut self, deltas: &[Level], depth: usize) {
        let mut is_text_old = false;
        for delta in deltas {
            let Some(at) = self.set(delta) else { continue };
            is_text_old |= at + CHECKSUM_LEVELS >= self.levels.len();
        }
        if self.levels.len() > depth {
            self.levels.drain(..self.levels.len() - depth);
        }
        if is_text_old {
            self.write_text();
        }
    }

    /// Sets or removes a level; returns where, `None` for a removal of what is not there.
    #[inline]
    fn set(&mut self, delta: &Level) -> Option<usize> {
        let side = self.side;
        let at = self.levels.partition_point(|level| side.compare(&level.price, &delta.price).is_lt());
        match self.levels.get_mut(at) {
            Some(level) if level.price == delta.price => {
                if delta.qty.is_zero() {
                    self.levels.remove(at);
                } else {
                    level.qty = delta.qty;
                }
            }
            _ if delta.qty.is_zero() => return None,
            _ => self.levels.insert(at, *delta),
        }
        Some(at)
    }

    fn write_text(&mut self) {
        self.text.clear();
        for level in self.levels.iter().rev().take(CHECKSUM_LEVELS) {
            level.price.push_digits(&mut self.text);
            level.qty.push_digits(&mut self.text);
        }
    }
}

/// The book of one stream.
#[derive(Clone, Debug)]
pub struct Book {
    depth: usize,
    price_precision: u32,
    qty_precision: u32,
    bids: Levels,
    asks: Levels,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            depth: 0,
            price_precision: 0,
            qty_precision: 0,
            bids: Levels::new(Side::Bid),
            asks: Levels::new(Side::Ask),
        }
    }
}

impl Book {
    /// A book of at most `depth` levels a side, of these precisions, still empty.
    pub fn new(depth: usize, price_precision: u32, qty_precision: u32) -> Self {
        Self { depth, price_precision, qty_precision, ..Self::default() }
    }

    /// Replaces both sides by a snapshot's levels, best first.
    pub fn load(&mut self, bids: &[Level], asks: &[Level]) {
        self.bids.load(bids, self.depth);
        self.asks.load(asks, self.depth);
    }

    /// Applies one update's deltas, bids then asks, a qty of 0 removing; returns `checksum()`.
    pub fn apply(&mut self, bids: &[Level], asks: &[Level]) -> u32 {
        self.bids.apply(bids, self.depth);
        self.asks.apply(asks, self.depth);
        self.checksum()
    }

    /// Kraken's CRC-32 of the best ten levels a side, 0 for an empty book (WIRE §5.2).
    pub fn checksum(&self) -> u32 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&self.asks.text);
        crc.update(&self.bids.text);
        crc.finalize()
    }

    /// All levels of the side, best first, without a copy.
    pub fn iter(&self, side: Side) -> impl ExactSizeIterator<Item = &Level> {
        self.side(side).levels.iter().rev()
    }

    /// How many levels a side holds at most.
    pub fn depth(&self) -> usize {
        self.depth
    }

    fn side(&self, side: Side) -> &Levels {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }
}

impl Priced for Book {
    fn best(&self, side: Side) -> Option<Level> {
        self.side(side).levels.last().copied()
    }

    fn levels(&self, side: Side, limit: usize) -> Vec<Level> {
        self.iter(side).take(limit).copied().collect()
    }

    fn price_precision(&self) -> u32 {
        self.price_precision
    }

    fn qty_precision(&self) -> u32 {
        self.qty_precision
    }
}

/// The checksum of two sides that come best first (WIRE §5.2).
pub fn checksum_of(bids: &[Level], asks: &[Level]) -> u32 {
    let mut book = Book::new(usize::MAX, 0, 0);
    book.load(&bids[..bids.len().min(CHECKSUM_LEVELS)], &asks[..asks.len().min(CHECKSUM_LEVELS)]);
    book.checksum()
}
