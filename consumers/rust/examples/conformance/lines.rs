//! Stories of two lines told as one: two replicas and the arbiter between (vectors/README.md).

use std::sync::Arc;
use std::time::Duration;

use pykraken_consumer::arbiter::Arbiter;
use pykraken_consumer::events::{Body, Event};
use pykraken_consumer::replica::{Missing, Replica, Told};
use pykraken_consumer::wire::WireBody;
use serde_json::{Value, json};

use crate::stories::{hand_in, seconds, stream_of};
use crate::vectors::{Played, same};

struct Both {
    replicas: [Replica; 2],
    arbiter: Arbiter,
    told: Told,
}

impl Both {
    fn new(stream: &str) -> Self {
        let line = |name| Replica::new(&format!("{stream}/{name}"), Duration::ZERO, Missing::Wait);
        let replicas = [line("a"), line("b")];
        let streams = [0, 1].map(|at: usize| Arc::clone(replicas[at].stream()));
        let arbiter = Arbiter::new(streams);
        Self { replicas, arbiter, told: Told::new() }
    }

    fn take(&mut self, line: usize, events: Told, now: Duration) {
        let states = [self.replicas[0].state(), self.replicas[1].state()];
        for event in events {
            self.arbiter.take(line, event, now, states, &mut self.told);
        }
    }

    fn now(&mut self, now: Duration) {
        self.replicas.iter_mut().for_each(|replica| replica.tick(now));
        let states = [self.replicas[0].state(), self.replicas[1].state()];
        self.arbiter.ticked(now, states, &mut self.told);
    }
}

pub fn play(story: &Value) -> Played {
    let mut both = Both::new(&stream_of(story));
    let mut now = Duration::ZERO;
    for step in story["steps"].as_array().into_iter().flatten() {
        if let Some(clock) = step.get("now") {
            now = seconds(clock)?;
            both.now(now);
            continue;
        }
        let line = usize::from(step["line"] == json!("b"));
        let mut told = Told::new();
        hand_in(&mut both.replicas[line], step, now, &mut told)?.map_err(|e| e.to_string())?;
        both.take(line, told, now);
    }
    let said: Vec<Value> = both.told.iter().filter_map(spelled).collect();
    same("told", &json!(said), &story["expect"])
}

fn spelled(event: &Event) -> Option<Value> {
    let line = &event.stream[event.stream.len() - 1..];
    Some(match &event.body {
        Body::LineUp { line } => json!({"line": line.as_str(), "type": "line_up"}),
        Body::LineDown { line, .. } => json!({"line": line.as_str(), "type": "line_down"}),
        Body::Jump { line } => json!({"line": line.as_str(), "type": "jump"}),
        Body::Joined { cursor, .. } => {
            json!({"line": line, "type": "joined", "id": cursor.to_string()})
        }
        Body::Wire(wire) => match &wire.body {
            WireBody::Trades(rows) => json!({
                "type": "trades",
                "first": rows.first()?.trade_id.to_string(),
                "last": rows.last()?.trade_id.to_string(),
            }),
            WireBody::TradesGap(gap) => json!(
                {"type": "gap", "first": gap.first.to_string(), "last": gap.last.to_string()}
            ),
            body if body.is_of_channel() || matches!(body, WireBody::Snapshot(_)) => {
                let line_of: Value =
                    serde_json::from_str(&pykraken_consumer::json::line(wire)).ok()?;
                json!({"line": line, "type": line_of["type"], "id": wire.entry_id.to_string()})
            }
            _ => return None,
        },
        _ => return None,
    })
}
