//! One stream's entries as they are. Knows nothing of states.

use std::collections::VecDeque;
use std::time::Duration;

use redis::Value;

use crate::errors::{Code, Error};
use crate::id::{EntryId, Place};
use crate::link::{Failure, Link};
use crate::replies::{Row, entries_of, first_row, newest};
use crate::told::Record;
use crate::wire::decode;

const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
const JOIN_RETRY: Duration = Duration::from_millis(250);

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Behind the newest entry.
    Now,
    /// With the newest snapshot of `.snap`, then the entries behind it.
    Snapshot,
    /// With the oldest entry kept.
    Oldest,
    /// Behind this id.
    After(EntryId),
}

/// The entries of a stream, for ever, connecting again whenever Redis is away.
pub struct Records {
    link: Link,
    stream: String,
    start: Option<Start>,
    cursor: Option<EntryId>,
    ready: VecDeque<Record>,
    pause: Duration,
    is_away: bool,
}

impl Records {
    pub(crate) fn new(link: Link, stream: &str, start: Start) -> Self {
        Self {
            link,
            stream: stream.to_owned(),
            start: Some(start),
            cursor: None,
            ready: VecDeque::new(),
            pause: BACKOFF.0,
            is_away: false,
        }
    }

    /// The next record; an error is final.
    pub async fn next(&mut self) -> Result<Record, Error> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Ok(record);
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<(), Error> {
        match self.start {
            Some(Start::Snapshot) => {
                let snap = format!("{}.snap", self.stream);
                match self.ask(newest(&snap)).await? {
                    None => {}
                    Some(reply) => match first_row(reply) {
                        None => tokio::time::sleep(JOIN_RETRY).await,
                        Some(row) => {
                            self.cursor = Some(row.id);
                            self.start = None;
                            self.ready.push_back(record(&row, Place::of_key(&snap)));
                        }
                    },
                }
            }
            Some(Start::Now) => {
                if let Some(reply) = self.ask(newest(&self.stream)).await? {
                    self.cursor = first_row(reply).map(|row| row.id);
                    self.start = None;
                }
            }
            Some(Start::After(id)) => {
                self.cursor = Some(id);
                self.start = None;
            }
            Some(Start::Oldest) | None => self.read_on().await?,
        }
        Ok(())
    }

    async fn read_on(&mut self) -> Result<(), Error> {
        let after = self.cursor.unwrap_or_default().to_string();
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(1000).arg("BLOCK").arg(1000);
        command.arg("STREAMS").arg(&self.stream).arg(after);
        let Some(reply) = self.ask(command).await? else {
            return Ok(());
        };
        self.start = None;
        let place = Place::of_key(&self.stream);
        for row in entries_of(reply).into_iter().flat_map(|(_, rows)| rows) {
            if let Some(cursor) = self.cursor.filter(|cursor| !cursor.is_followed_by(row.id)) {
                self.ready.push_back(Record::Gap(cursor, row.id));
            }
            self.cursor = Some(row.id);
            self.ready.push_back(record(&row, place));
        }
        Ok(())
    }

    /// The reply, `None` after a failure and a pause.
    async fn ask(&mut self, command: redis::Cmd) -> Result<Option<Value>, Error> {
        match self.link.run(&[command]).await {
            Ok(replies) => {
                self.pause = BACKOFF.0;
                if std::mem::take(&mut self.is_away) {
                    self.ready.push_back(Record::Reconnected);
                }
                Ok(replies.into_iter().next())
            }
            Err(Failure::Refused(answer)) => Err(Error::RedisRefused { answer }),
            Err(Failure::Away(reason)) => {
                if !std::mem::replace(&mut self.is_away, true) {
                    self.ready.push_back(Record::Disconnected(reason));
                } else {
                    tokio::time::sleep(self.pause).await;
                    self.pause = (self.pause * 2).min(BACKOFF.1);
                }
                Ok(None)
            }
        }
    }
}

fn record(row: &Row, place: Place) -> Record {
    match row.data.as_deref().map(|data| decode(row.id, data, place)) {
        None => Record::Bad(row.id, Code::Schema),
        Some(Err(error)) => Record::Bad(row.id, error.code),
        Some(Ok(event)) => Record::Event(event),
    }
}
