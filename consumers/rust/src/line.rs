//! Canonical JSON of events, the same bytes in every language (WIRE §9). Pure.

use crate::errors::Code;
use crate::events::{
    Asset, Body, Candle, Change, ChangeKind, Content, Epoch, Header, Level, Order, Pair, Snapshot,
    Ticker, Top, Trade, WireEvent,
};
use crate::id::EntryId;
use crate::number::Number;

/// The canonical line of an event, without a newline.
pub fn line(event: &WireEvent) -> String {
    let mut object = Object::new(event.head.entry_id);
    if let Body::Unknown { kind } = &event.body {
        return object.text("type", kind).end();
    }
    object.text("type", type_of(&event.body));
    let head = &event.head;
    object.uint("ts_event", head.ts_event).uint("ts_recv", head.ts_recv);
    object.uint("ts_pub", head.ts_pub).uint("flags", head.flags);
    body(&mut object, &event.body);
    object.end()
}

/// The canonical line of an entry that does not decode.
pub fn error_line(entry_id: EntryId, code: Code) -> String {
    format!("{{\"id\":\"{entry_id}\",\"error\":\"{code}\"}}")
}

/// A text as a JSON string, escaped the shortest way.
pub fn json_text(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    push_text(&mut out, text);
    String::from_utf8(out).unwrap_or_default()
}

/// What `t` was: several bodies share a name on the wire.
fn type_of(body: &Body) -> &str {
    match body {
        Body::Snapshot(_) => "snapshot",
        Body::Epoch(_) => "epoch",
        Body::Reset { .. } => "reset",
        Body::Heartbeat { .. } => "heartbeat",
        Body::Bye { .. } => "bye",
        Body::Feed { .. } => "feed",
        Body::Notice { .. } => "notice",
        Body::Update { .. } => "update",
        Body::Orders { .. } => "orders",
        Body::Top(_) => "top",
        Body::Ticker(_) => "ticker",
        Body::Trades(_) => "trades",
        Body::TradesGap { .. } | Body::OrdersGap { .. } => "gap",
        Body::Candle(_) => "candle",
        Body::Closed(_) => "closed",
        Body::Instruments { .. } => "instruments",
        Body::Execution { .. } => "execution",
        Body::Balance { .. } => "balance",
        Body::Unknown { kind } => kind,
    }
}

fn body(to: &mut Object, body: &Body) {
    match body {
        Body::Snapshot(body) => snapshot(to, body),
        Body::Epoch(body) => epoch(to, body),
        Body::Reset { reason, note } => {
            to.text("reason", reason).opt_text("note", note);
        }
        Body::Heartbeat { checksum, state } => {
            to.opt("checksum", *checksum).text("state", state);
        }
        Body::Bye { note } => {
            to.opt_text("note", note);
        }
        Body::Feed { state, symbols, live, system } => {
            to.text("state", state).uint("symbols", *symbols).uint("live", *live);
            to.text("system", system);
        }
        Body::Notice { symbol, kind, note, report } => {
            to.text("symbol", symbol).text("kind", kind).text("note", note);
            to.opt_text("report", report);
        }
        Body::Update { checksum, bids, asks } => {
            to.uint("checksum", u64::from(*checksum));
            to.rows("bids", bids, level).rows("asks", asks, level);
        }
        Body::Orders { checksum, bids, asks } => {
            to.uint("checksum", u64::from(*checksum));
            to.rows("bids", bids, change).rows("asks", asks, change);
        }
        _ => market_body(to, body),
    }
}

fn market_body(to: &mut Object, body: &Body) {
    match body {
        Body::Top(found) => top(to, found),
        Body::Ticker(found) => ticker(to, found),
        Body::Trades(found) => {
            to.rows("trades", found, trade);
        }
        Body::TradesGap { reason, note, first, last } => {
            to.text("reason", reason).opt_text("note", note);
            to.uint("first", *first).uint("last", *last);
        }
        Body::Candle(found) | Body::Closed(found) => candle(to, found),
        Body::Instruments { pairs, assets } => {
            to.rows("pairs", pairs, pair).rows("assets", assets, asset);
        }
        Body::Execution { order_id, report, order, sequence } => {
            to.text("order_id", order_id).text("report", report).text("order", order);
            to.uint("sequence", *sequence);
        }
        Body::OrdersGap { reason, note, order_id } => {
            to.text("reason", reason).opt_text("note", note);
            to.rows("order_id", order_id, |text, out| push_text(out, text));
        }
        Body::Balance { state, report, asset, sequence } => {
            to.text("state", state).text("report", report).text("asset", asset);
            to.uint("sequence", *sequence);
        }
        _ => {}
    }
}

