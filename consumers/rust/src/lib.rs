//! Kraken market data from Redis Streams, as pykraken publishes it: books rebuilt and proven by
//! Kraken's checksum, every loss told. `README.md` says how to begin; `consumers/spec/WIRE.md` is the
//! wire.
//!
//! Rooms: `decode` (bytes to typed events or a code), `Book` and `OrderBook`, `Replica` (the pure
//! state machine of one stream), `Client` (the shell over Redis), `line` (canonical JSON).

mod book;
mod channels;
mod choosing;
mod errors;
mod events;
mod id;
mod judge;
mod line;
mod line_trades;
mod lines;
mod listing;
mod msgpack;
mod number;
mod order_book;
mod replica;
mod rules;
mod state;
mod told;
mod wire;
mod words;

pub use book::{Book, DecimalLevel, Priced, Side, checksum_of};
pub use choosing::{Wish, Words, choose};
pub use errors::{Code, DecodeError, Error};
pub use events::*;
pub use id::{Channel, EntryId, NotAnId, Place};
pub use line::{error_line, json_text, line};
pub use line_trades::TradeLines;
pub use lines::{Lines, Said, States};
pub use listing::Listing;
pub use msgpack::ENTRY_MAX_BYTES;
pub use number::{Decimal, Number};
pub use order_book::{OrderBook, orders_checksum};
pub use replica::{Missing, Replica, Want};
pub use state::{Held, State};
pub use told::{Event, Line, Range, Record, Told};
pub use wire::{decode, decode_listing};
