//! `follow`: prints all that the application is told until stdin ends.

use std::io::Read;

use pykraken_consumer::{
    Channel, Client, Code, Error, Follower, Missing, Range, Told, Words, json_text, line,
};
use serde_json::{Value, json};

use crate::vectors::held;

struct Options {
    url: String,
    namespace: String,
    words: Words,
    wanted: Vec<String>,
}

fn options(given: &[&str]) -> Option<Options> {
    let mut options = Options {
        url: Client::DEFAULT_URL.to_owned(),
        namespace: "kraken".to_owned(),
        words: Words::default(),
        wanted: Vec::new(),
    };
    let mut given = given.iter().map(|word| (*word).to_owned());
    while let Some(word) = given.next() {
        match word.as_str() {
            "--url" => options.url = given.next()?,
            "--namespace" => options.namespace = given.next()?,
            "--channel" => options.words.channel = Channel::named(&given.next()?)?,
            "--depth" => options.words.depth = Some(given.next()?.parse().ok()?),
            "--interval" => options.words.interval = Some(given.next()?.parse().ok()?),
            "--trigger" => options.words.trigger = Some(given.next()?),
            "--source" => options.words.source = Some(given.next()?),
            "--account" => options.words.account = Some(given.next()?),
            "--line" => options.words.line = Some(given.next()?),
            option if option.starts_with("--") => return None,
            _ => options.wanted.push(word),
        }
    }
    Some(options)
}

/// Prints an error of the client; returns the exit code.
pub fn refused(error: &Error) -> u8 {
    let code = error.code().map_or("", Code::as_str);
    println!("{}", json!({"error": code, "text": error.to_string()}));
    3
}

/// Follows; returns the exit code.
pub async fn run(words: &[&str]) -> u8 {
    let Some(options) = options(words) else {
        eprintln!("follow --url URL [--channel C] [--depth D] ... WANTED...");
        return 2;
    };
    let (ended, mut end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = ended.send(());
    });
    let mut follower = tokio::select! {
        _ = &mut end => return 0,
        found = open(&options) => match found {
            Ok(follower) => follower,
            Err(error) => return refused(&error),
        },
    };
    loop {
        tokio::select! {
            biased;
            _ = &mut end => break,
            told = follower.next() => match told {
                Some(Ok(event)) => {
                    let stream = json_text(&event.stream);
                    println!("{{\"stream\":{stream},\"event\":{}}}", text_of(&event.told));
                }
                Some(Err(error)) => return refused(&error),
                None => return 1,
            },
        }
    }
    finals(&follower);
    0
}

async fn open(options: &Options) -> Result<Follower, Error> {
    let client = Client::new(&options.url)?.namespace(&options.namespace);
    let wanted: Vec<&str> = options.wanted.iter().map(String::as_str).collect();
    client.follow(&wanted, &options.words, Missing::Wait).await
}

fn finals(follower: &Follower) {
    let mut replicas: Vec<_> = follower.replicas().collect();
    replicas.sort_by_key(|replica| replica.stream());
    for replica in replicas {
        let state = replica.state();
        let mut last = json!({
            "cursor": replica.cursor().map(|id| id.to_string()),
            "valid": state.is_valid,
            "stale": state.is_stale,
            "skipped": replica.skipped().to_string(),
        });
        if let (Some(map), true) = (last.as_object_mut(), state.is_valid) {
            map.extend(held(state));
        }
        println!("{}", json!({"stream": replica.stream(), "final": last}));
    }
}

fn span(range: Option<Range>) -> Value {
    range.map_or(Value::Null, |range| json!([range.first.to_string(), range.last.to_string()]))
}

/// What was told, as CONFORMANCE.md writes it.
fn text_of(told: &Told) -> String {
    let id = |id: pykraken_consumer::EntryId| id.to_string();
    match told {
        Told::Wire(event) => line(event),
        // In the order of the page: the harness finds these by their text.
        Told::Joined { cursor, after } => {
            let after = after.map_or("null".to_owned(), |after| format!("\"{after}\""));
            format!("{{\"told\":\"joined\",\"cursor\":\"{cursor}\",\"after\":{after}}}")
        }
        Told::Missed { unseen, missed } => format!(
            "{{\"told\":\"missed\",\"unseen\":{},\"missed\":{}}}",
            span(*unseen),
            span(*missed)
        ),
        Told::Gap { cursor, found } => {
            format!("{{\"code\":\"GAP\",\"cursor\":\"{cursor}\",\"found\":\"{found}\"}}")
        }
        Told::Regression { cursor, head } => {
            format!("{{\"code\":\"REGRESSION\",\"cursor\":\"{cursor}\",\"head\":\"{head}\"}}")
        }
        Told::Quarantined { code, entry_id, .. } => {
            format!("{{\"code\":\"{code}\",\"id\":\"{}\"}}", id(*entry_id))
        }
        Told::Stale { .. } => "{\"code\":\"STALE\"}".to_owned(),
        Told::TrimWarning { .. } => "{\"told\":\"trim_warning\"}".to_owned(),
        Told::Disconnected { reason } => {
            eprintln!("Redis is away: {reason}");
            "{\"told\":\"disconnected\"}".to_owned()
        }
        Told::Reconnected => "{\"told\":\"reconnected\"}".to_owned(),
        Told::LineUp(line) => of_line("line_up", line.as_str()),
        Told::LineDown(line, _) => of_line("line_down", line.as_str()),
        Told::Jump(line) => of_line("jump", line.as_str()),
        _ => "{}".to_owned(),
    }
}

fn of_line(told: &str, line: &str) -> String {
    format!("{{\"told\":\"{told}\",\"line\":\"{line}\"}}")
}
