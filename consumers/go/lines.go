// Two lines of a stream told as one: the arbiter of WIRE §7.7. Trades have one of their own.
//
// Pure: no I/O, no clock. It is handed what the replicas of the lines tell, as they tell it, with now
// (the time of any monotonic clock), and tells the application. Promises: the state of every event is
// one line's own proven state, never mixed of two; an event that both lines have is told once; what
// was told by neither, or may be told twice, is announced by a Jump.
//
// The lines are 0 and 1 here. One leads: its events are told. That says nothing about its health: of
// two good lines it is whoever had the latest event first.

package pykraken

import "time"

const (
	trailMost    = 1000 // marks that a line may be behind and still meet the other
	linePatience = time.Second
)

var lineNames = [2]string{"a", "b"}

// arbiter is what Lines is for a channel.
type arbiter interface {
	// take takes what a line's replica tells.
	take(line int, event Event, now time.Duration, tell Tell) bool
	// ticked lets time pass.
	ticked(now time.Duration, tell Tell) bool
}

// Lines makes one of two lines of a stream (WIRE §7.7).
type Lines struct{ of arbiter }

// NewLines returns what makes one of the replicas of line a and line b.
func NewLines(a, b *Replica) *Lines {
	pair := pair{replicas: [2]*Replica{a, b}}
	if a.place.channel == ChannelTrade {
		return &Lines{&tradeLines{pair: pair, state: new(TradesState), held: make(map[uint64]Trade)}}
	}
	return &Lines{&lines{pair: pair, isApart: true}}
}

// Take takes what the replica of line 0 (a) or 1 (b) tells, and tells what the application is told.
func (l *Lines) Take(line int, event Event, now time.Duration, tell Tell) bool {
	return l.of.take(line, event, now, tell)
}

// Tick lets time pass.
func (l *Lines) Tick(now time.Duration, tell Tell) bool { return l.of.ticked(now, tell) }

// pair is which of two lines are up: their states valid, and they have not ended.
type pair struct {
	replicas [2]*Replica
	isUp     [2]bool
	heard    [2]time.Duration
}

// takes notes how a line stands after an event, and returns whether it was up before.
func (p *pair) takes(line int, event Event, now time.Duration) (wasUp bool) {
	wasUp = p.isUp[line]
	p.isUp[line] = p.replicas[line].standing.IsValid
	switch event.Body.(type) {
	case Stale:
		p.isUp[line] = false
		return wasUp
	case *Bye:
		p.isUp[line] = false
	}
	p.heard[line] = now
	return wasUp
}

func (p *pair) event(line int, state State, body Body) Event {
	return Event{p.replicas[line].stream, state, body}
}

func (p *pair) state(line int) State { return p.replicas[line].state }

// lines is the arbiter of every channel but trade.
type lines struct {
	pair
	lead    int
	marks   [2]Optional[mark]
	trail   []mark // the leader's marks since the other line's own, the newest last
	isApart bool   // it is not known where the other line stands
	owed    []mark // what a lost leader had told beyond the present one, which has yet to come by
}

func (l *lines) take(line int, event Event, now time.Duration, tell Tell) bool {
	switch event.Body.(type) {
	case Disconnected, Reconnected:
		return line != l.lead || tell(event) // both lie on one server
	}
	wasUp, at := l.takes(line, event, now), markOf(event)
	if at.OK {
		l.marks[line] = at
	}
	isUp := l.isUp[line]
	switch {
	case wasUp && !isUp:
		return l.lost(line, event, tell)
	case !wasUp && isUp:
		return l.found(line, event, tell)
	case !isUp:
		return l.isUp[1-line] || !l.follows(line, event) || tell(event)
	case line == l.lead:
		return l.ofLeader(event, at, tell)
	case at.OK:
		return l.ofOther(event, at.Value, tell)
	}
	return true
}

