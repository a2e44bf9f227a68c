// What a follower reads beside entries: snapshots to join at, pointers, newest ids, the horizon.

package pykraken

import "context"

// side is commands to run and what takes their replies.
type side struct {
	commands []*command
	take     func(replies [][]Entry) error
}

// newest is the command that reads the newest entry; XREAD's + is not in every server.
func newest(stream string) *command {
	read := commandOf("XREVRANGE", stream, "+", "-", "COUNT", 1)
	return &read
}

func (f *follower) readBeside(ctx context.Context) error {
	var sides []side
	var commands []*command
	for _, each := range f.streams {
		if s, ok := f.sideOf(each); ok {
			sides = append(sides, s)
			commands = append(commands, s.commands...)
		}
	}
	if len(sides) == 0 {
		return nil
	}
	raw, err := f.ask(ctx, commands)
	if err != nil {
		return err
	}
	for _, s := range sides {
		replies := make([][]Entry, len(s.commands))
		isAway := false
		for i := range replies {
			isAway = isAway || raw[i] == nil
			if replies[i], err = rangeOfReply(raw[i]); err != nil {
				return &away{err.Error()}
			}
		}
		raw = raw[len(replies):]
		if isAway { // its node does not answer: nothing is known
			continue
		}
		if err := s.take(replies); err != nil {
			return err
		}
	}
	return f.over()
}

func rangeOfReply(raw []byte) ([]Entry, error) {
	if raw == nil {
		return nil, nil
	}
	return rangeOf(raw)
}

func (f *follower) sideOf(each *followed) (side, bool) {
	snaps := each.stream + ".snap"
	switch each.wants {
	case WantJoin:
		if each.due > f.now {
			return side{}, false
		}
		each.due = f.now + joinRetry
		return side{[]*command{newest(snaps)}, func(replies [][]Entry) error {
			return each.SnapshotRead(first(replies[0]), f.now, each.tell)
		}}, true
	case WantPointer:
		at := each.at.Value.String()
		read := commandOf("XRANGE", snaps, at, at)
		return side{[]*command{&read}, func(replies [][]Entry) error {
			each.PointerRead(first(replies[0]), f.now, each.tell)
			return nil
		}}, true
	case WantHeads:
		each.isLooked = true // also where its node is away: then nothing is newer
		return side{[]*command{newest(each.stream)}, func(replies [][]Entry) error {
			if last := first(replies[0]); last != nil {
				each.head = &last.ID
			}
			return nil
		}}, true
	case WantEntries:
		if each.isBehind && each.due <= f.now {
			each.due = f.now + horizonRetry
			return f.horizonOf(each), true
		}
	}
	return side{}, false
}

func (f *follower) horizonOf(each *followed) side {
	oldest := commandOf("XRANGE", each.stream, "-", "+", "COUNT", 1)
	return side{[]*command{&oldest, newest(each.stream)}, func(replies [][]Entry) error {
		if begin, end := first(replies[0]), first(replies[1]); begin != nil && end != nil {
			each.HorizonRead(begin.ID, end.ID, each.tell)
		}
		return nil
	}}
}

func first(entries []Entry) *Entry {
	if len(entries) == 0 {
		return nil
	}
	return &entries[0]
}
