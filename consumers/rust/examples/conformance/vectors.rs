//! Plays every vector of `consumers/spec/vectors` as its README says.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use pykraken_consumer::{
    Arbiter, Body, Code, Content, EntryId, Head, Held, Line, Listing, Missing, Place, Replica,
    Snapshot, State, Told, Want, WireEvent, Wish, Words, checksum_of, choose, decode,
    decode_listing, error_line, line, orders_checksum,
};
use serde_json::{Map, Value, json};

type Played = Result<(), String>;

/// Plays all vectors of a folder; gives each one's name and what differs.
pub fn play_all(folder: &Path, mut told: impl FnMut(String, Played)) {
    for part in sorted(folder).into_iter().filter(|path| path.is_dir()) {
        let name = stem(&part);
        let Some(play) = player(&name) else {
            told(format!("{name}/"), Err("an unknown folder".to_owned()));
            continue;
        };
        for path in sorted(&part) {
            told(format!("{name}/{}", stem(&path)), load(&path).and_then(|vector| play(&vector)));
        }
    }
}

fn player(folder: &str) -> Option<fn(&Value) -> Played> {
    Some(match folder {
        "valid" => valid,
        "invalid" => invalid,
        "stories" => story,
        "lines" => lines,
        "catalogue" => catalogue,
        "choices" => choices,
        _ => return None,
    })
}

fn sorted(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|each| each.path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn load(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let vector: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    equal("name", &vector["name"], &json!(stem(path)))?;
    Ok(vector)
}

fn equal(what: &str, ours: &Value, theirs: &Value) -> Played {
    if ours == theirs { Ok(()) } else { Err(format!("{what}: {ours} is not {theirs}")) }
}

fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
    vector[key].as_str().unwrap_or_default()
}

fn id(text: &Value) -> Option<EntryId> {
    text.as_str()?.parse().ok()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap_or_default();
    (0..text.len()).step_by(2).map(digit).collect()
}

fn data_of(vector: &Value) -> Vec<u8> {
    if let Some(hex) = vector["hex"].as_str() {
        return unhex(hex);
    }
    let parts = vector["repeat"].as_array().into_iter().flatten();
    let repeated = parts.map(|part| {
        let times = match &part[1] {
            Value::String(text) => text.parse().unwrap_or_default(),
            number => number.as_u64().unwrap_or_default() as usize,
        };
        unhex(part[0].as_str().unwrap_or_default()).repeat(times)
    });
    repeated.collect::<Vec<_>>().concat()
}

fn encodings(vector: &Value) -> Vec<Vec<u8>> {
    let more = vector["alternatives"].as_array().into_iter().flatten();
    let mut all = vec![data_of(vector)];
    all.extend(more.filter_map(Value::as_str).map(unhex));
    all
}

/// A value as vectors spell it: every number a string of digits.
fn spelled(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(parts) => parts.into_iter().map(spelled).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, spelled(value))).collect(),
        value => value,
    }
}

fn fields(event: &WireEvent) -> Map<String, Value> {
    let parsed = serde_json::from_str(&line(event)).unwrap_or_default();
    match spelled(parsed) {
        Value::Object(mut map) => {
            map.remove("id");
            map
        }
        _ => Map::new(),
    }
}

fn valid(vector: &Value) -> Played {
    let entry_id = id(&vector["id"]).ok_or("id")?;
    let place = Place::named(text(vector, "stream")).ok_or("stream")?;
    for data in encodings(vector) {
        let event = decode(entry_id, &data, place).map_err(|error| error.to_string())?;
        equal("event", &Value::Object(fields(&event)), &vector["event"])?;
        equal("canonical", &json!(line(&event)), &vector["canonical"])?;
        if let Some(wanted) = vector["checksum"].as_str() {
            let Body::Snapshot(snapshot) = &event.body else { return Err("no book".into()) };
            let own = match &snapshot.content {
                Some(Content::Book { bids, asks }) => checksum_of(bids, asks),
                Some(Content::Level3 { bids, asks }) => orders_checksum(bids, asks),
                _ => return Err("no book".into()),
            };
            let is_right = Some(own) == snapshot.checksum;
            equal("checksum", &json!(if is_right { "right" } else { "wrong" }), &json!(wanted))?;
        }
    }
    Ok(())
}

