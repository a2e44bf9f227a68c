// Any stream's entries as they are, decoded and in order. Knows nothing of states.

package pykraken

import (
	"context"
	"errors"
	"sync/atomic"
)

// Record is one entry of any stream as Entries and Status give it. Body is an event of the wire,
// Quarantined for an entry that does not decode, Gap for a hole before the next one, or Disconnected or
// Reconnected.
type Record struct {
	Stream string
	Body   Body
}

// Start says where Entries begin.
type Start struct {
	from string
	id   EntryID
}

// Where Entries may begin: behind the newest entry, with the newest entry of .snap, or with the oldest.
var (
	FromNow      = Start{from: "now"}
	FromSnapshot = Start{from: "snapshot"}
	FromOldest   = Start{from: "oldest"}
)

// After begins behind an entry.
func After(id EntryID) Start { return Start{from: "id", id: id} }

// ParseStart reads now, snapshot, oldest or an id.
func ParseStart(text string) (Start, error) {
	switch text {
	case "now", "snapshot", "oldest":
		return Start{from: text}, nil
	}
	id, err := ParseID(text)
	if err != nil {
		return Start{}, errors.New("must be now, snapshot, oldest or an entry id such as 12-3")
	}
	return After(id), nil
}

// recorder reads one stream.
type recorder struct {
	target *target
	server server
	stream string
	yield  func(Record) bool
	isOver atomic.Bool
}

func (r *recorder) run(ctx context.Context, start Start) error {
	err := r.records(ctx, start)
	if errors.Is(err, errOver) {
		return nil
	}
	return err
}

func (r *recorder) records(ctx context.Context, start Start) error {
	cursor, err := r.begin(ctx, start)
	if err != nil {
		return err
	}
	for {
		read := &command{
			streams: []string{r.stream}, after: []EntryID{cursor.Value}, count: readCount, block: blockMost,
		}
		raw, err := r.ask(ctx, read)
		if err != nil {
			return err
		}
		batches, err := readOf(raw)
		if err != nil {
			return err
		}
		for _, found := range batches {
			if err := r.tellAll(found.entries, &cursor); err != nil {
				return err
			}
		}
	}
}

func (r *recorder) begin(ctx context.Context, start Start) (cursor Optional[EntryID], err error) {
	from := r.stream
	switch start.from {
	case "oldest":
		return cursor, nil
	case "id":
		return Some(start.id), nil
	case "snapshot":
		from += ".snap"
	}
	for {
		raw, err := r.ask(ctx, newest(from))
		if err != nil {
			return cursor, err
		}
		entries, err := rangeOf(raw)
		if err != nil {
			return cursor, err
		}
		switch last := first(entries); {
		case last != nil && start.from == "snapshot":
			return Some(last.ID), r.tell(recordOf(last, placeOf(from)))
		case last != nil:
			return Some(last.ID), nil
		case start.from != "snapshot":
			return cursor, nil
		}
		sleep(ctx, spread(joinRetry))
	}
}

func (r *recorder) tellAll(entries []Entry, cursor *Optional[EntryID]) error {
	for i := range entries {
		id := entries[i].ID
		if cursor.OK && !cursor.Value.isFollowedBy(id) {
			if err := r.tell(Gap{cursor.Value, id}); err != nil {
				return err
			}
		}
		*cursor = Some(id)
		if err := r.tell(recordOf(&entries[i], placeOf(r.stream))); err != nil {
			return err
		}
	}
	return nil
}

func recordOf(entry *Entry, at place) Body {
	if entry.D == nil {
		return Quarantined{CodeSchema, entry.ID, "field d"}
	}
	event, err := decode(entry.ID, entry.D, at, nil)
	if err != nil {
		return quarantined(err, entry.ID)
	}
	return event
}

func (r *recorder) tell(body Body) error {
	if r.isOver.Load() || !r.yield(Record{r.stream, body}) {
		r.isOver.Store(true)
		return errOver
	}
	return nil
}

// ask returns the reply, after as many attempts as it takes.
func (r *recorder) ask(ctx context.Context, one *command) ([]byte, error) {
	isAway := false
	for pause := backoffFirst; ; pause = min(2*pause, backoffMost) {
		replies, err := r.server.run(ctx, []*command{one})
		if ctx.Err() != nil {
			return nil, errOver
		}
		if err == nil {
			if isAway {
				err = r.tell(Reconnected{})
			}
			return replies[0], err
		}
		reason, refused := r.target.reasonOf(err)
		if refused != nil {
			return nil, refused
		}
		if !isAway {
			isAway = true
			if err := r.tell(Disconnected{reason}); err != nil {
				return nil, err
			}
		}
		sleep(ctx, spread(pause))
	}
}
