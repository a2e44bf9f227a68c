//! What pykraken publishes, rebuilt and verified from its Redis Streams (consumers/spec/WIRE.md).
//!
//! ```no_run
//! use pykraken_consumer::{Client, Options};
//!
//! # async fn example() -> Result<(), pykraken_consumer::Error> {
//! let client = Client::new("redis://127.0.0.1:6379")?;
//! let mut events = client.follow(&["BTC/USD", "ETH/USD"], &Options::default().depth(10)).await?;
//! while let Some(event) = events.next().await {
//!     if let Some(book) = event?.live_book() {
//!         println!("{:?} {:?} {:?}", book.best_bid(), book.best_offer(), book.spread());
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Nothing is lost silently: entry ids follow one another without holes except where a
//! [`Body`] says so, and a book that is valid was proven with Kraken's own checksum at its latest
//! event. The rooms: [`wire`] makes events of bytes, [`book`] and [`states`] hold what they add up
//! to, [`replica`] is the state machine of one stream, [`client`] the shell over Redis, [`tail`]
//! and [`json`] the canonical lines.
//!
//! # Where Redis is
//!
//! ```text
//! redis://[user:password@]host[:6379][/db]                           rediss:// with TLS
//! redis+sentinel://[user:password@]host[:26379][,...]/master[/db]    rediss+sentinel://
//! redis+cluster://[user:password@]host[:6379][,...]                  rediss+cluster://
//! unix://[user:password@]/path[?db=0]
//! ```
//!
//! Behind a `?`: `password_file`, `username_file` (read at each connect), `sentinel_username`,
//! `sentinel_password`, `sentinel_password_file`, `ssl_ca_certs`, `ssl_certfile`, `ssl_keyfile`,
//! `ssl_password`, `protocol` (2 or 3), `db`. Certificates are always verified.

pub mod arbiter;
pub mod book;
mod channels;
pub mod choosing;
pub mod client;
mod cluster;
mod commands;
mod connection;
mod dialing;
pub mod errors;
pub mod events;
mod follower;
pub mod json;
mod keys;
mod line_trades;
mod lines;
mod link;
pub mod number;
mod one_shot;
mod raw;
mod records;
pub mod replica;
mod resp;
pub mod states;
pub mod tail;
mod tls;
mod transport;
mod url;
pub mod wire;

pub use book::{Book, DecimalLevel, OrderBook, Side};
pub use channels::proven_snapshot;
pub use choosing::{LineChoice, Options};
pub use client::{Client, Entries, Follow, Scope};
pub use errors::{Code, DecodeError, Error};
pub use events::{Body, Event, Line, Record, Span};
pub use number::{Decimal, Number};
pub use records::Start;
pub use replica::{Missing, Replica};
pub use states::{Holding, LatestTrades, State};
pub use wire::{Channel, EntryId, Level, WireBody, WireEvent};