fn invalid(vector: &Value) -> Played {
    let entry_id = id(&vector["id"]).ok_or("id")?;
    let place = Place::named(text(vector, "stream")).ok_or("stream")?;
    for data in encodings(vector) {
        let Err(error) = decode(entry_id, &data, place) else {
            return Err("it decodes".to_owned());
        };
        equal("code", &json!(error.code.as_str()), &vector["code"])?;
        equal("canonical", &json!(error_line(entry_id, error.code)), &vector["canonical"])?;
    }
    Ok(())
}

fn listing_fields(row: &Listing) -> Value {
    let header = &row.header;
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let fields = [
        ("version", Some(row.version.to_string())),
        ("feed", Some(row.feed.clone())),
        ("channel", header.channel.map(|channel| channel.to_string())),
        ("symbol", header.symbol.as_ref().map(ToString::to_string)),
        ("depth", number(header.depth)),
        ("price_precision", number(header.price_precision)),
        ("qty_precision", number(header.qty_precision)),
        ("line", Some(row.line.clone())),
        ("epoch", Some(row.epoch.to_string())),
        ("source", header.source.as_ref().map(ToString::to_string)),
        ("trigger", header.trigger.as_ref().map(ToString::to_string)),
        ("interval", number(header.interval)),
        ("account", header.account.as_ref().map(ToString::to_string)),
    ];
    let told = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value?))));
    Value::Object(told.collect())
}

fn catalogue(vector: &Value) -> Played {
    for data in encodings(vector) {
        let row = decode_listing(text(vector, "field"), &data).map_err(|error| error.to_string())?;
        equal("value", &listing_fields(&row), &vector["value"])?;
    }
    Ok(())
}

fn choices(vector: &Value) -> Played {
    let mut rows = Vec::new();
    for row in vector["rows"].as_array().into_iter().flatten() {
        let data = unhex(text(row, "hex"));
        rows.push(decode_listing(text(row, "field"), &data).map_err(|error| error.to_string())?);
    }
    let wish = &vector["wish"];
    let word = |key: &str| wish[key].as_str().map(str::to_owned);
    let channel = pykraken_consumer::Channel::named(wish["channel"].as_str().unwrap_or("book"));
    let words = Words {
        channel: channel.ok_or("channel")?,
        depth: word("depth").and_then(|text| text.parse().ok()),
        interval: word("interval").and_then(|text| text.parse().ok()),
        trigger: word("trigger"),
        source: word("source"),
        account: word("account"),
        line: word("line"),
    };
    let wish = Wish { symbol: word("symbol").unwrap_or_default(), words };
    let found = match choose(&rows, &wish) {
        Ok(rows) => json!({"chosen": rows[0].stream}),
        Err(error) => json!({"code": error.code().map(Code::as_str)}),
    };
    let wanted = match &vector["code"] {
        Value::Null => json!({"chosen": vector["chosen"]}),
        code => json!({"code": code}),
    };
    equal("choice", &found, &wanted)
}

fn stream_of(vector: &Value) -> &'static str {
    match vector["stream"].as_str().unwrap_or("book") {
        "level3" => "{kraken.BTC/USD}:level3.10",
        "bbo" => "{kraken.BTC/USD}:bbo.book.10",
        "ticker" => "{kraken.BTC/USD}:ticker.bbo",
        "trade" => "{kraken.BTC/USD}:trade",
        "ohlc" => "{kraken.BTC/USD}:ohlc.1",
        "instrument" => "{kraken.instrument}:instrument",
        "executions" => "{priv.kraken.main}:executions",
        "balances" => "{priv.kraken.main}:balances",
        _ => "{kraken.BTC/USD}:book.10",
    }
}

