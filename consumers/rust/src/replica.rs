//! A consumer's state kept equal to the publisher's: the machine of WIRE §7, for one stream.
//!
//! Pure: no I/O, no clock, no randomness. A shell asks `wants`, reads that, and hands in what it read
//! together with `now`, the time since any fixed moment of a monotonic clock. What is told goes into
//! `told`; after each call `state()` is the state right after the last of it. Promises: a valid state
//! is contiguous, a valid book proven by its checksum; what was not seen is told.
//!
//! | wants     | the shell reads             | hands it to     | wants next                         |
//! |-----------|-----------------------------|-----------------|------------------------------------|
//! | `Join`    | newest entry of `.snap`     | `snapshot_read` | `Entries`, if it is good and helps |
//! | `Entries` | the stream after `position` | `received`      | `Join`, `Pointer`, `Heads`         |
//! | `Pointer` | `.snap` at the cursor's id  | `pointer_read`  | `Entries`; `Join` if gone or bad   |
//! | `Heads`   | the stream's newest id      | `heads_read`    | what it wanted before, or `Join`   |
//!
//! Whenever `position` is not `None` entries are read on, also while it wants `Heads` or, after a gap
//! or a bad entry, `Join`: then the first that helps is taken, be it a snapshot of `.snap` that is not
//! older or an `epoch` or `snapshot` event (WIRE §7.3).

use std::time::Duration;

use crate::channels::{apply, compare, forget, load, prove};
use crate::errors::{Code, DecodeError, Error};
use crate::events::{Body, Epoch, Head, Snapshot, WireEvent};
use crate::id::{Channel, EntryId, Place};
use crate::state::{Held, State};
use crate::told::{Range, Told};
use crate::wire::decode;

/// Three heartbeats (WIRE §7.4).
const SILENCE: Duration = Duration::from_secs(15);

/// What a replica needs next; see the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Want {
    Join,
    Entries,
    Pointer,
    Heads,
}

/// What a stream without a snapshot means to the application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// It may come.
    #[default]
    Wait,
    /// It is an error, `NoStream`.
    Error,
}

/// The replica of one stream; see the module.
#[derive(Clone, Debug)]
pub struct Replica {
    stream: String,
    channel: Channel,
    missing: Missing,
    state: State,
    cursor: Option<EntryId>,
    wants: Want,
    skipped: u64,
    /// After a gap or a bad entry: what helps is not older.
    floor: Option<EntryId>,
    /// The last entry told, while some are not.
    after: Option<EntryId>,
    /// A bad snapshot of `.snap`, told once.
    refused: Option<EntryId>,
    heard: Duration,
    looked: Duration,
    suspect: Option<EntryId>,
    is_stale_told: bool,
    is_trim_told: bool,
}

impl Replica {
    /// A replica that has read nothing; `stream` is the key, whose channel it has.
    pub fn new(stream: &str, now: Duration, missing: Missing) -> Self {
        let channel = Place::of_key(stream).channel.unwrap_or_default();
        Self {
            stream: stream.to_owned(),
            channel,
            missing,
            state: State::new(channel),
            cursor: None,
            wants: Want::Join,
            skipped: 0,
            floor: None,
            after: None,
            refused: None,
            heard: now,
            looked: now,
            suspect: None,
            is_stale_told: false,
            is_trim_told: false,
        }
    }

    /// The stream's key.
    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// The stream's channel.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The state as it stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What it needs next.
    pub fn wants(&self) -> Want {
        self.wants
    }

    /// The id of the last entry taken in, `None` before the first join.
    pub fn cursor(&self) -> Option<EntryId> {
        self.cursor
    }

    /// How many events meant nothing.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The id after which entries are to be read, `None` while none are.
    pub fn position(&self) -> Option<EntryId> {
        match self.wants {
            Want::Pointer => None,
            Want::Join if self.floor.is_none() => None,
            _ => self.cursor,
        }
    }

