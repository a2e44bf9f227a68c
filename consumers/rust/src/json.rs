//! Canonical JSON, the same bytes in every language (WIRE §9).
//!
//! Pure: an event in, a line without its newline out. Keys stand in the one order of WIRE §9,
//! whatever the event; what is absent is left out.

use std::fmt::{Display, Write as _};

use crate::errors::Code;
use crate::number::Number;
use crate::wire::Aggressor;
use crate::wire::{
    AssetRow, Candle, Change, ChangeKind, Content, EntryId, Epoch, Header, Instruments, Level,
    OrdType, Order, PairRow, Snapshot, Ticker, Top, Trade, WireBody, WireEvent,
};

/// The canonical line of an event.
#[must_use]
pub fn line(event: &WireEvent) -> String {
    let mut line = Line::new(event.entry_id);
    if let WireBody::Unknown { kind } = &event.body {
        return line.text("type", kind).end();
    }
    line.text("type", type_of(&event.body))
        .int("ts_event", event.ts_event)
        .int("ts_recv", event.ts_recv)
        .int("ts_pub", event.ts_pub)
        .int("flags", event.flags);
    body(&mut line, &event.body);
    line.end()
}

/// The canonical line of an entry that does not decode.
#[must_use]
pub fn error_line(entry_id: EntryId, code: Code) -> String {
    format!("{{\"id\":\"{entry_id}\",\"error\":\"{code}\"}}")
}

/// A text as JSON, escaped the shortest way.
#[must_use]
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_text(&mut out, text);
    out
}

const fn type_of(body: &WireBody) -> &'static str {
    match body {
        WireBody::Update(_) => "update",
        WireBody::Orders(_) => "orders",
        WireBody::Top(_) => "top",
        WireBody::Ticker(_) => "ticker",
        WireBody::Trades(_) => "trades",
        WireBody::TradesGap(_) | WireBody::OrdersGap(_) => "gap",
        WireBody::Candle(_) => "candle",
        WireBody::Closed(_) => "closed",
        WireBody::Instruments(_) => "instruments",
        WireBody::Execution(_) => "execution",
        WireBody::Balance(_) => "balance",
        WireBody::Snapshot(_) => "snapshot",
        WireBody::Epoch(_) => "epoch",
        WireBody::Reset(_) => "reset",
        WireBody::Heartbeat(_) => "heartbeat",
        WireBody::Bye { .. } => "bye",
        WireBody::Feed(_) => "feed",
        WireBody::Notice(_) => "notice",
        WireBody::Unknown { .. } => "",
    }
}

fn body(line: &mut Line, body: &WireBody) {
    match body {
        WireBody::Update(update) => line
            .int("checksum", update.checksum)
            .rows("bids", &update.bids, level)
            .rows("asks", &update.asks, level),
        WireBody::Orders(orders) => line
            .int("checksum", orders.checksum)
            .rows("bids", &orders.bids, change)
            .rows("asks", &orders.asks, change),
        WireBody::Top(told) => top(line, told),
        WireBody::Ticker(told) => ticker(line, told),
        WireBody::Trades(trades) => line.rows("trades", trades, trade),
        WireBody::TradesGap(gap) => line
            .text("reason", &gap.reason)
            .maybe_text("note", gap.note.as_deref())
            .int("first", gap.first)
            .int("last", gap.last),
        WireBody::Candle(told) | WireBody::Closed(told) => candle(line, told),
        WireBody::Instruments(changed) => instruments(line, changed),
        WireBody::Execution(execution) => line
            .text("order_id", &execution.order_id)
            .text("report", &execution.report)
            .text("order", &execution.order)
            .int("sequence", execution.sequence),
        WireBody::OrdersGap(gap) => line
            .text("reason", &gap.reason)
            .maybe_text("note", gap.note.as_deref())
            .rows("order_id", &gap.order_ids, |out, id| write_text(out, id)),
        WireBody::Balance(balance) => line
            .text("state", &balance.state)
            .text("report", &balance.report)
            .text("asset", &balance.asset)
            .int("sequence", balance.sequence),
        WireBody::Snapshot(told) => snapshot(line, told),
        WireBody::Epoch(told) => epoch(line, told),
        other => of_life(line, other),
    };
}

