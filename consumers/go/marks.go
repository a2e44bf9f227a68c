// Where an event leaves its line: what two lines of a stream are compared by (WIRE §7.7). Pure.

package pykraken

// mark is the venue's stamp, and what the state is known by: a book's checksum, or a comparable value.
type mark struct {
	ts       uint64
	checksum uint32
	rest     any
}

type twoWords struct{ one, other string }

// markOf returns where an event leaves its line, absent where it tells nothing of that.
func markOf(event Event) Optional[mark] {
	switch e := event.Body.(type) {
	case *Update:
		return Some(mark{e.TsEvent, e.Checksum, nil})
	case *Orders:
		return Some(mark{e.TsEvent, e.Checksum, nil})
	case *Execution:
		return Some(mark{e.TsEvent, 0, twoWords{e.OrderID, e.Report}})
	case *Balance:
		return Some(mark{e.TsEvent, 0, twoWords{e.Asset, e.Report}})
	case *Instruments:
		return Some(mark{e.TsEvent, 0, spelled(e)})
	case ChannelEvent, AnySnapshot, Joined:
		return markOfState(event.State)
	}
	return Optional[mark]{}
}

// spelled is pairs and assets as one comparable value.
func spelled(e *Instruments) string {
	var s speller
	rows(&s, "pairs", e.Pairs, appendPair)
	rows(&s, "assets", e.Assets, appendAsset)
	return string(s.out)
}

func markOfState(state State) Optional[mark] {
	standing := state.Stand()
	if !standing.IsValid {
		return Optional[mark]{}
	}
	at := mark{ts: standing.TsEvent}
	switch s := state.(type) {
	case *Book:
		at.checksum = s.Checksum()
	case *OrderBook:
		at.checksum = s.Checksum()
	case *TopState:
		at.rest = s.TopValues
	case *TickerState:
		at.rest = s.TickerValues
	case *CandleState:
		at.rest = s.Candle
	default:
		return Optional[mark]{}
	}
	return Some(at)
}
