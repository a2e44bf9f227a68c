//! One msgpack map out of bytes that nobody vouches for (WIRE §3.2, §3.3).
//!
//! Pure. `outer_map` walks every byte once and checks all limits, in values that nobody knows too,
//! before anything is kept; what it returns are slices of whole, well-formed values. `Reader` takes
//! such a slice apart. Our own reader, since those of libraries make room for texts and arrays by the
//! lengths that hostile bytes claim, or cannot bound nesting, ext and bin.

use crate::errors::{Code, DecodeError};
use crate::number::Number;

/// The longest `d` (WIRE §3.3).
pub const ENTRY_MAX_BYTES: usize = 16 * 1024 * 1024;
const ARRAY_MAX: usize = 200_000;
const MAP_MAX: usize = 64;
const TEXT_MAX_BYTES: usize = 4096;
const NESTING_MAX: u32 = 8;

/// The outer map: its text keys with their values' bytes, and whether it has other keys.
pub(crate) struct OuterMap<'a> {
    pub pairs: Vec<(&'a str, &'a [u8])>,
    pub has_odd_keys: bool,
}

/// Checks `data` whole and returns its outer map; SIZE, MSGPACK or, for another outer type, SCHEMA.
pub(crate) fn outer_map(data: &[u8]) -> Result<OuterMap<'_>, DecodeError> {
    if data.len() > ENTRY_MAX_BYTES {
        return Err(DecodeError::new(Code::Size, "d over 16 MiB"));
    }
    let malformed = DecodeError::new(Code::Msgpack, "d");
    let mut walk = Reader::new(data);
    let mut found = OuterMap { pairs: Vec::new(), has_odd_keys: false };
    let is_map = match walk.token().ok_or(malformed)? {
        Token::Map(count) => {
            found.pairs.reserve(count);
            for _ in 0..count {
                walk.pair(&mut found).ok_or(malformed)?;
            }
            true
        }
        first => {
            walk.check_inside(first, 1).ok_or(malformed)?;
            false
        }
    };
    if !walk.rest.is_empty() {
        return Err(DecodeError::new(Code::Msgpack, "bytes behind the value"));
    }
    if is_map { Ok(found) } else { Err(DecodeError::new(Code::Schema, "no map")) }
}

/// One value's beginning; of arrays and maps what they hold follows.
#[derive(Clone, Copy)]
pub(crate) enum Token<'a> {
    Uint(u64),
    Negative,
    Text(&'a str),
    Array(usize),
    Map(usize),
    /// Nil, a boolean or a float.
    Other,
}

/// Takes a value apart, front to back. A value of the right type outside its range is taken whole and
/// noted in `is_out_of_range`; one of another type is `Code::Schema`.
pub(crate) struct Reader<'a> {
    pub rest: &'a [u8],
    pub is_out_of_range: bool,
}

type Read<T> = Result<T, Code>;

impl<'a> Reader<'a> {
    #[inline]
    pub fn new(rest: &'a [u8]) -> Self {
        Self { rest, is_out_of_range: false }
    }

    #[inline]
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    #[inline]
    fn big_endian<const N: usize>(&mut self) -> Option<u64> {
        let mut bytes = [0; 8];
        bytes[8 - N..].copy_from_slice(self.take(N)?);
        Some(u64::from_be_bytes(bytes))
    }

