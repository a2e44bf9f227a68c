//! A consumer's state kept equal to the publisher's: the machine of WIRE §7, for one stream.
//!
//! Pure: no I/O, no clock, no randomness. A shell asks [`Replica::wants`], reads that, and hands in
//! what it read together with `now` (of any monotonic clock). Every method that takes something in
//! puts the events for the application behind those in `told`, each with the state right after it.
//! What a channel's events do to its state stands in `channels`. Promises: a valid state is
//! contiguous, a valid book proven by its checksum; what was not seen is told.
//!
//! | wants     | the shell reads             | hands it to     | wants next                         |
//! |-----------|-----------------------------|-----------------|------------------------------------|
//! | `Join`    | newest entry of `.snap`     | `snapshot_read` | `Entries`, if it is good and helps |
//! | `Entries` | the stream after `position` | `received`      | `Join`, `Pointer`, `Heads`         |
//! | `Pointer` | `.snap` at the cursor's id  | `pointer_read`  | `Entries`; `Join` if gone or bad   |
//! | `Heads`   | the stream's newest id      | `heads_read`    | what it wanted before, or `Join`   |
//!
//! Whenever `position` is not `None` entries are read on, also while it wants `Heads` or, after a
//! gap or a bad entry, `Join`: then the first that helps is taken, be it a snapshot of `.snap` that
//! is not older or an `epoch` or `snapshot` event (WIRE §7.3).

mod acting;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::errors::{Code, DecodeError, Error};
use crate::events::{Body, Event};
use crate::states::State;
use crate::wire::{Channel, EntryId, Place, WireBody, decode};
use acting::before;

/// WIRE §7.4: three heartbeats.
const SILENCE: Duration = Duration::from_secs(15);

/// Events for the application, in their order.
pub type Told = VecDeque<Event>;

/// What a replica must be handed next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the module's table says what each is
pub enum Want {
    Join,
    Entries,
    Pointer,
    Heads,
}

/// What a stream without a snapshot means to the application.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// Wait for the first.
    #[default]
    Wait,
    /// It is [`Error::NoStream`].
    Fail,
}