// ticked: a leader that says nothing while the other has passed it leads no more.
func (l *lines) ticked(now time.Duration, tell Tell) bool {
	own, others := l.marks[l.lead], l.marks[1-l.lead]
	isPassed := own.OK && others.OK && others.Value.ts > own.Value.ts
	isSilent := now-l.heard[l.lead] >= linePatience
	if !l.isApart || !isPassed || !isSilent || !l.isUp[0] || !l.isUp[1] {
		return true
	}
	return tell(l.jump(1 - l.lead))
}

func (l *lines) lost(line int, event Event, tell Tell) bool {
	other := 1 - line
	down := LineDown{lineNames[line], event.Body}
	if !l.isUp[other] {
		l.owed = nil
		return tell(l.event(line, l.state(line), down))
	}
	told := l.event(line, l.state(other), down)
	switch {
	case line != l.lead:
		l.isApart = true
	case l.isApart || len(l.owed) > 0:
		return tell(told) && tell(l.jump(other))
	default:
		l.owed = l.trail
		l.leads(other)
	}
	return tell(told)
}

func (l *lines) found(line int, event Event, tell Tell) bool {
	up := LineUp{lineNames[line]}
	if l.isUp[1-line] {
		told := l.event(line, l.state(l.lead), up)
		l.isApart = true
		if line != l.lead && l.marks[line].OK {
			l.place(l.marks[line].Value)
		}
		return tell(told)
	}
	told := l.event(line, l.state(line), up)
	_, isSnapshot := event.Body.(AnySnapshot)
	_, isJoin := event.Body.(Joined)
	isNew := line != l.lead && !isSnapshot && !isJoin
	l.leads(line)
	if !tell(told) {
		return false
	}
	if isNew && !tell(l.jump(line)) { // the other may have told all of this before it was lost
		return false
	}
	return tell(event)
}

// follows: both are down, so what comes of a channel comes from the line that leads from here.
func (l *lines) follows(line int, event Event) bool {
	if _, ok := event.Body.(ChannelEvent); ok {
		l.leads(line)
	}
	return line == l.lead
}

func (l *lines) ofLeader(event Event, at Optional[mark], tell Tell) bool {
	if !at.OK {
		return len(l.owed) > 0 || tell(event)
	}
	l.comesBy(at.Value)
	if len(l.owed) == 0 {
		return tell(event)
	}
	if dropThrough(&l.owed, at.Value) {
		return true
	}
	return tell(l.jump(l.lead)) && tell(event)
}

func (l *lines) ofOther(event Event, at mark, tell Tell) bool {
	isLevel := !l.isApart && len(l.trail) == 0 && len(l.owed) == 0
	if l.place(at) || !isLevel {
		return true
	}
	l.leads(1 - l.lead)
	l.isApart = false
	l.comesBy(at)
	return tell(event)
}

// place finds where the other line stands; if nowhere in the trail, it is apart.
func (l *lines) place(at mark) bool {
	switch {
	case dropThrough(&l.trail, at):
	case l.isApart && l.marks[l.lead] == Some(at):
		l.trail = nil
	default:
		l.isApart = true
		return false
	}
	l.isApart = false
	return true
}

// comesBy: the leader has come to a mark. The other line is behind it, or was ahead and is met.
func (l *lines) comesBy(at mark) {
	other := 1 - l.lead
	if l.isApart && l.isUp[other] && l.marks[other] == Some(at) {
		l.trail, l.isApart = nil, false
		return
	}
	l.trail = append(l.trail, at)
	if len(l.trail) > trailMost {
		l.trail = l.trail[1:]
		l.isApart = true
	}
}

func (l *lines) leads(line int) {
	l.lead, l.trail, l.isApart = line, nil, true
}

func (l *lines) jump(line int) Event {
	if line != l.lead {
		l.leads(line)
	}
	l.owed = nil
	return l.event(line, l.state(line), Jump{lineNames[line]})
}

// dropThrough drops marks up to the first such and with it; it returns false where there is none.
func dropThrough(marks *[]mark, at mark) bool {
	for i := range *marks {
		if (*marks)[i] == at {
			*marks = (*marks)[i+1:]
			return true
		}
	}
	return false
}
