//! The L3 book of one stream: two sides of price levels, each a queue of orders, kept by WIRE §5.4.
//!
//! Each side is one array of queues sorted so that the best level is last, beside the price and
//! time of each order by its id. A queue keeps the checksum's text of its orders until one of them
//! changes.

use std::collections::HashMap;

use crc32fast::Hasher;

use super::{CHECKSUM_LEVELS, Side};
use crate::number::Number;
use crate::wire::{Change, ChangeKind, Level, Order};

/// The orders of one price, first in line first.
#[derive(Debug, Clone)]
struct Queue {
    price: Number,
    orders: Vec<Order>,
    text: Vec<u8>,
    is_text_old: bool,
}

impl Queue {
    const fn new(price: Number) -> Self {
        Self { price, orders: Vec::new(), text: Vec::new(), is_text_old: true }
    }

    /// Queue an order behind all whose time is not later.
    fn insert(&mut self, order: Order) {
        let at = self.orders.partition_point(|known| known.time <= order.time);
        self.orders.insert(at, order);
        self.is_text_old = true;
    }

    fn position(&self, order_id: &str) -> Option<usize> {
        self.orders.iter().position(|order| order.order_id == order_id)
    }

    fn text(&mut self) -> &[u8] {
        if self.is_text_old {
            self.text.clear();
            for order in &self.orders {
                order.price.write_digits(&mut self.text);
                order.qty.write_digits(&mut self.text);
            }
            self.is_text_old = false;
        }
        &self.text
    }

    fn level(&self) -> Level {
        let qty = self.orders.iter().fold(Number::ZERO, |sum, order| sum + order.qty);
        Level { price: self.price, qty }
    }
}

/// Queues of one side, best last. `text` is the side's part of the checksum's input, always that
/// of the orders as they are.
#[derive(Debug, Clone)]
struct Queues {
    side: Side,
    queues: Vec<Queue>,
    places: HashMap<String, (Number, u64)>,
    text: Vec<u8>,
    is_text_old: bool,
}

impl Queues {
    fn new(side: Side) -> Self {
        let (queues, text) = (Vec::new(), Vec::new());
        Self { side, queues, places: HashMap::new(), text, is_text_old: false }
    }

    fn load(&mut self, orders: &[Order], depth: usize) {
        self.queues.clear();
        self.places.clear();
        self.is_text_old = true;
        for order in orders {
            self.put_in(order.clone());
        }
        self.settle(depth);
    }

    /// Make each change in array order, then cut to `depth` levels (WIRE §5.4).
    fn apply(&mut self, changes: &[Change], depth: usize) {
        for change in changes {
            let known = self.places.get(&change.order_id).copied();
            match (known, change.kind) {
                (None, ChangeKind::Add) => self.put_in(order_of(change)),
                (None, _) => {}
                (Some(place), ChangeKind::Modify) if place == (change.price, change.time) => {
                    self.resize(place.0, change);
                }
                (Some((price, _)), kind) => {
                    self.take_out(price, &change.order_id);
                    if kind != ChangeKind::Delete {
                        self.put_in(order_of(change));
                    }
                }
            }
        }
        self.settle(depth);
    }

    fn find(&self, price: Number) -> Result<usize, usize> {
        let at = self.queues.partition_point(|queue| self.side.is_worse(queue.price, price));
        let is_there = self.queues.get(at).is_some_and(|queue| queue.price == price);
        if is_there { Ok(at) } else { Err(at) }
    }

    fn put_in(&mut self, order: Order) {
        let at = self.find(order.price).unwrap_or_else(|at| {
            self.queues.insert(at, Queue::new(order.price));
            at
        });
        self.places.insert(order.order_id.clone(), (order.price, order.time));
        self.queues[at].insert(order);
        self.changed(at);
    }

    fn take_out(&mut self, price: Number, order_id: &str) {
        self.places.remove(order_id);
        let Ok(at) = self.find(price) else { return };
        let queue = &mut self.queues[at];
        if let Some(place) = queue.position(order_id) {
            queue.orders.remove(place);
            queue.is_text_old = true;
        }
        if queue.orders.is_empty() {
            self.queues.remove(at);
        }
        self.changed(at);
    }