    /// Lets time pass: after 15 s without an entry the newest ids are wanted (WIRE §7.4).
    pub fn tick(&mut self, now: Duration) {
        let quiet = now.saturating_sub(self.heard.max(self.looked));
        if self.position().is_some() && quiet >= SILENCE {
            self.wants = Want::Heads;
        }
    }

    /// Takes the next entry of the stream, its id and `d`; while none are read it is ignored.
    pub fn received(
        &mut self,
        entry_id: EntryId,
        data: Option<&[u8]>,
        now: Duration,
        told: &mut impl Extend<Told>,
    ) {
        let Some(cursor) = self.position().filter(|cursor| entry_id > *cursor) else {
            return;
        };
        self.hear(now);
        if !cursor.is_followed_by(entry_id) {
            return told.extend([self.gap(cursor, entry_id)]);
        }
        let event = data
            .ok_or(DecodeError::new(Code::Schema, "field d"))
            .and_then(|data| decode(entry_id, data, Place::stream(self.channel)));
        match event {
            Err(error) => told.extend([self.quarantine(error, entry_id, cursor)]),
            Ok(event) if entry_id.epoch == cursor.epoch => {
                told.extend(self.next(cursor, event));
            }
            Ok(WireEvent { head, body: Body::Epoch(epoch) }) => {
                self.new_epoch(cursor, head, epoch, told);
            }
            Ok(_) => told.extend([self.gap(cursor, entry_id)]),
        }
    }

    /// Takes the newest entry of `.snap`, or `None` when there is none (WIRE §7.1). `NoStream` when
    /// there never was one and the application asked not to wait.
    pub fn snapshot_read(
        &mut self,
        found: Option<(EntryId, Option<&[u8]>)>,
        now: Duration,
    ) -> Result<Option<Told>, Error> {
        let Some((entry_id, data)) = found else {
            if self.missing == Missing::Error && self.cursor.is_none() {
                return Err(Error::NoStream { wanted: self.stream.clone() });
            }
            return Ok(None);
        };
        let is_of_use = self.wants == Want::Join
            && self.refused != Some(entry_id)
            && self.floor.is_none_or(|floor| entry_id >= floor);
        if !is_of_use {
            return Ok(None);
        }
        let after = self.after.or(self.cursor);
        match self.proven(entry_id, data).and_then(|(head, body)| self.load(head, body)) {
            Err(error) => {
                self.refused = Some(entry_id);
                Ok(Some(Told::Quarantined { code: error.code, entry_id, place: error.place }))
            }
            Ok(()) => {
                self.cursor = Some(entry_id);
                self.hear(now);
                Ok(Some(Told::Joined { cursor: entry_id, after }))
            }
        }
    }

    /// Takes the entry of `.snap` at the cursor's id, or `None` when it is gone (WIRE §7.2).
    pub fn pointer_read(&mut self, data: Option<&[u8]>, now: Duration) -> Option<Told> {
        let cursor = self.cursor.filter(|_| self.wants == Want::Pointer)?;
        let gone = DecodeError::new(Code::Pointer, "its snapshot is gone");
        let loaded = data.ok_or(gone).and_then(|data| {
            let (head, body) = self.proven(cursor, Some(data))?;
            self.load(head, body.clone())?;
            Ok(WireEvent { head, body: Body::Snapshot(Box::new(body)) })
        });
        Some(match loaded {
            Err(error) => self.quarantine(error, cursor, cursor.before()),
            Ok(event) => {
                self.hear(now);
                Told::Wire(event)
            }
        })
    }

    /// Takes the stream's last id, `None` when it has none (WIRE §7.4).
    pub fn heads_read(&mut self, last: Option<EntryId>, now: Duration) -> Option<Told> {
        let cursor = self.cursor.filter(|_| self.wants == Want::Heads)?;
        self.looked = now;
        self.wants = self.after_heads();
        if let Some(last) = last {
            if last > cursor {
                self.wants = Want::Join;
                return None;
            }
            if last.epoch < cursor.epoch {
                let suspect = self.suspect.replace(last)?;
                if last > suspect {
                    self.drop_state(Want::Join);
                    (self.cursor, self.after, self.floor) = (None, None, None);
                    (self.suspect, self.refused) = (None, None);
                    return Some(Told::Regression { cursor, head: last });
                }
            }
        }
        if self.is_stale_told {
            return None;
        }
        self.is_stale_told = true;
        self.state.is_stale = true;
        Some(Told::Stale { age: now.saturating_sub(self.heard) })
    }

