//! The book of one stream: two sides of price levels, kept by WIRE §5; L2 in [`Book`], L3 in
//! [`OrderBook`].
//!
//! Knows nothing of Redis, msgpack or sequences. Prices and quantities are scaled integers (unit =
//! 10^-precision); [`Decimal`] appears only at the edge, never a float. Each side is one array
//! sorted so that the best level is last, where most changes are. Promises: after `load` or
//! `apply` the sides hold at most `depth` levels, and `checksum()` is Kraken's CRC-32 of what they
//! hold.

mod order_book;

use crc32fast::Hasher;

use crate::number::{Decimal, Number};
use crate::wire::Level;
pub use order_book::{OrderBook, orders_checksum};

/// WIRE §5.2: "the best 10 asks from the best, then the best 10 bids".
pub(crate) const CHECKSUM_LEVELS: usize = 10;

/// A side of a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Side {
    Bid,
    Ask,
}

impl Side {
    /// True where `level` stands before `price` in an array whose best is last.
    fn is_worse(self, level: Number, price: Number) -> bool {
        match self {
            Side::Bid => level < price,
            Side::Ask => level > price,
        }
    }
}

/// One price and the total qty resting there, as exact decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecimalLevel {
    /// The price.
    pub price: Decimal,
    /// The qty of the whole level.
    pub qty: Decimal,
}

/// Levels of one side, best last. `text` is the side's part of the checksum's input, always that
/// of the levels as they are.
#[derive(Debug, Clone)]
struct Ladder {
    side: Side,
    levels: Vec<Level>,
    text: Vec<u8>,
}

impl Ladder {
    const fn new(side: Side) -> Self {
        Self { side, levels: Vec::new(), text: Vec::new() }
    }

    fn load(&mut self, levels: &[Level], depth: usize) {
        self.levels.clear();
        self.levels.extend(levels.iter().take(depth).rev());
        self.renew_text();
    }

    /// Set or remove each level in array order, then cut to `depth` (WIRE §5.1).
    fn apply(&mut self, deltas: &[Level], depth: usize) {
        let mut is_text_old = false;
        for delta in deltas {
            let at = self.levels.partition_point(|l| self.side.is_worse(l.price, delta.price));
            let is_known = self.levels.get(at).is_some_and(|level| level.price == delta.price);
            match (is_known, delta.qty.is_zero()) {
                (true, true) => {
                    self.levels.remove(at);
                }
                (true, false) => self.levels[at].qty = delta.qty,
                (false, false) => self.levels.insert(at, *delta),
                (false, true) => continue,
            }
            is_text_old |= at + CHECKSUM_LEVELS >= self.levels.len();
        }
        if self.levels.len() > depth {
            self.levels.drain(..self.levels.len() - depth);
        }
        if is_text_old {
            self.renew_text();
        }
    }

    fn renew_text(&mut self) {
        self.text.clear();
        for level in self.levels.iter().rev().take(CHECKSUM_LEVELS) {
            level.price.write_digits(&mut self.text);
            level.qty.write_digits(&mut self.text);
        }
    }
}

/// The L2 book of one stream: market by price.
#[derive(Debug, Clone)]
pub struct Book {
    bids: Ladder,
    asks: Ladder,
    asks_crc: u32, // they come first in the checksum
    depth: usize,
    price_precision: u32,
    qty_precision: u32,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            bids: Ladder::new(Side::Bid),
            asks: Ladder::new(Side::Ask),
            asks_crc: 0,
            depth: 0,
            price_precision: 0,
            qty_precision: 0,
        }
    }
}

impl Book {
    /// An empty book of `depth` levels a side, with decimals of these precisions.
    #[must_use]
    pub fn new(depth: usize, price_precision: u32, qty_precision: u32) -> Self {
        Self { depth, price_precision, qty_precision, ..Self::default() }
    }

    /// Replace both sides by a snapshot's levels, best first.
    pub fn load(&mut self, bids: &[Level], asks: &[Level]) {
        self.bids.load(bids, self.depth);
        self.asks.load(asks, self.depth);
        self.asks_crc = crc32fast::hash(&self.asks.text);
    }

