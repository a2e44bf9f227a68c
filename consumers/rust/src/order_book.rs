//! The L3 book of one stream: two sides of price levels, each a queue of orders, kept by WIRE §5.4.
//!
//! Knows nothing of Redis, msgpack or sequences. Each side is sorted so that the best level is last;
//! beside it lies where each order stands, by id. Promises: after `load` or `apply` the sides hold at
//! most `depth` price levels, and `checksum()` is Kraken's CRC-32.

use std::collections::HashMap;
use std::sync::Arc;

use crate::book::{CHECKSUM_LEVELS, Priced, Side};
use crate::events::{Change, ChangeKind, Level, Order};
use crate::number::Number;

/// The orders of one price, first in line first.
#[derive(Clone, Debug)]
struct Queue {
    price: Number,
    orders: Vec<Order>,
}

#[derive(Clone, Debug)]
struct Queues {
    side: Side,
    queues: Vec<Queue>,
    prices: HashMap<Arc<str>, Number>,
    text: Vec<u8>,
    is_text_old: bool,
}

impl Queues {
    fn new(side: Side) -> Self {
        Self {
            side,
            queues: Vec::new(),
            prices: HashMap::new(),
            text: Vec::new(),
            is_text_old: false,
        }
    }

    fn load(&mut self, best_first: &[Order], depth: usize) {
        self.queues.clear();
        self.prices.clear();
        self.is_text_old = true;
        for order in best_first {
            self.put_in(order.clone());
        }
        self.settle(depth);
    }

    fn apply(&mut self, changes: &[Change], depth: usize) {
        for change in changes {
            self.make(change);
        }
        self.settle(depth);
    }

    fn make(&mut self, change: &Change) {
        let order = &change.order;
        let Some(known) = self.prices.get(&order.order_id).copied() else {
            if change.kind == ChangeKind::Add {
                self.put_in(order.clone());
            }
            return;
        };
        let at = self.place(known);
        let queue = &mut self.queues[at].orders;
        let Some(line) = queue.iter().position(|each| each.order_id == order.order_id) else {
            return;
        };
        let is_in_place = order.price == known && order.time == queue[line].time;
        if change.kind == ChangeKind::Modify && is_in_place {
            queue[line].qty = order.qty;
            self.changed(at);
            return;
        }
        queue.remove(line);
        if queue.is_empty() {
            self.queues.remove(at);
        }
        self.prices.remove(&order.order_id);
        self.changed(at);
        if change.kind != ChangeKind::Delete {
            self.put_in(order.clone());
        }
    }

    /// Queues an order behind all whose time is not later.
    fn put_in(&mut self, order: Order) {
        let at = self.place(order.price);
        if self.queues.get(at).is_none_or(|queue| queue.price != order.price) {
            self.queues.insert(at, Queue { price: order.price, orders: Vec::new() });
        }
        self.prices.insert(order.order_id.clone(), order.price);
        let queue = &mut self.queues[at].orders;
        let line = queue.partition_point(|each| each.time <= order.time);
        queue.insert(line, order);
        self.changed(at);
    }

    fn place(&self, price: Number) -> usize {
        self.queues.partition_point(|queue| self.side.compare(&queue.price, &price).is_lt())
    }

    fn changed(&mut self, at: usize) {
        self.is_text_old |= at + CHECKSUM_LEVELS >= self.queues.len();
    }

    /// Cuts to the best `depth` price levels, and renews `text` where the best ten changed.
    fn settle(&mut self, depth: usize) {
        let over = self.queues.len().saturating_sub(depth);
        for queue in self.queues.drain(..over) {
            for order in queue.orders {
                self.prices.remove(&order.order_id);
            }
        }
        if !std::mem::take(&mut self.is_text_old) {
            return;
        }
        self.text.clear();
        for queue in self.queues.iter().rev().take(CHECKSUM_LEVELS) {
            for order in &queue.orders {
                order.price.push_digits(&mut self.text);
                order.qty.push_digits(&mut self.text);
            }
        }
    }
}

/// The book of orders of one stream: all that `Book` says, of levels with their whole qty, and the
/// orders besides.
#[derive(Clone, Debug)]
pub struct OrderBook {
    depth: usize,
    price_precision: u32,
    qty_precision: u32,
    bids: Queues,
    asks: Queues,
}

impl Default for OrderBook {
    fn default() -> Self {
        Self::new(0, 0, 0)
    }
}

impl OrderBook {
    /// A book of at most `depth` price levels a side, of these precisions, still empty.
    pub fn new(depth: usize, price_precision: u32, qty_precision: u32) -> Self {
        let (bids, asks) = (Queues::new(Side::Bid), Queues::new(Side::Ask));
        Self { depth, price_precision, qty_precision, bids, asks }
    }

    /// Replaces both sides by a snapshot's orders, best level first, each in queue order.
    pub fn load(&mut self, bids: &[Order], asks: &[Order]) {
        self.bids.load(bids, self.depth);
        self.asks.load(asks, self.depth);
    }

    /// Makes one event's changes, bids then asks (WIRE §5.4); returns `checksum()`.
    pub fn apply(&mut self, bids: &[Change], asks: &[Change]) -> u32 {
        self.bids.apply(bids, self.depth);
        self.asks.apply(asks, self.depth);
        self.checksum()
    }

    /// Kraken's CRC-32 of all orders of the best ten levels a side (WIRE §5.4).
    pub fn checksum(&self) -> u32 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&self.asks.text);
        crc.update(&self.bids.text);
        crc.finalize()
    }

    /// All orders of the side, best level first, each level in queue order, without a copy.
    pub fn orders(&self, side: Side) -> impl Iterator<Item = &Order> {
        self.side(side).queues.iter().rev().flat_map(|queue| &queue.orders)
    }

    /// How many price levels a side holds at most.
    pub fn depth(&self) -> usize {
        self.depth
    }

    fn side(&self, side: Side) -> &Queues {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }
}

impl Priced for OrderBook {
    fn best(&self, side: Side) -> Option<Level> {
        self.levels(side, 1).first().copied()
    }

    fn levels(&self, side: Side, limit: usize) -> Vec<Level> {
        let whole = |queue: &Queue| Level {
            price: queue.price,
            qty: queue.orders.iter().fold(Number::ZERO, |sum, order| sum.plus(order.qty)),
        };
        self.side(side).queues.iter().rev().take(limit).map(whole).collect()
    }

    fn price_precision(&self) -> u32 {
        self.price_precision
    }

    fn qty_precision(&self) -> u32 {
        self.qty_precision
    }
}

/// The checksum of two sides of orders, each best level first, in queue order.
pub fn orders_checksum(bids: &[Order], asks: &[Order]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    let mut text = Vec::new();
    for side in [asks, bids] {
        let (mut levels, mut last) = (0, None);
        for order in side {
            levels += usize::from(last != Some(order.price));
            last = Some(order.price);
            if levels > CHECKSUM_LEVELS {
                break;
            }
            order.price.push_digits(&mut text);
            order.qty.push_digits(&mut text);
        }
    }
    crc.update(&text);
    crc.finalize()
}
