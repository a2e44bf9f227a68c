//! Entries as the harness writes them (CONFORMANCE.md, `decode`).

use std::io::Read;

use pykraken_consumer::{EntryId, Place};

/// One entry.
pub struct Entry {
    pub place: Place,
    pub id: EntryId,
    pub data: Vec<u8>,
}

/// Takes one entry; `None` at the end.
pub fn next(from: &mut impl Read) -> Option<Entry> {
    let place = String::from_utf8(short(from)?).ok()?;
    let id = String::from_utf8(short(from)?).ok()?;
    let mut length = [0; 4];
    from.read_exact(&mut length).ok()?;
    let data = exactly(from, u32::from_be_bytes(length) as usize)?;
    Some(Entry { place: Place::named(&place)?, id: id.parse().ok()?, data })
}

fn short(from: &mut impl Read) -> Option<Vec<u8>> {
    let length = exactly(from, 1)?[0];
    exactly(from, usize::from(length))
}

fn exactly(from: &mut impl Read, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes).ok()?;
    Some(bytes)
}
