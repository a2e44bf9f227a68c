//! Snapshots: header, content and pointer against each other (WIRE §4.3), and the rules of each
//! channel's content (WIRE §4.13, §5.3, §5.4). Pure.

use std::collections::HashSet;

use super::decoding::{CANDLE, candle, header, ticker, top};
use super::events::{Content, Snapshot, WireBody};
use super::judge::Judge;
use super::market::{Instruments, Level, Order, Trade};
use super::{Channel, Place, kinds};
use crate::errors::Code;
use crate::number::Number;

/// WIRE §4.13: "the latest ones, 50 at most".
const TRADES_MAX: usize = 50;
const TOP: [&str; 4] = ["bp", "bq", "ap", "aq"];
const TICKER: [&str; 12] = ["bp", "bq", "ap", "aq", "la", "hi", "lo", "vo", "vw", "cg", "cp", "n"];

/// The keys that a pointer leaves to `.snap`, and whether all must be there without it.
const fn content_keys(channel: Channel) -> (&'static [&'static str], bool) {
    match channel {
        Channel::Book | Channel::Level3 => (&["b", "a"], true),
        Channel::Bbo => (&TOP, false),
        Channel::Ticker => (&TICKER, false),
        Channel::Trade => (&["lt", "x"], true),
        Channel::Ohlc => (&CANDLE, false),
        Channel::Instrument => (&["ps", "as"], true),
        Channel::Executions => (&["os", "sq"], true),
        Channel::Balances => (&["bs", "sq"], true),
    }
}

pub(super) fn snapshot(judge: &mut Judge<'_>, channel: Channel, place: Place) -> WireBody {
    let (keys, are_required) = content_keys(channel);
    let present = keys.iter().filter(|key| judge.has(key)).count();
    let is_pointer = judge.optional("ptr", kinds::one).is_some();
    let is_wrong = if judge.has("ptr") {
        present > 0 || matches!(place, Place::Snap(_))
    } else {
        are_required && present != keys.len()
    };
    judge.note_if(is_wrong, Code::Schema, "ptr");
    let version = judge.required("v", kinds::version);
    let header = header(judge, channel);
    let checksum = if channel.has_book() { judge.some("c", kinds::crc) } else { None };
    let depth = header.depth.map_or(usize::MAX, |depth| depth as usize);
    let content = content(judge, channel, depth);
    let content = if is_pointer { None } else { Some(content) };
    WireBody::Snapshot(Box::new(Snapshot { version, header, checksum, content }))
}

fn content(judge: &mut Judge<'_>, channel: Channel, depth: usize) -> Content {
    match channel {
        Channel::Book => {
            let bids = judge.optional("b", kinds::levels).unwrap_or_default();
            let asks = judge.optional("a", kinds::levels).unwrap_or_default();
            check_levels(judge, "b", &bids, depth, |better, worse| better > worse);
            check_levels(judge, "a", &asks, depth, |better, worse| better < worse);
            Content::Book { bids, asks }
        }
        Channel::Level3 => {
            let bids = judge.optional("b", kinds::orders).unwrap_or_default();
            let asks = judge.optional("a", kinds::orders).unwrap_or_default();
            check_orders(judge, "b", &bids, depth, |better, worse| better > worse);
            check_orders(judge, "a", &asks, depth, |better, worse| better < worse);
            Content::Level3 { bids, asks }
        }
        Channel::Bbo => Content::Bbo(top(judge)),
        Channel::Ticker => Content::Ticker(ticker(judge)),
        Channel::Trade => latest(judge),
        Channel::Ohlc => {
            judge.together(&CANDLE);
            let is_open = judge.has(CANDLE[0]);
            let candle = candle(judge);
            Content::Ohlc(is_open.then_some(candle))
        }
        Channel::Instrument => Content::Instrument(Instruments {
            pairs: judge.optional("ps", kinds::pairs).unwrap_or_default(),
            assets: judge.optional("as", kinds::assets).unwrap_or_default(),
        }),
        Channel::Executions => Content::Executions {
            orders: judge.optional("os", kinds::jsons).unwrap_or_default(),
            sequence: judge.optional("sq", kinds::uint).unwrap_or_default(),
        },
        Channel::Balances => Content::Balances {
            balances: judge.optional("bs", kinds::jsons).unwrap_or_default(),
            sequence: judge.optional("sq", kinds::uint).unwrap_or_default(),
        },
    }
}

/// WIRE §5.3.
fn check_levels(
    judge: &mut Judge<'_>,
    key: &'static str,
    levels: &[Level],
    depth: usize,
    is_better: fn(Number, Number) -> bool,
) {
    let is_outside = levels.len() > depth || levels.iter().any(|level| level.qty.is_zero());
    judge.note_if(is_outside, Code::Range, key);
    let is_sorted = levels.windows(2).all(|pair| is_better(pair[0].price, pair[1].price));
    judge.note_if(!is_sorted, Code::Order, key);
}

/// WIRE §5.4.
fn check_orders(
    judge: &mut Judge<'_>,
    key: &'static str,
    orders: &[Order],
    depth: usize,
    is_better: fn(Number, Number) -> bool,
) {
    let ids: HashSet<&str> = orders.iter().map(|order| order.order_id.as_str()).collect();
    let prices: HashSet<Number> = orders.iter().map(|order| order.price).collect();
    let is_outside = ids.len() < orders.len()
        || prices.len() > depth
        || orders.iter().any(|order| order.qty.is_zero());
    judge.note_if(is_outside, Code::Range, key);
    let is_sorted = orders.windows(2).all(|pair| {
        let (one, next) = (&pair[0], &pair[1]);
        is_better(one.price, next.price) || (one.price == next.price && one.time <= next.time)
    });
    judge.note_if(!is_sorted, Code::Order, key);
}

fn latest(judge: &mut Judge<'_>) -> Content {
    let told = judge.optional("x", kinds::trades);
    let last = judge.optional("lt", kinds::uint);
    let trades = told.unwrap_or_default();
    judge.note_if(!are_in_order(&trades), Code::Order, "x");
    judge.note_if(trades.len() > TRADES_MAX, Code::Range, "x");
    let is_other = trades.last().zip(last).is_some_and(|(trade, last)| trade.trade_id != last);
    judge.note_if(is_other, Code::Order, "lt");
    Content::Trade { trades, last_trade_id: last.unwrap_or_default() }
}

/// WIRE §4.13: "Ids grow by exactly 1".
pub(super) fn are_in_order(trades: &[Trade]) -> bool {
    trades.windows(2).all(|pair| pair[0].trade_id.checked_add(1) == Some(pair[1].trade_id))
}
