//! What runs a reader's commands: one connection, opened when it is needed and given up on the
//! first failure. Of a cluster's slot a [`Shard`] stands in its place.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use redis::Cmd;

use crate::cluster::Shard;
use crate::connection::Connection;
use crate::dialing::Failure;
use crate::resp::NotAReply;
use crate::url::{Kind, Target};

/// One reader's way to Redis.
#[derive(Debug)]
pub(crate) struct Link {
    target: Arc<Target>,
    way: Way,
}

#[derive(Debug)]
enum Way {
    One(Option<Connection>),
    Shard(Box<Shard>),
}

impl Link {
    /// A link for commands on keys of one slot.
    pub(crate) fn new(target: Arc<Target>, slot: u16) -> Self {
        let way = match target.kind {
            Kind::Cluster => Way::Shard(Box::new(Shard::new(Arc::clone(&target), slot))),
            Kind::One | Kind::Sentinel => Way::One(None),
        };
        Self { target, way }
    }

    /// The raw replies, in one round trip.
    pub(crate) async fn run(&mut self, commands: &[Cmd]) -> Result<Vec<Bytes>, Failure> {
        let replies = match &mut self.way {
            Way::Shard(shard) => shard.run(commands).await,
            Way::One(held) => {
                // Taken out: whoever drops this future half-way leaves no reply behind to be taken
                // for another's.
                let mut connection = match held.take() {
                    Some(connection) => connection,
                    None => self.target.dial().await.map_err(|e| self.target.failure(&e))?,
                };
                let replies = connection.run_all(commands).await;
                if replies.is_ok() {
                    *held = Some(connection);
                }
                replies
            }
        };
        replies.map_err(|error| self.target.failure(&error))
    }

    /// What `read` makes of the reply.
    pub(crate) async fn ask<T>(
        &mut self,
        command: Cmd,
        read: impl FnOnce(&Bytes) -> Result<T, NotAReply>,
    ) -> Result<T, Failure> {
        let reply = self.run(&[command]).await?.pop().unwrap_or_default();
        Ok(read(&reply)?)
    }

    /// Give up the connection: the next command asks anew where the server is.
    pub(crate) fn redial(&mut self) {
        match &mut self.way {
            Way::One(held) => *held = None,
            Way::Shard(shard) => shard.redial(),
        }
    }
}

/// Up to half less, so that many clients do not come at once.
pub(crate) fn spread(pause: Duration) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    // The standard library's only random numbers: each state has keys of its own.
    let share = RandomState::new().hash_one(0_u8) as u32;
    let half = pause / 2;
    half + half * (share >> 16) / (1 << 16)
}

/// What is to pass after a read that named so many streams and left nothing behind (WIRE §7.5): of
/// fewer than 50 it would be less than a millisecond.
pub(crate) fn pace_of(named: usize) -> Duration {
    match u32::try_from(named) {
        Ok(0..50) => Duration::ZERO,
        Ok(many) => Duration::from_micros(20) * many,
        Err(_) => Duration::from_secs(1),
    }
}
