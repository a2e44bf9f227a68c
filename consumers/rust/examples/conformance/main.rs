//! The conformance program: consumers/spec/CONFORMANCE.md says what it does.

mod entries;
mod follow;
mod vectors;

use std::collections::BTreeMap;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use pykraken_consumer::{
    Body, Client, Code, Missing, Replica, State, Told, Words, decode, error_line, line,
};
use serde_json::json;
use sha2::{Digest, Sha256};

const BATCH: usize = 1_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let code = match words.as_slice() {
        ["vectors", folder] => run_vectors(Path::new(folder)),
        ["decode"] => run_decode(false),
        ["decode", "--digest"] => run_decode(true),
        ["rebuild", file] => run_rebuild(file),
        ["read", "--url", url, stream, count] | ["read", stream, count, "--url", url] => {
            run_read(url, stream, count).await
        }
        ["follow", words @ ..] => follow::run(words).await,
        _ => {
            eprintln!("conformance vectors|decode|rebuild|read|follow ...: see CONFORMANCE.md");
            2
        }
    };
    ExitCode::from(code)
}

fn run_vectors(folder: &Path) -> u8 {
    let mut code = 0;
    vectors::play_all(folder, |name, played| {
        let said = match played {
            Ok(()) => json!({"vector": name, "ok": true}),
            Err(detail) => {
                code = 1;
                json!({"vector": name, "ok": false, "detail": detail})
            }
        };
        println!("{said}");
    });
    code
}

fn run_decode(is_digest: bool) -> u8 {
    let mut input = BufReader::new(std::io::stdin().lock());
    let mut output = BufWriter::new(std::io::stdout().lock());
    let (mut entries, mut events, mut hash) = (0u64, 0u64, Sha256::new());
    let mut codes: BTreeMap<Code, u64> = BTreeMap::new();
    while let Some(entry) = entries::next(&mut input) {
        entries += 1;
        let text = match decode(entry.id, &entry.data, entry.place) {
            Ok(event) => {
                events += 1;
                line(&event)
            }
            Err(error) => {
                *codes.entry(error.code).or_default() += 1;
                error_line(entry.id, error.code)
            }
        };
        if is_digest {
            hash.update(text.as_bytes());
            hash.update(b"\n");
        } else if writeln!(output, "{text}").is_err() {
            return 1;
        }
    }
    if is_digest {
        let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let codes: BTreeMap<_, _> = codes.iter().map(|(code, n)| (code.as_str(), *n)).collect();
        let said = json!({"entries": entries, "events": events, "codes": codes, "sha256": hex});
        let _ = writeln!(output, "{said}");
    }
    u8::from(output.flush().is_err())
}

fn run_rebuild(file: &str) -> u8 {
    let Ok(file) = std::fs::File::open(file) else { return 2 };
    let mut input = BufReader::new(file);
    let Some(first) = entries::next(&mut input) else { return 2 };
    let rest: Vec<_> = std::iter::from_fn(|| entries::next(&mut input)).collect();
    let channel = first.place.channel.unwrap_or_default();
    let (wall, cpu) = (Instant::now(), cpu_s());
    let stream = format!("{{kraken.BTC/USD}}:{channel}.10");
    let mut replica = Replica::new(&stream, Duration::ZERO, Missing::Wait);
    let mut events = 0;
    let joined = replica.snapshot_read(Some((first.id, Some(&first.data))), Duration::ZERO);
    let mut told: Vec<Told> = joined.ok().flatten().into_iter().collect();
    for batch in rest.chunks(BATCH) {
        for entry in batch {
            replica.received(entry.id, Some(&entry.data), Duration::ZERO, &mut told);
            for event in told.drain(..) {
                match count(&event) {
                    Some(more) => events += more,
                    None => return disturbed(&event),
                }
            }
        }
    }
    timed(events, wall, cpu, replica.state());
    0
}

/// 1 for an event of the channel's own, 0 for what an undisturbed stream has besides.
fn count(told: &Told) -> Option<u64> {
    match told {
        Told::Joined { .. } | Told::TrimWarning { .. } => Some(0),
        Told::Wire(event) if event.is_of_channel() => Some(1),
        Told::Wire(event) => {
            matches!(event.body, Body::Snapshot(_) | Body::Heartbeat { .. }).then_some(0)
        }
        _ => None,
    }
}

fn disturbed(told: &Told) -> u8 {
    eprintln!("not in an undisturbed stream: {told:?}");
    1
}

/// Seconds that this thread, which does all the work, spent on a processor.
fn cpu_s() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn timed(events: u64, wall: Instant, cpu: f64, state: &State) {
    let (wall_s, cpu_s) = (wall.elapsed().as_secs_f64(), cpu_s() - cpu);
    let checksum = state.checksum().map_or(String::new(), |checksum| checksum.to_string());
    println!(
        "{{\"events\":{events},\"wall_s\":{wall_s:.6},\"cpu_s\":{cpu_s:.6},\"checksum\":\"{checksum}\"}}"
    );
}

async fn run_read(url: &str, stream: &str, wanted: &str) -> u8 {
    let Ok(wanted) = wanted.parse::<u64>() else { return 2 };
    let followed = match Client::new(url) {
        Ok(client) => client.follow(&[stream], &Words::default(), Missing::Wait).await,
        Err(error) => Err(error),
    };
    let mut follower = match followed {
        Ok(follower) => follower,
        Err(error) => return follow::refused(&error),
    };
    let (mut seen, mut wall, mut cpu) = (0, Instant::now(), 0.0);
    while seen < wanted {
        match follower.next().await {
            Some(Ok(event)) => match count(&event.told) {
                Some(more) => {
                    if matches!(event.told, Told::Joined { .. }) {
                        (wall, cpu) = (Instant::now(), cpu_s());
                    }
                    seen += more;
                }
                None => return disturbed(&event.told),
            },
            Some(Err(error)) => return follow::refused(&error),
            None => return 1,
        }
    }
    if let Some(state) = follower.state() {
        timed(seen, wall, cpu, state);
    }
    0
}
