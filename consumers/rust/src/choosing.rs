//! Which stream an application's words name: by the grammar of keys, or by the catalogue (WIRE §2.1,
//! §4.9). Pure: rows of the catalogue are handed in.

use std::fmt;

use crate::errors::Error;
use crate::id::Channel;
use crate::listing::Listing;
use crate::told::Line;

/// What `line` is where two lines are to be one.
const BOTH: &str = "ab";

/// What an application may say of the streams that it wants; what is left out the catalogue decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// `book` unless it is told.
    pub channel: Channel,
    /// Of `book`, `level3` and `bbo`.
    pub depth: Option<u32>,
    /// Of `ohlc`, in minutes.
    pub interval: Option<u32>,
    /// Of `ticker`: `bbo` or `trades`.
    pub trigger: Option<String>,
    /// Of `bbo`: `book` or `level3`.
    pub source: Option<String>,
    /// Of `executions` and `balances`.
    pub account: Option<String>,
    /// `a`, `b`, or `ab` for both as one.
    pub line: Option<String>,
}

impl Words {
    /// The words of a channel, all else left to the catalogue.
    pub fn of(channel: Channel) -> Self {
        Self { channel, ..Self::default() }
    }

    /// With this depth.
    pub fn depth(mut self, depth: u32) -> Self {
        self.depth = Some(depth);
        self
    }

    /// With this line: `a`, `b`, or `ab` for both as one.
    pub fn line(mut self, line: &str) -> Self {
        self.line = Some(line.to_owned());
        self
    }
}

/// One stream as an application's words say it; `symbol` may be a stream's key, or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The symbol, or the key.
    pub symbol: String,
    /// What else was said.
    pub words: Words,
}

impl fmt::Display for Wish {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.words.account.as_deref().unwrap_or("");
        let name = if self.symbol.is_empty() { account } else { &self.symbol };
        match self.words.channel {
            Channel::Book => to.write_str(name),
            channel => to.write_str(format!("{channel} {name}").trim()),
        }
    }
}

impl Wish {
    fn is_key(&self) -> bool {
        self.symbol.starts_with('{')
    }

    /// What the tags of its keys begin with: private streams stand apart (WIRE §2.1).
    pub fn space(&self, namespace: &str) -> String {
        let is_private = if self.is_key() {
            self.symbol.starts_with("{priv.")
        } else {
            self.words.channel.is_private()
        };
        if is_private { format!("priv.{namespace}") } else { namespace.to_owned() }
    }

    /// The stream that the words alone name, `None` where the catalogue has to say.
    pub fn key(&self, namespace: &str) -> Option<String> {
        if self.is_key() {
            return Some(self.symbol.clone());
        }
        let words = &self.words;
        let details = match words.channel {
            Channel::Book | Channel::Level3 => format!(".{}", words.depth?),
            Channel::Bbo => format!(".{}.{}", words.source.as_ref()?, words.depth?),
            Channel::Ticker => format!(".{}", words.trigger.as_ref()?),
            Channel::Ohlc => format!(".{}", words.interval?),
            Channel::Trade | Channel::Instrument => String::new(),
            Channel::Executions | Channel::Balances => {
                words.account.as_ref()?;
                String::new()
            }
        };
        let name = match (self.symbol.as_str(), words.account.as_deref()) {
            ("", Some(account)) => account,
            ("", None) => words.channel.as_str(),
            (symbol, _) => symbol,
        };
        let line = words.line.as_ref().map_or(String::new(), |line| format!("/{line}"));
        let space = self.space(namespace);
        Some(format!("{{{space}.{name}}}:{}{details}{line}", words.channel))
    }

    /// This wish, or where it is of both lines one for each.
    pub fn lines(&self) -> Vec<Self> {
        if self.words.line.as_deref() != Some(BOTH) {
            return vec![self.clone()];
        }
        if self.is_key() {
            let key = |symbol| Self { symbol, words: Words::of(self.words.channel) };
            return both_lines(&self.symbol).map(key).to_vec();
        }
        let of = |line: Line| {
            let words = self.words.clone().line(line.as_str());
            Self { symbol: self.symbol.clone(), words }
        };
        vec![of(Line::A), of(Line::B)]
    }