    /// Takes the ids of the stream's first and last entry while reading lags (WIRE §7.5).
    pub fn horizon_read(&mut self, first: EntryId, last: EntryId) -> Option<Told> {
        let cursor = self.cursor.filter(|_| !self.is_trim_told)?;
        let kept = if first.epoch == cursor.epoch {
            cursor.seq.saturating_sub(first.seq)
        } else {
            cursor.seq
        };
        let ahead = if last.epoch == cursor.epoch {
            last.seq.saturating_sub(cursor.seq)
        } else {
            last.seq.saturating_add(1)
        };
        self.is_trim_told = ahead > kept;
        self.is_trim_told.then_some(Told::TrimWarning { cursor, first, last })
    }

    /// Notes that reading no longer lags: the next time that it does is worth a warning again.
    pub fn caught_up(&mut self) {
        self.is_trim_told = false;
    }

    /// Notes that the server is away: the state stands still from here.
    pub fn disconnected(&mut self, reason: &str) -> Told {
        self.state.is_stale = self.state.is_valid;
        Told::Disconnected { reason: reason.to_owned() }
    }

    fn hear(&mut self, now: Duration) {
        (self.heard, self.looked) = (now, now);
        self.suspect = None;
        self.is_stale_told = false;
        self.state.is_stale = false;
        if self.wants == Want::Heads {
            self.wants = self.after_heads();
        }
    }

    fn after_heads(&self) -> Want {
        if self.floor.is_none() { Want::Entries } else { Want::Join }
    }

    /// Acts on the entry that follows the cursor.
    fn next(&mut self, cursor: EntryId, event: WireEvent) -> Option<Told> {
        let head = event.head;
        self.cursor = Some(head.entry_id);
        match self.act(event) {
            Err(error) => Some(self.quarantine(error, head.entry_id, cursor)),
            Ok(None) => None,
            Ok(Some(event)) => {
                self.state.entry_id = head.entry_id;
                // 0: the venue gave none, so what the state shows is as old as it was.
                if head.ts_event != 0 && !matches!(event.body, Body::Unknown { .. }) {
                    self.state.ts_event = head.ts_event;
                }
                Some(Told::Wire(event))
            }
        }
    }

    /// Acts by WIRE §7.2 and returns what is to be told; an error is what §7.3 is for.
    fn act(&mut self, mut event: WireEvent) -> Result<Option<WireEvent>, DecodeError> {
        if event.is_of_channel() {
            return Ok(self.take(&event)?.then_some(event));
        }
        match &mut event.body {
            Body::Snapshot(snapshot) if snapshot.content.is_none() => {
                self.drop_state(Want::Pointer);
                return Ok(None);
            }
            Body::Snapshot(snapshot) => {
                prove(snapshot, event.head.flags)?;
                self.load(event.head, (**snapshot).clone())?;
                return Ok(Some(event));
            }
            Body::Heartbeat { checksum, .. } => {
                if let Some(own) = self.state.checksum().filter(|_| self.state.is_valid) {
                    compare(own, *checksum)?;
                }
            }
            Body::Reset { .. } | Body::Bye { .. } => {
                if self.floor.is_some() {
                    // Told while a good snapshot is awaited: none before it, or it were told twice.
                    self.floor = Some(event.head.entry_id);
                }
                if matches!(event.body, Body::Reset { .. }) {
                    self.state.is_valid = false;
                } else {
                    self.state.is_stale = true;
                }
                return Ok(Some(event));
            }
            _ => self.skipped += 1,
        }
        Ok(self.floor.is_none().then_some(event))
    }

