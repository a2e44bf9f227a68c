//! Codes and errors of the consumer.
//!
//! A *code* (WIRE §8) names what is wrong with an entry or a stream; every language reports the
//! same ones. Errors carry fields and say what to change. What the consumer mends by itself (a
//! gap, a bad entry, a lost connection) is an event for the application, never an error.

use std::fmt;
use std::time::Duration;

/// What is wrong, as WIRE §8 names it. Those of decoding stand in the order in which the first is
/// reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// An entry over 16 MiB.
    Size,
    /// Not one well-formed msgpack value within the limits.
    Msgpack,
    /// A wire version that this reader does not read.
    Version,
    /// A key is missing or its value of another type.
    Schema,
    /// A value outside its range.
    Range,
    /// Levels, orders or trade ids that do not follow one another as they must.
    Order,
    /// The own checksum differs from the one told.
    Checksum,
    /// The next id is not the next seq.
    Gap,
    /// A pointer's snapshot is gone.
    Pointer,
    /// Nothing for 15 seconds.
    Stale,
    /// The stream's past was rolled back.
    Regression,
    /// No snapshot at the stream's key.
    NoStream,
    /// The catalogue has several streams that would do, none clearly.
    Ambiguous,
}

impl Code {
    /// The name that WIRE §8 gives it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::Size => "SIZE",
            Code::Msgpack => "MSGPACK",
            Code::Version => "VERSION",
            Code::Schema => "SCHEMA",
            Code::Range => "RANGE",
            Code::Order => "ORDER",
            Code::Checksum => "CHECKSUM",
            Code::Gap => "GAP",
            Code::Pointer => "POINTER",
            Code::Stale => "STALE",
            Code::Regression => "REGRESSION",
            Code::NoStream => "NO_STREAM",
            Code::Ambiguous => "AMBIGUOUS",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An entry breaks the rule named by `code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    /// Which rule.
    pub code: Code,
    /// The key or the limit concerned.
    pub at: &'static str,
}

impl DecodeError {
    pub(crate) const fn new(code: Code, at: &'static str) -> Self {
        Self { code, at }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.at)
    }
}

impl std::error::Error for DecodeError {}

/// What a client cannot mend by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The application's words or URL mean nothing; the text says what is allowed.
    Invalid(String),
    /// Nothing is published under `wanted`: a stream's key, or a symbol of the catalogue.
    NoStream {
        /// What was asked for.
        wanted: String,
    },
    /// Several streams would do, and nothing says which.
    AmbiguousStream {
        /// What was asked for.
        wanted: String,
        /// The streams that would do.
        streams: Vec<String>,
    },
    /// The state of `stream` did not become valid in time.
    NotReady {
        /// The stream's key.
        stream: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Redis said no for good: rights, password, a key of another type.
    RedisRefused {
        /// Redis' own words.
        answer: String,
    },
    /// No server answered in time.
    RedisUnreachable {
        /// The last failure.
        reason: String,
        /// How long it was tried.
        waited: Duration,
    },
}

impl Error {
    /// The code of WIRE §8, where there is one.
    #[must_use]
    pub const fn code(&self) -> Option<Code> {
        match self {
            Error::NoStream { .. } => Some(Code::NoStream),
            Error::AmbiguousStream { .. } => Some(Code::Ambiguous),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Invalid(text) => f.write_str(text),
            Error::NoStream { wanted } => write!(
                f,
                "nothing is published for {wanted}: start a publisher for it, or ask for another \
                 symbol, channel, depth, line or namespace"
            ),
            Error::AmbiguousStream { wanted, streams } => write!(
                f,
                "{wanted} is published as {}: say line (ab for both as one), depth, interval, \
                 trigger or source to choose one",
                streams.join(", ")
            ),
            Error::NotReady { stream, waited } => write!(
                f,
                "the state of {stream} did not become valid in {waited:?}: its publisher has none \
                 to show at present; try again or wait longer"
            ),
            Error::RedisRefused { answer } => write!(
                f,
                "Redis refused: {answer}. Check the URL, the user's rights (XREAD, XRANGE, \
                 XREVRANGE, HGETALL, for requests XADD) and that the key is a stream"
            ),
            Error::RedisUnreachable { reason, waited } => {
                write!(f, "Redis did not answer in {waited:?} ({reason}): check the URL")
            }
        }
    }
}

impl std::error::Error for Error {}