    #[inline]
    fn signed(number: Option<u64>, bits: u32) -> Option<Token<'a>> {
        let number = number?;
        let is_negative = number >> (bits - 1) == 1;
        Some(if is_negative { Token::Negative } else { Token::Uint(number) })
    }

    fn text(&mut self, length: u64) -> Option<Token<'a>> {
        let length = usize::try_from(length).ok().filter(|length| *length <= TEXT_MAX_BYTES)?;
        std::str::from_utf8(self.take(length)?).ok().map(Token::Text)
    }

    fn count(length: u64, most: usize) -> Option<usize> {
        usize::try_from(length).ok().filter(|length| *length <= most)
    }

    /// The next value's beginning; `None` for anything malformed or beyond a limit.
    #[inline]
    pub fn token(&mut self) -> Option<Token<'a>> {
        let first = *self.take(1)?.first()?;
        match first {
            0x00..=0x7f => Some(Token::Uint(u64::from(first))),
            0xe0..=0xff => Some(Token::Negative),
            0xa0..=0xbf => self.text(u64::from(first & 0x1f)),
            0x90..=0x9f => Some(Token::Array(usize::from(first & 0x0f))),
            0x80..=0x8f => Some(Token::Map(usize::from(first & 0x0f))),
            0xcc => self.big_endian::<1>().map(Token::Uint),
            0xcd => self.big_endian::<2>().map(Token::Uint),
            0xce => self.big_endian::<4>().map(Token::Uint),
            0xcf => self.big_endian::<8>().map(Token::Uint),
            _ => self.rare_token(first),
        }
    }

    fn rare_token(&mut self, first: u8) -> Option<Token<'a>> {
        match first {
            0xc0 | 0xc2 | 0xc3 => Some(Token::Other),
            0xca => self.take(4).map(|_| Token::Other),
            0xcb => self.take(8).map(|_| Token::Other),
            0xd0 => Self::signed(self.big_endian::<1>(), 8),
            0xd1 => Self::signed(self.big_endian::<2>(), 16),
            0xd2 => Self::signed(self.big_endian::<4>(), 32),
            0xd3 => Self::signed(self.big_endian::<8>(), 64),
            0xd9 => self.big_endian::<1>().and_then(|length| self.text(length)),
            0xda => self.big_endian::<2>().and_then(|length| self.text(length)),
            0xdb => self.big_endian::<4>().and_then(|length| self.text(length)),
            0xdc => Self::count(self.big_endian::<2>()?, ARRAY_MAX).map(Token::Array),
            0xdd => Self::count(self.big_endian::<4>()?, ARRAY_MAX).map(Token::Array),
            0xde => Self::count(self.big_endian::<2>()?, MAP_MAX).map(Token::Map),
            0xdf => Self::count(self.big_endian::<4>()?, MAP_MAX).map(Token::Map),
            _ => None, // bin, ext, and the byte that nothing begins with
        }
    }

    /// Walks over one pair of the outer map and keeps it.
    fn pair(&mut self, found: &mut OuterMap<'a>) -> Option<()> {
        let key = self.token()?;
        self.check_inside(key, 2)?;
        let before = self.rest;
        let value = self.token()?;
        self.check_inside(value, 2)?;
        match key {
            Token::Text(key) => {
                found.pairs.push((key, &before[..before.len() - self.rest.len()]));
            }
            _ => found.has_odd_keys = true,
        }
        Some(())
    }

    /// Walks over what an array or map of this nesting holds.
    fn check_inside(&mut self, token: Token<'a>, nesting: u32) -> Option<()> {
        let parts = match token {
            Token::Array(count) => count,
            Token::Map(count) => 2 * count,
            _ => return Some(()),
        };
        if nesting > NESTING_MAX {
            return None;
        }
        for _ in 0..parts {
            let part = self.token()?;
            self.check_inside(part, nesting + 1)?;
        }
        Some(())
    }

    /// Reads an int from 0 to 2^64-1.
    #[inline]
    pub fn uint(&mut self) -> Read<u64> {
        match self.token() {
            Some(Token::Uint(number)) => Ok(number),
            Some(Token::Negative) => {
                self.is_out_of_range = true;
                Ok(0)
            }
            _ => Err(Code::Schema),
        }
    }

    /// Reads an int of this range.
    #[inline]
    pub fn uint_within(&mut self, least: u64, most: u64) -> Read<u64> {
        let number = self.uint()?;
        self.is_out_of_range |= number < least || number > most;
        Ok(number)
    }

    /// Reads a `number` (WIRE §3.5).
    #[inline]
    pub fn number(&mut self) -> Read<Number> {
        match self.token() {
            Some(Token::Uint(number)) => Ok(Number::from(number)),
            Some(Token::Negative) => {
                self.is_out_of_range = true;
                Ok(Number::ZERO)
            }
            Some(Token::Text(digits)) => {
                let found = Number::from_wire_digits(digits.as_bytes());
                self.is_out_of_range |= found.is_none();
                Ok(found.unwrap_or_default())
            }
            _ => Err(Code::Schema),
        }
    }

    /// Reads a text.
    #[inline]
    pub fn str(&mut self) -> Read<&'a str> {
        match self.token() {
            Some(Token::Text(text)) => Ok(text),
            _ => Err(Code::Schema),
        }
    }

    /// Reads a `decimal` (WIRE §3.4).
    pub fn decimal(&mut self) -> Read<Box<str>> {
        let text = self.str()?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        self.is_out_of_range |= text.len() > 64 || !is_number(whole) || !is_number(part);
        Ok(text.into())
    }

    /// Reads a `json`: a text, or texts which joined are one (WIRE §3.7).
    pub fn json(&mut self) -> Read<Box<str>> {
        match self.token() {
            Some(Token::Text(text)) => Ok(text.into()),
            Some(Token::Array(count)) => {
                let mut whole = String::new();
                for _ in 0..count {
                    whole.push_str(self.str()?);
                }
                Ok(whole.into())
            }
            _ => Err(Code::Schema),
        }
    }

    /// Reads an array of what `part` reads. SCHEMA ends it at once; ranges are noted on the way, so
    /// that a later SCHEMA, which is the worse, is still found.
    #[inline]
    pub fn array<T>(&mut self, mut part: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let Some(Token::Array(count)) = self.token() else {
            return Err(Code::Schema);
        };
        // The walk has seen that so many are really there.
        let mut parts = Vec::with_capacity(count);
        for _ in 0..count {
            parts.push(part(self)?);
        }
        Ok(parts)
    }

    /// Enters a row of exactly `width` values.
    #[inline]
    pub fn row(&mut self, width: usize) -> Read<()> {
        match self.token() {
            Some(Token::Array(count)) if count == width => Ok(()),
            _ => Err(Code::Schema),
        }
    }
}
