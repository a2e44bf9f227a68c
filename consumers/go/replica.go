// A consumer's state kept equal to the publisher's: the machine of WIRE §7, for one stream.
//
// Pure: no I/O, no clock, no randomness. A shell asks Wants, reads that, and hands in what it read
// together with now (the time of any monotonic clock). What is told goes to a function, one event at a
// time, so that Event.State is the state right after that event; the function returns false to be
// told no more. What a channel's events do to its state stands in channels.go. Promises: a valid state
// is contiguous, a valid book proven by its checksum; what was not seen is told.
//
//	| wants       | the shell reads             | hands it to  | wants next                     |
//	|-------------|-----------------------------|--------------|--------------------------------|
//	| WantJoin    | newest entry of .snap       | SnapshotRead | entries, if it is good, helps  |
//	| WantEntries | the stream after Position   | Received     | join, pointer, heads           |
//	| WantPointer | .snap at the cursor's id    | PointerRead  | entries; join if gone or bad   |
//	| WantHeads   | the stream's newest id      | HeadsRead    | what it wanted before, or join |
//
// Whenever there is a Position entries are read on, also while it wants heads or, after a gap or a bad
// entry, a join: then the first that helps is taken, be it a snapshot of .snap that is not older or an
// epoch or snapshot event (WIRE §7.3).

package pykraken

import "time"

const silence = 15 * time.Second // WIRE §7.4: three heartbeats

// Want is what a replica wants to be read next.
type Want uint8

// What a replica wants.
const (
	WantJoin Want = iota
	WantEntries
	WantPointer
	WantHeads
)

// String returns the word of the vectors.
func (w Want) String() string { return [...]string{"join", "entries", "pointer", "heads"}[w] }

// Entry is one entry of a stream: its id and the value of its field d, nil where it has none.
type Entry struct {
	ID EntryID
	D  []byte
}

// Tell takes an event, and returns false when no more is wanted.
type Tell func(Event) bool

// Replica is the replica of one stream.
type Replica struct {
	stream     string
	place      place
	state      State
	standing   *Standing
	room       room
	wants      Want
	isWaiting  bool // what a stream without a snapshot means: wait, or NoStream
	skipped    uint64
	at         Optional[EntryID]
	floor      Optional[EntryID] // after a gap or a bad entry: what helps is not older
	after      Optional[EntryID] // the last entry told, while some are not
	refused    Optional[EntryID] // a bad snapshot of .snap, told once
	suspect    Optional[EntryID] // the head of an older epoch at the last look
	heard      time.Duration
	looked     time.Duration
	staleTold  bool
	trimIsTold bool
}

// NewReplica returns the replica of a stream that has read nothing. It waits for a first snapshot; with
// isWaiting false SnapshotRead returns NoStream where there is none.
func NewReplica(stream string, now time.Duration, isWaiting bool) *Replica {
	at := placeOf(stream)
	state := newState(at.channel)
	return &Replica{
		stream: stream, place: at, state: state, standing: state.Stand(),
		isWaiting: isWaiting, heard: now, looked: now,
	}
}

// Stream returns the stream's key.
func (r *Replica) Stream() string { return r.stream }

// State returns the state as it is; it changes in place.
func (r *Replica) State() State { return r.state }

// Wants returns what it wants to be read next.
func (r *Replica) Wants() Want { return r.wants }

// Skipped returns how many events were of an unknown type.
func (r *Replica) Skipped() uint64 { return r.skipped }

// Cursor returns the id of the last entry taken in, and false before the first join.
func (r *Replica) Cursor() (EntryID, bool) { return r.at.Value, r.at.OK }

// Position returns the id after which entries are to be read, and false while none are.
func (r *Replica) Position() (EntryID, bool) {
	if r.wants == WantPointer || (r.wants == WantJoin && !r.floor.OK) {
		return EntryID{}, false
	}
	return r.at.Value, r.at.OK
}

// Tick lets time pass: after 15 s without an entry the newest ids are wanted (WIRE §7.4).
func (r *Replica) Tick(now time.Duration) {
	if _, ok := r.Position(); ok && min(now-r.heard, now-r.looked) >= silence {
		r.wants = WantHeads
	}
}

// Received takes entries in the stream's order; while none are read they are ignored. It returns false
// when tell did.
func (r *Replica) Received(entries []Entry, now time.Duration, tell Tell) bool {
	for i := range entries {
		cursor, ok := r.Position()
		if !ok {
			return true
		}
		if !r.entry(cursor, &entries[i], now, tell) {
			return false
		}
	}
	return true
}

