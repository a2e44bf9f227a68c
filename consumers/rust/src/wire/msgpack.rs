//! msgpack out of bytes that nobody vouches for (WIRE §3.2, §3.3).
//!
//! Pure, and never makes room: a [`Reader`] hands out one token after another, each within the
//! limits and within the bytes that are there. [`outer_map`] walks a whole entry first, also what
//! nobody knows; only then are values made. `rmp` names the format bytes; its own readers want an
//! `io::Read` and know no limits, so lengths and values are taken from the slice here.

use rmp::Marker;

use crate::errors::{Code, DecodeError};

pub(super) const ENTRY_MAX_BYTES: usize = 16 * 1024 * 1024;
pub(super) const ARRAY_MAX: usize = 200_000;
pub(super) const MAP_MAX: usize = 64;
pub(super) const TEXT_MAX_BYTES: usize = 4096;
pub(super) const NESTING_MAX: usize = 8;

/// One step of a walk: a scalar, or the head of a container.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    /// Nil, a boolean or a float: nothing that any key of the wire holds.
    Other,
    Uint(u64),
    /// An int below 0.
    Negative,
    Text(&'a str),
    /// How many elements follow.
    Array(usize),
    /// How many pairs follow.
    Map(usize),
}

/// A place in the bytes.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Step over `expected`, if it comes next.
    #[inline]
    pub(super) fn skip_bytes(&mut self, expected: &[u8]) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Take the next token. The only code is MSGPACK.
    #[inline]
    pub(super) fn token(&mut self) -> Result<Token<'a>, Code> {
        let marker = Marker::from_u8(self.bytes::<1>()?[0]);
        Ok(match marker {
            Marker::FixPos(value) => Token::Uint(u64::from(value)),
            Marker::U8 => Token::Uint(u64::from(self.bytes::<1>()?[0])),
            Marker::U16 => Token::Uint(u64::from(u16::from_be_bytes(self.bytes()?))),
            Marker::U32 => Token::Uint(u64::from(u32::from_be_bytes(self.bytes()?))),
            Marker::U64 => Token::Uint(u64::from_be_bytes(self.bytes()?)),
            Marker::FixStr(length) => self.text(usize::from(length))?,
            Marker::FixArray(length) => self.array(usize::from(length))?,
            Marker::FixMap(length) => self.map(usize::from(length))?,
            _ => return self.rare(marker),
        })
    }

    fn rare(&mut self, marker: Marker) -> Result<Token<'a>, Code> {
        Ok(match marker {
            Marker::FixNeg(_) => Token::Negative,
            Marker::I8 => signed(i64::from(i8::from_be_bytes(self.bytes()?))),
            Marker::I16 => signed(i64::from(i16::from_be_bytes(self.bytes()?))),
            Marker::I32 => signed(i64::from(i32::from_be_bytes(self.bytes()?))),
            Marker::I64 => signed(i64::from_be_bytes(self.bytes()?)),
            Marker::Null | Marker::True | Marker::False => Token::Other,
            Marker::F32 => {
                self.bytes::<4>()?;
                Token::Other
            }
            Marker::F64 => {
                self.bytes::<8>()?;
                Token::Other
            }
            Marker::Str8 => {
                let length = self.length::<1>()?;
                self.text(length)?
            }
            Marker::Str16 => {
                let length = self.length::<2>()?;
                self.text(length)?
            }
            Marker::Str32 => {
                let length = self.length::<4>()?;
                self.text(length)?
            }
            Marker::Array16 => {
                let length = self.length::<2>()?;
                self.array(length)?
            }
            Marker::Array32 => {
                let length = self.length::<4>()?;
                self.array(length)?
            }
            Marker::Map16 => {
                let length = self.length::<2>()?;
                self.map(length)?
            }
            Marker::Map32 => {
                let length = self.length::<4>()?;
                self.map(length)?
            }
            // No bin, no ext, and the byte that is never used.
            _ => return Err(Code::Msgpack),
        })
    }

    /// Step over one whole value, which is `nesting` deep.
    fn skip(&mut self, nesting: usize) -> Result<(), Code> {
        let parts = match self.token()? {
            Token::Array(length) => length,
            Token::Map(length) => 2 * length,
            _ => return Ok(()),
        };
        if nesting > NESTING_MAX {
            return Err(Code::Msgpack);
        }
        (0..parts).try_for_each(|_| self.skip(nesting + 1))
    }

    #[inline]
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Code> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(Code::Msgpack)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn length<const N: usize>(&mut self) -> Result<usize, Code> {
        Ok(self.bytes::<N>()?.iter().fold(0, |value, &byte| value << 8 | usize::from(byte)))
    }

    fn text(&mut self, length: usize) -> Result<Token<'a>, Code> {
        if length > TEXT_MAX_BYTES {
            return Err(Code::Msgpack);
        }
        let (text, rest) = self.rest.split_at_checked(length).ok_or(Code::Msgpack)?;
        self.rest = rest;
        str::from_utf8(text).map(Token::Text).map_err(|_| Code::Msgpack)
    }

    /// No array has more elements than bytes are left: no room is made for a lie.
    fn array(&self, length: usize) -> Result<Token<'a>, Code> {
        let is_there = length <= ARRAY_MAX.min(self.rest.len());
        if is_there { Ok(Token::Array(length)) } else { Err(Code::Msgpack) }
    }

    fn map(&self, length: usize) -> Result<Token<'a>, Code> {
        if length <= MAP_MAX { Ok(Token::Map(length)) } else { Err(Code::Msgpack) }
    }
}

const fn signed(value: i64) -> Token<'static> {
    if value < 0 { Token::Negative } else { Token::Uint(value.cast_unsigned()) }
}

/// The pairs of an entry's outer map: the text keys, and each one's value as it lies there.
#[derive(Debug)]
pub(super) struct OuterMap<'a> {
    pub(super) pairs: Vec<(&'a str, &'a [u8])>,
    /// A key is no text.
    pub(super) is_odd: bool,
}

/// Walk a whole entry and return its outer map. The codes are SIZE, MSGPACK and, for another outer
/// type, SCHEMA.
pub(super) fn outer_map(data: &[u8]) -> Result<OuterMap<'_>, DecodeError> {
    if data.len() > ENTRY_MAX_BYTES {
        return Err(DecodeError::new(Code::Size, "over 16 MiB"));
    }
    walked(data).map_err(|code| {
        let at = if code == Code::Schema { "no map" } else { "malformed or over a limit" };
        DecodeError::new(code, at)
    })
}

fn walked(data: &[u8]) -> Result<OuterMap<'_>, Code> {
    let mut reader = Reader::new(data);
    let Token::Map(length) = reader.clone().token()? else {
        reader.skip(1)?;
        return Err(if reader.is_at_end() { Code::Schema } else { Code::Msgpack });
    };
    reader.token()?;
    let mut map = OuterMap { pairs: Vec::with_capacity(length), is_odd: false };
    for _ in 0..length {
        let key = reader.clone().token()?;
        reader.skip(2)?;
        let before = reader.rest;
        reader.skip(2)?;
        let value = &before[..before.len() - reader.rest.len()];
        match key {
            Token::Text(key) => map.pairs.push((key, value)),
            _ => map.is_odd = true,
        }
    }
    if reader.is_at_end() { Ok(map) } else { Err(Code::Msgpack) }
}
