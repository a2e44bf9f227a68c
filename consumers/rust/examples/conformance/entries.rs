//! Entries in a file, as CONFORMANCE.md lays them out for `decode` and `rebuild`.

use std::io::{self, Read};

use pykraken_consumer::wire::{EntryId, Place};

/// Where an entry lies, its id, and its field `d`.
pub struct Entry {
    pub place: Place,
    pub entry_id: EntryId,
    pub data: Vec<u8>,
}

/// The next entry, `None` at the end.
pub fn next(source: &mut impl Read) -> io::Result<Option<Entry>> {
    let mut length = [0];
    if source.read(&mut length)? == 0 {
        return Ok(None);
    }
    let place = word(source, length[0])?;
    source.read_exact(&mut length)?;
    let entry_id = word(source, length[0])?;
    let mut size = [0; 4];
    source.read_exact(&mut size)?;
    let mut data = vec![0; u32::from_be_bytes(size) as usize];
    source.read_exact(&mut data)?;
    let (place, entry_id) = (parsed(&place)?, parsed(&entry_id)?);
    Ok(Some(Entry { place, entry_id, data }))
}

fn word(source: &mut impl Read, length: u8) -> io::Result<String> {
    let mut bytes = vec![0; usize::from(length)];
    source.read_exact(&mut bytes)?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn parsed<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    text: &str,
) -> io::Result<T> {
    text.parse().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
