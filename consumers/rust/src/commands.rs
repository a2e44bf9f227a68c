//! The commands that clients send, and what their raw replies hold, whichever RESP version shaped
//! them.
//! Knows nothing of connections.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use redis::{Cmd, cmd};

use crate::resp::{NotAReply, Reader};
use crate::wire::{EntryId, Listing, decode_listing};

/// WIRE §7.6.
const REQUESTS_KEPT: u32 = 1000;
/// The shortest entry, its fields null.
const ENTRY_LEAST: usize = b"*2\r\n$3\r\n0-0\r\n_\r\n".len();

/// An entry as it was read: its id, and its field `d` if it has one.
pub(crate) type Entry = (EntryId, Option<Bytes>);

/// Entries of one stream that were read and not looked at yet.
pub(crate) type Batch = std::vec::IntoIter<Entry>;

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
pub(crate) fn batches(reply: &Bytes) -> Result<Vec<(String, Batch)>, NotAReply> {
    let mut reader = Reader::new(reply);
    let is_map = reader.is_at_map();
    let count = if is_map { reader.pairs()? } else { reader.count()? };
    let mut found = Vec::new();
    for _ in 0..count {
        if !is_map && reader.count()? != 2 {
            return Err(NotAReply);
        }
        found.push((reader.string()?, entries(&mut reader)?.into_iter()));
    }
    Ok(found)
}

/// The first entry in an XRANGE's reply.
pub(crate) fn first(reply: &Bytes) -> Result<Option<Entry>, NotAReply> {
    Ok(entries(&mut Reader::new(reply))?.into_iter().next())
}

fn entries(reader: &mut Reader<'_>) -> Result<Vec<Entry>, NotAReply> {
    let count = reader.count()?;
    let mut found = Vec::with_capacity(count.min(reader.left() / ENTRY_LEAST));
    for _ in 0..count {
        found.push(entry(reader)?);
    }
    Ok(found)
}

/// Other fields than `d` are ignored (WIRE §3.2).
fn entry(reader: &mut Reader<'_>) -> Result<Entry, NotAReply> {
    if reader.count()? != 2 {
        return Err(NotAReply);
    }
    let entry_id = EntryId::from_bytes(reader.text()?).ok_or(NotAReply)?;
    let mut data = None;
    for _ in 0..reader.pairs()? {
        if reader.text()? == b"d" && data.is_none() {
            data = Some(reader.bytes()?);
        } else {
            reader.skip(1)?;
        }
    }
    Ok((entry_id, data))
}

/// The streams that a catalogue lists, sorted; what does not decode is left out (WIRE §4.9).
pub(crate) fn listings(reply: &Bytes) -> Result<Vec<Listing>, NotAReply> {
    let mut reader = Reader::new(reply);
    let mut listings = Vec::new();
    for _ in 0..reader.pairs()? {
        let (key, value) = (reader.text()?, reader.text()?);
        // Informational: a bad value proves nothing and must not hide the others.
        listings.extend(str::from_utf8(key).ok().and_then(|key| decode_listing(key, value).ok()));
    }
    let place = |row: &Listing| (row.header.symbol.clone(), row.header.depth, row.stream.clone());
    listings.sort_by_key(place);
    Ok(listings)
}

/// What a Sentinel says of each master that it knows.
pub(crate) fn masters(reply: &Bytes) -> Result<Vec<HashMap<String, String>>, NotAReply> {
    let mut reader = Reader::new(reply);
    let mut masters = Vec::new();
    for _ in 0..reader.count()? {
        let mut master = HashMap::new();
        for _ in 0..reader.pairs()? {
            master.insert(reader.string()?, reader.string()?);
        }
        masters.push(master);
    }
    Ok(masters)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{batches, first, listings, masters};
    use crate::wire::EntryId;

    const READ: [&[u8]; 2] = [
        b"*2\r\n*2\r\n$1\r\na\r\n*2\r\n*2\r\n$3\r\n1-2\r\n*2\r\n$1\r\nd\r\n$3\r\n\r\n$\r\n\
          *2\r\n$3\r\n1-3\r\n*4\r\n$1\r\nx\r\n$1\r\ny\r\n$1\r\nd\r\n$0\r\n\r\n\
          *2\r\n$1\r\nb\r\n*1\r\n*2\r\n$3\r\n9-0\r\n*-1\r\n",
        b"%2\r\n$1\r\na\r\n*2\r\n*2\r\n$3\r\n1-2\r\n*2\r\n$1\r\nd\r\n$3\r\n\r\n$\r\n\
          *2\r\n$3\r\n1-3\r\n*4\r\n$1\r\nx\r\n$1\r\ny\r\n$1\r\nd\r\n$0\r\n\r\n\
          $1\r\nb\r\n*1\r\n*2\r\n$3\r\n9-0\r\n_\r\n",
    ];

    #[test]
    fn entries_are_read_of_both_versions() {
        for reply in READ {
            let found = batches(&Bytes::from_static(reply)).unwrap();
            let (streams, entries): (Vec<_>, Vec<_>) = found
                .into_iter()
                .map(|(stream, batch)| (stream, batch.collect::<Vec<_>>()))
                .unzip();
            assert_eq!(streams, ["a", "b"]);
            let data = |bytes: &'static [u8]| Some(Bytes::from_static(bytes));
            assert_eq!(
                entries[0],
                [(EntryId::new(1, 2), data(b"\r\n$")), (EntryId::new(1, 3), data(b""))]
            );
            assert_eq!(entries[1], [(EntryId::new(9, 0), None)]);
        }
        for nothing in [b"*-1\r\n".as_slice(), b"_\r\n", b"*0\r\n", b"%0\r\n"] {
            assert!(batches(&Bytes::from_static(nothing)).unwrap().is_empty());
        }
        assert_eq!(first(&Bytes::from_static(b"*0\r\n")), Ok(None));
    }

    #[test]
    fn pairs_are_read_of_both_versions() {
        for reply in [
            "*1\r\n*4\r\n+name\r\n+m\r\n+port\r\n:1\r\n",
            "*1\r\n%2\r\n+name\r\n+m\r\n+port\r\n:1\r\n",
        ] {
            let found = masters(&Bytes::from_static(reply.as_bytes())).unwrap();
            assert_eq!((found.len(), &*found[0]["name"], &*found[0]["port"]), (1, "m", "1"));
        }
        let bad = Bytes::from_static(b"*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\n\xff\r\n$0\r\n\r\n");
        assert!(listings(&bad).unwrap().is_empty());
    }

    /// Whatever comes instead, nothing panics; what is cut is refused.
    #[test]
    fn hostile_replies_are_refused() {
        for reply in READ {
            for at in 0..reply.len() {
                assert!(batches(&Bytes::from_static(&reply[..at])).is_err(), "{at}");
                for byte in *b"*%$_-:09\r\nx\xff" {
                    let mut reply = reply.to_vec();
                    reply[at] = byte;
                    let reply = Bytes::from(reply);
                    let _ = (batches(&reply), first(&reply), listings(&reply), masters(&reply));
                }
            }
        }
        let huge = b"*1\r\n*2\r\n$1\r\na\r\n*536870911\r\n*2\r\n";
        assert!(batches(&Bytes::from_static(huge)).is_err());
    }
}
