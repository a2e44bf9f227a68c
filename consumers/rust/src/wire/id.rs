//! The names of entries (WIRE §3.1).

use std::fmt;
use std::str::FromStr;

/// An entry's id, totally ordered. Prints as Redis writes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// The life of the sequence.
    pub epoch: u64,
    /// The place in it, from 0, without holes.
    pub seq: u64,
}

impl EntryId {
    /// The id `<epoch>-<seq>`.
    #[must_use]
    pub const fn new(epoch: u64, seq: u64) -> Self {
        Self { epoch, seq }
    }

    /// True when nothing can lie between: the next seq, or the first of a later epoch.
    #[must_use]
    pub const fn is_followed_by(self, other: Self) -> bool {
        if other.epoch == self.epoch {
            other.seq > 0 && other.seq - 1 == self.seq
        } else {
            other.epoch > self.epoch && other.seq == 0
        }
    }

    /// Read what Redis wrote, `None` for anything else.
    #[must_use]
    pub fn from_bytes(text: &[u8]) -> Option<Self> {
        let dash = text.iter().position(|&byte| byte == b'-')?;
        Some(Self { epoch: digits(&text[..dash])?, seq: digits(&text[dash + 1..])? })
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, &byte| match byte {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)
    }
}

/// The text was not `<epoch>-<seq>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be an entry id, <epoch>-<seq>")
    }
}

impl std::error::Error for NotAnId {}

impl FromStr for EntryId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::from_bytes(text.as_bytes()).ok_or(NotAnId)
    }
}
