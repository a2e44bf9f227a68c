//! The kinds of values that keys have, and how each is judged (WIRE §3.4 to §3.7).
//!
//! Pure. A *kind* is a function that takes one value from a reader: the value, or SCHEMA for
//! another type and RANGE for one outside its range. Of an array the worst of its parts is told,
//! SCHEMA before RANGE. Knows nothing of event types.

use super::events::{FeedState, Source, Trigger};
use super::market::{
    Aggressor, AssetRow, Change, ChangeKind, Level, OrdType, Order, PairRow, Trade,
};
use super::msgpack::{Reader, Token};
use crate::errors::Code;
use crate::number::Number;

pub(super) const DEPTH_MAX: u64 = 100_000;
const DECIMAL_MAX_BYTES: usize = 64;
const PRECISION_MAX: u64 = 30;
/// WIRE §11: N and N-1; there was no version before 1.
const WIRE_VERSION: u64 = 1;

pub(super) type Kind<T> = fn(&mut Reader<'_>) -> Result<T, Code>;

pub(super) fn uint(reader: &mut Reader<'_>) -> Result<u64, Code> {
    match reader.token()? {
        Token::Uint(value) => Ok(value),
        Token::Negative => Err(Code::Range),
        _ => Err(Code::Schema),
    }
}

fn between(reader: &mut Reader<'_>, low: u64, high: u64) -> Result<u64, Code> {
    let value = uint(reader)?;
    if (low..=high).contains(&value) { Ok(value) } else { Err(Code::Range) }
}

fn small(reader: &mut Reader<'_>, low: u64, high: u64) -> Result<u32, Code> {
    between(reader, low, high).and_then(|value| u32::try_from(value).map_err(|_| Code::Range))
}

pub(super) fn crc(reader: &mut Reader<'_>) -> Result<u32, Code> {
    small(reader, 0, u64::from(u32::MAX))
}

/// Of a book, or minutes of a candle.
pub(super) fn depth(reader: &mut Reader<'_>) -> Result<u32, Code> {
    small(reader, 1, DEPTH_MAX)
}

pub(super) fn precision(reader: &mut Reader<'_>) -> Result<u32, Code> {
    small(reader, 0, PRECISION_MAX)
}

pub(super) fn one(reader: &mut Reader<'_>) -> Result<u64, Code> {
    between(reader, 1, 1)
}

pub(super) fn version(reader: &mut Reader<'_>) -> Result<u64, Code> {
    match uint(reader) {
        Ok(WIRE_VERSION) => Ok(WIRE_VERSION),
        Ok(_) | Err(Code::Range) => Err(Code::Version),
        Err(code) => Err(code),
    }
}

#[inline]
pub(super) fn number(reader: &mut Reader<'_>) -> Result<Number, Code> {
    match reader.token()? {
        Token::Uint(value) => Ok(Number::new(value)),
        Token::Text(digits) => large(digits),
        Token::Negative => Err(Code::Range),
        _ => Err(Code::Schema),
    }
}

/// WIRE §3.5: "2^64 or more [...] decimal digits, first digit not 0, at most 40".
#[cold]
fn large(digits: &str) -> Result<Number, Code> {
    let value: Number = digits.parse().map_err(|_| Code::Range)?;
    let is_good = !digits.starts_with('0') && value.to_u64().is_none();
    if is_good { Ok(value) } else { Err(Code::Range) }
}

fn text_of<'a>(reader: &mut Reader<'a>) -> Result<&'a str, Code> {
    match reader.token()? {
        Token::Text(text) => Ok(text),
        _ => Err(Code::Schema),
    }
}

pub(super) fn text(reader: &mut Reader<'_>) -> Result<String, Code> {
    text_of(reader).map(str::to_owned)
}

pub(super) fn decimal(reader: &mut Reader<'_>) -> Result<String, Code> {
    let text = text_of(reader)?;
    let plain = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_good = text.len() <= DECIMAL_MAX_BYTES && are_digits(whole) && are_digits(fraction);
    if is_good { Ok(text.to_owned()) } else { Err(Code::Range) }
}

/// A JSON text, whole or in pieces; what it says is not looked at (WIRE §3.7).
pub(super) fn json(reader: &mut Reader<'_>) -> Result<String, Code> {
    match reader.token()? {
        Token::Text(text) => Ok(text.to_owned()),
        Token::Array(pieces) => {
            (0..pieces).try_fold(String::new(), |whole, _| Ok(whole + text_of(reader)?))
        }
        _ => Err(Code::Schema),
    }
}

/// One of a few words; another one is RANGE.
fn word<T>(reader: &mut Reader<'_>, known: impl Fn(&str) -> Option<T>) -> Result<T, Code> {
    known(text_of(reader)?).ok_or(Code::Range)
}