    /// Lets the state take in an event of its channel; returns whether to tell it. What has a meaning
    /// without the state is told after a `reset` too, and trades go on.
    fn take(&mut self, event: &WireEvent) -> Result<bool, DecodeError> {
        if self.state.is_valid {
            apply(&mut self.state, event)?;
            return Ok(true);
        }
        let is_of_book = matches!(event.body, Body::Update { .. } | Body::Orders { .. });
        if self.floor.is_some() || is_of_book {
            return Ok(false);
        }
        if matches!(self.state.held, Held::Trade { last_trade_id, .. } if last_trade_id != 0) {
            apply(&mut self.state, event)?;
        }
        Ok(true)
    }

    /// WIRE §7.2: "tell the application which events of the old epoch it did not see".
    fn new_epoch(
        &mut self,
        cursor: EntryId,
        head: Head,
        epoch: Box<Epoch>,
        told: &mut impl Extend<Told>,
    ) {
        self.drop_state(Want::Entries);
        forget(&mut self.state);
        self.cursor = Some(head.entry_id);
        self.after = None;
        self.state.entry_id = head.entry_id;
        let (mut unseen, mut missed) = (None, None);
        if let (Some(prev_epoch), Some(prev_seq)) = (epoch.prev_epoch, epoch.prev_seq) {
            let first = if prev_epoch == cursor.epoch { cursor.seq.saturating_add(1) } else { 0 };
            // Below the cursor: a failover took back what was seen, there is nothing more to tell.
            if cursor < EntryId::new(prev_epoch, prev_seq) {
                unseen = Some(range(prev_epoch, first, prev_seq));
            }
            if let (Some(first), Some(last)) = (epoch.missed_first, epoch.missed_last) {
                missed = Some(range(prev_epoch, first, last));
            }
        }
        if unseen.is_some() || missed.is_some() {
            told.extend([Told::Missed { unseen, missed }]);
        }
        told.extend([Told::Wire(WireEvent { head, body: Body::Epoch(epoch) })]);
    }

    /// WIRE §7.2: a snapshot before the hole would lead here again, so wait for a later one.
    fn gap(&mut self, cursor: EntryId, found: EntryId) -> Told {
        self.wait_for(found, found.before(), cursor);
        Told::Gap { cursor, found }
    }

    /// WIRE §7.3: keep the place in the sequence, and want a snapshot that is not older.
    fn quarantine(&mut self, error: DecodeError, entry_id: EntryId, after: EntryId) -> Told {
        self.wait_for(entry_id, entry_id, after);
        Told::Quarantined { code: error.code, entry_id, place: error.place }
    }

    /// Reads on from `cursor` without a state, until a snapshot from `floor` on helps.
    fn wait_for(&mut self, cursor: EntryId, floor: EntryId, after: EntryId) {
        self.after = self.after.or(Some(after));
        self.drop_state(Want::Join);
        forget(&mut self.state);
        self.cursor = Some(cursor);
        self.floor = Some(floor);
    }

    fn drop_state(&mut self, wants: Want) {
        self.state.is_valid = false;
        self.wants = wants;
        if wants != Want::Join {
            self.floor = None;
        }
    }

    fn proven(
        &self,
        entry_id: EntryId,
        data: Option<&[u8]>,
    ) -> Result<(Head, Snapshot), DecodeError> {
        let data = data.ok_or(DecodeError::new(Code::Schema, "field d"))?;
        let event = decode(entry_id, data, Place::snap(self.channel))?;
        let Body::Snapshot(snapshot) = event.body else {
            return Err(DecodeError::new(Code::Schema, "t"));
        };
        prove(&snapshot, event.head.flags)?;
        Ok((event.head, *snapshot))
    }

    fn load(&mut self, head: Head, snapshot: Snapshot) -> Result<(), DecodeError> {
        load(&mut self.state, snapshot)?;
        self.state.entry_id = head.entry_id;
        self.state.ts_event = head.ts_event;
        self.state.is_valid = true;
        self.wants = Want::Entries;
        (self.after, self.floor) = (None, None);
        Ok(())
    }
}

fn range(epoch: u64, first: u64, last: u64) -> Range {
    Range { first: EntryId::new(epoch, first), last: EntryId::new(epoch, last) }
}
