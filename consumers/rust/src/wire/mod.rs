//! Decode one entry's `d` to a typed event, or refuse it with a code (WIRE §3, §4).
//!
//! Pure: bytes in, an event or [`DecodeError`] out. Nothing in the bytes is trusted: limits first,
//! then schema, version, ranges and order, and when several rules are broken the first in the
//! order of WIRE §8 is reported. Knows nothing of books, sequences or Redis. Ordinary updates, laid
//! out as the publisher does, take a short way that accepts only what the long way would accept;
//! whatever it does not like is judged by the long way, so codes come from there.

mod decoding;
mod events;
mod id;
mod judge;
mod kinds;
mod market;
mod msgpack;
mod place;
mod plain;
mod snapshot;

pub use events::{
    BACKFILL, CONFLATED, CROSSED, Content, Epoch, Feed, FeedState, Header, Heartbeat, Listing,
    Notice, REVISED, Reset, Snapshot, Source, Trigger, UNVERIFIED, WireBody, WireEvent,
};
pub use id::{EntryId, NotAnId};
pub use market::{
    Aggressor, AssetRow, Balance, Candle, Change, ChangeKind, Execution, Instruments, Level,
    OrdType, Order, Orders, OrdersGap, PairRow, Ticker, Top, Trade, TradesGap, Update,
};
pub use place::{Channel, Place, UnknownName};

use crate::errors::DecodeError;

/// The event in the `d` of an entry that lies in `place`.
///
/// # Errors
/// The first code, in the order of WIRE §8, that applies.
pub fn decode(entry_id: EntryId, data: &[u8], place: Place) -> Result<WireEvent, DecodeError> {
    match plain::event(entry_id, data, place) {
        Some(event) => Ok(event),
        None => decoding::any(entry_id, data, place),
    }
}

/// One value of the catalogue, listed under the key `stream` (WIRE §4.9).
///
/// # Errors
/// As [`decode`].
pub fn decode_listing(stream: &str, data: &[u8]) -> Result<Listing, DecodeError> {
    decoding::listing(stream, data)
}
