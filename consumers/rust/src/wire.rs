//! Decodes one entry's `d` to a typed event, or refuses it with a code (WIRE §3, §4).
//!
//! Pure: bytes in, an event or `DecodeError` out. Nothing in the bytes is trusted: limits first, then
//! version, schema, ranges and order, and when several rules are broken the first in the order of
//! WIRE §8 is reported. Knows nothing of books, sequences or Redis.

use crate::errors::{Code, DecodeError};
use crate::events::{Body, Candle, Epoch, Head, Header, Snapshot, Ticker, Top, WireEvent};
use crate::id::{Channel, EntryId, Place};
use crate::judge::{self, Judge};
use crate::listing::Listing;
use crate::msgpack::outer_map;
use crate::rules;

/// Decodes the `d` of an entry that lies in `place`; the error has the first code, in the order of
/// WIRE §8, that applies.
pub fn decode(entry_id: EntryId, data: &[u8], place: Place) -> Result<WireEvent, DecodeError> {
    let mut judge = Judge::new(outer_map(data)?);
    let Some(kind) = judge.kind() else {
        return Err(DecodeError::new(Code::Schema, "t"));
    };
    if place.is_snap && kind != "snapshot" {
        return Err(DecodeError::new(Code::Schema, "t"));
    }
    let head = Head {
        entry_id,
        ts_event: judge.required("te", judge::uint),
        ts_recv: judge.required("tr", judge::uint),
        ts_pub: judge.required("tp", judge::uint),
        flags: judge.required("f", judge::uint),
    };
    let body = body(&mut judge, kind, place);
    judge.verdict()?;
    Ok(WireEvent { head, body })
}

/// Decodes one value of the catalogue (WIRE §4.9); `stream` is its field, the stream's key.
pub fn decode_listing(stream: &str, data: &[u8]) -> Result<Listing, DecodeError> {
    let mut judge = Judge::new(outer_map(data)?);
    let judge = &mut judge;
    let listing = Listing {
        stream: stream.to_owned(),
        header: header(judge, Place::of_key(stream).channel),
        version: judge.required("v", judge::version),
        feed: judge.required("fd", judge::text).into(),
        line: judge.required("l", judge::text).into(),
        epoch: judge.required("ep", judge::uint),
    };
    judge.verdict()?;
    Ok(listing)
}

fn body(judge: &mut Judge<'_>, kind: &str, place: Place) -> Body {
    let Some(channel) = place.channel else {
        return status_event(judge, kind);
    };
    let known = match kind {
        "epoch" => Some(epoch(judge, Some(channel))),
        "snapshot" => Some(snapshot(judge, channel, place.is_snap)),
        "reset" => Some(Body::Reset {
            reason: judge.required("why", judge::text),
            note: judge.optional("n", judge::text),
        }),
        "heartbeat" => Some(heartbeat(judge, channel)),
        "bye" => Some(Body::Bye { note: judge.optional("n", judge::text) }),
        _ => channel_event(judge, kind, channel),
    };
    known.unwrap_or_else(|| Body::Unknown { kind: kind.into() })
}

fn status_event(judge: &mut Judge<'_>, kind: &str) -> Body {
    match kind {
        "epoch" => epoch(judge, None),
        "bye" => Body::Bye { note: judge.optional("n", judge::text) },
        "feed" => Body::Feed {
            state: judge.required("s", judge::word(&STATES)),
            symbols: judge.required("ns", judge::uint),
            live: judge.required("nl", judge::uint),
            system: judge.required("sys", judge::text),
        },
        "notice" => Body::Notice {
            symbol: judge.required("y", judge::text),
            kind: judge.required("k", judge::text),
            note: judge.required("n", judge::text),
            report: judge.optional("rp", judge::json),
        },
        _ => Body::Unknown { kind: kind.into() },
    }
}

const STATES: [&str; 3] = ["disconnected", "awaiting_snapshot", "live"];

fn channel_event(judge: &mut Judge<'_>, kind: &str, channel: Channel) -> Option<Body> {
    Some(match (channel, kind) {
        (Channel::Book, "update") => Body::Update {
            checksum: judge.required("c", judge::crc),
            bids: judge.required("b", judge::levels),
            asks: judge.required("a", judge::levels),
        },
        (Channel::Level3, "orders") => {
            let bids = judge.required("b", judge::changes);
            let asks = judge.required("a", judge::changes);
            rules::changes(judge, &bids, "b");
            rules::changes(judge, &asks, "a");
            Body::Orders { checksum: judge.required("c", judge::crc), bids, asks }
        }
        (Channel::Bbo, "top") => Body::Top(paired_top(judge)),
        (Channel::Ticker, "ticker") => Body::Ticker(Box::new(ticker(judge))),
        (Channel::Trade, "trades") => {
            let trades = judge.required("x", judge::trades);
            rules::trades(judge, &trades);
            Body::Trades(trades)
        }
        (Channel::Trade, "gap") => trades_gap(judge),
        (Channel::Ohlc, "candle") => Body::Candle(Box::new(candle(judge))),
        (Channel::Ohlc, "closed") => Body::Closed(Box::new(candle(judge))),
        (Channel::Instrument, "instruments") => Body::Instruments {
            pairs: judge.required("ps", judge::pairs),
            assets: judge.required("as", judge::assets),
        },
        (Channel::Executions, "execution") => Body::Execution {
            order_id: judge.required("oi", judge::text),
            report: judge.required("rp", judge::json),
            order: judge.required("st", judge::json),
            sequence: judge.required("sq", judge::uint),
        },
        (Channel::Executions, "gap") => Body::OrdersGap {
            reason: judge.required("why", judge::text),
            note: judge.optional("n", judge::text),
            order_id: judge.required("oi", judge::texts),
        },
        (Channel::Balances, "balance") => Body::Balance {
            state: judge.required("st", judge::json),
            report: judge.required("rp", judge::json),
            asset: judge.required("as", judge::text),
            sequence: judge.required("sq", judge::uint),
        },
        _ => return None,
    })
}