fn story(vector: &Value) -> Played {
    let waits = vector["waits"].as_str() != Some("no");
    let missing = if waits { Missing::Wait } else { Missing::Error };
    let mut replica = Replica::new(stream_of(vector), Duration::ZERO, missing);
    let (mut now, mut told) = (Duration::ZERO, Vec::new());
    for (number, step) in vector["steps"].as_array().into_iter().flatten().enumerate() {
        if let Some(seconds) = step["now"].as_str() {
            now = Duration::from_secs_f64(seconds.parse().map_err(|_| "now")?);
            replica.tick(now);
        }
        match hand_in(&mut replica, step, now)? {
            Ok(events) => listed(events, &mut told),
            Err(code) => told.push(json!({"code": code})),
        }
        let stands = json!({
            "wants": wants(replica.wants()),
            "cursor": replica.cursor().map(|id| id.to_string()),
            "valid": replica.state().is_valid,
            "stale": replica.state().is_stale,
        });
        for (key, value) in step["then"].as_object().into_iter().flatten() {
            equal(&format!("step {number}, {key}"), &stands[key], value)?;
        }
    }
    equal("told", &Value::Array(told), &vector["expect"])?;
    let mut last = json!({
        "cursor": replica.cursor().map(|id| id.to_string()),
        "valid": replica.state().is_valid,
        "skipped": replica.skipped().to_string(),
    });
    if let (Some(map), true) = (last.as_object_mut(), replica.state().is_valid) {
        map.extend(held(replica.state()));
    }
    equal("final", &last, &vector["final"])
}

fn wants(want: Want) -> &'static str {
    match want {
        Want::Join => "join",
        Want::Entries => "entries",
        Want::Pointer => "pointer",
        Want::Heads => "heads",
    }
}

type Handed = Result<Result<Vec<Told>, String>, String>;

fn hand_in(replica: &mut Replica, step: &Value, now: Duration) -> Handed {
    let step = step.as_object().ok_or("step")?;
    if let Some(snap) = step.get("snap") {
        let data = data_of(snap);
        let found = id(&snap["id"]).map(|id| (id, Some(data.as_slice())));
        return Ok(match replica.snapshot_read(found, now) {
            Ok(told) => Ok(told.into_iter().collect()),
            Err(error) => Err(error.code().map_or("", Code::as_str).to_owned()),
        });
    }
    if let Some(entry) = step.get("entry") {
        let mut told = Vec::new();
        let entry_id = id(&entry["id"]).ok_or("id")?;
        replica.received(entry_id, Some(&data_of(entry)), now, &mut told);
        return Ok(Ok(told));
    }
    if let Some(snap) = step.get("pointer") {
        let data = (!snap.is_null()).then(|| data_of(snap));
        return Ok(Ok(replica.pointer_read(data.as_deref(), now).into_iter().collect()));
    }
    if let Some(heads) = step.get("heads") {
        return Ok(Ok(replica.heads_read(id(&heads["stream"]), now).into_iter().collect()));
    }
    if step.contains_key("now") { Ok(Ok(Vec::new())) } else { Err("a step unknown".to_owned()) }
}

fn span(range: Option<pykraken_consumer::Range>) -> Value {
    range.map_or(Value::Null, |range| json!([range.first.to_string(), range.last.to_string()]))
}

/// What a story lists, from the events for the application.
fn listed(events: Vec<Told>, to: &mut Vec<Value>) {
    let mut spans = (Value::Null, Value::Null);
    for event in events {
        to.push(match event {
            Told::Missed { unseen, missed } => {
                spans = (span(unseen), span(missed));
                continue;
            }
            Told::Wire(event) => match &event.body {
                Body::Epoch(epoch) => json!({
                    "type": "epoch", "id": event.head.entry_id.to_string(),
                    "reason": epoch.reason, "unseen": spans.0, "missed": spans.1,
                }),
                Body::Reset { reason, .. } => {
                    let id = event.head.entry_id.to_string();
                    json!({"type": "reset", "id": id, "reason": reason})
                }
                Body::Bye { .. } => json!({"type": "bye", "id": event.head.entry_id.to_string()}),
                _ => continue,
            },
            Told::Gap { cursor, found } => {
                json!({"code": "GAP", "cursor": cursor.to_string(), "found": found.to_string()})
            }
            Told::Quarantined { code, entry_id, .. } => {
                json!({"code": code.as_str(), "id": entry_id.to_string()})
            }
            Told::Stale { age } => json!({"code": "STALE", "age": age.as_secs_f64().to_string()}),
            Told::Regression { cursor, head } => {
                json!({"code": "REGRESSION", "cursor": cursor.to_string(), "head": head.to_string()})
            }
            _ => continue,
        });
    }
}

