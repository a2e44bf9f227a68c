//! Codes and errors of the consumer.
//!
//! A `Code` (WIRE §8) names what is wrong with an entry or a stream; every language reports the same
//! ones. An `Error` says who is at fault and what to change. What the consumer mends by itself (a
//! gap, a bad entry, a lost connection) is an event for the application, never an error.

use std::fmt;
use std::time::Duration;

/// What is wrong, as WIRE §8 names it. Of several the first in this order is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// An entry of more than 16 MiB.
    Size,
    /// Not exactly one msgpack value within the limits.
    Msgpack,
    /// A version of the wire that this reader does not read.
    Version,
    /// A key is missing, or holds another type.
    Schema,
    /// A value outside its range.
    Range,
    /// Values in the wrong order.
    Order,
    /// The own book's checksum differs.
    Checksum,
    /// The next id is not the next seq.
    Gap,
    /// A pointer's snapshot is gone.
    Pointer,
    /// Nothing came for 15 s.
    Stale,
    /// The stream's past was rolled back.
    Regression,
    /// Nothing is published for what was asked.
    NoStream,
    /// Several streams would do.
    Ambiguous,
}

impl Code {
    /// The code as WIRE §8 spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Size => "SIZE",
            Self::Msgpack => "MSGPACK",
            Self::Version => "VERSION",
            Self::Schema => "SCHEMA",
            Self::Range => "RANGE",
            Self::Order => "ORDER",
            Self::Checksum => "CHECKSUM",
            Self::Gap => "GAP",
            Self::Pointer => "POINTER",
            Self::Stale => "STALE",
            Self::Regression => "REGRESSION",
            Self::NoStream => "NO_STREAM",
            Self::Ambiguous => "AMBIGUOUS",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.as_str())
    }
}

/// An entry breaks the rule named by `code`; `place` is the key or the limit concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Which rule.
    pub code: Code,
    /// The key or the limit.
    pub place: &'static str,
}

impl DecodeError {
    pub(crate) fn new(code: Code, place: &'static str) -> Self {
        Self { code, place }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}: {}", self.code, self.place)
    }
}

impl std::error::Error for DecodeError {}

/// Why the client cannot do what was asked. Its text says what to change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The URL or the words given to the client cannot mean anything.
    Usage(String),
    /// Nothing is published under what was wanted: a stream's key, or a symbol of the catalogue.
    NoStream {
        /// What was asked for.
        wanted: String,
    },
    /// Several streams would do, and nothing says which.
    AmbiguousStream {
        /// What was asked for.
        wanted: String,
        /// The keys of the streams.
        streams: Vec<String>,
    },
    /// The state of the stream did not become valid in time.
    NotReady {
        /// The stream's key.
        stream: String,
        /// How long was waited.
        waited: Duration,
    },
    /// Redis said no for good: rights, password, a key of another type.
    RedisRefused {
        /// What Redis answered.
        answer: String,
    },
    /// A call that answers once found no server in time.
    RedisUnreachable {
        /// The last failure.
        reason: String,
        /// How long was waited.
        waited: Duration,
    },
}

impl Error {
    /// The code of WIRE §8, where there is one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::NoStream { .. } => Some(Code::NoStream),
            Self::AmbiguousStream { .. } => Some(Code::Ambiguous),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => to.write_str(what),
            Self::NoStream { wanted } => write!(
                to,
                "nothing is published for {wanted}: start a publisher for it, or ask for another \
                 symbol, channel, depth, line or namespace"
            ),
            Self::AmbiguousStream { wanted, streams } => write!(
                to,
                "{wanted} is published as {}: give line (ab for both as one), depth, interval, \
                 trigger or source to choose one",
                streams.join(", ")
            ),
            Self::NotReady { stream, waited } => write!(
                to,
                "the state of {stream} did not become valid in {} s: its publisher has none to \
                 show at present; try again or wait longer",
                waited.as_secs_f64()
            ),
            Self::RedisRefused { answer } => write!(
                to,
                "Redis refused: {answer}. Check the URL, the user's rights (XREAD, XRANGE, \
                 XREVRANGE, HGETALL, for requests XADD) and that the key is a stream"
            ),
            Self::RedisUnreachable { reason, waited } => write!(
                to,
                "Redis did not answer in {:.1} s ({reason}): check the URL",
                waited.as_secs_f64()
            ),
        }
    }
}

impl std::error::Error for Error {}
