//! `follow`: all that the application is told, until stdin ends.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;

use pykraken_consumer::json::{line, text};
use pykraken_consumer::{Body, Client, EntryId, Error, Event, Options, Span, State, WireBody};
use serde_json::Value;

use crate::held::{final_of, object};
use crate::vectors::set;

/// How a stream stood at the last event that was told of it.
#[derive(Default)]
struct Stood {
    state: Arc<State>,
    cursor: Option<EntryId>,
    skipped: u64,
}

pub fn run(words: &[&str]) -> io::Result<ExitCode> {
    let Some((client, options, wanted)) = asked(words) else { return Ok(ExitCode::from(2)) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        drop(end);
    });
    let mut stood = BTreeMap::new();
    let told = runtime.block_on(async {
        tokio::select! {
            told = follow(&client, &wanted, &options, &mut stood) => told,
            _ = ended => Ok(()),
        }
    });
    if let Err(Error::Invalid(text)) = &told {
        eprintln!("{text}");
        return Ok(ExitCode::from(2));
    }
    if let Err(error) = told {
        let code = error.code().map_or("", |code| code.as_str());
        println!("{}", object(&[("error", text(code)), ("text", text(&error.to_string()))]));
        return Ok(ExitCode::from(3));
    }
    for (stream, Stood { state, cursor, skipped }) in &stood {
        let end = Value::Object(final_of(*cursor, *skipped, state, true)).to_string();
        println!("{}", object(&[("stream", text(stream)), ("final", end)]));
    }
    io::stdout().flush()?;
    Ok(ExitCode::SUCCESS)
}

fn asked<'w>(words: &[&'w str]) -> Option<(Client, Options, Vec<&'w str>)> {
    let (mut url, mut namespace) = (Client::DEFAULT_URL, "kraken");
    let (mut options, mut wanted) = (Options::default(), Vec::new());
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        match word.strip_prefix("--") {
            None => wanted.push(word),
            Some("url") => url = words.next()?,
            Some("namespace") => namespace = words.next()?,
            Some(name) => {
                if let Err(error) = set(&mut options, name, words.next()?) {
                    eprintln!("{error}");
                    return None;
                }
            }
        }
    }
    match Client::new(url) {
        Ok(client) => Some((client.namespace(namespace), options, wanted)),
        Err(error) => {
            eprintln!("{error}");
            None
        }
    }
}

async fn follow(
    client: &Client,
    wanted: &[&str],
    options: &Options,
    stood: &mut BTreeMap<String, Stood>,
) -> Result<(), Error> {
    let mut events = client.follow(wanted, options).await?;
    while let Some(event) = events.next().await {
        let Event { stream, state, body } = event?;
        let said = object(&[("stream", text(&stream)), ("event", told(&body))]);
        if writeln!(io::stdout(), "{said}").is_err() {
            break; // nobody reads
        }
        let stood = stood.entry(stream.to_string()).or_default();
        stood.state = state;
        match &body {
            Body::Wire(event) => {
                stood.cursor = Some(event.entry_id);
                stood.skipped += u64::from(matches!(event.body, WireBody::Unknown { .. }));
            }
            Body::Joined { cursor, .. } | Body::Gap { cursor, .. } => stood.cursor = Some(*cursor),
            Body::Quarantined { entry_id, .. } => stood.cursor = Some(*entry_id),
            _ => {}
        }
    }
    Ok(())
}

/// What the application was told, as CONFORMANCE.md writes it.
fn told(body: &Body) -> String {
    let id = |id: &EntryId| text(&id.to_string());
    let null = || "null".to_owned();
    let span = |span: &Option<Span>| {
        span.map_or_else(null, |span| format!("[{},{}]", id(&span.first), id(&span.last)))
    };
    let name = |name: &str| ("told", text(name));
    let code = |code: &str| ("code", text(code));
    match body {
        Body::Wire(event) => line(event),
        Body::Joined { cursor, after } => {
            let after = after.as_ref().map_or_else(null, id);
            object(&[name("joined"), ("cursor", id(cursor)), ("after", after)])
        }
        Body::Missed { unseen, missed } => {
            object(&[name("missed"), ("unseen", span(unseen)), ("missed", span(missed))])
        }
        Body::Gap { cursor, found } => {
            object(&[code("GAP"), ("cursor", id(cursor)), ("found", id(found))])
        }
        Body::Regression { cursor, head } => {
            object(&[code("REGRESSION"), ("cursor", id(cursor)), ("head", id(head))])
        }
        Body::Quarantined { code: why, entry_id, .. } => {
            object(&[code(why.as_str()), ("id", id(entry_id))])
        }
        Body::Stale { .. } => object(&[code("STALE")]),
        Body::TrimWarning { .. } => object(&[name("trim_warning")]),
        Body::Disconnected { .. } => object(&[name("disconnected")]),
        Body::Reconnected => object(&[name("reconnected")]),
        Body::LineUp { line } => object(&[name("line_up"), ("line", text(line.as_str()))]),
        Body::LineDown { line, .. } => object(&[name("line_down"), ("line", text(line.as_str()))]),
        Body::Jump { line } => object(&[name("jump"), ("line", text(line.as_str()))]),
        other => unreachable!("told, and not known here: {other:?}"),
    }
}