    /// Apply one update's deltas, bids then asks, a qty of 0 removing; return the checksum.
    pub fn apply(&mut self, bids: &[Level], asks: &[Level]) -> u32 {
        if !bids.is_empty() {
            self.bids.apply(bids, self.depth);
        }
        if !asks.is_empty() {
            self.asks.apply(asks, self.depth);
            self.asks_crc = crc32fast::hash(&self.asks.text);
        }
        self.checksum()
    }

    /// Kraken's CRC-32 of the best ten levels a side, 0 for an empty book (WIRE §5.2).
    #[must_use]
    pub fn checksum(&self) -> u32 {
        let mut crc = Hasher::new_with_initial(self.asks_crc);
        crc.update(&self.bids.text);
        crc.finalize()
    }

    /// The levels of a side as scaled integers, best first.
    pub fn levels(&self, side: Side) -> impl ExactSizeIterator<Item = Level> + '_ {
        let ladder = match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        };
        ladder.levels.iter().rev().copied()
    }
}

/// What a book of either kind says at its edge, over `levels`.
macro_rules! at_the_edge {
    ($book:ty) => {
        impl $book {
            /// How many levels a side are kept.
            #[must_use]
            pub const fn depth(&self) -> usize {
                self.depth
            }

            /// Decimals in a price.
            #[must_use]
            pub const fn price_precision(&self) -> u32 {
                self.price_precision
            }

            /// Decimals in a qty.
            #[must_use]
            pub const fn qty_precision(&self) -> u32 {
                self.qty_precision
            }

            /// The best level of a side as scaled integers, `None` when the side is empty.
            #[must_use]
            pub fn best(&self, side: Side) -> Option<Level> {
                self.levels(side).next()
            }

            /// The levels of a side as exact decimals, best first.
            pub fn decimal_levels(&self, side: Side) -> impl Iterator<Item = DecimalLevel> + '_ {
                self.levels(side).map(|level| self.decimal(level))
            }

            /// The highest bid, `None` when there is none.
            #[must_use]
            pub fn best_bid(&self) -> Option<DecimalLevel> {
                self.best(Side::Bid).map(|level| self.decimal(level))
            }

            /// The lowest ask, `None` when there is none.
            #[must_use]
            pub fn best_offer(&self) -> Option<DecimalLevel> {
                self.best(Side::Ask).map(|level| self.decimal(level))
            }

            /// Best offer minus best bid, `None` when a side is empty.
            #[must_use]
            pub fn spread(&self) -> Option<Decimal> {
                let (bid, offer) = (self.best(Side::Bid)?, self.best(Side::Ask)?);
                Some(Decimal::difference(offer.price, bid.price, self.price_precision))
            }

            /// The exact mean of best bid and best offer, `None` when a side is empty.
            #[must_use]
            pub fn mid(&self) -> Option<Decimal> {
                let (bid, offer) = (self.best(Side::Bid)?, self.best(Side::Ask)?);
                Some(Decimal::new((bid.price + offer.price) * 5, self.price_precision + 1))
            }

            /// One of the book's levels as exact decimals.
            fn decimal(&self, level: Level) -> DecimalLevel {
                DecimalLevel {
                    price: Decimal::new(level.price, self.price_precision),
                    qty: Decimal::new(level.qty, self.qty_precision),
                }
            }
        }
    };
}

at_the_edge!(Book);
at_the_edge!(OrderBook);

/// The checksum of two sides that come best first (WIRE §5.2).
#[must_use]
pub fn checksum_of(bids: &[Level], asks: &[Level]) -> u32 {
    let mut text = Vec::new();
    for level in asks.iter().take(CHECKSUM_LEVELS).chain(bids.iter().take(CHECKSUM_LEVELS)) {
        level.price.write_digits(&mut text);
        level.qty.write_digits(&mut text);
    }
    crc32fast::hash(&text)
}
