//! One stream's entries as they are. Knows nothing of states.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use redis::Cmd;

use crate::commands;
use crate::dialing::{BLOCK, Failure};
use crate::errors::{Code, DecodeError, Error};
use crate::events::Record;
use crate::follower::BACKOFF;
use crate::link::{Link, spread};
use crate::resp::NotAReply;
use crate::wire::{EntryId, Place, decode};

const READ_COUNT: usize = 1000;
const SNAPSHOT_RETRY: Duration = Duration::from_millis(250);

/// Where reading begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Start {
    /// Behind the newest entry.
    #[default]
    Now,
    /// With the newest entry of `.snap`, and behind it.
    Snapshot,
    /// With the oldest entry.
    Oldest,
    /// Behind this entry.
    After(EntryId),
}

/// Reads one stream for ever, connecting again by itself.
#[derive(Debug)]
pub(crate) struct Records {
    link: Link,
    stream: String,
    place: Place,
    start: Start,
    cursor: Option<EntryId>,
    is_started: bool,
    is_away: bool,
    pause: Duration,
    found: VecDeque<Record>,
}

impl Records {
    pub(crate) fn new(link: Link, stream: &str, start: Start) -> Self {
        let cursor = match start {
            Start::After(entry_id) => Some(entry_id),
            _ => None,
        };
        let (stream, place) = (stream.to_owned(), Place::of_key(stream));
        Self {
            link,
            stream,
            place,
            start,
            cursor,
            is_started: false,
            is_away: false,
            pause: BACKOFF.0,
            found: VecDeque::new(),
        }
    }

    /// The next record.
    pub(crate) async fn next(&mut self) -> Result<Record, Error> {
        loop {
            if let Some(record) = self.found.pop_front() {
                return Ok(record);
            }
            if self.is_started { self.read_on().await? } else { self.begin().await? }
        }
    }

    async fn begin(&mut self) -> Result<(), Error> {
        match self.start {
            Start::Now => {
                let command = commands::newest(&self.stream);
                let Some(found) = self.read(command, commands::first).await? else {
                    return Ok(());
                };
                self.cursor = found.map(|(entry_id, _)| entry_id);
            }
            Start::Snapshot => {
                let snaps = format!("{}.snap", self.stream);
                let command = commands::newest(&snaps);
                let Some(found) = self.read(command, commands::first).await? else {
                    return Ok(());
                };
                let Some((entry_id, data)) = found else {
                    tokio::time::sleep(spread(SNAPSHOT_RETRY)).await;
                    return Ok(());
                };
                self.cursor = Some(entry_id);
                self.found.push_back(record(Place::of_key(&snaps), entry_id, data.as_deref()));
            }
            Start::Oldest | Start::After(_) => {}
        }
        self.is_started = true;
        Ok(())
    }

    async fn read_on(&mut self) -> Result<(), Error> {
        let after = self.cursor.unwrap_or_default();
        let streams = std::iter::once((self.stream.as_str(), after));
        let command = commands::after(streams, READ_COUNT, Some(BLOCK));
        let Some(batches) = self.read(command, commands::batches).await? else { return Ok(()) };
        for (_, batch) in batches {
            for (entry_id, data) in batch {
                if let Some(cursor) = self.cursor
                    && !cursor.is_followed_by(entry_id)
                {
                    self.found.push_back(Record::Gap { cursor, found: entry_id });
                }
                self.cursor = Some(entry_id);
                self.found.push_back(record(self.place, entry_id, data.as_deref()));
            }
        }
        Ok(())
    }

    /// What the reply holds, or `None` while Redis is away.
    async fn read<T>(
        &mut self,
        command: Cmd,
        read: impl FnOnce(&Bytes) -> Result<T, NotAReply>,
    ) -> Result<Option<T>, Error> {
        if self.is_away {
            tokio::time::sleep(spread(self.pause)).await;
            self.pause = (self.pause * 2).min(BACKOFF.1);
        }
        match self.link.ask(command, read).await {
            Ok(found) => {
                if std::mem::take(&mut self.is_away) {
                    self.found.push_back(Record::Reconnected);
                    self.pause = BACKOFF.0;
                }
                Ok(Some(found))
            }
            Err(Failure::Refused(answer)) => Err(Error::RedisRefused { answer }),
            Err(Failure::Away(reason)) => {
                if !std::mem::replace(&mut self.is_away, true) {
                    self.found.push_back(Record::Disconnected { reason });
                }
                Ok(None)
            }
        }
    }
}

fn record(place: Place, entry_id: EntryId, data: Option<&[u8]>) -> Record {
    let event = data
        .ok_or(DecodeError { code: Code::Schema, at: "field d" })
        .and_then(|data| decode(entry_id, data, place));
    match event {
        Ok(event) => Record::Entry(event),
        Err(DecodeError { code, at }) => Record::Quarantined { code, entry_id, at },
    }
}