/// What a state holds, as stories spell it: header and content by full names.
pub fn held(state: &State) -> Map<String, Value> {
    let all = usize::MAX;
    let content = match &state.held {
        Held::Book(book) => {
            use pykraken_consumer::{Priced, Side};
            Content::Book { bids: book.levels(Side::Bid, all), asks: book.levels(Side::Ask, all) }
        }
        Held::Level3(book) => {
            use pykraken_consumer::Side;
            let orders = |side| book.orders(side).cloned().collect();
            Content::Level3 { bids: orders(Side::Bid), asks: orders(Side::Ask) }
        }
        Held::Bbo(top) => Content::Bbo(*top),
        Held::Ticker(ticker) => Content::Ticker(ticker.clone()),
        Held::Trade { last_trade_id, trades } => Content::Trade {
            trades: trades.iter().copied().collect(),
            last_trade_id: *last_trade_id,
        },
        Held::Ohlc(candle) => Content::Ohlc(candle.clone()),
        Held::Instrument { pairs, assets } => Content::Instrument {
            pairs: pairs.values().cloned().collect(),
            assets: assets.values().cloned().collect(),
        },
        Held::Executions { orders, sequence } => Content::Executions {
            orders: orders.values().cloned().collect(),
            sequence: *sequence,
        },
        Held::Balances { balances, sequence } => Content::Balances {
            balances: balances.values().cloned().collect(),
            sequence: *sequence,
        },
    };
    let header = state.header.clone();
    let checksum = state.checksum();
    let body = Snapshot { version: 1, header, checksum, content: Some(content) };
    let event = WireEvent { head: Head::default(), body: Body::Snapshot(Box::new(body)) };
    let mut map = fields(&event);
    for key in ["type", "ts_event", "ts_recv", "ts_pub", "flags", "version"] {
        map.remove(key);
    }
    for key in ["channel", "symbol", "sequence"] {
        map.remove(key);
    }
    map
}

fn lines(vector: &Value) -> Played {
    let stream = stream_of(vector);
    let replica = |line| Replica::new(&format!("{stream}/{line}"), Duration::ZERO, Missing::Wait);
    let mut both = [replica("a"), replica("b")];
    let mut arbiter = Arbiter::of(both[0].channel());
    let (mut now, mut told) = (Duration::ZERO, Vec::new());
    for step in vector["steps"].as_array().into_iter().flatten() {
        if let Some(seconds) = step["now"].as_str() {
            now = Duration::from_secs_f64(seconds.parse().map_err(|_| "now")?);
            both.iter_mut().for_each(|replica| replica.tick(now));
            said(arbiter.ticked(now), &mut told);
            continue;
        }
        let line = if step["line"] == "a" { Line::A } else { Line::B };
        let own = &mut both[line as usize];
        if step.get("snap").is_some_and(Value::is_null) {
            continue;
        }
        for event in hand_in(own, step, now)?? {
            let states = [both[0].state(), both[1].state()];
            said(arbiter.take(line, event, states, now), &mut told);
        }
    }
    equal("told", &Value::Array(told), &vector["expect"])
}

fn said(said: Vec<pykraken_consumer::Said>, to: &mut Vec<Value>) {
    for each in said {
        let line = each.line.as_str();
        to.push(match &each.told {
            Told::LineUp(line) => json!({"line": line.as_str(), "type": "line_up"}),
            Told::LineDown(line, _) => json!({"line": line.as_str(), "type": "line_down"}),
            Told::Jump(line) => json!({"line": line.as_str(), "type": "jump"}),
            Told::Joined { cursor, .. } => {
                json!({"line": line, "type": "joined", "id": cursor.to_string()})
            }
            Told::Wire(event) => match &event.body {
                Body::Trades(trades) => {
                    let id = |trade: Option<&pykraken_consumer::Trade>| {
                        trade.map(|trade| trade.trade_id.to_string())
                    };
                    let (first, last) = (id(trades.first()), id(trades.last()));
                    json!({"type": "trades", "first": first, "last": last})
                }
                Body::TradesGap { first, last, .. } => {
                    json!({"type": "gap", "first": first.to_string(), "last": last.to_string()})
                }
                Body::Snapshot(_) => told_of(line, event),
                _ if event.is_of_channel() => told_of(line, event),
                _ => continue,
            },
            _ => continue,
        });
    }
}

fn told_of(line: &str, event: &WireEvent) -> Value {
    let fields: BTreeMap<_, _> = fields(event).into_iter().collect();
    json!({"line": line, "type": fields["type"], "id": event.head.entry_id.to_string()})
}
