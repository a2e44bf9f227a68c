//! The command `tail`: one stream's entries as canonical JSON lines, until Ctrl-C or a count.
//!
//! Gaps and the loss of Redis go to stderr. Knows nothing of states: a status stream reads as well
//! as a book's.

use std::io::{self, Write};

use crate::client::Client;
use crate::errors::Error;
use crate::events::Record;
use crate::json::{error_line, line};
use crate::records::Start;

/// How the command is called.
pub const USAGE: &str = "tail STREAM [--url URL] [--from now|snapshot|oldest|ID] [--count N]";

/// What the command was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    /// The stream's key.
    pub stream: String,
    /// Where Redis is.
    pub url: String,
    /// Where reading begins.
    pub start: Start,
    /// Stop after so many lines.
    pub count: Option<u64>,
}

impl Arguments {
    /// Read the command's words; `url` is that of the environment, if there is one.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what is wrong.
    pub fn parse(
        words: impl IntoIterator<Item = String>,
        url: Option<String>,
    ) -> Result<Self, Error> {
        let wrong = |text: String| Error::Invalid(text);
        let mut words = words.into_iter();
        let mut stream = None;
        let mut url = url.unwrap_or_else(|| Client::DEFAULT_URL.to_owned());
        let (mut start, mut count) = (Start::Now, None);
        while let Some(word) = words.next() {
            let mut value =
                || words.next().ok_or_else(|| wrong(format!("{word} needs a value behind it")));
            match word.as_str() {
                "--url" => url = value()?,
                "--from" => start = start_of(&value()?)?,
                "--count" => {
                    let text = value()?;
                    let number = text.parse().ok().filter(|count| *count > 0);
                    count = Some(number.ok_or_else(|| {
                        wrong(format!("--count must be a number above 0, not {text:?}"))
                    })?);
                }
                option if option.starts_with("--") => {
                    return Err(wrong(format!("no option {option}")));
                }
                _ if stream.is_none() => stream = Some(word),
                _ => return Err(wrong(format!("one stream, not {word:?} too"))),
            }
        }
        let stream = stream
            .ok_or_else(|| wrong("the stream's key, such as '{kraken.BTC/USD}:book.10'".into()))?;
        Ok(Self { stream, url, start, count })
    }
}

fn start_of(text: &str) -> Result<Start, Error> {
    match text {
        "now" => Ok(Start::Now),
        "snapshot" => Ok(Start::Snapshot),
        "oldest" => Ok(Start::Oldest),
        id => id
            .parse()
            .map(Start::After)
            .map_err(|error| Error::Invalid(format!("--from {error}, or now, snapshot, oldest"))),
    }
}

/// Print a stream's entries. A reader of our output that is gone ends it.
///
/// # Errors
/// What the client cannot mend.
pub async fn run(arguments: &Arguments, out: &mut impl Write) -> Result<(), Error> {
    let client = Client::new(&arguments.url)?;
    let mut entries = client.entries(&arguments.stream, arguments.start);
    let mut left = arguments.count;
    while left != Some(0) {
        let Some(record) = entries.next().await else { break };
        match print(&record?, out) {
            Ok(is_line) => left = left.map(|left| left - u64::from(is_line)),
            Err(_) => break,
        }
    }
    Ok(())
}

/// Print one record; true for a line of stdout, false for a remark on stderr.
fn print(record: &Record, out: &mut impl Write) -> io::Result<bool> {
    let text = match record {
        Record::Entry(event) => line(event),
        Record::Quarantined { code, entry_id, .. } => error_line(*entry_id, *code),
        Record::Gap { .. } | Record::Disconnected { .. } | Record::Reconnected => {
            eprintln!("{record:?}");
            return Ok(false);
        }
    };
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(true)
}