fn snapshot(to: &mut Object, body: &Snapshot) {
    to.uint("version", body.version);
    header(to, &body.header);
    to.opt("checksum", body.checksum);
    match &body.content {
        None => {
            to.uint("pointer", 1);
        }
        Some(Content::Book { bids, asks }) => {
            to.rows("bids", bids, level).rows("asks", asks, level);
        }
        Some(Content::Level3 { bids, asks }) => {
            to.rows("bids", bids, order).rows("asks", asks, order);
        }
        Some(_) => {}
    }
    details(to, &body.header);
    if let Some(found) = &body.content {
        content(to, found);
    }
}

/// Writes what stands behind the header's last keys.
fn content(to: &mut Object, content: &Content) {
    match content {
        Content::Book { .. } | Content::Level3 { .. } | Content::Ohlc(None) => {}
        Content::Bbo(found) => top(to, found),
        Content::Ticker(found) => ticker(to, found),
        Content::Trade { trades, last_trade_id } => {
            to.rows("trades", trades, trade).uint("last_trade_id", *last_trade_id);
        }
        Content::Ohlc(Some(found)) => candle(to, found),
        Content::Instrument { pairs, assets } => {
            to.rows("pairs", pairs, pair).rows("assets", assets, asset);
        }
        Content::Executions { orders, sequence } => {
            to.rows("orders", orders, |text, out| push_text(out, text));
            to.uint("sequence", *sequence);
        }
        Content::Balances { balances, sequence } => {
            to.rows("balances", balances, |text, out| push_text(out, text));
            to.uint("sequence", *sequence);
        }
    }
}

fn epoch(to: &mut Object, body: &Epoch) {
    to.uint("version", body.version).text("reason", &body.reason).text("feed", &body.feed);
    to.uint("writer", body.writer);
    header(to, &body.header);
    to.opt("prev_epoch", body.prev_epoch).opt("prev_seq", body.prev_seq);
    to.opt("missed_first", body.missed_first).opt("missed_last", body.missed_last);
    details(to, &body.header);
}

fn header(to: &mut Object, header: &Header) {
    if let Some(channel) = header.channel {
        to.text("channel", channel.as_str());
    }
    to.opt_text("symbol", &header.symbol).opt("depth", header.depth);
    to.opt("price_precision", header.price_precision).opt("qty_precision", header.qty_precision);
}

fn details(to: &mut Object, header: &Header) {
    to.opt_text("source", &header.source).opt_text("trigger", &header.trigger);
    to.opt("interval", header.interval).opt_text("account", &header.account);
}

fn top(to: &mut Object, top: &Top) {
    to.opt_number("bid", top.bid).opt_number("bid_qty", top.bid_qty);
    to.opt_number("ask", top.ask).opt_number("ask_qty", top.ask_qty);
}

fn ticker(to: &mut Object, ticker: &Ticker) {
    top(to, &ticker.top);
    to.opt_number("last", ticker.last).opt_number("high", ticker.high);
    to.opt_number("low", ticker.low).opt_number("volume", ticker.volume);
    to.opt_text("vwap", &ticker.vwap).opt_text("change", &ticker.change);
    to.opt_text("change_pct", &ticker.change_pct);
    if let Some(trades) = ticker.trades {
        to.uint("trades", trades);
    }
}

fn candle(to: &mut Object, candle: &Candle) {
    to.uint("interval_begin", candle.interval_begin);
    to.opt_number("open", Some(candle.open)).opt_number("high", Some(candle.high));
    to.opt_number("low", Some(candle.low)).opt_number("close", Some(candle.close));
    to.opt_number("volume", Some(candle.volume)).text("vwap", &candle.vwap);
    to.uint("trades", candle.trades);
}

