//! The short way of ordinary updates: one walk over bytes laid out as the publisher does, keys in
//! the order of WIRE §4 and §4.2 (or §4.10). `None` for anything else and for any fault. Pure.

use super::events::{WireBody, WireEvent};
use super::market::{ChangeKind, Orders, Update};
use super::msgpack::{ENTRY_MAX_BYTES, Reader};
use super::{Channel, EntryId, Place, kinds};

pub(super) fn event(entry_id: EntryId, data: &[u8], place: Place) -> Option<WireEvent> {
    let head: &[u8] = match place {
        Place::Stream(Channel::Book) => b"\x88\xa1t\xa6update\xa2te",
        Place::Stream(Channel::Level3) => b"\x88\xa1t\xa6orders\xa2te",
        _ => return None,
    };
    if data.len() > ENTRY_MAX_BYTES {
        return None;
    }
    let mut reader = Reader::new(data);
    let reader = &mut reader;
    let ts_event = after(reader, head, kinds::uint)?;
    let ts_recv = after(reader, b"\xa2tr", kinds::uint)?;
    let ts_pub = after(reader, b"\xa2tp", kinds::uint)?;
    let flags = after(reader, b"\xa1f", kinds::uint)?;
    let body = if place == Place::Stream(Channel::Book) {
        let bids = after(reader, b"\xa1b", kinds::levels)?;
        let asks = after(reader, b"\xa1a", kinds::levels)?;
        let checksum = after(reader, b"\xa1c", kinds::crc)?;
        WireBody::Update(Update { checksum, bids, asks })
    } else {
        let bids = after(reader, b"\xa1b", kinds::changes)?;
        let asks = after(reader, b"\xa1a", kinds::changes)?;
        let checksum = after(reader, b"\xa1c", kinds::crc)?;
        let mut changes = bids.iter().chain(&asks);
        if changes.any(|change| change.kind != ChangeKind::Delete && change.qty.is_zero()) {
            return None;
        }
        WireBody::Orders(Orders { checksum, bids, asks })
    };
    reader.is_at_end().then_some(WireEvent { entry_id, ts_event, ts_recv, ts_pub, flags, body })
}

#[inline]
fn after<T>(reader: &mut Reader<'_>, key: &[u8], kind: kinds::Kind<T>) -> Option<T> {
    if reader.skip_bytes(key) { kind(reader).ok() } else { None }
}