// SnapshotRead takes the newest entry of .snap, nil when there is none (WIRE §7.1). It returns a
// *NoStream when there never was one and the application asked not to wait.
func (r *Replica) SnapshotRead(newest *Entry, now time.Duration, tell Tell) error {
	if newest == nil && !r.isWaiting && !r.at.OK {
		return &NoStream{r.stream}
	}
	if r.wants != WantJoin || newest == nil || r.refused == Some(newest.ID) {
		return nil
	}
	if r.floor.OK && newest.ID.Less(r.floor.Value) {
		return nil
	}
	after := r.after
	if !after.OK {
		after = r.at
	}
	snapshot, err := provenSnapshot(newest.ID, newest.D, r.place.channel)
	if err != nil {
		r.refused = Some(newest.ID)
		tell(r.event(quarantined(err, newest.ID)))
		return nil
	}
	r.load(snapshot)
	r.at = Some(newest.ID)
	r.hear(now)
	tell(r.event(Joined{newest.ID, after}))
	return nil
}

// PointerRead takes the entry of .snap at the cursor's id, nil when it is gone (WIRE §7.2).
func (r *Replica) PointerRead(found *Entry, now time.Duration, tell Tell) {
	if r.wants != WantPointer || !r.at.OK {
		return
	}
	cursor := r.at.Value
	var snapshot AnySnapshot
	var err error = &DecodeError{CodePointer, "its snapshot is gone"}
	if found != nil {
		snapshot, err = provenSnapshot(cursor, found.D, r.place.channel)
	}
	if err != nil {
		r.quarantine(err, cursor, before(cursor), tell)
		return
	}
	r.load(snapshot)
	r.hear(now)
	tell(r.event(snapshot))
}

// HeadsRead takes the stream's last id, nil when it has none (WIRE §7.4).
func (r *Replica) HeadsRead(last *EntryID, now time.Duration, tell Tell) {
	if r.wants != WantHeads || !r.at.OK {
		return
	}
	cursor := r.at.Value
	r.looked = now
	r.wants = r.onward()
	if last != nil && cursor.Less(*last) {
		r.wants = WantJoin
		return
	}
	if last != nil && last.Epoch < cursor.Epoch {
		suspect := r.suspect
		r.suspect = Some(*last)
		if !suspect.OK {
			return
		}
		if suspect.Value.Less(*last) {
			r.drop(WantJoin)
			none := Optional[EntryID]{}
			r.at, r.after, r.floor, r.suspect, r.refused = none, none, none, none, none
			tell(r.event(Regression{cursor, *last}))
			return
		}
	}
	if r.staleTold {
		return
	}
	r.standing.IsStale, r.staleTold = true, true
	tell(r.event(Stale{now - r.heard}))
}

// HorizonRead takes the ids of the stream's first and last entry while reading lags (WIRE §7.5).
func (r *Replica) HorizonRead(first, last EntryID, tell Tell) {
	if !r.at.OK || r.trimIsTold {
		return
	}
	cursor := r.at.Value
	kept, ahead := cursor.Seq, last.Seq
	if first.Epoch == cursor.Epoch {
		kept -= min(kept, first.Seq)
	}
	if last.Epoch == cursor.Epoch {
		ahead -= min(ahead, cursor.Seq)
	} else {
		ahead++
	}
	if r.trimIsTold = ahead > kept; r.trimIsTold {
		tell(r.event(TrimWarning{cursor, first, last}))
	}
}

// CaughtUp notes that reading no longer lags: the next time that it does is worth a warning again.
func (r *Replica) CaughtUp() { r.trimIsTold = false }

// Disconnected notes that the server is away: the state stands still from here.
func (r *Replica) Disconnected(reason string, tell Tell) bool {
	r.standing.IsStale = r.standing.IsValid
	return tell(r.event(Disconnected{reason}))
}

// Reconnected notes that the server answers again; the state is up to date when the next entry comes.
func (r *Replica) Reconnected(tell Tell) bool { return tell(r.event(Reconnected{})) }

func (r *Replica) event(body Body) Event { return Event{r.stream, r.state, body} }

func (r *Replica) hear(now time.Duration) {
	r.heard, r.looked = now, now
	r.suspect.OK, r.staleTold = false, false
	r.standing.IsStale = false
	if r.wants == WantHeads {
		r.wants = r.onward()
	}
}

// onward returns what it wants when nothing else is wanted.
func (r *Replica) onward() Want {
	if r.floor.OK {
		return WantJoin
	}
	return WantEntries
}
