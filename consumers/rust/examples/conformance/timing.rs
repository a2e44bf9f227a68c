//! `rebuild` and `read`: how long decoding, applying and proving take.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use pykraken_consumer::replica::Told;
use pykraken_consumer::wire::WireBody;
use pykraken_consumer::{Body, Client, Missing, Options, Replica, State};

use crate::entries::{self, Entry};

const BATCH: usize = 1_000;

struct Clock {
    wall: Instant,
    cpu: ProcessTime,
}

impl Clock {
    fn start() -> Self {
        Self { wall: Instant::now(), cpu: ProcessTime::now() }
    }

    fn print(&self, events: u64, state: &State) {
        let (wall, cpu) = (self.wall.elapsed().as_secs_f64(), self.cpu.elapsed().as_secs_f64());
        let checksum = state.checksum().map(|crc| crc.to_string()).unwrap_or_default();
        println!(
            "{{\"events\":{events},\"wall_s\":{wall:?},\"cpu_s\":{cpu:?},\
             \"checksum\":\"{checksum}\"}}"
        );
    }
}

/// 1 for an event of the channel's own; anything that is not of an undisturbed stream is an error.
fn count(body: &Body) -> io::Result<u64> {
    match body {
        Body::Wire(event) if event.body.is_of_channel() => Ok(1),
        Body::Wire(event)
            if matches!(event.body, WireBody::Snapshot(_) | WireBody::Heartbeat(_)) =>
        {
            Ok(0)
        }
        Body::Joined { .. } => Ok(0),
        other => Err(io::Error::other(format!("not in an undisturbed stream: {other:?}"))),
    }
}

pub fn rebuild(file: &Path) -> io::Result<ExitCode> {
    let mut source = BufReader::new(File::open(file)?);
    let first = entries::next(&mut source)?.ok_or(io::Error::other("no entries"))?;
    let mut rest: Vec<Entry> = Vec::new();
    while let Some(entry) = entries::next(&mut source)? {
        rest.push(entry);
    }
    let channel = first.place.channel().ok_or(io::Error::other("not of a channel"))?;
    let key = format!("{{kraken.BTC/USD}}:{channel}.10");
    let clock = Clock::start();
    let mut replica = Replica::new(&key, Duration::ZERO, Missing::Wait);
    let mut told = Told::new();
    let mut events = 0;
    replica
        .snapshot_read(Some((first.entry_id, Some(&first.data))), Duration::ZERO, &mut told)
        .map_err(io::Error::other)?;
    for batch in rest.chunks(BATCH) {
        for entry in batch {
            replica.received(entry.entry_id, Some(&entry.data), Duration::ZERO, &mut told);
            while let Some(event) = told.pop_front() {
                events += count(&event.body)?;
            }
        }
    }
    clock.print(events, replica.state());
    Ok(ExitCode::SUCCESS)
}

pub fn read(url: &str, stream: &str, wanted: &str) -> io::Result<ExitCode> {
    let wanted: u64 = wanted.parse().map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = Client::new(url).map_err(io::Error::other)?;
        let mut events =
            client.follow(&[stream], &Options::default()).await.map_err(io::Error::other)?;
        let mut clock = Clock::start();
        let mut seen = 0;
        while let Some(event) = events.next().await {
            let event = event.map_err(io::Error::other)?;
            match &event.body {
                Body::Joined { .. } => clock = Clock::start(),
                Body::TrimWarning { .. } => {}
                body => seen += count(body)?,
            }
            if seen == wanted {
                clock.print(seen, &event.state);
                return Ok(ExitCode::SUCCESS);
            }
        }
        Err(io::Error::other("the stream of events ended"))
    })
}
