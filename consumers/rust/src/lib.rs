//! Kraken market data from Redis Streams, as pykraken publishes it: books rebuilt and proven by
//! Kraken's checksum, every loss told. `README.md` says how to begin; `consumers/spec/WIRE.md` is the
//! wire.
//!
//! Rooms: `decode` (bytes to typed events or a code), `Book` and `OrderBook`, `Replica` (the pure
//! state machine of one stream), `Client` (the shell over Redis), `line` (canonical JSON).

mod arbiter;
mod book;
mod channels;
mod choosing;
mod client;
mod errors;
mod events;
mod follower;
mod group;
mod id;
mod judge;
mod line;
mod line_trades;
mod lines;
mod link;
mod listing;
mod msgpack;
mod number;
mod order_book;
mod records;
mod replica;
mod replies;
mod rules;
mod slots;
mod state;
mod told;
mod url;
mod wire;
mod words;

pub use arbiter::Arbiter;
pub use book::{Book, DecimalLevel, Priced, Side, checksum_of};
pub use choosing::{Wish, Words, choose};
pub use client::{Client, Scope};
pub use errors::{Code, DecodeError, Error};
pub use events::*;
pub use follower::Follower;
pub use id::{Channel, EntryId, NotAnId, Place};
pub use line::{error_line, json_text, line};
pub use line_trades::TradeLines;
pub use lines::{Lines, Said, States};
pub use listing::Listing;
pub use msgpack::ENTRY_MAX_BYTES;
pub use number::{Decimal, Number};
pub use order_book::{OrderBook, orders_checksum};
pub use records::{Records, Start};
pub use replica::{Missing, Replica, Want};
pub use state::{Held, State};
pub use told::{Event, Line, Range, Record, Told};
pub use wire::{decode, decode_listing};
