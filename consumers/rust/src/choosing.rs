//! Which stream an application's words name: by the grammar of keys, or by the catalogue (WIRE
//! §2.1, §4.9).
//!
//! Pure. Knows nothing of Redis; rows of the catalogue are handed in.

use std::fmt;

use crate::errors::Error;
use crate::events::Line;
use crate::replica::Missing;
use crate::wire::{Channel, Listing, Source, Trigger};

/// Which of a stream's two lines is wanted, where publishers run in A/B mode (WIRE §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineChoice {
    /// One line.
    One(Line),
    /// Both, told as one (WIRE §7.7).
    Both,
}

impl std::str::FromStr for LineChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "a" => Ok(LineChoice::One(Line::A)),
            "b" => Ok(LineChoice::One(Line::B)),
            "ab" => Ok(LineChoice::Both),
            _ => Err(Error::Invalid(format!("no line {text:?}: a, b, or ab for both as one"))),
        }
    }
}

/// What an application may say of the streams that it wants; what is left out the catalogue
/// decides. `Options::default()` is any book.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)] // each is a part of the key's grammar
pub struct Options {
    pub channel: Channel,
    pub depth: Option<u32>,
    pub interval: Option<u32>,
    pub trigger: Option<Trigger>,
    pub source: Option<Source>,
    pub account: Option<String>,
    pub line: Option<LineChoice>,
    /// What a stream without a snapshot means.
    pub missing: Missing,
}

impl Options {
    /// Any stream of `channel`.
    #[must_use]
    pub fn of(channel: Channel) -> Self {
        Self { channel, ..Self::default() }
    }

    /// Of `depth` levels a side.
    #[must_use]
    pub fn depth(self, depth: u32) -> Self {
        Self { depth: Some(depth), ..self }
    }

    /// Of candles of so many minutes.
    #[must_use]
    pub fn interval(self, interval: u32) -> Self {
        Self { interval: Some(interval), ..self }
    }

    /// Of an account.
    #[must_use]
    pub fn account(self, account: impl Into<String>) -> Self {
        Self { account: Some(account.into()), ..self }
    }

    /// A ticker by what makes Kraken send it.
    #[must_use]
    pub fn trigger(self, trigger: Trigger) -> Self {
        Self { trigger: Some(trigger), ..self }
    }

    /// The best bid and offer of that book.
    #[must_use]
    pub fn source(self, source: Source) -> Self {
        Self { source: Some(source), ..self }
    }

    /// What a stream without a snapshot means.
    #[must_use]
    pub fn missing(self, missing: Missing) -> Self {
        Self { missing, ..self }
    }

    /// Of one line, or of both as one.
    #[must_use]
    pub fn line(self, line: LineChoice) -> Self {
        Self { line: Some(line), ..self }
    }

    /// The words said that mean nothing for the channel.
    fn idle_words(&self) -> Option<&'static str> {
        use Channel::{Bbo, Book, Level3, Ohlc, Ticker};
        let channel = self.channel;
        let said = [
            ("depth", self.depth.is_some(), matches!(channel, Book | Level3 | Bbo)),
            ("interval", self.interval.is_some(), channel == Ohlc),
            ("trigger", self.trigger.is_some(), channel == Ticker),
            ("source", self.source.is_some(), channel == Bbo),
            ("account", self.account.is_some(), channel.is_private()),
        ];
        said.into_iter().find(|(_, is_said, is_meant)| *is_said && !is_meant).map(|word| word.0)
    }
}

/// One stream as an application's words say it; `symbol` may be a stream's key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// The venue's name, or a key, or empty for a channel without symbols.
    pub symbol: String,
    /// What else was said.
    pub options: Options,
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.options.account.as_deref().unwrap_or_default();
        let name = if self.symbol.is_empty() { account } else { &self.symbol };
        match (self.options.channel, name) {
            (Channel::Book, name) => f.write_str(name),
            (channel, "") => write!(f, "{channel}"),
            (channel, name) => write!(f, "{channel} {name}"),
        }
    }
}

impl Wish {
    /// True when `symbol` is a stream's key.
    pub(crate) fn is_key(&self) -> bool {
        self.symbol.starts_with('{')
    }

    /// What the tags of its keys begin with: private streams stand apart (WIRE §2.1).
    pub(crate) fn space(&self, namespace: &str) -> String {
        let is_private = if self.is_key() {
            self.symbol.starts_with("{priv.")
        } else {
            self.options.channel.is_private()
        };
        if is_private { format!("priv.{namespace}") } else { namespace.to_owned() }
    }

    /// The stream that the words alone name, `None` where the catalogue has to say.
    pub(crate) fn key(&self, namespace: &str) -> Option<String> {
        if self.is_key() {
            return Some(self.symbol.clone());
        }
        let words = &self.options;
        let detail = match words.channel {
            Channel::Book | Channel::Level3 => format!(".{}", words.depth?),
            Channel::Bbo => format!(".{}.{}", words.source?, words.depth?),
            Channel::Ticker => format!(".{}", words.trigger?),
            Channel::Ohlc => format!(".{}", words.interval?),
            Channel::Trade | Channel::Instrument => String::new(),
            Channel::Executions | Channel::Balances => {
                words.account.as_ref()?;
                String::new()
            }
        };
        let name = match (&*self.symbol, &words.account) {
            ("", Some(account)) => account,
            ("", None) => words.channel.as_str(),
            (symbol, _) => symbol,
        };
        let line = match words.line {
            Some(LineChoice::One(line)) => format!("/{line}"),
            Some(LineChoice::Both) | None => String::new(),
        };
        let space = self.space(namespace);
        Some(format!("{{{space}.{name}}}:{}{detail}{line}", words.channel))
    }

