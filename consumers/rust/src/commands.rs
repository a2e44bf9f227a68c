//! The commands that clients send, and what their replies hold, whichever RESP version shaped them.
//! Knows nothing of connections.

use std::time::Duration;

use redis::{Cmd, Value, cmd};

use crate::errors::DecodeError;
use crate::wire::{EntryId, Listing, decode_listing};

/// WIRE §7.6.
const REQUESTS_KEPT: u32 = 1000;

/// An entry as it was read: its id, and its field `d` if it has one.
pub(crate) type Entry = (EntryId, Option<Vec<u8>>);

/// Entries of one stream that were read and not looked at yet.
pub(crate) type Batch = std::vec::IntoIter<Value>;

/// Read the newest entry; `XREAD +` is not in every server.
pub(crate) fn newest(stream: &str) -> Cmd {
    let mut command = cmd("XREVRANGE");
    command.arg(stream).arg("+").arg("-").arg("COUNT").arg(1);
    command
}

/// Read the oldest entry.
pub(crate) fn oldest(stream: &str) -> Cmd {
    let mut command = cmd("XRANGE");
    command.arg(stream).arg("-").arg("+").arg("COUNT").arg(1);
    command
}

/// Read one entry.
pub(crate) fn one(stream: &str, entry_id: EntryId) -> Cmd {
    let mut command = cmd("XRANGE");
    command.arg(stream).arg(entry_id.to_string()).arg(entry_id.to_string());
    command
}

/// Read at most `count` entries of each stream after an id, waiting for the first.
pub(crate) fn after<'s>(
    streams: impl Iterator<Item = (&'s str, EntryId)> + Clone,
    count: usize,
    block: Option<Duration>,
) -> Cmd {
    let mut command = cmd("XREAD");
    command.arg("COUNT").arg(count);
    if let Some(block) = block {
        command.arg("BLOCK").arg(u64::try_from(block.as_millis()).unwrap_or(u64::MAX));
    }
    command.arg("STREAMS");
    for (stream, _) in streams.clone() {
        command.arg(stream);
    }
    for (_, entry_id) in streams {
        command.arg(entry_id.to_string());
    }
    command
}

/// Read the catalogue of a namespace.
pub(crate) fn catalogue(space: &str) -> Cmd {
    let mut command = cmd("HGETALL");
    command.arg(catalogue_key(space));
    command
}

pub(crate) fn catalogue_key(space: &str) -> String {
    format!("{{{space}.catalogue}}:streams")
}

/// Where consumers ask things of a feed.
pub(crate) fn requests_key(space: &str, feed: &str) -> String {
    format!("{{{space}.feed.{feed}}}:requests")
}

/// Ask a feed for a snapshot (WIRE §7.6).
pub(crate) fn request(space: &str, listing: &Listing) -> Cmd {
    let symbol = listing.header.symbol.as_deref().unwrap_or_default();
    let mut data = b"\x82\xa1t\xa8snapshot\xa1y".to_vec();
    rmp::encode::write_str(&mut data, symbol).expect("a Vec takes all");
    let mut command = cmd("XADD");
    command.arg(requests_key(space, &listing.feed));
    command.arg("MAXLEN").arg("~").arg(REQUESTS_KEPT).arg("*").arg("d").arg(data);
    command
}

/// Each stream's entries in an XREAD's reply.
pub(crate) fn batches(reply: Value) -> Vec<(String, Batch)> {
    let pairs: Vec<(Value, Value)> = match reply {
        Value::Map(pairs) => pairs,
        Value::Array(rows) => rows.into_iter().filter_map(pair).collect(),
        _ => Vec::new(),
    };
    let batch = |(key, rows)| match (key, rows) {
        (Value::BulkString(key), Value::Array(rows)) => {
            Some((String::from_utf8(key).ok()?, rows.into_iter()))
        }
        _ => None,
    };
    pairs.into_iter().filter_map(batch).collect()
}

/// The first entry in an XRANGE's reply.
pub(crate) fn first(reply: Value) -> Option<Entry> {
    match reply {
        Value::Array(rows) => rows.into_iter().next().and_then(entry),
        _ => None,
    }
}

/// One entry of a reply; other fields than `d` are ignored (WIRE §3.2).
pub(crate) fn entry(row: Value) -> Option<Entry> {
    let (Value::BulkString(entry_id), Value::Array(fields)) = pair(row)? else { return None };
    let mut fields = fields.into_iter();
    let mut data = None;
    while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
        if let (Value::BulkString(name), Value::BulkString(value)) = (name, value)
            && name == b"d"
        {
            data = Some(value);
            break;
        }
    }
    Some((EntryId::from_bytes(&entry_id)?, data))
}

fn pair(row: Value) -> Option<(Value, Value)> {
    let Value::Array(parts) = row else { return None };
    let mut parts = parts.into_iter();
    parts.next().zip(parts.next())
}

/// The streams that a catalogue lists, sorted; what does not decode is left out (WIRE §4.9).
pub(crate) fn listings(reply: Value) -> Vec<Listing> {
    let listing = |(key, value)| -> Option<Result<Listing, DecodeError>> {
        let (Value::BulkString(key), Value::BulkString(value)) = (key, value) else { return None };
        Some(decode_listing(str::from_utf8(&key).ok()?, &value))
    };
    let mut listings: Vec<Listing> = reply
        .into_map_iter()
        .into_iter()
        .flatten()
        // Informational: a bad value proves nothing and must not hide the others.
        .filter_map(|pair| listing(pair)?.ok())
        .collect();
    let place = |row: &Listing| (row.header.symbol.clone(), row.header.depth, row.stream.clone());
    listings.sort_by_key(place);
    listings
}