fn of_life<'l>(line: &'l mut Line, body: &WireBody) -> &'l mut Line {
    match body {
        WireBody::Reset(reset) => {
            line.text("reason", &reset.reason).maybe_text("note", reset.note.as_deref())
        }
        WireBody::Heartbeat(heartbeat) => {
            line.maybe_int("checksum", heartbeat.checksum).text("state", heartbeat.state.as_str())
        }
        WireBody::Bye { note } => line.maybe_text("note", note.as_deref()),
        WireBody::Feed(feed) => line
            .text("state", feed.state.as_str())
            .int("symbols", feed.symbols)
            .int("live", feed.live)
            .text("system", &feed.system),
        WireBody::Notice(notice) => line
            .text("symbol", &notice.symbol)
            .text("kind", &notice.kind)
            .text("note", &notice.note)
            .maybe_text("report", notice.report.as_deref()),
        _ => line,
    }
}

fn epoch<'l>(line: &'l mut Line, epoch: &Epoch) -> &'l mut Line {
    line.int("version", epoch.version)
        .text("reason", &epoch.reason)
        .text("feed", &epoch.feed)
        .int("writer", epoch.writer);
    if let Some(header) = &epoch.header {
        header_start(line, header);
    }
    line.maybe_int("prev_epoch", epoch.previous.map(|last| last.epoch))
        .maybe_int("prev_seq", epoch.previous.map(|last| last.seq))
        .maybe_int("missed_first", epoch.missed.map(|missed| missed.0))
        .maybe_int("missed_last", epoch.missed.map(|missed| missed.1));
    match &epoch.header {
        Some(header) => header_end(line, header),
        None => line,
    }
}

fn header_start<'l>(line: &'l mut Line, header: &Header) -> &'l mut Line {
    line.text("channel", header.channel.as_str())
        .maybe_text("symbol", header.symbol.as_deref())
        .maybe_int("depth", header.depth)
        .maybe_int("price_precision", header.price_precision)
        .maybe_int("qty_precision", header.qty_precision)
}

fn header_end<'l>(line: &'l mut Line, header: &Header) -> &'l mut Line {
    line.maybe_text("source", header.source.map(|source| source.as_str()))
        .maybe_text("trigger", header.trigger.map(|trigger| trigger.as_str()))
        .maybe_int("interval", header.interval)
        .maybe_text("account", header.account.as_deref())
}

fn snapshot<'l>(line: &'l mut Line, snapshot: &Snapshot) -> &'l mut Line {
    line.int("version", snapshot.version);
    header_start(line, &snapshot.header).maybe_int("checksum", snapshot.checksum);
    match &snapshot.content {
        Some(Content::Book { bids, asks }) => {
            line.rows("bids", bids, level).rows("asks", asks, level);
        }
        Some(Content::Level3 { bids, asks }) => {
            line.rows("bids", bids, order).rows("asks", asks, order);
        }
        None => {
            line.int("pointer", 1);
        }
        _ => {}
    }
    header_end(line, &snapshot.header);
    match &snapshot.content {
        Some(Content::Bbo(told)) => top(line, told),
        Some(Content::Ticker(told)) => ticker(line, told),
        Some(Content::Trade { trades, last_trade_id }) => {
            line.rows("trades", trades, trade).int("last_trade_id", last_trade_id)
        }
        Some(Content::Ohlc(Some(told))) => candle(line, told),
        Some(Content::Instrument(all)) => instruments(line, all),
        Some(Content::Executions { orders, sequence }) => {
            line.rows("orders", orders, |out, json| write_text(out, json)).int("sequence", sequence)
        }
        Some(Content::Balances { balances, sequence }) => line
            .rows("balances", balances, |out, json| write_text(out, json))
            .int("sequence", sequence),
        _ => line,
    }
}

fn top<'l>(line: &'l mut Line, top: &Top) -> &'l mut Line {
    line.maybe_int("bid", top.bid.map(|level| level.price))
        .maybe_int("bid_qty", top.bid.map(|level| level.qty))
        .maybe_int("ask", top.ask.map(|level| level.price))
        .maybe_int("ask_qty", top.ask.map(|level| level.qty))
}

fn ticker<'l>(line: &'l mut Line, ticker: &Ticker) -> &'l mut Line {
    line.maybe_int("bid", ticker.bid)
        .maybe_int("bid_qty", ticker.bid_qty)
        .maybe_int("ask", ticker.ask)
        .maybe_int("ask_qty", ticker.ask_qty)
        .maybe_int("last", ticker.last)
        .maybe_int("high", ticker.high)
        .maybe_int("low", ticker.low)
        .maybe_int("volume", ticker.volume)
        .maybe_text("vwap", ticker.vwap.as_deref())
        .maybe_text("change", ticker.change.as_deref())
        .maybe_text("change_pct", ticker.change_pct.as_deref())
        .maybe_int("trades", ticker.trades)
}

