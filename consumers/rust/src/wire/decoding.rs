//! Which keys each event has, by the channel of its stream, and the rules across them (WIRE §4).
//!
//! Pure. An event is read key by key through a [`Judge`], which keeps the first fault; a body is
//! made in any case and thrown away where there is one.

use super::events::{
    Epoch, Feed, FeedState, Header, Heartbeat, Listing, Notice, Reset, WireBody, WireEvent,
};
use super::judge::Judge;
use super::market::{
    Balance, Candle, ChangeKind, Execution, Instruments, Level, Orders, OrdersGap, Ticker, Top,
    TradesGap, Update,
};
use super::msgpack::{Reader, outer_map};
use super::snapshot::snapshot;
use super::{Channel, EntryId, Place, kinds};
use crate::errors::{Code, DecodeError};

/// The keys of a candle, which come together in a snapshot.
pub(super) const CANDLE: [&str; 8] = ["ib", "op", "hi", "lo", "cl", "vo", "vw", "n"];

pub(super) fn any(entry_id: EntryId, data: &[u8], place: Place) -> Result<WireEvent, DecodeError> {
    let mut judge = Judge::new(outer_map(data)?);
    let kind = judge
        .raw("t")
        .and_then(|value| kinds::text(&mut Reader::new(value)).ok())
        .filter(|kind| kind == "snapshot" || !matches!(place, Place::Snap(_)))
        .ok_or(DecodeError::new(Code::Schema, "t"))?;
    let judge = &mut judge;
    let ts_event = judge.required("te", kinds::uint);
    let ts_recv = judge.required("tr", kinds::uint);
    let ts_pub = judge.required("tp", kinds::uint);
    let flags = judge.required("f", kinds::uint);
    let body = body(judge, &kind, place);
    judge.settle()?;
    let body = body.unwrap_or(WireBody::Unknown { kind });
    Ok(WireEvent { entry_id, ts_event, ts_recv, ts_pub, flags, body })
}

/// What an event of this type says in this place, `None` where the type is not known there (and
/// where a value without a default is bad).
fn body(judge: &mut Judge<'_>, kind: &str, place: Place) -> Option<WireBody> {
    match (kind, place.channel()) {
        ("epoch", channel) => Some(epoch(judge, channel)),
        ("bye", _) => Some(WireBody::Bye { note: judge.optional("n", kinds::text) }),
        ("snapshot", Some(channel)) => Some(snapshot(judge, channel, place)),
        ("reset", Some(_)) => Some(reset(judge)),
        ("heartbeat", Some(channel)) => heartbeat(judge, channel),
        ("feed", None) => feed(judge),
        ("notice", None) => Some(notice(judge)),
        (_, Some(channel)) => of_channel(judge, kind, channel),
        _ => None,
    }
}

fn of_channel(judge: &mut Judge<'_>, kind: &str, channel: Channel) -> Option<WireBody> {
    Some(match (channel, kind) {
        (Channel::Book, "update") => update(judge),
        (Channel::Level3, "orders") => orders(judge),
        (Channel::Bbo, "top") => WireBody::Top(top(judge)),
        (Channel::Ticker, "ticker") => WireBody::Ticker(Box::new(ticker(judge))),
        (Channel::Trade, "trades") => {
            let trades = judge.required("x", kinds::trades);
            judge.note_if(!super::snapshot::are_in_order(&trades), Code::Order, "x");
            WireBody::Trades(trades)
        }
        (Channel::Trade, "gap") => trades_gap(judge),
        (Channel::Ohlc, "candle") => WireBody::Candle(Box::new(whole_candle(judge))),
        (Channel::Ohlc, "closed") => WireBody::Closed(Box::new(whole_candle(judge))),
        (Channel::Instrument, "instruments") => WireBody::Instruments(Instruments {
            pairs: judge.required("ps", kinds::pairs),
            assets: judge.required("as", kinds::assets),
        }),
        (Channel::Executions, "execution") => execution(judge),
        (Channel::Executions, "gap") => WireBody::OrdersGap(OrdersGap {
            reason: judge.required("why", kinds::text),
            note: judge.optional("n", kinds::text),
            order_ids: judge.required("oi", kinds::texts),
        }),
        (Channel::Balances, "balance") => balance(judge),
        _ => return None,
    })
}

