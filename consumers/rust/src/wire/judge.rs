//! What is wrong with an outer map's keys: the first code in the order of WIRE §8.
//!
//! Pure. Each key is judged by itself by its kind, and gives a default where it is bad: that can
//! only add faults that come later in the order than the one noted already. Rules across keys ask
//! which are there at all.

use super::kinds::Kind;
use super::msgpack::{OuterMap, Reader};
use crate::errors::{Code, DecodeError};

pub(super) struct Judge<'a> {
    map: OuterMap<'a>,
    fault: Option<DecodeError>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(map: OuterMap<'a>) -> Self {
        // WIRE §3.6: "a key of the outer map that is not [a string]"
        let fault = map.is_odd.then(|| DecodeError::new(Code::Schema, "keys"));
        Self { map, fault }
    }

    pub(super) fn note(&mut self, code: Code, at: &'static str) {
        if self.fault.is_none_or(|known| code < known.code) {
            self.fault = Some(DecodeError::new(code, at));
        }
    }

    pub(super) fn note_if(&mut self, is_wrong: bool, code: Code, at: &'static str) {
        if is_wrong {
            self.note(code, at);
        }
    }

    /// The value of a key as it lies there; of a key that comes twice, the last.
    pub(super) fn raw(&self, key: &str) -> Option<&'a [u8]> {
        self.map.pairs.iter().rev().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.raw(key).is_some()
    }

    pub(super) fn optional<T>(&mut self, key: &'static str, kind: Kind<T>) -> Option<T> {
        let value = self.raw(key)?;
        match kind(&mut Reader::new(value)) {
            Ok(value) => Some(value),
            Err(code) => {
                self.note(code, key);
                None
            }
        }
    }

    pub(super) fn required<T: Default>(&mut self, key: &'static str, kind: Kind<T>) -> T {
        self.some(key, kind).unwrap_or_default()
    }

    /// A required value of a kind that has no default.
    pub(super) fn some<T>(&mut self, key: &'static str, kind: Kind<T>) -> Option<T> {
        self.note_if(!self.has(key), Code::Schema, key);
        self.optional(key, kind)
    }

    /// Note SCHEMA where some of the keys are there and others not.
    pub(super) fn together(&mut self, keys: &[&'static str]) {
        let present = keys.iter().filter(|key| self.has(key)).count();
        self.note_if(present != 0 && present != keys.len(), Code::Schema, keys[0]);
    }

    pub(super) fn settle(&self) -> Result<(), DecodeError> {
        self.fault.map_or(Ok(()), Err)
    }
}
