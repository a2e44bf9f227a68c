//! The commands that read streams, and what Redis answers to them, RESP 2 or 3. Pure.

use redis::{Cmd, Value, cmd};

use crate::id::EntryId;

/// One entry: its id, and its `d` where it has one (other fields are ignored, WIRE §3.2).
pub(crate) struct Row {
    pub id: EntryId,
    pub data: Option<Vec<u8>>,
}

/// Reads the newest entry; `XREAD +` is not in every server.
pub(crate) fn newest(stream: &str) -> Cmd {
    let mut command = cmd("XREVRANGE");
    command.arg(stream).arg("+").arg("-").arg("COUNT").arg(1);
    command
}

pub(crate) fn oldest(stream: &str) -> Cmd {
    let mut command = cmd("XRANGE");
    command.arg(stream).arg("-").arg("+").arg("COUNT").arg(1);
    command
}

pub(crate) fn one_at(stream: &str, id: EntryId) -> Cmd {
    let mut command = cmd("XRANGE");
    command.arg(stream).arg(id.to_string()).arg(id.to_string());
    command
}

/// The first entry of an XRANGE reply.
pub(crate) fn first_row(reply: Value) -> Option<Row> {
    rows_of(reply).into_iter().next()
}

/// Streams and their entries, of an XREAD reply.
pub(crate) fn entries_of(reply: Value) -> Vec<(Vec<u8>, Vec<Row>)> {
    let pair = |key: Value, rows: Value| match key {
        Value::BulkString(key) => Some((key, rows_of(rows))),
        _ => None,
    };
    match reply {
        Value::Map(pairs) => pairs.into_iter().filter_map(|(key, rows)| pair(key, rows)).collect(),
        Value::Array(streams) => streams
            .into_iter()
            .filter_map(|stream| {
                let mut parts = array(stream).into_iter();
                pair(parts.next()?, parts.next()?)
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn rows_of(reply: Value) -> Vec<Row> {
    array(reply).into_iter().filter_map(row_of).collect()
}

fn row_of(entry: Value) -> Option<Row> {
    let mut parts = array(entry).into_iter();
    let Value::BulkString(id) = parts.next()? else { return None };
    let mut fields = array(parts.next()?).into_iter();
    let mut data = None;
    while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
        if let (Value::BulkString(name), Value::BulkString(value)) = (name, value)
            && name == b"d"
        {
            data = Some(value);
            break;
        }
    }
    Some(Row { id: EntryId::from_bytes(&id)?, data })
}

fn array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(parts) => parts,
        _ => Vec::new(),
    }
}