fn update(judge: &mut Judge<'_>) -> WireBody {
    WireBody::Update(Update {
        checksum: judge.required("c", kinds::crc),
        bids: judge.required("b", kinds::levels),
        asks: judge.required("a", kinds::levels),
    })
}

fn orders(judge: &mut Judge<'_>) -> WireBody {
    let changes = Orders {
        checksum: judge.required("c", kinds::crc),
        bids: judge.required("b", kinds::changes),
        asks: judge.required("a", kinds::changes),
    };
    for (key, side) in [("b", &changes.bids), ("a", &changes.asks)] {
        // WIRE §4.10: "0 with kind 0 or 1 is `RANGE`"
        let is_empty = side.iter().any(|c| c.kind != ChangeKind::Delete && c.qty.is_zero());
        judge.note_if(is_empty, Code::Range, key);
    }
    WireBody::Orders(changes)
}

pub(super) fn top(judge: &mut Judge<'_>) -> Top {
    judge.together(&["bp", "bq"]);
    judge.together(&["ap", "aq"]);
    let mut level = |price, qty| {
        let (price, qty) =
            (judge.optional(price, kinds::number), judge.optional(qty, kinds::number));
        price.zip(qty).map(|(price, qty)| Level { price, qty })
    };
    Top { bid: level("bp", "bq"), ask: level("ap", "aq") }
}

pub(super) fn ticker(judge: &mut Judge<'_>) -> Ticker {
    Ticker {
        bid: judge.optional("bp", kinds::number),
        bid_qty: judge.optional("bq", kinds::number),
        ask: judge.optional("ap", kinds::number),
        ask_qty: judge.optional("aq", kinds::number),
        last: judge.optional("la", kinds::number),
        high: judge.optional("hi", kinds::number),
        low: judge.optional("lo", kinds::number),
        volume: judge.optional("vo", kinds::number),
        vwap: judge.optional("vw", kinds::decimal),
        change: judge.optional("cg", kinds::decimal),
        change_pct: judge.optional("cp", kinds::decimal),
        trades: judge.optional("n", kinds::uint),
    }
}

fn trades_gap(judge: &mut Judge<'_>) -> WireBody {
    let gap = TradesGap {
        reason: judge.required("why", kinds::text),
        note: judge.optional("n", kinds::text),
        first: judge.required("gf", kinds::uint),
        last: judge.required("gl", kinds::uint),
    };
    judge.note_if(gap.last < gap.first, Code::Range, "gl");
    WireBody::TradesGap(gap)
}

fn whole_candle(judge: &mut Judge<'_>) -> Candle {
    for key in CANDLE {
        judge.note_if(!judge.has(key), Code::Schema, key);
    }
    candle(judge)
}

/// A candle's values, defaults where a key is not there.
pub(super) fn candle(judge: &mut Judge<'_>) -> Candle {
    Candle {
        interval_begin: judge.optional("ib", kinds::uint).unwrap_or_default(),
        open: judge.optional("op", kinds::number).unwrap_or_default(),
        high: judge.optional("hi", kinds::number).unwrap_or_default(),
        low: judge.optional("lo", kinds::number).unwrap_or_default(),
        close: judge.optional("cl", kinds::number).unwrap_or_default(),
        volume: judge.optional("vo", kinds::number).unwrap_or_default(),
        vwap: judge.optional("vw", kinds::decimal).unwrap_or_default(),
        trades: judge.optional("n", kinds::uint).unwrap_or_default(),
    }
}

fn execution(judge: &mut Judge<'_>) -> WireBody {
    WireBody::Execution(Box::new(Execution {
        order_id: judge.required("oi", kinds::text),
        report: judge.required("rp", kinds::json),
        order: judge.required("st", kinds::json),
        sequence: judge.required("sq", kinds::uint),
    }))
}

fn balance(judge: &mut Judge<'_>) -> WireBody {
    WireBody::Balance(Box::new(Balance {
        asset: judge.required("as", kinds::text),
        report: judge.required("rp", kinds::json),
        state: judge.required("st", kinds::json),
        sequence: judge.required("sq", kinds::uint),
    }))
}

