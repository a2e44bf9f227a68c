//! What a state holds, as stories and `follow` spell it: full names, every number a text.

use pykraken_consumer::book::Side;
use pykraken_consumer::json::text;
use pykraken_consumer::states::{Holding, State};
use pykraken_consumer::wire::{
    Content, EntryId, Header, Instruments, Snapshot, WireBody, WireEvent,
};
use serde_json::{Map, Value, json};

/// Quote every number of a JSON text, so that no JSON reader rounds it.
pub fn quoted(line: &str) -> String {
    let mut out = String::with_capacity(2 * line.len());
    let (mut is_text, mut is_escaped, mut is_number) = (false, false, false);
    for sign in line.chars() {
        if is_number != (!is_text && sign.is_ascii_digit()) {
            is_number = !is_number;
            out.push('"');
        }
        out.push(sign);
        match (is_text, is_escaped, sign) {
            (true, true, _) => is_escaped = false,
            (true, false, '\\') => is_escaped = true,
            (_, false, '"') => is_text = !is_text,
            _ => {}
        }
    }
    out
}

/// What a stream is, without its channel and symbol.
pub fn spelled_header(header: &Header) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, value) in [
        ("depth", header.depth),
        ("price_precision", header.price_precision),
        ("qty_precision", header.qty_precision),
        ("interval", header.interval),
    ] {
        if let Some(value) = value {
            fields.insert(name.into(), json!(value.to_string()));
        }
    }
    for (name, value) in [
        ("source", header.source.map(|word| word.as_str())),
        ("trigger", header.trigger.map(|word| word.as_str())),
        ("account", header.account.as_deref()),
    ] {
        if let Some(value) = value {
            fields.insert(name.into(), json!(value));
        }
    }
    fields
}

/// `final` of a story: where a consumer stands, and what it holds when that is valid.
pub fn final_of(
    cursor: Option<EntryId>,
    skipped: u64,
    state: &State,
    is_stale_asked: bool,
) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("cursor".into(), json!(cursor.map(|id| id.to_string())));
    fields.insert("valid".into(), json!(state.is_valid));
    if is_stale_asked {
        fields.insert("stale".into(), json!(state.is_stale));
    }
    fields.insert("skipped".into(), json!(skipped.to_string()));
    if state.is_valid {
        fields.extend(held(state));
    }
    fields
}

/// What a state holds: its header, and its content as the canonical line of a snapshot of it
/// would spell that.
fn held(state: &State) -> Map<String, Value> {
    let mut fields = spelled_header(&state.header);
    let header = Header { channel: state.header.channel, ..Header::default() };
    let snapshot =
        Snapshot { version: 1, header, checksum: state.checksum(), content: Some(content(state)) };
    let event = WireEvent {
        entry_id: EntryId::default(),
        ts_event: 0,
        ts_recv: 0,
        ts_pub: 0,
        flags: 0,
        body: WireBody::Snapshot(Box::new(snapshot)),
    };
    let line = pykraken_consumer::json::line(&event);
    let told: Value = serde_json::from_str(&quoted(&line)).expect("a canonical line is JSON");
    let not_held = ["id", "type", "ts_event", "ts_recv", "ts_pub", "flags", "version", "channel"];
    for (name, value) in told.as_object().expect("a line is an object") {
        if !not_held.contains(&name.as_str()) && name != "sequence" {
            fields.insert(name.clone(), value.clone());
        }
    }
    fields
}

fn content(state: &State) -> Content {
    match &state.holding {
        Holding::Book(book) => Content::Book {
            bids: book.levels(Side::Bid).collect(),
            asks: book.levels(Side::Ask).collect(),
        },
        Holding::Level3(book) => Content::Level3 {
            bids: book.orders(Side::Bid).cloned().collect(),
            asks: book.orders(Side::Ask).cloned().collect(),
        },
        Holding::Bbo(top) => Content::Bbo(*top),
        Holding::Ticker(ticker) => Content::Ticker(ticker.clone()),
        Holding::Trade(held) => {
            Content::Trade { trades: held.trades.clone(), last_trade_id: held.last_trade_id }
        }
        Holding::Ohlc(candle) => Content::Ohlc(candle.clone()),
        Holding::Instrument { pairs, assets } => Content::Instrument(Instruments {
            pairs: pairs.values().cloned().collect(),
            assets: assets.values().cloned().collect(),
        }),
        Holding::Executions { orders, .. } => {
            Content::Executions { orders: orders.values().cloned().collect(), sequence: 0 }
        }
        Holding::Balances { balances, .. } => {
            Content::Balances { balances: balances.values().cloned().collect(), sequence: 0 }
        }
    }
}

/// A JSON object of one line, its members in this order.
pub fn object(members: &[(&str, String)]) -> String {
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("{}:{value}", text(name))).collect();
    format!("{{{}}}", members.join(","))
}