fn trades_gap(judge: &mut Judge<'_>) -> Body {
    let first = judge.required("gf", judge::uint);
    let last = judge.required("gl", judge::uint);
    judge.blame_if(last < first, Code::Range, "gl");
    let reason = judge.required("why", judge::text);
    Body::TradesGap { reason, note: judge.optional("n", judge::text), first, last }
}

fn heartbeat(judge: &mut Judge<'_>, channel: Channel) -> Body {
    let state = judge.required("s", judge::word(&STATES));
    // WIRE §4.6: the checksum is due where a book is live.
    let is_due = channel.has_checksum() && &*state == "live";
    judge.blame_if(is_due && !judge.has("c"), Code::Schema, "c");
    Body::Heartbeat { checksum: judge.optional("c", judge::crc), state }
}

fn snapshot(judge: &mut Judge<'_>, channel: Channel, is_in_snap: bool) -> Body {
    let version = judge.required("v", judge::version);
    let header = header(judge, Some(channel));
    let checksum = channel.has_checksum().then(|| judge.required("c", judge::crc));
    let pointer = judge.optional("ptr", judge::one);
    rules::pointer(judge, channel, is_in_snap);
    // What stands beside a pointer is judged too, and SCHEMA in any case.
    let content = rules::content(judge, channel, header.depth.unwrap_or(0));
    let content = content.filter(|_| pointer.is_none());
    Body::Snapshot(Box::new(Snapshot { version, header, checksum, content }))
}

fn epoch(judge: &mut Judge<'_>, channel: Option<Channel>) -> Body {
    judge.together(&["pe", "ps"], "pe/ps");
    judge.together(&["mf", "ml"], "mf/ml");
    Body::Epoch(Box::new(Epoch {
        version: judge.required("v", judge::version),
        reason: judge.required("why", judge::text),
        feed: judge.required("fd", judge::text),
        writer: judge.required("w", judge::uint),
        header: header(judge, channel),
        prev_epoch: judge.optional("pe", judge::uint),
        prev_seq: judge.optional("ps", judge::uint),
        missed_first: judge.optional("mf", judge::uint),
        missed_last: judge.optional("ml", judge::uint),
    }))
}

/// Reads what a stream of the channel is (WIRE §4.3); of a status stream nothing.
fn header(judge: &mut Judge<'_>, channel: Option<Channel>) -> Header {
    let mut header = Header { channel, ..Header::default() };
    let Some(channel) = channel else {
        return header;
    };
    judge.required("ch", judge::word(&[channel.as_str()]));
    if channel.has_symbol() {
        header.symbol = Some(judge.required("y", judge::text));
        header.price_precision = Some(judge.required("pp", judge::precision));
        header.qty_precision = Some(judge.required("qp", judge::precision));
    }
    if channel.has_depth() {
        header.depth = Some(judge.required("d", judge::size));
    }
    match channel {
        Channel::Bbo => {
            header.source = Some(judge.required("sc", judge::word(&["book", "level3"])));
        }
        Channel::Ticker => {
            header.trigger = Some(judge.required("tg", judge::word(&["bbo", "trades"])));
        }
        Channel::Ohlc => header.interval = Some(judge.required("iv", judge::size)),
        Channel::Executions | Channel::Balances => {
            header.account = Some(judge.required("ac", judge::text));
        }
        _ => {}
    }
    header
}

pub(crate) fn paired_top(judge: &mut Judge<'_>) -> Top {
    judge.together(&["bp", "bq"], "bp/bq");
    judge.together(&["ap", "aq"], "ap/aq");
    top(judge)
}

fn top(judge: &mut Judge<'_>) -> Top {
    Top {
        bid: judge.optional("bp", judge::number),
        bid_qty: judge.optional("bq", judge::number),
        ask: judge.optional("ap", judge::number),
        ask_qty: judge.optional("aq", judge::number),
    }
}

pub(crate) fn ticker(judge: &mut Judge<'_>) -> Ticker {
    Ticker {
        top: top(judge),
        last: judge.optional("la", judge::number),
        high: judge.optional("hi", judge::number),
        low: judge.optional("lo", judge::number),
        volume: judge.optional("vo", judge::number),
        vwap: judge.optional("vw", judge::decimal),
        change: judge.optional("cg", judge::decimal),
        change_pct: judge.optional("cp", judge::decimal),
        trades: judge.optional("n", judge::uint),
    }
}

pub(crate) fn candle(judge: &mut Judge<'_>) -> Candle {
    Candle {
        interval_begin: judge.required("ib", judge::uint),
        open: judge.required("op", judge::number),
        high: judge.required("hi", judge::number),
        low: judge.required("lo", judge::number),
        close: judge.required("cl", judge::number),
        volume: judge.required("vo", judge::number),
        vwap: judge.required("vw", judge::decimal),
        trades: judge.required("n", judge::uint),
    }
}
