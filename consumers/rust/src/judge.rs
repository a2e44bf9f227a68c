//! One event's fields, each looked at by itself, and the worst of what is wrong (WIRE §3.4, §8).
//!
//! Pure. A field that is bad or missing reads as an empty one and leaves its fault behind; `verdict`
//! tells the fault that comes first in the order of WIRE §8.

use crate::errors::{Code, DecodeError};
use crate::events::{Asset, Change, ChangeKind, Level, Order, Pair, Trade};
use crate::msgpack::{OuterMap, Reader};
use crate::number::Number;

/// The versions of the wire that are read: N and N-1 (WIRE §11); there was none before 1.
const WIRE_VERSION: u64 = 1;

type Read<T> = Result<T, Code>;

/// The fields of one map, and the worst fault found.
pub(crate) struct Judge<'a> {
    pairs: Vec<(&'a str, &'a [u8])>,
    fault: Option<DecodeError>,
}

impl<'a> Judge<'a> {
    pub fn new(map: OuterMap<'a>) -> Self {
        let mut judge = Self { pairs: map.pairs, fault: None };
        if map.has_odd_keys {
            judge.blame(Code::Schema, "keys");
        }
        judge
    }

    /// Notes a fault; the worse stays.
    pub fn blame(&mut self, code: Code, place: &'static str) {
        if self.fault.is_none_or(|fault| code < fault.code) {
            self.fault = Some(DecodeError::new(code, place));
        }
    }

    pub fn blame_if(&mut self, is_wrong: bool, code: Code, place: &'static str) {
        if is_wrong {
            self.blame(code, place);
        }
    }

    /// Ends it: the worst fault, if there is any.
    pub fn verdict(&self) -> Result<(), DecodeError> {
        self.fault.map_or(Ok(()), Err)
    }

    fn bytes(&self, key: &str) -> Option<&'a [u8]> {
        self.pairs.iter().rev().find(|(name, _)| *name == key).map(|(_, bytes)| *bytes)
    }

    /// Whether the key is there, whatever it holds.
    pub fn has(&self, key: &str) -> bool {
        self.bytes(key).is_some()
    }

    /// How many of these keys are there.
    pub fn count(&self, keys: &[&str]) -> usize {
        keys.iter().filter(|key| self.has(key)).count()
    }

    /// Blames keys that come together or not at all.
    pub fn together(&mut self, keys: &[&str], place: &'static str) {
        let count = self.count(keys);
        self.blame_if(count != 0 && count != keys.len(), Code::Schema, place);
    }

    /// The type of the event; `None` where there is no such text.
    pub fn kind(&self) -> Option<&'a str> {
        Reader::new(self.bytes("t")?).str().ok()
    }

    /// A field that may be absent.
    pub fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Reader<'a>) -> Read<T>,
    ) -> Option<T> {
        let mut reader = Reader::new(self.bytes(key)?);
        match read(&mut reader) {
            Ok(value) if !reader.is_out_of_range => return Some(value),
            Ok(_) => self.blame(Code::Range, key),
            Err(code) => self.blame(code, key),
        }
        None
    }

    /// A field that must be there.
    pub fn required<T: Default>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Reader<'a>) -> Read<T>,
    ) -> T {
        if !self.has(key) {
            self.blame(Code::Schema, key);
        }
        self.optional(key, read).unwrap_or_default()
    }
}

pub(crate) fn uint(reader: &mut Reader<'_>) -> Read<u64> {
    reader.uint()
}

pub(crate) fn number(reader: &mut Reader<'_>) -> Read<Number> {
    reader.number()
}

pub(crate) fn text(reader: &mut Reader<'_>) -> Read<Box<str>> {
    reader.str().map(Into::into)
}

pub(crate) fn decimal(reader: &mut Reader<'_>) -> Read<Box<str>> {
    reader.decimal()
}

pub(crate) fn json(reader: &mut Reader<'_>) -> Read<Box<str>> {
    reader.json()
}

pub(crate) fn crc(reader: &mut Reader<'_>) -> Read<u32> {
    reader.uint_within(0, u64::from(u32::MAX)).map(|number| number as u32)
}

/// Reads a depth or an interval.
pub(crate) fn size(reader: &mut Reader<'_>) -> Read<u32> {
    reader.uint_within(1, 100_000).map(|number| number as u32)
}

pub(crate) fn precision(reader: &mut Reader<'_>) -> Read<u32> {
    reader.uint_within(0, 30).map(|number| number as u32)
}

/// Reads a pointer: 1 and nothing else.
pub(crate) fn one(reader: &mut Reader<'_>) -> Read<u64> {
    reader.uint_within(1, 1)
}

pub(crate) fn version(reader: &mut Reader<'_>) -> Read<u64> {
    let version = reader.uint()?;
    if reader.is_out_of_range || version != WIRE_VERSION {
        return Err(Code::Version);
    }
    Ok(version)
}

/// Reads one of these words.
pub(crate) fn word<'a>(words: &[&str]) -> impl Fn(&mut Reader<'a>) -> Read<Box<str>> {
    move |reader| {
        let text = reader.str()?;
        reader.is_out_of_range |= !words.contains(&text);
        Ok(text.into())
    }
}

pub(crate) fn texts(reader: &mut Reader<'_>) -> Read<Vec<Box<str>>> {
    reader.array(text)
}

pub(crate) fn jsons(reader: &mut Reader<'_>) -> Read<Vec<Box<str>>> {
    reader.array(Reader::json)
}

#[inline]
pub(crate) fn levels(reader: &mut Reader<'_>) -> Read<Vec<Level>> {
    reader.array(|reader| {
        reader.row(2)?;
        Ok(Level { price: reader.number()?, qty: reader.number()? })
    })
}

fn order(reader: &mut Reader<'_>) -> Read<Order> {
    Ok(Order {
        order_id: reader.str()?.into(),
        price: reader.number()?,
        qty: reader.number()?,
        time: reader.uint()?,
    })
}

pub(crate) fn orders(reader: &mut Reader<'_>) -> Read<Vec<Order>> {
    reader.array(|reader| {
        reader.row(4)?;
        order(reader)
    })
}

pub(crate) fn changes(reader: &mut Reader<'_>) -> Read<Vec<Change>> {
    reader.array(|reader| {
        reader.row(5)?;
        let kind = match reader.uint_within(0, 2)? {
            0 => ChangeKind::Add,
            1 => ChangeKind::Modify,
            _ => ChangeKind::Delete,
        };
        Ok(Change { kind, order: order(reader)? })
    })
}

pub(crate) fn trades(reader: &mut Reader<'_>) -> Read<Vec<Trade>> {
    reader.array(|reader| {
        reader.row(6)?;
        Ok(Trade {
            trade_id: reader.uint()?,
            side: reader.uint_within(0, 1)? as u8,
            price: reader.number()?,
            qty: reader.number()?,
            ord_type: reader.uint_within(0, 2)? as u8,
            time: reader.uint()?,
        })
    })
}

pub(crate) fn pairs(reader: &mut Reader<'_>) -> Read<Vec<Pair>> {
    reader.array(|reader| {
        reader.row(5)?;
        Ok(Pair {
            symbol: text(reader)?,
            status: text(reader)?,
            price_precision: reader.uint()?,
            qty_precision: reader.uint()?,
            words: reader.json()?,
        })
    })
}

pub(crate) fn assets(reader: &mut Reader<'_>) -> Read<Vec<Asset>> {
    reader.array(|reader| {
        reader.row(4)?;
        Ok(Asset {
            id: text(reader)?,
            status: text(reader)?,
            precision: reader.uint()?,
            words: reader.json()?,
        })
    })
}
