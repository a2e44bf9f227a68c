//! Stories of one stream: a replica handed what they say (vectors/README.md).

use std::time::Duration;

use pykraken_consumer::errors::Error;
use pykraken_consumer::events::{Body, Event, Span};
use pykraken_consumer::replica::{Missing, Replica, Told, Want};
use pykraken_consumer::wire::{EntryId, WireBody};
use serde_json::{Value, json};

use crate::held::final_of;
use crate::vectors::{Played, data_of, id_of, same};

/// A stream of each channel.
pub fn stream_of(vector: &Value) -> String {
    let key = match vector["stream"].as_str().unwrap_or("book") {
        "bbo" => "{kraken.BTC/USD}:bbo.book.10",
        "ticker" => "{kraken.BTC/USD}:ticker.bbo",
        "trade" => "{kraken.BTC/USD}:trade",
        "ohlc" => "{kraken.BTC/USD}:ohlc.1",
        "instrument" => "{kraken.instrument}:instrument",
        channel @ ("executions" | "balances") => return format!("{{priv.kraken.main}}:{channel}"),
        channel => return format!("{{kraken.BTC/USD}}:{channel}.10"),
    };
    key.to_owned()
}

/// Seconds as a story writes them.
pub fn seconds(text: &Value) -> Result<Duration, String> {
    let text = text.as_str().ok_or("now is no text")?;
    text.parse().map(Duration::from_secs_f64).map_err(|error| format!("{text}: {error}"))
}

pub fn play(story: &Value) -> Played {
    let missing = if story["waits"] == json!("no") { Missing::Fail } else { Missing::Wait };
    let mut replica = Replica::new(&stream_of(story), Duration::ZERO, missing);
    let mut said: Vec<Value> = Vec::new();
    let mut now = Duration::ZERO;
    for (number, step) in story["steps"].as_array().into_iter().flatten().enumerate() {
        if let Some(clock) = step.get("now") {
            now = seconds(clock)?;
            replica.tick(now);
        }
        let mut told = Told::new();
        if let Err(Error::NoStream { .. }) = hand_in(&mut replica, step, now, &mut told)? {
            said.push(json!({"code": "NO_STREAM"}));
        }
        tell(&told, &mut said);
        stands(&replica, &step["then"]).map_err(|error| format!("step {number}: {error}"))?;
    }
    same("told", &json!(said), &story["expect"])?;
    let end = final_of(replica.cursor(), replica.skipped(), replica.state(), false);
    same("final", &Value::Object(end), &story["final"])
}

fn stands(replica: &Replica, then: &Value) -> Played {
    let wants = match replica.wants() {
        Want::Join => "join",
        Want::Entries => "entries",
        Want::Pointer => "pointer",
        Want::Heads => "heads",
    };
    for (key, due) in then.as_object().into_iter().flatten() {
        let own = match key.as_str() {
            "wants" => json!(wants),
            "cursor" => json!(replica.cursor().map(|id| id.to_string())),
            "valid" => json!(replica.state().is_valid),
            "stale" => json!(replica.state().is_stale),
            _ => return Err(format!("{key} is not known here")),
        };
        same(key, &own, due)?;
    }
    Ok(())
}

/// Hand a replica what a step holds.
pub fn hand_in(
    replica: &mut Replica,
    step: &Value,
    now: Duration,
    told: &mut Told,
) -> Result<Result<(), Error>, String> {
    if let Some(entry) = step.get("snap") {
        if entry.is_null() {
            return Ok(replica.snapshot_read(None, now, told));
        }
        let data = data_of(entry)?;
        return Ok(replica.snapshot_read(Some((id_of(entry)?, Some(&data))), now, told));
    }
    if let Some(entry) = step.get("entry") {
        replica.received(id_of(entry)?, Some(&data_of(entry)?), now, told);
    } else if let Some(entry) = step.get("pointer") {
        if entry.is_null() {
            replica.pointer_read(None, now, told);
        } else if Some(id_of(entry)?) == replica.cursor() {
            replica.pointer_read(Some(Some(&data_of(entry)?)), now, told);
        } else {
            return Err("a pointer to another entry than the cursor's".to_owned());
        }
    } else if let Some(heads) = step.get("heads") {
        let head: Option<EntryId> = match heads["stream"].as_str() {
            Some(text) => Some(text.parse().map_err(|error| format!("{error}"))?),
            None => None,
        };
        replica.heads_read(head, now, told);
    } else if step.get("now").is_none() {
        return Err(format!("a step that nobody plays: {step}"));
    }
    Ok(Ok(()))
}

/// What a story lists, of the events for the application.
fn tell(told: &Told, said: &mut Vec<Value>) {
    let mut missed: (Option<Span>, Option<Span>) = (None, None);
    for Event { body, .. } in told {
        match body {
            Body::Missed { unseen, missed: lost } => missed = (*unseen, *lost),
            Body::Wire(event) => {
                let id = event.entry_id.to_string();
                said.extend(match &event.body {
                    WireBody::Epoch(epoch) => Some(json!({
                        "type": "epoch", "id": id, "reason": epoch.reason,
                        "unseen": missed.0.map(ids), "missed": missed.1.map(ids),
                    })),
                    WireBody::Reset(reset) => {
                        Some(json!({"type": "reset", "id": id, "reason": reset.reason}))
                    }
                    WireBody::Bye { .. } => Some(json!({"type": "bye", "id": id})),
                    _ => None,
                });
            }
            Body::Gap { cursor, found } => said.push(json!(
                {"code": "GAP", "cursor": cursor.to_string(), "found": found.to_string()}
            )),
            Body::Quarantined { code, entry_id, .. } => {
                said.push(json!({"code": code.as_str(), "id": entry_id.to_string()}));
            }
            Body::Stale { age } => {
                said.push(json!({"code": "STALE", "age": age.as_secs_f64().to_string()}));
            }
            Body::Regression { cursor, head } => said.push(json!(
                {"code": "REGRESSION", "cursor": cursor.to_string(), "head": head.to_string()}
            )),
            _ => {}
        }
    }
}

fn ids(span: Span) -> [String; 2] {
    [span.first.to_string(), span.last.to_string()]
}
