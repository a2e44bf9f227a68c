// How a replica acts on each entry (WIRE §7.2, §7.3). Pure; see replica.go.

package pykraken

import (
	"errors"
	"time"
)

// entry acts on one entry, whatever it is. It returns false when tell did.
func (r *Replica) entry(cursor EntryID, entry *Entry, now time.Duration, tell Tell) bool {
	id := entry.ID
	if !cursor.Less(id) {
		return true
	}
	r.hear(now)
	if !cursor.isFollowedBy(id) {
		return r.gap(cursor, id, tell)
	}
	if entry.D == nil {
		return r.quarantine(&DecodeError{CodeSchema, "field d"}, id, cursor, tell)
	}
	event, err := decode(id, entry.D, r.place, &r.room)
	if err != nil {
		return r.quarantine(err, id, cursor, tell)
	}
	if id.Epoch == cursor.Epoch {
		return r.next(cursor, event, tell)
	}
	if epoch, ok := event.(*Epoch); ok {
		return r.epoch(cursor, epoch, tell)
	}
	return r.gap(cursor, id, tell)
}

// next acts on the entry that follows the cursor.
func (r *Replica) next(cursor EntryID, event WireEvent, tell Tell) bool {
	stamp := event.Stamp()
	r.at.Value = stamp.ID
	isTold, err := r.act(event)
	if err != nil {
		return r.quarantine(err, stamp.ID, cursor, tell)
	}
	if !isTold {
		return true
	}
	r.standing.Seq = stamp.ID.Seq
	if stamp.TsEvent != 0 { // else the venue gave none: what the state shows is as old as it was
		r.standing.TsEvent = stamp.TsEvent
	}
	return tell(Event{r.stream, r.state, event})
}

// act acts by WIRE §7.2 and returns whether to tell, or an error that §7.3 is for.
func (r *Replica) act(event WireEvent) (isTold bool, err error) {
	switch e := event.(type) {
	case ChannelEvent:
		return r.take(e)
	case AnySnapshot:
		if e.Head().IsPointer {
			r.drop(WantPointer)
			return false, nil
		}
		if err := prove(e); err != nil {
			return false, err
		}
		r.load(e)
		return true, nil
	case *Heartbeat:
		if book, ok := r.state.(interface{ Checksum() uint32 }); ok && r.standing.IsValid && e.Checksum.OK {
			if err := compare(book.Checksum(), e.Checksum.Value); err != nil {
				return false, err
			}
		}
	case *Reset:
		r.standing.IsValid = false
		r.raiseFloor(e.ID)
		return true, nil
	case *Bye:
		r.standing.IsStale = true
		r.raiseFloor(e.ID)
		return true, nil
	default:
		r.skipped++
	}
	return !r.floor.OK, nil
}

// raiseFloor: told while a good snapshot is awaited, so none before it helps, or it were told twice.
func (r *Replica) raiseFloor(id EntryID) {
	if r.floor.OK {
		r.floor.Value = id
	}
}

// take lets the state take in an event of its channel, and returns whether to tell it. What has a
// meaning without the state is told after a reset too, and trades go on.
func (r *Replica) take(event ChannelEvent) (isTold bool, err error) {
	if r.standing.IsValid {
		return true, apply(r.state, event)
	}
	if r.floor.OK {
		return false, nil
	}
	switch event.(type) {
	case *Update, *Orders:
		return false, nil
	case *Trades, *TradesGap:
		if trades, ok := r.state.(*TradesState); ok && trades.LastTradeID != 0 {
			return true, apply(r.state, event)
		}
	}
	return true, nil
}

// epoch: "tell the application which events of the old epoch it did not see" (WIRE §7.2).
func (r *Replica) epoch(cursor EntryID, event *Epoch, tell Tell) bool {
	r.drop(WantEntries)
	forget(r.state)
	r.at, r.after.OK = Some(event.ID), false
	r.standing.Epoch, r.standing.Seq = event.ID.Epoch, event.ID.Seq
	var told Missed
	if event.Prev.OK {
		prev := event.Prev.Value
		first := EntryID{Epoch: prev.Epoch}
		if prev.Epoch == cursor.Epoch {
			first.Seq = cursor.Seq + 1
		}
		// Below the cursor: a failover took back what was seen, there is nothing more to tell.
		if cursor.Less(prev) {
			told.Unseen = Some(Range{first, prev})
		}
		if event.Missed.OK {
			span := event.Missed.Value
			told.Missed = Some(Range{EntryID{prev.Epoch, span[0]}, EntryID{prev.Epoch, span[1]}})
		}
	}
	if (told.Unseen.OK || told.Missed.OK) && !tell(r.event(told)) {
		return false
	}
	return tell(r.event(event))
}

// gap: a snapshot before the hole would lead here again, so wait for a later one (WIRE §7.2).
func (r *Replica) gap(cursor, found EntryID, tell Tell) bool {
	r.await(found, EntryID{found.Epoch, max(found.Seq, 1) - 1}, cursor)
	return tell(r.event(Gap{cursor, found}))
}

// quarantine keeps the place in the sequence, and wants a snapshot that is not older (WIRE §7.3).
func (r *Replica) quarantine(err error, id, after EntryID, tell Tell) bool {
	r.await(id, id, after)
	return tell(r.event(quarantined(err, id)))
}

// await reads on from cursor without a state, until a snapshot from floor on helps.
func (r *Replica) await(cursor, floor, after EntryID) {
	if !r.after.OK {
		r.after = Some(after)
	}
	r.drop(WantJoin)
	forget(r.state)
	r.at, r.floor = Some(cursor), Some(floor)
}

func (r *Replica) drop(wants Want) {
	r.standing.IsValid = false
	r.wants = wants
	if wants != WantJoin {
		r.floor.OK = false
	}
}

func (r *Replica) load(snapshot AnySnapshot) {
	load(r.state, snapshot)
	stamp := snapshot.Stamp()
	r.standing.Epoch, r.standing.Seq = stamp.ID.Epoch, stamp.ID.Seq
	r.standing.TsEvent = stamp.TsEvent
	r.standing.IsValid = true
	r.wants = WantEntries
	r.after.OK, r.floor.OK = false, false
}

func quarantined(err error, id EntryID) Quarantined {
	var bad *DecodeError
	if errors.As(err, &bad) {
		return Quarantined{bad.Code, id, bad.Where}
	}
	return Quarantined{CodeSchema, id, err.Error()}
}

// before returns the id before one of a snapshot event, whose seq is never 0.
func before(id EntryID) EntryID { return EntryID{id.Epoch, id.Seq - 1} }
