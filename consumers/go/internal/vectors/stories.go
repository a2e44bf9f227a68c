package vectors

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	pykraken "github.com/pykraken/pykraken-go"
)

type lying struct{ ID, Hex string }

// entry returns what lies there, nil for null.
func (l *lying) entry() (*pykraken.Entry, error) {
	if l == nil {
		return nil, nil
	}
	id, err := pykraken.ParseID(l.ID)
	if err != nil {
		return nil, err
	}
	data, err := hex.DecodeString(l.Hex)
	return &pykraken.Entry{ID: id, D: data}, err
}

// step is one step of a story; Has says which keys it has, null ones among them.
type step struct {
	Snap    *lying
	Entry   *lying
	Pointer *lying
	Heads   *struct{ Snap, Stream *string }
	Now     *string
	Line    string
	Then    map[string]any
	has     map[string]json.RawMessage
}

// UnmarshalJSON keeps which keys there are.
func (s *step) UnmarshalJSON(body []byte) error {
	type plain step
	if err := json.Unmarshal(body, (*plain)(s)); err != nil {
		return err
	}
	return json.Unmarshal(body, &s.has)
}

func (s *step) is(name string) bool {
	_, ok := s.has[name]
	return ok
}

func (s *step) clock() (time.Duration, error) {
	return time.ParseDuration(*s.Now + "s")
}

// handIn hands a replica what a step holds.
func (s *step) handIn(r *pykraken.Replica, now time.Duration, tell pykraken.Tell) error {
	switch {
	case s.is("snap"):
		entry, err := s.Snap.entry()
		return errors.Join(err, r.SnapshotRead(entry, now, tell))
	case s.is("entry"):
		entry, err := s.Entry.entry()
		if err != nil {
			return err
		}
		r.Received([]pykraken.Entry{*entry}, now, tell)
	case s.is("pointer"):
		entry, err := s.Pointer.entry()
		if err != nil {
			return err
		}
		r.PointerRead(entry, now, tell)
	case s.is("heads"):
		if s.Heads.Stream == nil {
			r.HeadsRead(nil, now, tell)
			return nil
		}
		head, err := pykraken.ParseID(*s.Heads.Stream)
		if err != nil {
			return err
		}
		r.HeadsRead(&head, now, tell)
	case s.is("now"):
	default:
		return fmt.Errorf("a step that nobody runs: %v", s.has)
	}
	return nil
}

