//! Books against plain models with random changes: a sorted map of texts, searched and cut anew
//! each time, and its checksum bit by bit.

mod chance;

use std::collections::BTreeMap;

use chance::Chance;
use pykraken_consumer::Number;
use pykraken_consumer::book::{Book, OrderBook, Side};
use pykraken_consumer::wire::{Change, ChangeKind, Level, Order};

/// The polynomial of CRC-32 as zlib has it, one bit at a time.
fn crc32(text: &str) -> u32 {
    !text.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xEDB8_8320 }
        })
    })
}

/// A price or qty: mostly small, sometimes of 20 to 40 digits.
fn number(chance: &mut Chance, most: u64) -> Number {
    let small = chance.below(most) + 1;
    match chance.below(8) {
        0 => format!("{small}{}", "0".repeat(20)).parse().expect("digits"),
        1 => {
            format!("{small:05}{}", "7".repeat(35)).trim_start_matches('0').parse().expect("digits")
        }
        _ => Number::new(small),
    }
}

type Model = BTreeMap<Number, Number>;

fn best(model: &Model, side: Side) -> Vec<Level> {
    let levels = model.iter().map(|(price, qty)| Level { price: *price, qty: *qty });
    match side {
        Side::Bid => levels.rev().collect(),
        Side::Ask => levels.collect(),
    }
}

fn apply(model: &mut Model, deltas: &[Level], side: Side, depth: usize) {
    for delta in deltas {
        if delta.qty.is_zero() {
            model.remove(&delta.price);
        } else {
            model.insert(delta.price, delta.qty);
        }
    }
    for level in best(model, side).into_iter().skip(depth) {
        model.remove(&level.price);
    }
}

fn text_of(bids: &[Level], asks: &[Level]) -> String {
    let levels = asks.iter().take(10).chain(bids.iter().take(10));
    levels.map(|level| format!("{}{}", level.price, level.qty)).collect()
}

#[test]
fn l2_is_the_model_after_every_update() {
    for (seed, depth) in [(1, 10), (2, 25), (3, 1), (4, 100)] {
        let mut chance = Chance::new(seed);
        let mut book = Book::new(depth, 2, 8);
        let mut models = [Model::new(), Model::new()];
        for _ in 0..3000 {
            let mut deltas = [Vec::new(), Vec::new()];
            for side in &mut deltas {
                for _ in 0..chance.below(5) {
                    let price = number(&mut chance, 2 * depth as u64 + 5);
                    let is_removed = chance.below(3) == 0;
                    let qty = if is_removed { Number::ZERO } else { number(&mut chance, 999) };
                    side.push(Level { price, qty });
                }
            }
            let told = book.apply(&deltas[0], &deltas[1]);
            apply(&mut models[0], &deltas[0], Side::Bid, depth);
            apply(&mut models[1], &deltas[1], Side::Ask, depth);
            let (bids, asks) = (best(&models[0], Side::Bid), best(&models[1], Side::Ask));
            assert_eq!(book.levels(Side::Bid).collect::<Vec<_>>(), bids);
            assert_eq!(book.levels(Side::Ask).collect::<Vec<_>>(), asks);
            assert_eq!(told, crc32(&text_of(&bids, &asks)));
        }
    }
}

/// Orders of one side in the order of their arrival, place decided by a stable sort.
fn queues(orders: &[Order], side: Side, depth: usize) -> Vec<Order> {
    let mut sorted = orders.to_vec();
    sorted.sort_by(|one, other| {
        let prices = match side {
            Side::Bid => other.price.cmp(&one.price),
            Side::Ask => one.price.cmp(&other.price),
        };
        prices.then(one.time.cmp(&other.time))
    });
    let mut prices: Vec<Number> = sorted.iter().map(|order| order.price).collect();
    prices.dedup();
    sorted.retain(|order| prices.iter().take(depth).any(|price| *price == order.price));
    sorted
}

fn change(orders: &mut Vec<Order>, change: &Change) {
    let known = orders.iter().position(|order| order.order_id == change.order_id);
    let Change { order_id, price, qty, time, .. } = change.clone();
    let order = Order { order_id, price, qty, time };
    match (change.kind, known) {
        (ChangeKind::Add, None) => orders.push(order),
        (ChangeKind::Add, Some(at)) => {
            orders.remove(at);
            orders.push(order);
        }
        (ChangeKind::Modify, Some(at)) => {
            if (orders[at].price, orders[at].time) == (order.price, order.time) {
                orders[at].qty = order.qty;
            } else {
                orders.remove(at);
                orders.push(order);
            }
        }
        (ChangeKind::Delete, Some(at)) => drop(orders.remove(at)),
        (_, None) => {}
    }
}

#[test]
fn l3_is_the_model_after_every_event() {
    let depth = 12;
    let mut chance = Chance::new(7);
    let mut book = OrderBook::new(depth, 2, 8);
    let mut models: [Vec<Order>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..2000 {
        let mut changes = [Vec::new(), Vec::new()];
        for side in &mut changes {
            for _ in 0..chance.below(4) {
                let kind = [ChangeKind::Add, ChangeKind::Modify, ChangeKind::Delete]
                    [chance.below(3) as usize];
                side.push(Change {
                    kind,
                    order_id: format!("O{}", chance.below(60)),
                    price: Number::new(chance.below(20) + 1),
                    qty: number(&mut chance, 99),
                    time: chance.below(6),
                });
            }
        }
        let told = book.apply(&changes[0], &changes[1]);
        let mut text = String::new();
        for (at, side) in [(1, Side::Ask), (0, Side::Bid)] {
            changes[at].iter().for_each(|each| change(&mut models[at], each));
            models[at] = queues(&models[at], side, depth);
            assert_eq!(book.orders(side).cloned().collect::<Vec<_>>(), models[at]);
            let top = queues(&models[at], side, 10);
            text.extend(top.iter().map(|order| format!("{}{}", order.price, order.qty)));
        }
        assert_eq!(told, crc32(&text));
    }
}

#[test]
fn the_edge_is_exact_and_never_made_up() {
    let mut book = Book::new(10, 1, 8);
    assert_eq!((book.best_bid(), book.spread(), book.mid()), (None, None, None));
    assert_eq!(book.checksum(), 0);
    let level = |price, qty| Level { price: Number::new(price), qty: Number::new(qty) };
    book.load(&[level(454_000, 150_000_000)], &[level(454_001, 1)]);
    let bid = book.best_bid().expect("a bid");
    assert_eq!(
        (bid.price.to_string(), bid.qty.to_string()),
        ("45400.0".into(), "1.50000000".into())
    );
    assert_eq!(book.spread().expect("both sides").to_string(), "0.1");
    assert_eq!(book.mid().expect("both sides").to_string(), "45400.05");
    book.apply(&[level(454_003, 1)], &[]);
    assert_eq!(book.spread().expect("a crossed book").to_string(), "-0.2");
}
