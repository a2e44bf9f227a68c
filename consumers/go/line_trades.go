// Two lines of a trade stream told as one (WIRE §7.7): by trade id, without loss or duplicate.
//
// Pure, like lines.go. The state told is one of its own, with the ids that were told. Ids that a line
// names as a gap, or leaves out with a new snapshot, are waited for while the other line may yet bring
// them; a TradesGap is told of those that neither had.

package pykraken

import "time"

const heldMost = 10_000 // trades behind missing ids, beyond which these are given up

type tradeLines struct {
	pair
	state        *TradesState
	passed       [2]uint64 // the last id that each line has told or left out; 0 where unknown
	held         map[uint64]Trade
	missingSince Optional[time.Duration]
	stamps       Stamps
	line         int
}

func (t *tradeLines) take(line int, event Event, now time.Duration, tell Tell) bool {
	own := &t.state.Standing
	switch event.Body.(type) {
	case Disconnected, Reconnected:
		if line != t.line {
			return true
		}
		_, isAway := event.Body.(Disconnected)
		own.IsStale = own.IsValid && isAway
		return tell(Event{event.Stream, t.state, event.Body})
	}
	wasUp := t.takes(line, event, now)
	isUp := t.isUp[line]
	t.line = line
	if wasUp && !isUp {
		t.passed[line] = 0
		own.IsValid = t.replicas[0].standing.IsValid || t.replicas[1].standing.IsValid
		own.IsStale = !t.isUp[0] && !t.isUp[1]
		if !tell(t.event(line, t.state, LineDown{lineNames[line], event.Body})) {
			return false
		}
	}
	if isUp {
		own.IsValid, own.IsStale = true, false
	}
	if !wasUp && isUp {
		t.begin(line)
		if !tell(t.event(line, t.state, LineUp{lineNames[line]})) {
			return false
		}
	}
	return t.taken(line, event, now, tell)
}

// ticked: what is missing is not waited for any longer.
func (t *tradeLines) ticked(now time.Duration, tell Tell) bool { return t.advance(now, tell) }

// begin takes the header of the first line that is up; nothing before its last id is told.
func (t *tradeLines) begin(line int) {
	state := t.lineState(line)
	if t.state.LastTradeID == 0 {
		t.state.LastTradeID, t.state.Trades = state.LastTradeID, state.Trades
	}
	t.state.Header = state.Header
}

func (t *tradeLines) lineState(line int) *TradesState { return t.replicas[line].state.(*TradesState) }

func (t *tradeLines) taken(line int, event Event, now time.Duration, tell Tell) bool {
	state := t.lineState(line)
	var trades []Trade
	var passed uint64
	switch e := event.Body.(type) {
	case *Trades:
		trades, t.stamps = e.Trades, e.Stamps
		if len(trades) > 0 {
			passed = trades[len(trades)-1].ID
		}
	case *TradesGap:
		passed, t.stamps = e.Last, e.Stamps
	case *TradesSnapshot, Joined:
		if !state.IsValid {
			return true
		}
		id := EntryID{state.Epoch, state.Seq}
		t.stamps = Stamps{ID: id, TsEvent: state.TsEvent, Flags: Backfill}
		trades, passed = state.Trades, state.LastTradeID
	default:
		return true
	}
	own := &t.state.Standing
	own.Epoch, own.Seq, own.TsEvent = state.Epoch, state.Seq, state.TsEvent
	t.passed[line] = max(passed, t.passed[line])
	for _, trade := range trades {
		if trade.ID > t.state.LastTradeID {
			t.held[trade.ID] = trade
		}
	}
	return t.advance(now, tell)
}

// advance tells what follows on; of what is missing, only what nobody can bring any more.
func (t *tradeLines) advance(now time.Duration, tell Tell) bool {
	own := t.state
	if first, ok := t.lowest(); ok && own.LastTradeID == 0 {
		own.LastTradeID = first - 1 // no trade was known: any id may come
	}
	for {
		if trades := t.following(); len(trades) > 0 {
			t.missingSince.OK = false
			own.push(trades)
			if !tell(t.event(t.line, own, &Trades{t.stamps, trades})) {
				return false
			}
		}
		last := max(t.passed[0], t.passed[1])
		if first, ok := t.lowest(); ok {
			last = first - 1
		}
		if last <= own.LastTradeID || own.LastTradeID == 0 {
			t.missingSince.OK = false
			return true
		}
		if !t.missingSince.OK {
			t.missingSince = Some(now)
		}
		isLate := now-t.missingSince.Value >= linePatience || len(t.held) > heldMost
		if t.mayCome(last) && !isLate {
			return true
		}
		gap := &TradesGap{Stamps: t.stamps, Reason: "unfilled", First: own.LastTradeID + 1, Last: last}
		own.LastTradeID, own.Trades = last, nil
		if !tell(t.event(t.line, own, gap)) {
			return false
		}
	}
}

// following takes the trades held that follow the last id without a hole.
func (t *tradeLines) following() []Trade {
	var trades []Trade
	for {
		trade, ok := t.held[t.state.LastTradeID+1]
		if !ok {
			return trades
		}
		delete(t.held, trade.ID)
		trades = append(trades, trade)
		t.state.LastTradeID = trade.ID
	}
}

func (t *tradeLines) lowest() (uint64, bool) {
	var lowest uint64
	for id := range t.held {
		if lowest == 0 || id < lowest {
			lowest = id
		}
	}
	return lowest, len(t.held) > 0
}

// mayCome tells whether a line that is up has not come as far as last.
func (t *tradeLines) mayCome(last uint64) bool {
	return (t.isUp[0] && t.passed[0] < last) || (t.isUp[1] && t.passed[1] < last)
}
