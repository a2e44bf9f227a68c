//! What the events of each channel do to its state (WIRE §5, §7.2).
//!
//! Pure. Knows nothing of sequences: the replica decides which events count, and whether the state is
//! valid. Nothing here touches the state's marks (`entry_id`, `is_valid`, `is_stale`).

use std::collections::{BTreeMap, VecDeque};

use crate::book::{Book, checksum_of};
use crate::errors::{Code, DecodeError};
use crate::events::{Body, Content, REVISED, Snapshot, Trade, UNVERIFIED, WireEvent};
use crate::order_book::{OrderBook, orders_checksum};
use crate::state::{Held, State};
use crate::words::Words;

const TRADES_KEPT: usize = 50;
const DONE: [&str; 3] = ["filled", "canceled", "expired"];

/// Refuses a whole book that contradicts its own checksum (WIRE §5.3), and Kraken's words where they
/// name nothing.
pub(crate) fn prove(snapshot: &Snapshot, flags: u64) -> Result<(), DecodeError> {
    match &snapshot.content {
        Some(Content::Book { bids, asks }) if flags & UNVERIFIED == 0 => {
            compare(checksum_of(bids, asks), snapshot.checksum)
        }
        Some(Content::Level3 { bids, asks }) if flags & UNVERIFIED == 0 => {
            compare(orders_checksum(bids, asks), snapshot.checksum)
        }
        Some(Content::Executions { orders, .. }) => by_name(orders, "order_id").map(drop),
        Some(Content::Balances { balances, .. }) => by_name(balances, "asset").map(drop),
        _ => Ok(()),
    }
}

/// Refuses a checksum that differs from the own one.
pub(crate) fn compare(own: u32, told: Option<u32>) -> Result<(), DecodeError> {
    if told.is_some_and(|told| told != own) {
        return Err(DecodeError::new(Code::Checksum, "c"));
    }
    Ok(())
}

/// Replaces a state by a whole snapshot that was proven.
pub(crate) fn load(state: &mut State, snapshot: Snapshot) -> Result<(), DecodeError> {
    let header = snapshot.header;
    let depth = header.depth.unwrap_or(0) as usize;
    let (price, qty) = (header.price_precision.unwrap_or(0), header.qty_precision.unwrap_or(0));
    state.header = header;
    let Some(content) = snapshot.content else {
        return Ok(());
    };
    state.held = match content {
        Content::Book { bids, asks } => {
            let mut book = Book::new(depth, price, qty);
            book.load(&bids, &asks);
            Held::Book(book)
        }
        Content::Level3 { bids, asks } => {
            let mut book = OrderBook::new(depth, price, qty);
            book.load(&bids, &asks);
            Held::Level3(book)
        }
        Content::Bbo(top) => Held::Bbo(top),
        Content::Ticker(ticker) => Held::Ticker(ticker),
        Content::Trade { trades, last_trade_id } => {
            Held::Trade { last_trade_id, trades: trades.into() }
        }
        Content::Ohlc(candle) => Held::Ohlc(candle),
        Content::Instrument { pairs, assets } => Held::Instrument {
            pairs: pairs.into_iter().map(|pair| (pair.symbol.clone(), pair)).collect(),
            assets: assets.into_iter().map(|asset| (asset.id.clone(), asset)).collect(),
        },
        Content::Executions { orders, sequence } => {
            Held::Executions { orders: by_name(&orders, "order_id")?, sequence }
        }
        Content::Balances { balances, sequence } => {
            Held::Balances { balances: by_name(&balances, "asset")?, sequence }
        }
    };
    Ok(())
}

