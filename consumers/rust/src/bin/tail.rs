//! Prints a stream's entries as canonical lines (WIRE §9) until it is stopped or `--count` is reached;
//! gaps and the loss of Redis go to stderr. Exit code 0: done, 2: wrong arguments, 3: Redis refuses.

use std::io::Write;
use std::process::ExitCode;

use pykraken_consumer::{Client, Error, Record, Start, error_line, line};

const USAGE: &str = "tail STREAM [--url URL] [--from now|snapshot|oldest|ID] [--count N]";

struct Options {
    stream: String,
    url: String,
    start: Start,
    count: Option<u64>,
}

fn options() -> Option<Options> {
    let url = std::env::var("PYKRAKEN_REDIS_URL").unwrap_or_else(|_| Client::DEFAULT_URL.into());
    let mut options = Options { stream: String::new(), url, start: Start::Now, count: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--url" => options.url = words.next()?,
            "--count" => options.count = Some(words.next()?.parse().ok()?),
            "--from" => {
                options.start = match words.next()?.as_str() {
                    "now" => Start::Now,
                    "snapshot" => Start::Snapshot,
                    "oldest" => Start::Oldest,
                    id => Start::After(id.parse().ok()?),
                };
            }
            _ if options.stream.is_empty() && !word.starts_with('-') => options.stream = word,
            _ => return None,
        }
    }
    (!options.stream.is_empty()).then_some(options)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("usage: {USAGE}");
        return ExitCode::from(2);
    };
    match print(&options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(if matches!(error, Error::Usage(_)) { 2 } else { 3 })
        }
    }
}

async fn print(options: &Options) -> Result<(), Error> {
    let mut records = Client::new(&options.url)?.entries(&options.stream, options.start);
    let mut printed = 0;
    while options.count.is_none_or(|count| printed < count) {
        let text = match records.next().await? {
            Record::Event(event) => line(&event),
            Record::Bad(entry_id, code) => error_line(entry_id, code),
            Record::Gap(after, found) => {
                eprintln!("gap: after {after} the stream goes on at {found}");
                continue;
            }
            Record::Disconnected(reason) => {
                eprintln!("Redis is away: {reason}");
                continue;
            }
            Record::Reconnected => {
                eprintln!("Redis answers again");
                continue;
            }
        };
        printed += 1;
        if writeln!(std::io::stdout(), "{text}").is_err() {
            break; // whoever reads our output is gone
        }
    }
    Ok(())
}
