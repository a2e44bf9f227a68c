//! Kraken's own words: one member of a JSON object, its numbers unread (WIRE §3.7). Pure.

use std::fmt;

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::errors::{Code, DecodeError};

/// The JSON text of an object.
pub(crate) struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    pub fn of(text: &'a str) -> Result<Self, DecodeError> {
        Ok(Self(text))
    }

    /// The text under `name`, `None` where there is none or something else; SCHEMA where this is no
    /// JSON object.
    pub fn text(&self, name: &str) -> Result<Option<String>, DecodeError> {
        let no_object = |_| DecodeError::new(Code::Schema, "json");
        let mut json = serde_json::Deserializer::from_str(self.0);
        let found = json.deserialize_map(Member(name)).map_err(no_object)?;
        json.end().map_err(no_object)?;
        Ok(found)
    }
}

struct Member<'a>(&'a str);

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<String>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == self.0 {
                found = map.next_value::<TextOrNot>()?.0;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

struct TextOrNot(Option<String>);

impl<'de> de::Deserialize<'de> for TextOrNot {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = TextOrNot;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<TextOrNot, E> {
        Ok(TextOrNot(Some(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<TextOrNot, E> {
        Ok(TextOrNot(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<TextOrNot, E> {
        Ok(TextOrNot(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<TextOrNot, E> {
        Ok(TextOrNot(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<TextOrNot, E> {
        Ok(TextOrNot(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<TextOrNot, E> {
        Ok(TextOrNot(None))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<TextOrNot, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(TextOrNot(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TextOrNot, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(TextOrNot(None))
    }
}