fn candle<'l>(line: &'l mut Line, candle: &Candle) -> &'l mut Line {
    line.int("interval_begin", candle.interval_begin)
        .int("open", candle.open)
        .int("high", candle.high)
        .int("low", candle.low)
        .int("close", candle.close)
        .int("volume", candle.volume)
        .text("vwap", &candle.vwap)
        .int("trades", candle.trades)
}

fn instruments<'l>(line: &'l mut Line, all: &Instruments) -> &'l mut Line {
    line.rows("pairs", &all.pairs, pair).rows("assets", &all.assets, asset)
}

fn level(out: &mut String, Level { price, qty }: &Level) {
    ints(out, &[*price, *qty]);
}

fn ints(out: &mut String, values: &[Number]) {
    for (at, value) in values.iter().enumerate() {
        put(out, format_args!("{}{value}", if at == 0 { "[" } else { "," }));
    }
    out.push(']');
}

fn order(out: &mut String, Order { order_id, price, qty, time }: &Order) {
    put(out, format_args!("[{},{price},{qty},{time}]", text(order_id)));
}

fn change(out: &mut String, Change { kind, order_id, price, qty, time }: &Change) {
    let kind = match kind {
        ChangeKind::Add => 0,
        ChangeKind::Modify => 1,
        ChangeKind::Delete => 2,
    };
    put(out, format_args!("[{kind},{},{price},{qty},{time}]", text(order_id)));
}

fn trade(out: &mut String, trade: &Trade) {
    let Trade { trade_id, aggressor, price, qty, ord_type, time } = trade;
    let side = match aggressor {
        Aggressor::Buy => 0,
        Aggressor::Sell => 1,
    };
    let ord_type = match ord_type {
        OrdType::Limit => 0,
        OrdType::Market => 1,
        OrdType::Other => 2,
    };
    put(out, format_args!("[{trade_id},{side},{price},{qty},{ord_type},{time}]"));
}

fn pair(out: &mut String, row: &PairRow) {
    let PairRow { symbol, status, price_precision, qty_precision, words } = row;
    let [symbol, status, words] = [symbol, status, words].map(|part| text(part));
    put(out, format_args!("[{symbol},{status},{price_precision},{qty_precision},{words}]"));
}

fn asset(out: &mut String, row: &AssetRow) {
    let AssetRow { id, status, precision, words } = row;
    let [id, status, words] = [id, status, words].map(|part| text(part));
    put(out, format_args!("[{id},{status},{precision},{words}]"));
}

fn put(out: &mut String, words: std::fmt::Arguments<'_>) {
    out.write_fmt(words).expect("a String takes all");
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for sign in text.chars() {
        match sign {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..'\u{20}' => put(out, format_args!("\\u{:04x}", u32::from(sign))),
            _ => out.push(sign),
        }
    }
    out.push('"');
}

/// A line under way.
struct Line {
    out: String,
}

impl Line {
    fn new(entry_id: EntryId) -> Self {
        Self { out: format!("{{\"id\":\"{entry_id}\"") }
    }

    fn end(&mut self) -> String {
        self.out.push('}');
        std::mem::take(&mut self.out)
    }

    fn int(&mut self, key: &str, value: impl Display) -> &mut Self {
        put(&mut self.out, format_args!(",\"{key}\":{value}"));
        self
    }

    fn maybe_int(&mut self, key: &str, value: Option<impl Display>) -> &mut Self {
        if let Some(value) = value {
            self.int(key, value);
        }
        self
    }

    fn text(&mut self, key: &str, value: &str) -> &mut Self {
        put(&mut self.out, format_args!(",\"{key}\":"));
        write_text(&mut self.out, value);
        self
    }

    fn maybe_text(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(key, value);
        }
        self
    }

    fn rows<T>(&mut self, key: &str, rows: &[T], row: fn(&mut String, &T)) -> &mut Self {
        put(&mut self.out, format_args!(",\"{key}\":["));
        for (at, each) in rows.iter().enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            row(&mut self.out, each);
        }
        self.out.push(']');
        self
    }
}
