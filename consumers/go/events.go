// What the application is given: events of the wire, and events of the consumer's own. Types only:
// nothing here decodes, reads or decides.

package pykraken

import "time"

// Body says what happened: a pointer to an event of the wire (a WireEvent, such as *Update), or an
// event of the consumer's own: Joined, Gap, Missed, Quarantined, Stale, Regression, TrimWarning,
// Disconnected, Reconnected, LineUp, LineDown or Jump. Switch on its type.
type Body interface{ isBody() }

// Event is what the application gets. State is the state right after it: it changes in place when the
// next event is taken.
type Event struct {
	Stream string
	State  State
	Body   Body
}

// Book returns the state of a book's stream, and nil for the streams of other channels.
func (e Event) Book() *Book {
	book, _ := e.State.(*Book)
	return book
}

// OrderBook returns the state of a level3 stream, and nil for the streams of other channels.
func (e Event) OrderBook() *OrderBook {
	book, _ := e.State.(*OrderBook)
	return book
}

// Range is the entries from First to Last of one epoch, both included.
type Range struct {
	First EntryID
	Last  EntryID
}

// Joined says that the state was loaded at Cursor; entries after After (absent: nothing was seen) and
// up to it were not told. Where Cursor is below After, entries come a second time.
type Joined struct {
	Cursor EntryID
	After  Optional[EntryID]
}

// Gap has the code GAP: after Cursor the stream goes on at Found. The state is invalid until loaded.
type Gap struct {
	Cursor EntryID
	Found  EntryID
}

// Missed comes before an Epoch: what of the old epoch was written and not seen, and what was published
// to nobody.
type Missed struct {
	Unseen Optional[Range]
	Missed Optional[Range]
}

// Quarantined is a bad entry: its id and code (of decoding, CHECKSUM or POINTER). The state is invalid.
// After this and after Gap, until the state is there again, only resets, byes and epochs are told.
type Quarantined struct {
	Code  Code
	ID    EntryID
	Where string
}

// Stale has the code STALE: no entry for Age.
type Stale struct{ Age time.Duration }

// Regression has the code REGRESSION: the stream was rolled back from Cursor to Head, and goes on from
// there.
type Regression struct {
	Cursor EntryID
	Head   EntryID
}

// TrimWarning says that more than half of the kept entries (First to Last) lie after Cursor: read
// faster.
type TrimWarning struct {
	Cursor EntryID
	First  EntryID
	Last   EntryID
}

// Disconnected says that Redis is away; the client tries again by itself. The state stands still.
type Disconnected struct{ Reason string }

// Reconnected says that Redis answers again; the sequence goes on where it stood.
type Reconnected struct{}

// LineUp says that, of two lines followed as one (WIRE §7.7), Line has a valid state.
type LineUp struct{ Line string }

// LineDown says that Line is lost, by what Cause says; the other, where it is up, carries on and
// nothing is missing. The state is invalid or stale only when both are lost.
type LineDown struct {
	Line  string
	Cause Body
}

// Jump says that it goes on with Line where the two lines did not meet: the state is whole and proven,
// but events between may have been told by neither, or are told a second time.
type Jump struct{ Line string }

func (Joined) isBody()       {}
func (Gap) isBody()          {}
func (Missed) isBody()       {}
func (Quarantined) isBody()  {}
func (Stale) isBody()        {}
func (Regression) isBody()   {}
func (TrimWarning) isBody()  {}
func (Disconnected) isBody() {}
func (Reconnected) isBody()  {}
func (LineUp) isBody()       {}
func (LineDown) isBody()     {}
func (Jump) isBody()         {}