    fn resize(&mut self, price: Number, change: &Change) {
        let Ok(at) = self.find(price) else { return };
        let queue = &mut self.queues[at];
        if let Some(place) = queue.position(&change.order_id) {
            queue.orders[place].qty = change.qty;
            queue.is_text_old = true;
        }
        self.changed(at);
    }

    fn changed(&mut self, at: usize) {
        self.is_text_old |= at + CHECKSUM_LEVELS >= self.queues.len();
    }

    /// Cut to the best `depth` price levels, and renew `text` where the best ten changed.
    fn settle(&mut self, depth: usize) {
        if self.queues.len() > depth {
            let over = self.queues.len() - depth;
            for order in self.queues.drain(..over).flat_map(|queue| queue.orders) {
                self.places.remove(&order.order_id);
            }
        }
        if self.is_text_old {
            self.text.clear();
            for queue in self.queues.iter_mut().rev().take(CHECKSUM_LEVELS) {
                self.text.extend_from_slice(queue.text());
            }
            self.is_text_old = false;
        }
    }
}

fn order_of(change: &Change) -> Order {
    let Change { order_id, price, qty, time, .. } = change.clone();
    Order { order_id, price, qty, time }
}

/// The L3 book of one stream: market by order. It says all that [`super::Book`] says, of levels
/// with their total qty, and `orders` besides.
#[derive(Debug, Clone)]
pub struct OrderBook {
    bids: Queues,
    asks: Queues,
    asks_crc: u32, // they come first in the checksum
    pub(super) depth: usize,
    pub(super) price_precision: u32,
    pub(super) qty_precision: u32,
}

impl Default for OrderBook {
    fn default() -> Self {
        Self::new(0, 0, 0)
    }
}

impl OrderBook {
    /// An empty book of `depth` levels a side, with decimals of these precisions.
    #[must_use]
    pub fn new(depth: usize, price_precision: u32, qty_precision: u32) -> Self {
        let (bids, asks) = (Queues::new(Side::Bid), Queues::new(Side::Ask));
        Self { bids, asks, asks_crc: 0, depth, price_precision, qty_precision }
    }

    /// Replace both sides by a snapshot's orders, best level first, each in queue order.
    pub fn load(&mut self, bids: &[Order], asks: &[Order]) {
        self.bids.load(bids, self.depth);
        self.asks.load(asks, self.depth);
        self.asks_crc = crc32fast::hash(&self.asks.text);
    }

    /// Make one event's changes, bids then asks (WIRE §5.4); return the checksum.
    pub fn apply(&mut self, bids: &[Change], asks: &[Change]) -> u32 {
        if !bids.is_empty() {
            self.bids.apply(bids, self.depth);
        }
        if !asks.is_empty() {
            self.asks.apply(asks, self.depth);
            self.asks_crc = crc32fast::hash(&self.asks.text);
        }
        self.checksum()
    }

    /// Kraken's CRC-32 of all orders of the best ten levels a side (WIRE §5.4).
    #[must_use]
    pub fn checksum(&self) -> u32 {
        let mut crc = Hasher::new_with_initial(self.asks_crc);
        crc.update(&self.bids.text);
        crc.finalize()
    }

    /// The levels of a side with their total qty as scaled integers, best first.
    pub fn levels(&self, side: Side) -> impl ExactSizeIterator<Item = Level> + '_ {
        self.side(side).queues.iter().rev().map(Queue::level)
    }

    /// The orders of a side, best level first, each level in queue order.
    pub fn orders(&self, side: Side) -> impl Iterator<Item = &Order> + '_ {
        self.side(side).queues.iter().rev().flat_map(|queue| &queue.orders)
    }

    const fn side(&self, side: Side) -> &Queues {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }
}

/// The checksum of two sides of orders, each best level first, in queue order.
#[must_use]
pub fn orders_checksum(bids: &[Order], asks: &[Order]) -> u32 {
    let mut text = Vec::new();
    for side in [asks, bids] {
        let mut levels = 0;
        let mut last = None;
        for order in side {
            levels += usize::from(last != Some(order.price));
            last = Some(order.price);
            if levels > CHECKSUM_LEVELS {
                break;
            }
            order.price.write_digits(&mut text);
            order.qty.write_digits(&mut text);
        }
    }
    crc32fast::hash(&text)
}