    /// This wish, or where it is of both lines one for each.
    pub(crate) fn lines(&self) -> Vec<Wish> {
        if self.options.line != Some(LineChoice::Both) {
            return vec![self.clone()];
        }
        if self.is_key() {
            let wish = |symbol| Wish { symbol, options: Options::default() };
            return both_lines(&self.symbol).map(wish).into();
        }
        let one = |line| Wish {
            options: self.options.clone().line(LineChoice::One(line)),
            ..self.clone()
        };
        vec![one(Line::A), one(Line::B)]
    }
}

/// What is followed as one.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    Stream(String),
    /// The two lines of one.
    Lines([String; 2]),
}

impl Wanted {
    pub(crate) fn streams(&self) -> &[String] {
        match self {
            Wanted::Stream(stream) => std::slice::from_ref(stream),
            Wanted::Lines(streams) => streams,
        }
    }
}

/// Both lines of a stream, given one of them (WIRE §2.3).
pub(crate) fn both_lines(stream: &str) -> [String; 2] {
    let base = stream.strip_suffix(['a', 'b']).unwrap_or(stream);
    [format!("{base}a"), format!("{base}b")]
}

/// What is wanted, one for each symbol or key.
///
/// # Errors
/// [`Error::Invalid`] for words that cannot mean anything.
pub fn wishes(symbols: &[&str], options: &Options) -> Result<Vec<Wish>, Error> {
    let channel = options.channel;
    let wish = |symbol: &&str, options: &Options| Wish {
        symbol: (*symbol).to_owned(),
        options: options.clone(),
    };
    if !symbols.is_empty() && symbols.iter().all(|symbol| symbol.starts_with('{')) {
        let both = options.line.filter(|line| *line == LineChoice::Both);
        let options = Options { line: both, ..Options::default() };
        return Ok(symbols.iter().map(|key| wish(key, &options)).collect());
    }
    if let Some(word) = options.idle_words() {
        return Err(Error::Invalid(format!("{word} means nothing for {channel}: leave it out")));
    }
    match (channel.has_symbol(), symbols.first()) {
        (false, Some(first)) => {
            Err(Error::Invalid(format!("{channel} has no symbols: leave {first:?} out")))
        }
        (false, None) => Ok(vec![wish(&"", options)]),
        (true, None) => {
            Err(Error::Invalid(format!("{channel} needs at least one symbol, such as \"BTC/USD\"")))
        }
        (true, Some(_)) => Ok(symbols.iter().map(|symbol| wish(symbol, options)).collect()),
    }
}

/// The streams that would do, the one to be taken first (WIRE §4.9): of several the smallest
/// depth, or interval.
///
/// # Errors
/// [`Error::NoStream`] when there is none, [`Error::AmbiguousStream`] when several are as small.
pub fn choose<'a>(listings: &'a [Listing], wish: &Wish) -> Result<Vec<&'a Listing>, Error> {
    let mut found: Vec<&Listing> = listings.iter().filter(|row| is_wanted(row, wish)).collect();
    found.sort_by_key(|row| size(row));
    let wanted = wish.to_string();
    let Some(first) = found.first() else { return Err(Error::NoStream { wanted }) };
    let smallest = found.iter().filter(|row| size(row) == size(first));
    let streams: Vec<String> = smallest.map(|row| row.stream.clone()).collect();
    if streams.len() > 1 { Err(Error::AmbiguousStream { wanted, streams }) } else { Ok(found) }
}

fn is_wanted(row: &Listing, wish: &Wish) -> bool {
    fn fits<T: PartialEq>(said: Option<&T>, there: Option<&T>) -> bool {
        said.is_none() || said == there
    }
    if wish.is_key() {
        return row.stream == wish.symbol;
    }
    let (said, header) = (&wish.options, &row.header);
    let line = match said.line {
        Some(LineChoice::One(line)) => Some(line.as_str()),
        Some(LineChoice::Both) => Some("ab"), // no row is of both: see `Wish::lines`
        None => None,
    };
    header.channel == said.channel
        && header.symbol.as_deref().unwrap_or_default() == wish.symbol
        && fits(said.depth.as_ref(), header.depth.as_ref())
        && fits(said.interval.as_ref(), header.interval.as_ref())
        && fits(said.trigger.as_ref(), header.trigger.as_ref())
        && fits(said.source.as_ref(), header.source.as_ref())
        && fits(said.account.as_ref(), header.account.as_ref())
        && line.is_none_or(|line| row.line == line)
}

fn size(row: &Listing) -> u32 {
    row.header.depth.or(row.header.interval).unwrap_or_default()
}