/// The replica of one stream.
#[derive(Debug)]
pub struct Replica {
    stream: Arc<str>,
    channel: Channel,
    missing: Missing,
    state: Arc<State>,
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
    /// A replica that has read nothing of the stream at the key `stream`.
    #[must_use]
    pub fn new(stream: &str, now: Duration, missing: Missing) -> Self {
        let channel = Place::of_key(stream).channel().unwrap_or_default();
        Self {
            stream: stream.into(),
            channel,
            missing,
            state: Arc::new(State::new(channel)),
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
    #[must_use]
    pub const fn stream(&self) -> &Arc<str> {
        &self.stream
    }

    /// The stream's channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// The state as it stands.
    #[must_use]
    pub const fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// What the shell must read next.
    #[must_use]
    pub const fn wants(&self) -> Want {
        self.wants
    }

    /// How many events meant nothing to this reader.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The id of the last entry taken in, `None` before the first join.
    #[must_use]
    pub const fn cursor(&self) -> Option<EntryId> {
        self.cursor
    }

    /// The id after which entries are to be read, `None` while none are.
    #[must_use]
    pub fn position(&self) -> Option<EntryId> {
        let is_idle =
            self.wants == Want::Pointer || (self.wants == Want::Join && self.floor.is_none());
        if is_idle { None } else { self.cursor }
    }

    /// Let time pass: after 15 s without an entry the newest ids are wanted (WIRE §7.4).
    pub fn tick(&mut self, now: Duration) {
        let since = now.saturating_sub(self.heard.max(self.looked));
        if self.position().is_some() && since >= SILENCE {
            self.wants = Want::Heads;
        }
    }

    /// Take the next entry of the stream (its field `d`, `None` without one); while none are read
    /// it is ignored (WIRE §7.2).
    pub fn received(
        &mut self,
        entry_id: EntryId,
        data: Option<&[u8]>,
        now: Duration,
        told: &mut Told,
    ) {
        let Some(cursor) = self.position() else { return };
        if entry_id <= cursor {
            return;
        }
        self.hear(now);
        if !cursor.is_followed_by(entry_id) {
            return self.gap(cursor, entry_id, told);
        }
        let event = data
            .ok_or(DecodeError::new(Code::Schema, "field d"))
            .and_then(|data| decode(entry_id, data, Place::Stream(self.channel)));
        match event {
            Err(error) => self.quarantine(error, entry_id, cursor, told),
            Ok(event) if entry_id.epoch == cursor.epoch => self.next(cursor, event, told),
            Ok(event) => match &event.body {
                WireBody::Epoch(epoch) => {
                    let missed = self.epoch(cursor, entry_id, epoch);
                    self.tell_missed(missed, told);
                    self.tell(Body::Wire(event), told);
                }
                _ => self.gap(cursor, entry_id, told),
            },
        }
    }

    /// Take the newest entry of `.snap`, or `None` when there is none (WIRE §7.1).
    ///
    /// # Errors
    /// [`Error::NoStream`] when there never was one and the application asked not to wait.
    pub fn snapshot_read(
        &mut self,
        entry: Option<(EntryId, Option<&[u8]>)>,
        now: Duration,
        told: &mut Told,
    ) -> Result<(), Error> {
        let Some((entry_id, data)) = entry else {
            let is_none = self.missing == Missing::Fail && self.cursor.is_none();
            let wanted = self.stream.to_string();
            return if is_none { Err(Error::NoStream { wanted }) } else { Ok(()) };
        };
        let is_old = self.floor.is_some_and(|floor| entry_id < floor);
        if self.wants != Want::Join || is_old || self.refused == Some(entry_id) {
            return Ok(());
        }
        let after = self.after.or(self.cursor);
        match self.loaded(entry_id, data) {
            Err(DecodeError { code, at }) => {
                self.refused = Some(entry_id);
                self.tell(Body::Quarantined { code, entry_id, at }, told);
            }
            Ok(_) => {
                self.cursor = Some(entry_id);
                self.hear(now);
                self.tell(Body::Joined { cursor: entry_id, after }, told);
            }
        }
        Ok(())
    }

    /// Take the entry of `.snap` at the cursor's id, or `None` when it is gone (WIRE §7.2).
    pub fn pointer_read(&mut self, entry: Option<Option<&[u8]>>, now: Duration, told: &mut Told) {
        let (Want::Pointer, Some(cursor)) = (self.wants, self.cursor) else { return };
        let event = entry
            .ok_or(DecodeError::new(Code::Pointer, "its snapshot is gone"))
            .and_then(|data| self.loaded(cursor, data));
        match event {
            Err(error) => self.quarantine(error, cursor, before(cursor), told),
            Ok(event) => {
                self.hear(now);
                self.tell(Body::Wire(event), told);
            }
        }
    }

    /// Take the stream's last id, `None` when it has none (WIRE §7.4).
    pub fn heads_read(&mut self, last: Option<EntryId>, now: Duration, told: &mut Told) {
        let (Want::Heads, Some(cursor)) = (self.wants, self.cursor) else { return };
        self.looked = now;
        self.wants = if self.floor.is_none() { Want::Entries } else { Want::Join };
        match last {
            Some(last) if last > cursor => {
                self.wants = Want::Join;
                return;
            }
            Some(last) if last.epoch < cursor.epoch => match self.suspect.replace(last) {
                None => return,
                Some(suspect) if last > suspect => {
                    self.forget_all();
                    let body = Body::Regression { cursor, head: last };
                    return self.tell(body, told);
                }
                Some(_) => {}
            },
            _ => {}
        }
        if !self.is_stale_told {
            self.is_stale_told = true;
            self.change(|state| state.is_stale = true);
            self.tell(Body::Stale { age: now.saturating_sub(self.heard) }, told);
        }
    }

    /// Take the ids of the stream's first and last entry while reading lags (WIRE §7.5).
    pub fn horizon_read(&mut self, first: EntryId, last: EntryId, told: &mut Told) {
        let Some(cursor) = self.cursor else { return };
        if self.is_trim_told {
            return;
        }
        let is_within = first.epoch == cursor.epoch;
        let kept = if is_within { cursor.seq.saturating_sub(first.seq) } else { cursor.seq };
        let is_near = last.epoch == cursor.epoch;
        let ahead =
            if is_near { last.seq.saturating_sub(cursor.seq) } else { last.seq.saturating_add(1) };
        if ahead > kept {
            self.is_trim_told = true;
            self.tell(Body::TrimWarning { cursor, first, last }, told);
        }
    }

    /// Note that reading no longer lags: the next time that it does is worth a warning again.
    pub fn caught_up(&mut self) {
        self.is_trim_told = false;
    }

    /// Note that the server is away: the state stands still from here.
    pub fn disconnected(&mut self, reason: &str, told: &mut Told) {
        self.change(|state| state.is_stale = state.is_valid);
        self.tell(Body::Disconnected { reason: reason.to_owned() }, told);
    }

    /// Note that the server answers again; the state is up to date when the next entry comes.
    pub fn reconnected(&mut self, told: &mut Told) {
        self.tell(Body::Reconnected, told);
    }

    fn tell(&self, body: Body, told: &mut Told) {
        let (stream, state) = (Arc::clone(&self.stream), Arc::clone(&self.state));
        told.push_back(Event { stream, state, body });
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut State) -> T) -> T {
        change(Arc::make_mut(&mut self.state))
    }

    fn hear(&mut self, now: Duration) {
        self.heard = now;
        self.looked = now;
        self.suspect = None;
        self.is_stale_told = false;
        if self.state.is_stale {
            self.change(|state| state.is_stale = false);
        }
        if self.wants == Want::Heads {
            self.wants = if self.floor.is_none() { Want::Entries } else { Want::Join };
        }
    }
}