fn level(level: &Level, out: &mut Vec<u8>) {
    level.price.push_digits(out);
    out.push(b',');
    level.qty.push_digits(out);
}

fn order(order: &Order, out: &mut Vec<u8>) {
    push_text(out, &order.order_id);
    out.push(b',');
    order.price.push_digits(out);
    out.push(b',');
    order.qty.push_digits(out);
    push_uint(out, order.time);
}

fn change(change: &Change, out: &mut Vec<u8>) {
    out.push(match change.kind {
        ChangeKind::Add => b'0',
        ChangeKind::Modify => b'1',
        ChangeKind::Delete => b'2',
    });
    out.push(b',');
    order(&change.order, out);
}

fn trade(trade: &Trade, out: &mut Vec<u8>) {
    Number::from(trade.trade_id).push_digits(out);
    push_uint(out, u64::from(trade.side));
    out.push(b',');
    trade.price.push_digits(out);
    out.push(b',');
    trade.qty.push_digits(out);
    push_uint(out, u64::from(trade.ord_type));
    push_uint(out, trade.time);
}

fn pair(pair: &Pair, out: &mut Vec<u8>) {
    push_text(out, &pair.symbol);
    out.push(b',');
    push_text(out, &pair.status);
    push_uint(out, pair.price_precision);
    push_uint(out, pair.qty_precision);
    out.push(b',');
    push_text(out, &pair.words);
}

fn asset(asset: &Asset, out: &mut Vec<u8>) {
    push_text(out, &asset.id);
    out.push(b',');
    push_text(out, &asset.status);
    push_uint(out, asset.precision);
    out.push(b',');
    push_text(out, &asset.words);
}

/// Appends `,` and digits.
fn push_uint(out: &mut Vec<u8>, number: u64) {
    out.push(b',');
    Number::from(number).push_digits(out);
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend(b"\\\""),
            b'\\' => out.extend(b"\\\\"),
            b'\n' => out.extend(b"\\n"),
            b'\t' => out.extend(b"\\t"),
            8 => out.extend(b"\\b"),
            12 => out.extend(b"\\f"),
            b'\r' => out.extend(b"\\r"),
            0..=0x1f => out.extend(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// One line as it grows. Rows that are texts stand bare in their array, others in one of their own.
struct Object(Vec<u8>);

impl Object {
    fn new(id: EntryId) -> Self {
        Self(format!("{{\"id\":\"{id}\"").into_bytes())
    }

    fn key(&mut self, key: &str) {
        self.0.extend(b",\"");
        self.0.extend(key.as_bytes());
        self.0.extend(b"\":");
    }

    fn uint(&mut self, key: &str, number: u64) -> &mut Self {
        self.opt_number(key, Some(Number::from(number)))
    }

    fn opt<T: Into<u64>>(&mut self, key: &str, number: Option<T>) -> &mut Self {
        self.opt_number(key, number.map(|number| Number::from(number.into())))
    }

    fn opt_number(&mut self, key: &str, number: Option<Number>) -> &mut Self {
        if let Some(number) = number {
            self.key(key);
            number.push_digits(&mut self.0);
        }
        self
    }

    fn text(&mut self, key: &str, text: &str) -> &mut Self {
        self.key(key);
        push_text(&mut self.0, text);
        self
    }

    fn opt_text(&mut self, key: &str, text: &Option<Box<str>>) -> &mut Self {
        if let Some(text) = text {
            self.text(key, text);
        }
        self
    }

    fn rows<T>(&mut self, key: &str, rows: &[T], row: fn(&T, &mut Vec<u8>)) -> &mut Self {
        let is_text = std::any::type_name::<T>() == std::any::type_name::<Box<str>>();
        self.key(key);
        self.0.push(b'[');
        for (at, each) in rows.iter().enumerate() {
            if at > 0 {
                self.0.push(b',');
            }
            if is_text {
                row(each, &mut self.0);
                continue;
            }
            self.0.push(b'[');
            row(each, &mut self.0);
            self.0.push(b']');
        }
        self.0.push(b']');
        self
    }

    fn end(&mut self) -> String {
        self.0.push(b'}');
        String::from_utf8(std::mem::take(&mut self.0)).unwrap_or_default()
    }
}
