//! What the events of each channel do to its state (WIRE §5, §7.2).
//!
//! Pure. Knows nothing of sequences: the replica decides which events count, and whether the state
//! is valid. Each function leaves the replica's own marks (`seq`, `is_valid`, `is_stale`) alone.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::book::{Book, OrderBook, checksum_of, orders_checksum};
use crate::errors::{Code, DecodeError};
use crate::states::{Holding, LatestTrades, State};
use crate::wire::{
    Content, EntryId, Execution, Place, REVISED, Snapshot, Trade, UNVERIFIED, WireBody, WireEvent,
    decode,
};

const TRADES_KEPT: usize = 50; // WIRE §4.13
/// WIRE §7.2: "it goes if the `order_status` in `st` is [...]".
const DONE: [&str; 3] = ["filled", "canceled", "expired"];

/// The state in an entry of `.snap`, proven.
///
/// # Errors
/// As [`decode`]; CHECKSUM where a book contradicts its own; SCHEMA without a field `d`, and where
/// Kraken's words name nothing.
pub fn proven_snapshot(
    entry_id: EntryId,
    data: Option<&[u8]>,
    place: Place,
) -> Result<WireEvent, DecodeError> {
    let data = data.ok_or(DecodeError::new(Code::Schema, "field d"))?;
    let event = decode(entry_id, data, place)?;
    if let WireBody::Snapshot(snapshot) = &event.body {
        prove(snapshot, event.flags)?;
    }
    Ok(event)
}

/// Find CHECKSUM where a whole book contradicts its own checksum (WIRE §5.3), and SCHEMA where
/// Kraken's words name nothing.
pub(crate) fn prove(snapshot: &Snapshot, flags: u64) -> Result<(), DecodeError> {
    let own = match &snapshot.content {
        Some(Content::Book { bids, asks }) => checksum_of(bids, asks),
        Some(Content::Level3 { bids, asks }) => orders_checksum(bids, asks),
        Some(Content::Executions { orders, .. }) => return by_name(orders, "order_id").map(drop),
        Some(Content::Balances { balances, .. }) => return by_name(balances, "asset").map(drop),
        _ => return Ok(()),
    };
    let is_bound = flags & UNVERIFIED == 0;
    if is_bound { compare(own, snapshot.checksum.unwrap_or_default()) } else { Ok(()) }
}

pub(crate) fn compare(own: u32, told: u32) -> Result<(), DecodeError> {
    if own == told { Ok(()) } else { Err(DecodeError::new(Code::Checksum, "c")) }
}

/// Replace a state by a whole snapshot that was proven.
pub(crate) fn load(state: &mut State, snapshot: &Snapshot) -> Result<(), DecodeError> {
    let Some(content) = &snapshot.content else { return Ok(()) };
    let header = &snapshot.header;
    let depth = header.depth.unwrap_or_default() as usize;
    let prices = header.price_precision.unwrap_or_default();
    let qtys = header.qty_precision.unwrap_or_default();
    state.header.clone_from(header);
    state.holding = match content {
        Content::Book { bids, asks } => {
            let mut book = Book::new(depth, prices, qtys);
            book.load(bids, asks);
            Holding::Book(book)
        }
        Content::Level3 { bids, asks } => {
            let mut book = OrderBook::new(depth, prices, qtys);
            book.load(bids, asks);
            Holding::Level3(book)
        }
        Content::Bbo(top) => Holding::Bbo(*top),
        Content::Ticker(ticker) => Holding::Ticker(ticker.clone()),
        Content::Trade { trades, last_trade_id } => {
            let (trades, last_trade_id) = (trades.clone(), *last_trade_id);
            Holding::Trade(LatestTrades { last_trade_id, trades })
        }
        Content::Ohlc(candle) => Holding::Ohlc(candle.clone()),
        Content::Instrument(all) => Holding::Instrument {
            pairs: all.pairs.iter().map(|row| (row.symbol.clone(), row.clone())).collect(),
            assets: all.assets.iter().map(|row| (row.id.clone(), row.clone())).collect(),
        },
        Content::Executions { orders, sequence } => {
            Holding::Executions { orders: by_name(orders, "order_id")?, sequence: *sequence }
        }
        Content::Balances { balances, sequence } => {
            Holding::Balances { balances: by_name(balances, "asset")?, sequence: *sequence }
        }
    };
    Ok(())
}

