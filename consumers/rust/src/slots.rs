//! The rules of a Redis Cluster: which slot a key has, which node a slot (WIRE §2.2). Pure.

use redis::Value;

use crate::url::Node;

/// A key's slot: the CRC-16 (XMODEM) of its hash tag, or of the whole key.
pub(crate) fn slot_of(key: &str) -> u16 {
    let tag = key.split_once('{').and_then(|(_, behind)| behind.split_once('}'));
    let tag = tag.map(|(tag, _)| tag).filter(|tag| !tag.is_empty()).unwrap_or(key);
    let crc = tag.bytes().fold(0u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 }
        })
    });
    crc % 16384
}

/// The slot's node in an answer to `CLUSTER SLOTS`; a node that does not know its own name is reached
/// where it was asked.
pub(crate) fn owner_of(reply: &Value, slot: u16, asked: &Node) -> Option<Node> {
    let Value::Array(ranges) = reply else { return None };
    ranges.iter().find_map(|range| {
        let Value::Array(range) = range else { return None };
        let (Value::Int(first), Value::Int(last), Value::Array(node)) =
            (range.first()?, range.get(1)?, range.get(2)?)
        else {
            return None;
        };
        if !(*first..=*last).contains(&i64::from(slot)) {
            return None;
        }
        let host = match node.first()? {
            Value::BulkString(host) => String::from_utf8(host.clone()).ok()?,
            Value::SimpleString(host) => host.clone(),
            _ => String::new(),
        };
        let host = if host.is_empty() || host == "?" { asked.host.clone() } else { host };
        let Value::Int(port) = node.get(1)? else { return None };
        Some(Node { host, port: u16::try_from(*port).ok().filter(|p| *p > 0).unwrap_or(asked.port) })
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn slots_are_those_of_redis() {
        assert_eq!(super::slot_of("123456789"), 0x31c3);
        assert_eq!(super::slot_of("{kraken.BTC/USD}:book.10"), super::slot_of("kraken.BTC/USD"));
    }
}
