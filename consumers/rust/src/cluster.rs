//! One slot of a Redis Cluster (WIRE §2.2): which node has it, and the connection there.
//!
//! Every slot that is followed has a reader, and so a connection, of its own, because an XREAD
//! waits and must not keep others waiting, and so that a shard that is lost costs its own streams
//! only. The library's cluster client shares a connection a node, which a blocking read would
//! hold up; so the few rules of a cluster are here: the map, MOVED, ASK, TRYAGAIN.

use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind};

use crate::connection::Connection;
use crate::resp::{NotAReply, Reader};
use crate::url::{Node, Target};

const SLOTS: u16 = 16384;
const REDIRECTS_MOST: usize = 40;
const TRYAGAIN: Duration = Duration::from_millis(50);

/// A key's slot: the CRC-16 (XMODEM) of its hash tag, or of the whole key.
pub(crate) fn slot_of(key: &str) -> u16 {
    let tag = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'))
        .map_or(key, |(tag, _)| if tag.is_empty() { key } else { tag });
    tag.bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
        })
    }) % SLOTS
}

/// The way to the node of one slot.
#[derive(Debug)]
pub(crate) struct Shard {
    target: Arc<Target>,
    slot: u16,
    /// Every node that was ever named, to be asked for the map when others are gone.
    known: Vec<Node>,
    held: Option<(Node, Connection)>,
}

impl Shard {
    pub(crate) fn new(target: Arc<Target>, slot: u16) -> Self {
        let known = target.nodes.clone();
        Self { target, slot, known, held: None }
    }

    pub(crate) fn redial(&mut self) {
        self.held = None;
    }

    /// The replies of the slot's node, wherever it has gone.
    pub(crate) async fn run(&mut self, commands: &[Cmd]) -> RedisResult<Vec<Bytes>> {
        let mut next: Option<Node> = None;
        let mut is_asking = false;
        for _ in 0..REDIRECTS_MOST {
            let (node, mut connection) = match (next.take(), self.held.take()) {
                (None, Some(held)) => held,
                (Some(node), Some(held)) if node == held.0 && !is_asking => held,
                (Some(node), _) => (node.clone(), self.target.dial_node(&node, "").await?),
                (None, None) => {
                    let node = self.owner().await?;
                    (node.clone(), self.target.dial_node(&node, "").await?)
                }
            };
            let replies = if std::mem::take(&mut is_asking) {
                asked(&mut connection, commands).await
            } else {
                connection.run_all(commands).await
            };
            let Err(error) = replies else {
                self.held = Some((node, connection));
                return replies;
            };
            match error.kind() {
                ErrorKind::Server(ServerErrorKind::Moved) => next = redirected(&error, &node),
                ErrorKind::Server(ServerErrorKind::Ask) => {
                    next = redirected(&error, &node);
                    is_asking = true;
                }
                // Its keys move one by one, and some are here, some there.
                ErrorKind::Server(ServerErrorKind::TryAgain) => {
                    tokio::time::sleep(TRYAGAIN).await;
                    next = Some(node);
                    is_asking = false;
                }
                _ => return Err(error),
            }
        }
        Err(io::Error::other("slots of the cluster are on the move").into())
    }

    /// Ask the nodes for the map, one after the other.
    async fn owner(&mut self) -> RedisResult<Node> {
        let mut faults = Vec::new();
        for node in self.known.clone() {
            match self.chart(&node).await {
                Ok(Some(owner)) => return Ok(owner),
                Ok(None) => faults.push(format!("{node}: nobody has slot {}", self.slot)),
                Err(error) => faults.push(format!("{node}: {error}")),
            }
        }
        let text = format!("no node of the cluster answers: {}", faults.join("; "));
        Err(io::Error::new(io::ErrorKind::NotConnected, text).into())
    }

    async fn chart(&mut self, asked: &Node) -> RedisResult<Option<Node>> {
        let mut connection = self.target.dial_node(asked, "").await?;
        let reply = connection.run(redis::cmd("CLUSTER").arg("SLOTS")).await?;
        let mut owner = None;
        for (slots, node) in primaries(&reply, asked).map_err(io::Error::other)? {
            if slots.contains(&self.slot) {
                owner = Some(node.clone());
            }
            if !self.known.contains(&node) {
                self.known.push(node);
            }
        }
        Ok(owner)
    }
}

/// The primary of each range of slots, in the reply to CLUSTER SLOTS.
fn primaries(reply: &Bytes, asked: &Node) -> Result<Vec<(RangeInclusive<u16>, Node)>, NotAReply> {
    let mut reader = Reader::new(reply);
    let mut found = Vec::new();
    for _ in 0..reader.count()? {
        let parts = reader.count()?.checked_sub(3).ok_or(NotAReply)?;
        let slots = reader.number()?..=reader.number()?;
        let words = reader.count()?.checked_sub(2).ok_or(NotAReply)?;
        found.push((slots, node_of(&reader.string()?, reader.number()?, asked)));
        reader.skip(words)?;
        reader.skip(parts)?;
    }
    Ok(found)
}

/// An empty host, or `?`: a node says so that it is reached where it was asked.
fn node_of(host: &str, port: u16, asked: &Node) -> Node {
    let host = if matches!(host, "" | "?") { &asked.host } else { host };
    Node { host: host.to_owned(), port: if port == 0 { asked.port } else { port } }
}

/// Where a redirection points.
fn redirected(error: &RedisError, asked: &Node) -> Option<Node> {
    let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
    Some(node_of(host.trim_matches(['[', ']']), port.parse().ok()?, asked))
}

/// Each command behind an ASKING of its own.
async fn asked(connection: &mut Connection, commands: &[Cmd]) -> RedisResult<Vec<Bytes>> {
    let asking = redis::cmd("ASKING");
    let both: Vec<Cmd> =
        commands.iter().flat_map(|command| [asking.clone(), command.clone()]).collect();
    let replies = connection.run_all(&both).await?;
    Ok(replies.into_iter().skip(1).step_by(2).collect())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Node, primaries, slot_of};

    #[test]
    fn slots_are_those_of_the_cluster() {
        assert_eq!(slot_of("123456789"), 0x31C3); // CRC-16/XMODEM's check value
        assert_eq!(slot_of("{kraken.BTC/USD}:book.10"), slot_of("kraken.BTC/USD"));
        assert_eq!(slot_of("{}x"), slot_of("{}x"));
        assert_ne!(slot_of("{}x"), slot_of(""));
    }

    #[test]
    fn the_map_names_the_primary_of_each_range() {
        let node = |host: &str, port| Node { host: host.to_owned(), port };
        let reply = b"*2\r\n*4\r\n:0\r\n:99\r\n*4\r\n$1\r\na\r\n:7\r\n$2\r\nid\r\n*0\r\n\
            *2\r\n$1\r\nr\r\n:8\r\n*3\r\n:100\r\n:16383\r\n*3\r\n$-1\r\n:0\r\n$2\r\nid\r\n";
        let found = primaries(&Bytes::from_static(reply), &node("me", 1)).unwrap();
        assert_eq!(found, [(0..=99, node("a", 7)), (100..=16383, node("me", 1))]);
        for cut in 0..reply.len() {
            assert!(
                primaries(&Bytes::from_static(&reply[..cut]), &node("me", 1)).is_err(),
                "{cut}"
            );
        }
    }
}