/// Lets a valid state take in an event of its channel, or refuses it with CHECKSUM, ORDER or SCHEMA.
pub(crate) fn apply(state: &mut State, event: &WireEvent) -> Result<(), DecodeError> {
    match (&mut state.held, &event.body) {
        (Held::Book(book), Body::Update { checksum, bids, asks }) => {
            return compare(book.apply(bids, asks), Some(*checksum));
        }
        (Held::Level3(book), Body::Orders { checksum, bids, asks }) => {
            return compare(book.apply(bids, asks), Some(*checksum));
        }
        (Held::Bbo(top), Body::Top(told)) => *top = *told,
        (Held::Ticker(ticker), Body::Ticker(told)) => *ticker = (**told).clone(),
        (Held::Ohlc(open), Body::Candle(candle)) if event.head.flags & REVISED == 0 => {
            *open = Some((**candle).clone());
        }
        (Held::Ohlc(open), Body::Closed(_)) if event.head.flags & REVISED == 0 => *open = None,
        (Held::Trade { last_trade_id, trades }, Body::Trades(told)) => {
            let (Some(first), Some(last)) = (told.first(), told.last()) else { return Ok(()) };
            follow_on(last_trade_id, first.trade_id, last.trade_id, "x")?;
            keep_latest(trades, told);
        }
        (Held::Trade { last_trade_id, trades }, Body::TradesGap { first, last, .. }) => {
            follow_on(last_trade_id, *first, *last, "gf")?;
            trades.clear();
        }
        (Held::Instrument { pairs, assets }, Body::Instruments { pairs: p, assets: a }) => {
            pairs.extend(p.iter().map(|pair| (pair.symbol.clone(), pair.clone())));
            assets.extend(a.iter().map(|asset| (asset.id.clone(), asset.clone())));
        }
        _ => return apply_account(&mut state.held, &event.body),
    }
    Ok(())
}

fn apply_account(held: &mut Held, body: &Body) -> Result<(), DecodeError> {
    match (held, body) {
        (Held::Executions { orders, .. }, Body::OrdersGap { order_id, .. }) => {
            for gone in order_id {
                orders.remove(gone);
            }
        }
        (
            Held::Executions { orders, sequence },
            Body::Execution { order_id, order, sequence: told, .. },
        ) => {
            let status = Words::of(order).and_then(|words| words.text("order_status"))?;
            if status.is_some_and(|status| DONE.contains(&status.as_str())) {
                orders.remove(order_id);
            } else {
                orders.insert(order_id.clone(), order.clone());
            }
            if *told != 0 {
                *sequence = *told;
            }
        }
        (
            Held::Balances { balances, sequence },
            Body::Balance { state, asset, sequence: told, .. },
        ) => {
            balances.insert(asset.clone(), state.clone());
            *sequence = *told;
        }
        _ => {}
    }
    Ok(())
}

/// Forgets what later events would have to follow: they were missed, or may have been.
pub(crate) fn forget(state: &mut State) {
    if let Held::Trade { last_trade_id, .. } = &mut state.held {
        *last_trade_id = 0;
    }
}

/// Puts trades behind the latest ones; the oldest beyond 50 go.
pub(crate) fn keep_latest(kept: &mut VecDeque<Trade>, more: &[Trade]) {
    kept.extend(more);
    kept.drain(..kept.len().saturating_sub(TRADES_KEPT));
}

fn follow_on(
    known: &mut u64,
    first: u64,
    last: u64,
    place: &'static str,
) -> Result<(), DecodeError> {
    if *known != 0 && known.checked_add(1) != Some(first) {
        return Err(DecodeError::new(Code::Order, place));
    }
    *known = last;
    Ok(())
}

/// Sorts JSON texts of objects by a member that names them.
fn by_name(
    texts: &[Box<str>],
    name: &'static str,
) -> Result<BTreeMap<Box<str>, Box<str>>, DecodeError> {
    let mut found = BTreeMap::new();
    for text in texts {
        let key = Words::of(text)?.text(name)?.ok_or(DecodeError::new(Code::Schema, name))?;
        found.insert(key.into_boxed_str(), text.clone());
    }
    Ok(found)
}