/// Let a valid state take in an event of its channel. The codes are CHECKSUM, ORDER and SCHEMA.
pub(crate) fn apply(state: &mut State, event: &WireEvent) -> Result<(), DecodeError> {
    match (&mut state.holding, &event.body) {
        (Holding::Book(book), WireBody::Update(update)) => {
            return compare(book.apply(&update.bids, &update.asks), update.checksum);
        }
        (Holding::Level3(book), WireBody::Orders(orders)) => {
            return compare(book.apply(&orders.bids, &orders.asks), orders.checksum);
        }
        (Holding::Bbo(held), WireBody::Top(top)) => *held = *top,
        (Holding::Ticker(held), WireBody::Ticker(ticker)) => held.clone_from(ticker),
        (Holding::Ohlc(_), _) if event.flags & REVISED != 0 => {}
        (Holding::Ohlc(held), WireBody::Candle(candle)) => *held = Some((**candle).clone()),
        (Holding::Ohlc(held), WireBody::Closed(_)) => *held = None,
        (Holding::Trade(held), WireBody::Trades(trades)) => return follow_on(held, trades),
        (Holding::Trade(held), WireBody::TradesGap(gap)) => {
            return pass(held, gap.first, gap.last, "gf").map(|()| held.trades.clear());
        }
        (Holding::Instrument { pairs, assets }, WireBody::Instruments(changed)) => {
            pairs.extend(changed.pairs.iter().map(|row| (row.symbol.clone(), row.clone())));
            assets.extend(changed.assets.iter().map(|row| (row.id.clone(), row.clone())));
        }
        (Holding::Executions { orders, sequence }, WireBody::Execution(execution)) => {
            return report(orders, sequence, execution);
        }
        (Holding::Executions { orders, .. }, WireBody::OrdersGap(gap)) => {
            gap.order_ids.iter().for_each(|order_id| drop(orders.remove(order_id)));
        }
        (Holding::Balances { balances, sequence }, WireBody::Balance(balance)) => {
            balances.insert(balance.asset.clone(), balance.state.clone());
            *sequence = balance.sequence;
        }
        _ => {}
    }
    Ok(())
}

/// Forget what later events would have to follow: they were missed, or may have been.
pub(crate) fn forget(state: &mut State) {
    if let Holding::Trade(held) = &mut state.holding {
        held.last_trade_id = 0;
    }
}

fn follow_on(held: &mut LatestTrades, trades: &[Trade]) -> Result<(), DecodeError> {
    let (Some(first), Some(last)) = (trades.first(), trades.last()) else { return Ok(()) };
    pass(held, first.trade_id, last.trade_id, "x")?;
    put_behind(&mut held.trades, trades);
    Ok(())
}

/// Put trades behind the latest ones; the oldest beyond 50 go.
pub(crate) fn put_behind(latest: &mut Vec<Trade>, trades: &[Trade]) {
    latest.extend_from_slice(trades);
    latest.drain(..latest.len().saturating_sub(TRADES_KEPT));
}

/// WIRE §7.2: "the first id of `trades`, and `gf`, is the last one plus 1".
fn pass(
    held: &mut LatestTrades,
    first: u64,
    last: u64,
    at: &'static str,
) -> Result<(), DecodeError> {
    let known = held.last_trade_id;
    if known != 0 && known.checked_add(1) != Some(first) {
        return Err(DecodeError::new(Code::Order, at));
    }
    held.last_trade_id = last;
    Ok(())
}

fn report(
    orders: &mut BTreeMap<String, String>,
    sequence: &mut u64,
    execution: &Execution,
) -> Result<(), DecodeError> {
    let status = member(&execution.order, "order_status")?;
    if status.is_some_and(|status| DONE.contains(&status.as_str())) {
        orders.remove(&execution.order_id);
    } else {
        orders.insert(execution.order_id.clone(), execution.order.clone());
    }
    if execution.sequence != 0 {
        *sequence = execution.sequence;
    }
    Ok(())
}

/// JSON texts of objects by a member that names them, or SCHEMA.
fn by_name(texts: &[String], name: &'static str) -> Result<BTreeMap<String, String>, DecodeError> {
    texts
        .iter()
        .map(|text| {
            let key = member(text, name)?.ok_or(DecodeError::new(Code::Schema, name))?;
            Ok((key, text.clone()))
        })
        .collect()
}

/// A member of a JSON text's object, `None` where it is not there or no text; SCHEMA where the text
/// is no object. Its numbers stay unread.
fn member(text: &str, name: &str) -> Result<Option<String>, DecodeError> {
    let object: BTreeMap<String, &RawValue> =
        serde_json::from_str(text).map_err(|_| DecodeError::new(Code::Schema, "json"))?;
    Ok(object.get(name).and_then(|value| serde_json::from_str(value.get()).ok()))
}