func story(body []byte) error {
	var v struct {
		Stream string
		Waits  string
		Steps  []step
		Expect []map[string]any
		Final  map[string]any
	}
	v.Stream = "book"
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	r := pykraken.NewReplica(Streams[v.Stream], 0, v.Waits != "no")
	told := teller{all: []map[string]any{}}
	var now time.Duration
	for i := range v.Steps {
		step := &v.Steps[i]
		if step.Now != nil {
			var err error
			if now, err = step.clock(); err != nil {
				return err
			}
			r.Tick(now)
		}
		err := step.handIn(r, now, told.tell)
		var none *pykraken.NoStream
		if errors.As(err, &none) {
			told.add("code", "NO_STREAM")
		} else if err != nil {
			return err
		}
		if err := stands(r, step.Then); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	if err := same(told.all, v.Expect); err != nil {
		return err
	}
	return same(Final(cursorOf(r), r.State(), r.Skipped()), v.Final)
}

func cursorOf(r *pykraken.Replica) any {
	if cursor, ok := r.Cursor(); ok {
		return cursor.String()
	}
	return nil
}

func stands(r *pykraken.Replica, then map[string]any) error {
	all := map[string]any{
		"wants":  r.Wants().String(),
		"cursor": cursorOf(r),
		"valid":  r.State().Stand().IsValid,
		"stale":  r.State().Stand().IsStale,
	}
	for name, wanted := range then {
		if said, ok := all[name]; !ok || said != wanted {
			return fmt.Errorf("%s is %v, not %v", name, said, wanted)
		}
	}
	return nil
}

// teller lists what a story lists of what is told.
type teller struct {
	all    []map[string]any
	missed pykraken.Missed
}

func (t *teller) add(pairs ...any) {
	row := make(map[string]any)
	for pair := range slices.Chunk(pairs, 2) {
		row[pair[0].(string)] = pair[1]
	}
	t.all = append(t.all, row)
}

func (t *teller) tell(event pykraken.Event) bool {
	switch e := event.Body.(type) {
	case pykraken.Missed:
		t.missed = e
	case *pykraken.Epoch:
		t.add("type", "epoch", "id", e.ID.String(), "reason", e.Reason,
			"unseen", span(t.missed.Unseen), "missed", span(t.missed.Missed))
		t.missed = pykraken.Missed{}
	case *pykraken.Reset:
		t.add("type", "reset", "id", e.ID.String(), "reason", e.Reason)
	case *pykraken.Bye:
		t.add("type", "bye", "id", e.ID.String())
	case pykraken.Gap:
		t.add("code", "GAP", "cursor", e.Cursor.String(), "found", e.Found.String())
	case pykraken.Quarantined:
		t.add("code", string(e.Code), "id", e.ID.String())
	case pykraken.Stale:
		t.add("code", "STALE", "age", strconv.FormatFloat(e.Age.Seconds(), 'g', -1, 64))
	case pykraken.Regression:
		t.add("code", "REGRESSION", "cursor", e.Cursor.String(), "head", e.Head.String())
	}
	return true
}

func span(r pykraken.Optional[pykraken.Range]) any {
	if !r.OK {
		return nil
	}
	return []any{r.Value.First.String(), r.Value.Last.String()}
}

func linesStory(body []byte) error {
	var v struct {
		Stream string
		Steps  []step
		Expect []map[string]any
	}
	v.Stream = "book"
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	var replicas [2]*pykraken.Replica
	for i, name := range []string{"/a", "/b"} {
		replicas[i] = pykraken.NewReplica(Streams[v.Stream]+name, 0, true)
	}
	both := pykraken.NewLines(replicas[0], replicas[1])
	told := []map[string]any{}
	hear := func(event pykraken.Event) bool {
		if row := lineRow(event); row != nil {
			told = append(told, row)
		}
		return true
	}
	var now time.Duration
	for i := range v.Steps {
		step := &v.Steps[i]
		if step.Now != nil {
			var err error
			if now, err = step.clock(); err != nil {
				return err
			}
			for _, r := range replicas {
				r.Tick(now)
			}
			both.Tick(now, hear)
			continue
		}
		line := slices.Index([]string{"a", "b"}, step.Line)
		take := func(event pykraken.Event) bool { return both.Take(line, event, now, hear) }
		if err := step.handIn(replicas[line], now, take); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return same(told, v.Expect)
}

// lineRow is what a story of two lines lists of an event, nil for nothing.
func lineRow(event pykraken.Event) map[string]any {
	line := event.Stream[len(event.Stream)-1:]
	switch e := event.Body.(type) {
	case pykraken.LineUp:
		return map[string]any{"line": e.Line, "type": "line_up"}
	case pykraken.LineDown:
		return map[string]any{"line": e.Line, "type": "line_down"}
	case pykraken.Jump:
		return map[string]any{"line": e.Line, "type": "jump"}
	case *pykraken.Trades:
		first, last := e.Trades[0].ID, e.Trades[len(e.Trades)-1].ID
		return map[string]any{"type": "trades", "first": number(first), "last": number(last)}
	case *pykraken.TradesGap:
		return map[string]any{"type": "gap", "first": number(e.First), "last": number(e.Last)}
	case pykraken.Joined:
		return map[string]any{"line": line, "type": "joined", "id": e.Cursor.String()}
	case pykraken.ChannelEvent:
		return map[string]any{"line": line, "type": e.Type(), "id": e.Stamp().ID.String()}
	case pykraken.AnySnapshot:
		return map[string]any{"line": line, "type": e.Type(), "id": e.Stamp().ID.String()}
	}
	return nil
}
