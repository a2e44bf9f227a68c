//! What each entry does to a replica: WIRE §7.2 and §7.3, entry by entry.

use super::{Replica, Told, Want};
use crate::channels::{apply, compare, forget, load, prove, proven_snapshot};
use crate::errors::DecodeError;
use crate::events::{Body, Span};
use crate::states::Holding;
use crate::wire::{EntryId, Epoch, Heartbeat, Place, WireBody, WireEvent};

impl Replica {
    /// Act on the entry that follows the cursor.
    pub(super) fn next(&mut self, cursor: EntryId, event: WireEvent, told: &mut Told) {
        let entry_id = event.entry_id;
        self.cursor = Some(entry_id);
        match self.act(&event) {
            Err(error) => self.quarantine(error, entry_id, cursor, told),
            Ok(false) => {}
            Ok(true) => {
                let is_known = !matches!(event.body, WireBody::Unknown { .. });
                self.change(|state| {
                    state.seq = entry_id.seq;
                    // 0: the venue gave none, so what the state shows is as old as it was.
                    if is_known && event.ts_event != 0 {
                        state.ts_event = event.ts_event;
                    }
                });
                self.tell(Body::Wire(event), told);
            }
        }
    }

    /// Act by WIRE §7.2 and return whether to tell. The codes are those that §7.3 is for.
    pub(super) fn act(&mut self, event: &WireEvent) -> Result<bool, DecodeError> {
        match &event.body {
            WireBody::Snapshot(snapshot) if snapshot.content.is_none() => {
                self.drop_state(Want::Pointer);
                return Ok(false);
            }
            WireBody::Snapshot(snapshot) => {
                prove(snapshot, event.flags)?;
                self.load(event)?;
                return Ok(true);
            }
            body if body.is_of_channel() => return self.take(event),
            WireBody::Heartbeat(Heartbeat { checksum: Some(told), .. }) if self.state.is_valid => {
                self.state.checksum().map_or(Ok(()), |own| compare(own, *told))?;
            }
            WireBody::Heartbeat(_) => {}
            WireBody::Reset(_) | WireBody::Bye { .. } => {
                if self.floor.is_some() {
                    // Told while a good snapshot is awaited: none before it, or it were told twice.
                    self.floor = Some(event.entry_id);
                }
                let is_reset = matches!(event.body, WireBody::Reset(_));
                self.change(|state| {
                    if is_reset {
                        state.is_valid = false;
                    } else {
                        state.is_stale = true;
                    }
                });
                return Ok(true);
            }
            _ => self.skipped += 1,
        }
        Ok(self.floor.is_none())
    }

    /// Let the state take in an event of its channel, and return whether to tell it.
    ///
    /// What has a meaning without the state is told after a `reset` too, and trades go on.
    pub(super) fn take(&mut self, event: &WireEvent) -> Result<bool, DecodeError> {
        if self.state.is_valid {
            self.change(|state| apply(state, event))?;
            return Ok(true);
        }
        if self.floor.is_some() || matches!(event.body, WireBody::Update(_) | WireBody::Orders(_)) {
            return Ok(false);
        }
        if matches!(&self.state.holding, Holding::Trade(held) if held.last_trade_id != 0) {
            self.change(|state| apply(state, event))?;
        }
        Ok(true)
    }

    /// WIRE §7.2: "tell the application which events of the old epoch it did not see".
    pub(super) fn epoch(&mut self, cursor: EntryId, entry_id: EntryId, epoch: &Epoch) -> Missed {
        self.drop_state(Want::Entries);
        self.cursor = Some(entry_id);
        self.after = None;
        self.change(|state| {
            forget(state);
            state.epoch = entry_id.epoch;
            state.seq = entry_id.seq;
        });
        let Some(last) = epoch.previous else { return (None, None) };
        let span = |first, last_seq| {
            let at = |seq| EntryId { epoch: last.epoch, seq };
            Span { first: at(first), last: at(last_seq) }
        };
        let first = if last.epoch == cursor.epoch { cursor.seq.saturating_add(1) } else { 0 };
        // Below the cursor: a failover took back what was seen, there is nothing more to tell.
        let unseen = (cursor < last).then(|| span(first, last.seq));
        (unseen, epoch.missed.map(|(first, last)| span(first, last)))
    }

    pub(super) fn tell_missed(&self, (unseen, missed): Missed, told: &mut Told) {
        if unseen.is_some() || missed.is_some() {
            self.tell(Body::Missed { unseen, missed }, told);
        }
    }

    /// WIRE §7.2: a snapshot before the hole would lead here again, so wait for a later one.
    pub(super) fn gap(&mut self, cursor: EntryId, found: EntryId, told: &mut Told) {
        self.await_from(found, before(found), cursor);
        self.tell(Body::Gap { cursor, found }, told);
    }

    /// WIRE §7.3: keep the place in the sequence, and want a snapshot that is not older.
    pub(super) fn quarantine(
        &mut self,
        DecodeError { code, at }: DecodeError,
        entry_id: EntryId,
        after: EntryId,
        told: &mut Told,
    ) {
        self.await_from(entry_id, entry_id, after);
        self.tell(Body::Quarantined { code, entry_id, at }, told);
    }

    /// Read on from `cursor` without a state, until a snapshot from `floor` on helps.
    pub(super) fn await_from(&mut self, cursor: EntryId, floor: EntryId, after: EntryId) {
        self.after.get_or_insert(after);
        self.drop_state(Want::Join);
        self.change(forget);
        self.cursor = Some(cursor);
        self.floor = Some(floor);
    }

    pub(super) fn drop_state(&mut self, wants: Want) {
        self.change(|state| state.is_valid = false);
        self.wants = wants;
        if wants != Want::Join {
            self.floor = None;
        }
    }

    pub(super) fn forget_all(&mut self) {
        self.drop_state(Want::Join);
        self.cursor = None;
        self.after = None;
        self.floor = None;
        self.suspect = None;
        self.refused = None;
    }

    /// Load what an entry of `.snap` holds, if it is good.
    pub(super) fn loaded(
        &mut self,
        entry_id: EntryId,
        data: Option<&[u8]>,
    ) -> Result<WireEvent, DecodeError> {
        let event = proven_snapshot(entry_id, data, Place::Snap(self.channel))?;
        self.load(&event)?;
        Ok(event)
    }

    pub(super) fn load(&mut self, event: &WireEvent) -> Result<(), DecodeError> {
        if let WireBody::Snapshot(snapshot) = &event.body {
            self.change(|state| load(state, snapshot))?;
        }
        self.change(|state| {
            state.epoch = event.entry_id.epoch;
            state.seq = event.entry_id.seq;
            state.ts_event = event.ts_event;
            state.is_valid = true;
        });
        self.wants = Want::Entries;
        self.after = None;
        self.floor = None;
        Ok(())
    }
}

/// What was not seen and what was published to nobody.
pub(super) type Missed = (Option<Span>, Option<Span>);

pub(super) const fn before(entry_id: EntryId) -> EntryId {
    EntryId { epoch: entry_id.epoch, seq: entry_id.seq.saturating_sub(1) }
}
