//! What the fields of one event say together: which come with which, ranges and order across them
//! (WIRE §4, §5.3, §5.4). Pure.

use std::collections::HashSet;

use crate::errors::Code;
use crate::events::{Change, ChangeKind, Content, Level, Order, Trade};
use crate::id::Channel;
use crate::judge::{self, Judge};
use crate::wire::{candle, paired_top, ticker};

/// The most trades that a snapshot holds (WIRE §4.13).
pub(crate) const TRADES_MOST: usize = 50;
const CANDLE: [&str; 8] = ["ib", "op", "hi", "lo", "cl", "vo", "vw", "n"];
const TICKER: [&str; 12] = ["bp", "bq", "ap", "aq", "la", "lo", "hi", "vo", "vw", "cg", "cp", "n"];

/// The keys of a snapshot's content that a pointer leaves to `.snap`, and whether they must be there.
fn content_keys(channel: Channel) -> (&'static [&'static str], bool) {
    match channel {
        Channel::Book | Channel::Level3 => (&["b", "a"], true),
        Channel::Bbo => (&["bp", "bq", "ap", "aq"], false),
        Channel::Ticker => (&TICKER, false),
        Channel::Trade => (&["lt", "x"], true),
        Channel::Ohlc => (&CANDLE, false),
        Channel::Instrument => (&["ps", "as"], true),
        Channel::Executions => (&["os", "sq"], true),
        Channel::Balances => (&["bs", "sq"], true),
    }
}

/// Judges a snapshot's pointer and content against each other (WIRE §4.3).
pub(crate) fn pointer(judge: &mut Judge<'_>, channel: Channel, is_in_snap: bool) {
    let (keys, is_required) = content_keys(channel);
    let present = judge.count(keys);
    let is_wrong = if judge.has("ptr") {
        present > 0 || is_in_snap
    } else {
        is_required && present != keys.len()
    };
    judge.blame_if(is_wrong, Code::Schema, "ptr");
}

/// Reads and judges a snapshot's content; `None` where its keys are not there.
pub(crate) fn content(judge: &mut Judge<'_>, channel: Channel, depth: u32) -> Option<Content> {
    match channel {
        Channel::Book => {
            let bids = judge.optional("b", judge::levels).unwrap_or_default();
            let asks = judge.optional("a", judge::levels).unwrap_or_default();
            levels(judge, &bids, depth, "b", |better, worse| better.price > worse.price);
            levels(judge, &asks, depth, "a", |better, worse| better.price < worse.price);
            Some(Content::Book { bids, asks })
        }
        Channel::Level3 => {
            let bids = judge.optional("b", judge::orders).unwrap_or_default();
            let asks = judge.optional("a", judge::orders).unwrap_or_default();
            orders(judge, &bids, depth, "b", |better, worse| better.price > worse.price);
            orders(judge, &asks, depth, "a", |better, worse| better.price < worse.price);
            Some(Content::Level3 { bids, asks })
        }
        Channel::Bbo => Some(Content::Bbo(paired_top(judge))),
        Channel::Ticker => Some(Content::Ticker(ticker(judge))),
        Channel::Trade => {
            let last_trade_id = judge.optional("lt", judge::uint);
            let found = judge.optional("x", judge::trades).unwrap_or_default();
            latest(judge, &found, last_trade_id);
            Some(Content::Trade { trades: found, last_trade_id: last_trade_id.unwrap_or(0) })
        }
        Channel::Ohlc => {
            judge.together(&CANDLE, "ib/op/hi/lo/cl/vo/vw/n");
            let is_open = judge.count(&CANDLE) > 0;
            Some(Content::Ohlc(is_open.then(|| candle(judge))))
        }
        Channel::Instrument => Some(Content::Instrument {
            pairs: judge.optional("ps", judge::pairs).unwrap_or_default(),
            assets: judge.optional("as", judge::assets).unwrap_or_default(),
        }),
        Channel::Executions => Some(Content::Executions {
            orders: judge.optional("os", judge::jsons).unwrap_or_default(),
            sequence: judge.optional("sq", judge::uint).unwrap_or_default(),
        }),
        Channel::Balances => Some(Content::Balances {
            balances: judge.optional("bs", judge::jsons).unwrap_or_default(),
            sequence: judge.optional("sq", judge::uint).unwrap_or_default(),
        }),
    }
}

/// Judges that no order is added or set to a qty of 0 (WIRE §4.10).
pub(crate) fn changes(judge: &mut Judge<'_>, changes: &[Change], key: &'static str) {
    let is_nothing =
        |change: &Change| change.kind != ChangeKind::Delete && change.order.qty.is_zero();
    judge.blame_if(changes.iter().any(is_nothing), Code::Range, key);
}

/// Judges that the ids of trades grow by 1 (WIRE §4.13).
pub(crate) fn trades(judge: &mut Judge<'_>, trades: &[Trade]) {
    let follows = |two: &[Trade]| two[0].trade_id.checked_add(1) == Some(two[1].trade_id);
    judge.blame_if(!trades.windows(2).all(follows), Code::Order, "x");
}

fn latest(judge: &mut Judge<'_>, found: &[Trade], last_trade_id: Option<u64>) {
    trades(judge, found);
    judge.blame_if(found.len() > TRADES_MOST, Code::Range, "x");
    if let (Some(trade), Some(last)) = (found.last(), last_trade_id) {
        judge.blame_if(trade.trade_id != last, Code::Order, "lt");
    }
}

fn levels(
    judge: &mut Judge<'_>,
    levels: &[Level],
    depth: u32,
    key: &'static str,
    is_better: fn(&Level, &Level) -> bool,
) {
    let is_beyond = levels.len() > depth as usize || levels.iter().any(|level| level.qty.is_zero());
    judge.blame_if(is_beyond, Code::Range, key);
    let is_sorted = levels.windows(2).all(|two| is_better(&two[0], &two[1]));
    judge.blame_if(!is_sorted, Code::Order, key);
}

fn orders(
    judge: &mut Judge<'_>,
    orders: &[Order],
    depth: u32,
    key: &'static str,
    is_better: fn(&Order, &Order) -> bool,
) {
    let prices: HashSet<_> = orders.iter().map(|order| order.price).collect();
    let ids: HashSet<_> = orders.iter().map(|order| &order.order_id).collect();
    let is_beyond = prices.len() > depth as usize
        || ids.len() < orders.len()
        || orders.iter().any(|order| order.qty.is_zero());
    judge.blame_if(is_beyond, Code::Range, key);
    let is_sorted = orders.windows(2).all(|two| {
        is_better(&two[0], &two[1]) || two[0].price == two[1].price && two[0].time <= two[1].time
    });
    judge.blame_if(!is_sorted, Code::Order, key);
}
