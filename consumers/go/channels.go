// What the events of each channel do to its state (WIRE §5, §7.2).
//
// Pure. Knows nothing of sequences: the replica decides which events count, and whether the state is
// valid. Everything here leaves the standing alone.

package pykraken

import (
	"encoding/json"
	"slices"
)

// done are the words of an order that is open no more (WIRE §7.2).
var done = []string{"filled", "canceled", "expired"}

// provenSnapshot returns the state in an entry of a channel's .snap, proven.
func provenSnapshot(id EntryID, data []byte, channel string) (AnySnapshot, error) {
	if data == nil {
		return nil, &DecodeError{CodeSchema, "field d"}
	}
	event, err := decodeAny(id, data, place{channel, true})
	if err != nil {
		return nil, err
	}
	snapshot, ok := event.(AnySnapshot)
	if !ok {
		return nil, &DecodeError{CodeSchema, "t"}
	}
	return snapshot, prove(snapshot)
}

// prove returns CHECKSUM where a whole book contradicts its own checksum (WIRE §5.3), and SCHEMA where
// Kraken's words name nothing.
func prove(snapshot AnySnapshot) error {
	isVerified := snapshot.Stamp().Flags&Unverified == 0
	switch s := snapshot.(type) {
	case *Snapshot:
		if isVerified {
			return compare(s.OwnChecksum(), s.Checksum)
		}
	case *OrdersSnapshot:
		if isVerified {
			return compare(s.OwnChecksum(), s.Checksum)
		}
	case *ExecutionsSnapshot:
		_, err := byName(s.Orders, "order_id")
		return err
	case *BalancesSnapshot:
		_, err := byName(s.Balances, "asset")
		return err
	}
	return nil
}

func compare(own, told uint32) error {
	if own != told {
		return &DecodeError{CodeChecksum, "c"}
	}
	return nil
}

// load replaces a state by a whole snapshot that was proven.
func load(state State, snapshot AnySnapshot) {
	*state.Is() = snapshot.Head().Header
	switch s := snapshot.(type) {
	case *Snapshot:
		state.(*Book).load(s.Bids, s.Asks, s.Depth)
	case *OrdersSnapshot:
		state.(*OrderBook).load(s.Bids, s.Asks, s.Depth)
	case *TopSnapshot:
		state.(*TopState).TopValues = s.TopValues
	case *TickerSnapshot:
		state.(*TickerState).TickerValues = s.TickerValues
	case *TradesSnapshot:
		trades := state.(*TradesState)
		trades.LastTradeID, trades.Trades = s.LastTradeID, s.Trades
	case *CandleSnapshot:
		state.(*CandleState).Candle = s.Candle
	case *InstrumentsSnapshot:
		all := state.(*InstrumentsState)
		all.Pairs, all.Assets = make(map[string]Pair), make(map[string]Asset)
		all.take(s.Pairs, s.Assets)
	case *ExecutionsSnapshot:
		account := state.(*ExecutionsState)
		account.Sequence = s.Sequence
		account.Orders, _ = byName(s.Orders, "order_id")
	case *BalancesSnapshot:
		account := state.(*BalancesState)
		account.Sequence = s.Sequence
		account.Balances, _ = byName(s.Balances, "asset")
	}
}

// apply lets a valid state take in an event of its channel. It returns CHECKSUM, ORDER or SCHEMA.
func apply(state State, event ChannelEvent) error {
	switch e := event.(type) {
	case *Update:
		return compare(state.(*Book).apply(e.Bids, e.Asks), e.Checksum)
	case *Orders:
		return compare(state.(*OrderBook).apply(e.Bids, e.Asks), e.Checksum)
	case *Top:
		state.(*TopState).TopValues = e.TopValues
	case *Ticker:
		state.(*TickerState).TickerValues = e.TickerValues
	case *Candle:
		if e.Flags&Revised == 0 {
			state.(*CandleState).Candle = Some(e.CandleValues)
		}
	case *Closed:
		if e.Flags&Revised == 0 {
			state.(*CandleState).Candle = Optional[CandleValues]{}
		}
	case *Trades:
		return state.(*TradesState).take(e)
	case *TradesGap:
		return state.(*TradesState).skip(e)
	case *Instruments:
		state.(*InstrumentsState).take(e.Pairs, e.Assets)
	case *Execution:
		return state.(*ExecutionsState).take(e)
	case *OrdersGap:
		for _, id := range e.OrderIDs {
			delete(state.(*ExecutionsState).Orders, id)
		}
	case *Balance:
		account := state.(*BalancesState)
		account.Balances[e.Asset] = e.State
		account.Sequence = e.Sequence
	}
	return nil
}

// forget forgets what later events would have to follow: they were missed, or may have been.
func forget(state State) {
	if trades, ok := state.(*TradesState); ok {
		trades.LastTradeID = 0
	}
}

// take takes in trades that follow the last known id (WIRE §7.2).
func (s *TradesState) take(event *Trades) error {
	count := len(event.Trades)
	if count == 0 {
		return nil
	}
	if s.LastTradeID != 0 && !follows(s.LastTradeID, event.Trades[0].ID) {
		return &DecodeError{CodeOrder, "x"}
	}
	s.push(event.Trades)
	s.LastTradeID = event.Trades[count-1].ID
	return nil
}

// skip takes in a gap that follows the last known id.
func (s *TradesState) skip(event *TradesGap) error {
	if s.LastTradeID != 0 && !follows(s.LastTradeID, event.First) {
		return &DecodeError{CodeOrder, "gf"}
	}
	s.LastTradeID, s.Trades = event.Last, nil
	return nil
}

func (s *InstrumentsState) take(pairs []Pair, assets []Asset) {
	for _, pair := range pairs {
		s.Pairs[pair.Symbol] = pair
	}
	for _, asset := range assets {
		s.Assets[asset.ID] = asset
	}
}

func (s *ExecutionsState) take(event *Execution) error {
	order, err := object(event.Order)
	if err != nil {
		return err
	}
	status, _ := text(order["order_status"])
	if slices.Contains(done, status) {
		delete(s.Orders, event.OrderID)
	} else {
		s.Orders[event.OrderID] = event.Order
	}
	if event.Sequence != 0 {
		s.Sequence = event.Sequence
	}
	return nil
}

// byName returns JSON texts of objects by a member that names them.
func byName(texts []string, name string) (map[string]string, error) {
	found := make(map[string]string, len(texts))
	for _, words := range texts {
		members, err := object(words)
		if err != nil {
			return nil, err
		}
		key, ok := text(members[name])
		if !ok {
			return nil, &DecodeError{CodeSchema, name}
		}
		found[key] = words
	}
	return found, nil
}

// object returns the members of a JSON text's object, unread: no number becomes a float.
func object(words string) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(words), &members); err != nil || members == nil {
		return nil, &DecodeError{CodeSchema, "json"}
	}
	return members, nil
}

// text returns a member's text, and false where it is none.
func text(member json.RawMessage) (string, bool) {
	if len(member) == 0 || member[0] != '"' {
		return "", false
	}
	var value string
	err := json.Unmarshal(member, &value)
	return value, err == nil
}
