//! One row of the catalogue (WIRE §4.9). A hint, not a proof. Types only.

use crate::events::Header;

/// A stream as the catalogue lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The stream's key.
    pub stream: String,
    /// The wire's version.
    pub version: u64,
    /// Which feed writes it.
    pub feed: String,
    /// What the stream is.
    pub header: Header,
    /// `a` or `b`; empty where there is one line alone.
    pub line: String,
    /// The epoch when the row was written.
    pub epoch: u64,
}

impl Listing {
    /// What makes one stream of a channel smaller than another.
    pub(crate) fn size(&self) -> u32 {
        self.header.depth.or(self.header.interval).unwrap_or(0)
    }
}