fn reset(judge: &mut Judge<'_>) -> WireBody {
    WireBody::Reset(Reset {
        reason: judge.required("why", kinds::text),
        note: judge.optional("n", kinds::text),
    })
}

fn heartbeat(judge: &mut Judge<'_>, channel: Channel) -> Option<WireBody> {
    let checksum = judge.optional("c", kinds::crc);
    let state = judge.some("s", kinds::state)?;
    // WIRE §4.6: "required in `book` and `level3` when `s` is `live`"
    let is_due = channel.has_book() && state == FeedState::Live;
    judge.note_if(is_due && !judge.has("c"), Code::Schema, "c");
    Some(WireBody::Heartbeat(Heartbeat { state, checksum }))
}

fn feed(judge: &mut Judge<'_>) -> Option<WireBody> {
    let (symbols, live) = (judge.required("ns", kinds::uint), judge.required("nl", kinds::uint));
    let system = judge.required("sys", kinds::text);
    let state = judge.some("s", kinds::state)?;
    Some(WireBody::Feed(Feed { state, symbols, live, system }))
}

fn notice(judge: &mut Judge<'_>) -> WireBody {
    WireBody::Notice(Box::new(Notice {
        symbol: judge.required("y", kinds::text),
        kind: judge.required("k", kinds::text),
        note: judge.required("n", kinds::text),
        report: judge.optional("rp", kinds::json),
    }))
}

fn epoch(judge: &mut Judge<'_>, channel: Option<Channel>) -> WireBody {
    judge.together(&["pe", "ps"]);
    judge.together(&["mf", "ml"]);
    let mut pair =
        |first, last| judge.optional(first, kinds::uint).zip(judge.optional(last, kinds::uint));
    let (previous, missed) = (pair("pe", "ps"), pair("mf", "ml"));
    WireBody::Epoch(Box::new(Epoch {
        version: judge.required("v", kinds::version),
        reason: judge.required("why", kinds::text),
        feed: judge.required("fd", kinds::text),
        writer: judge.required("w", kinds::uint),
        header: channel.map(|channel| header(judge, channel)),
        previous: previous.map(|(epoch, seq)| EntryId { epoch, seq }),
        missed,
    }))
}

/// What a stream of `channel` is (WIRE §4.3).
pub(super) fn header(judge: &mut Judge<'_>, channel: Channel) -> Header {
    let told = judge.some("ch", kinds::channel);
    judge.note_if(told.is_some_and(|told| told != channel), Code::Range, "ch");
    let mut header = Header { channel, ..Header::default() };
    if channel.has_symbol() {
        header.symbol = judge.some("y", kinds::text);
        header.price_precision = judge.some("pp", kinds::precision);
        header.qty_precision = judge.some("qp", kinds::precision);
    }
    match channel {
        Channel::Book | Channel::Level3 => header.depth = judge.some("d", kinds::depth),
        Channel::Bbo => {
            header.depth = judge.some("d", kinds::depth);
            header.source = judge.some("sc", kinds::source);
        }
        Channel::Ticker => header.trigger = judge.some("tg", kinds::trigger),
        Channel::Ohlc => header.interval = judge.some("iv", kinds::depth),
        Channel::Executions | Channel::Balances => {
            header.account = judge.some("ac", kinds::text);
        }
        Channel::Trade | Channel::Instrument => {}
    }
    header
}

pub(super) fn listing(stream: &str, data: &[u8]) -> Result<Listing, DecodeError> {
    let mut judge = Judge::new(outer_map(data)?);
    let channel = Place::of_key(stream).channel().ok_or(DecodeError::new(Code::Schema, "ch"))?;
    let listing = Listing {
        stream: stream.to_owned(),
        version: judge.required("v", kinds::version),
        feed: judge.required("fd", kinds::text),
        header: header(&mut judge, channel),
        line: judge.required("l", kinds::text),
        epoch: judge.required("ep", kinds::uint),
    };
    judge.settle().map(|()| listing)
}