pub(super) fn state(reader: &mut Reader<'_>) -> Result<FeedState, Code> {
    word(reader, FeedState::from_word)
}

pub(super) fn source(reader: &mut Reader<'_>) -> Result<Source, Code> {
    word(reader, Source::from_word)
}

pub(super) fn trigger(reader: &mut Reader<'_>) -> Result<Trigger, Code> {
    word(reader, Trigger::from_word)
}

pub(super) fn channel(reader: &mut Reader<'_>) -> Result<super::Channel, Code> {
    word(reader, |text| text.parse().ok())
}

/// The parts of a row, each read in its turn; the worst fault is kept.
struct Row<'r, 'a> {
    reader: &'r mut Reader<'a>,
    fault: Option<Code>,
}

impl Row<'_, '_> {
    #[inline]
    fn take<T: Default>(&mut self, kind: Kind<T>) -> T {
        if self.fault == Some(Code::Schema) {
            return T::default(); // where the next part begins is not known any more
        }
        match kind(self.reader) {
            Ok(value) => value,
            Err(code) => {
                self.fault = Some(self.fault.map_or(code, |known| known.min(code)));
                T::default()
            }
        }
    }
}

/// An array of rows of `width` parts.
#[inline]
fn rows<T>(
    reader: &mut Reader<'_>,
    width: usize,
    read: impl Fn(&mut Row<'_, '_>) -> T,
) -> Result<Vec<T>, Code> {
    let Token::Array(count) = reader.token()? else { return Err(Code::Schema) };
    let mut found = Vec::with_capacity(count);
    let mut fault = None;
    for _ in 0..count {
        if reader.token()? != Token::Array(width) {
            return Err(Code::Schema);
        }
        let mut row = Row { reader, fault: None };
        found.push(read(&mut row));
        match row.fault {
            None => {}
            Some(Code::Range) => fault = Some(Code::Range),
            Some(code) => return Err(code),
        }
    }
    fault.map_or(Ok(found), Err)
}

/// An array of values of one kind.
fn several<T>(reader: &mut Reader<'_>, kind: Kind<T>) -> Result<Vec<T>, Code> {
    let Token::Array(count) = reader.token()? else { return Err(Code::Schema) };
    (0..count).map(|_| kind(reader)).collect()
}

pub(super) fn texts(reader: &mut Reader<'_>) -> Result<Vec<String>, Code> {
    several(reader, text)
}

pub(super) fn jsons(reader: &mut Reader<'_>) -> Result<Vec<String>, Code> {
    several(reader, json)
}

#[inline]
pub(super) fn levels(reader: &mut Reader<'_>) -> Result<Vec<Level>, Code> {
    rows(reader, 2, |row| Level { price: row.take(number), qty: row.take(number) })
}

pub(super) fn orders(reader: &mut Reader<'_>) -> Result<Vec<Order>, Code> {
    rows(reader, 4, |row| Order {
        order_id: row.take(text),
        price: row.take(number),
        qty: row.take(number),
        time: row.take(uint),
    })
}

pub(super) fn changes(reader: &mut Reader<'_>) -> Result<Vec<Change>, Code> {
    rows(reader, 5, |row| Change {
        kind: match row.take(|reader| between(reader, 0, 2)) {
            0 => ChangeKind::Add,
            1 => ChangeKind::Modify,
            _ => ChangeKind::Delete,
        },
        order_id: row.take(text),
        price: row.take(number),
        qty: row.take(number),
        time: row.take(uint),
    })
}

pub(super) fn trades(reader: &mut Reader<'_>) -> Result<Vec<Trade>, Code> {
    rows(reader, 6, |row| Trade {
        trade_id: row.take(uint),
        aggressor: match row.take(|reader| between(reader, 0, 1)) {
            0 => Aggressor::Buy,
            _ => Aggressor::Sell,
        },
        price: row.take(number),
        qty: row.take(number),
        ord_type: match row.take(|reader| between(reader, 0, 2)) {
            0 => OrdType::Limit,
            1 => OrdType::Market,
            _ => OrdType::Other,
        },
        time: row.take(uint),
    })
}

pub(super) fn pairs(reader: &mut Reader<'_>) -> Result<Vec<PairRow>, Code> {
    rows(reader, 5, |row| PairRow {
        symbol: row.take(text),
        status: row.take(text),
        price_precision: row.take(uint),
        qty_precision: row.take(uint),
        words: row.take(json),
    })
}

pub(super) fn assets(reader: &mut Reader<'_>) -> Result<Vec<AssetRow>, Code> {
    rows(reader, 4, |row| AssetRow {
        id: row.take(text),
        status: row.take(text),
        precision: row.take(uint),
        words: row.take(json),
    })
}