    fn is_met_by(&self, row: &Listing) -> bool {
        if self.is_key() {
            return row.stream == self.symbol;
        }
        let (words, header) = (&self.words, &row.header);
        let is_text = |wanted: &Option<String>, found: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == found
        };
        header.channel == Some(words.channel)
            && header.symbol.as_deref().unwrap_or("") == self.symbol
            && (words.depth.is_none() || words.depth == header.depth)
            && (words.interval.is_none() || words.interval == header.interval)
            && is_text(&words.trigger, header.trigger.as_deref())
            && is_text(&words.source, header.source.as_deref())
            && is_text(&words.account, header.account.as_deref())
            && is_text(&words.line, Some(&row.line))
    }
}

/// Both lines of a stream, given one of them (WIRE §2.3).
pub(crate) fn both_lines(stream: &str) -> [String; 2] {
    let mut base = stream.to_owned();
    base.pop();
    [format!("{base}a"), format!("{base}b")]
}

/// What is wanted, one for each symbol or key; `Error::Usage` for words that cannot mean anything.
pub(crate) fn wishes(symbols: &[&str], words: &Words) -> Result<Vec<Wish>, Error> {
    let channel = words.channel;
    if !symbols.is_empty() && symbols.iter().all(|symbol| symbol.starts_with('{')) {
        let line = words.line.clone().filter(|line| line == BOTH);
        let words = Words { line, ..Words::default() };
        let wish = |symbol: &&str| Wish { symbol: (*symbol).to_owned(), words: words.clone() };
        return Ok(symbols.iter().map(wish).collect());
    }
    let is_book = matches!(channel, Channel::Book | Channel::Level3 | Channel::Bbo);
    let told = [
        ("depth", words.depth.is_some(), is_book),
        ("interval", words.interval.is_some(), channel == Channel::Ohlc),
        ("trigger", words.trigger.is_some(), channel == Channel::Ticker),
        ("source", words.source.is_some(), channel == Channel::Bbo),
        ("account", words.account.is_some(), channel.is_private()),
    ];
    if let Some((word, ..)) = told.iter().find(|(_, is_told, means)| *is_told && !means) {
        return Err(Error::Usage(format!("{word} means nothing for {channel}: leave it out")));
    }
    if !channel.has_symbol() {
        return match symbols.first() {
            Some(symbol) => {
                Err(Error::Usage(format!("{channel} has no symbols: leave {symbol} out")))
            }
            None => Ok(vec![Wish { symbol: String::new(), words: words.clone() }]),
        };
    }
    if symbols.is_empty() {
        let text = format!("{channel} needs at least one symbol, such as BTC/USD");
        return Err(Error::Usage(text));
    }
    let wish = |symbol: &&str| Wish { symbol: (*symbol).to_owned(), words: words.clone() };
    Ok(symbols.iter().map(wish).collect())
}

/// The streams that would do, the one to be taken first (WIRE §4.9): of several the smallest depth, or
/// interval.
pub fn choose<'a>(listings: &'a [Listing], wish: &Wish) -> Result<Vec<&'a Listing>, Error> {
    let mut found: Vec<_> = listings.iter().filter(|row| wish.is_met_by(row)).collect();
    found.sort_by_key(|row| row.size());
    let Some(first) = found.first() else {
        return Err(Error::NoStream { wanted: wish.to_string() });
    };
    let smallest: Vec<_> = found.iter().filter(|row| row.size() == first.size()).collect();
    if smallest.len() > 1 {
        let streams = smallest.iter().map(|row| row.stream.clone()).collect();
        return Err(Error::AmbiguousStream { wanted: wish.to_string(), streams });
    }
    Ok(found)
}
