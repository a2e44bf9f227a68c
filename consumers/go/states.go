// What the streams without a book hold at an entry: one small type for each channel. Pure.
//
// Prices and quantities are scaled integers; Scaled makes them decimals.

package pykraken

import (
	"maps"
	"slices"
)

// TopState is the best bid and offer of the book Source of Depth (WIRE §4.11).
type TopState struct {
	Standing
	Header
	TopValues
}

// Clone returns a state of its own.
func (s *TopState) Clone() State { twin := *s; return &twin }

// TickerState is the ticker (WIRE §4.12).
type TickerState struct {
	Standing
	Header
	TickerValues
}

// Clone returns a state of its own.
func (s *TickerState) Clone() State { twin := *s; return &twin }

// TradesState is the latest trades, 50 at most, oldest first, and the id that the next one follows,
// 0 where none is known (WIRE §4.13).
type TradesState struct {
	Standing
	Header
	LastTradeID uint64
	Trades      []Trade
}

// Clone returns a state of its own.
func (s *TradesState) Clone() State {
	twin := *s
	twin.Trades = slices.Clone(s.Trades)
	return &twin
}

// push puts trades behind; the oldest beyond 50 go.
func (s *TradesState) push(trades []Trade) {
	all := slices.Concat(s.Trades, trades)
	s.Trades = all[max(0, len(all)-tradesKept):]
}

// CandleState is the open candle, absent while there is none (WIRE §4.14).
type CandleState struct {
	Standing
	Header
	Candle Optional[CandleValues]
}

// Clone returns a state of its own.
func (s *CandleState) Clone() State { twin := *s; return &twin }

// InstrumentsState is all pairs by symbol and all assets by id (WIRE §4.15).
type InstrumentsState struct {
	Standing
	Header
	Pairs  map[string]Pair
	Assets map[string]Asset
}

// Clone returns a state of its own.
func (s *InstrumentsState) Clone() State {
	twin := *s
	twin.Pairs, twin.Assets = maps.Clone(s.Pairs), maps.Clone(s.Assets)
	return &twin
}

// ExecutionsState is an account's open orders, each as JSON text, by order id (WIRE §4.16).
type ExecutionsState struct {
	Standing
	Header
	Sequence uint64
	Orders   map[string]string
}

// Clone returns a state of its own.
func (s *ExecutionsState) Clone() State {
	twin := *s
	twin.Orders = maps.Clone(s.Orders)
	return &twin
}

// BalancesState is an account's balances, each as JSON text, by asset (WIRE §4.17).
type BalancesState struct {
	Standing
	Header
	Sequence uint64
	Balances map[string]string
}

// Clone returns a state of its own.
func (s *BalancesState) Clone() State {
	twin := *s
	twin.Balances = maps.Clone(s.Balances)
	return &twin
}

// newState returns the empty state of a channel.
func newState(channel string) State {
	switch channel {
	case ChannelLevel3:
		return new(OrderBook)
	case ChannelBBO:
		return new(TopState)
	case ChannelTicker:
		return new(TickerState)
	case ChannelTrade:
		return new(TradesState)
	case ChannelOHLC:
		return new(CandleState)
	case ChannelInstrument:
		return new(InstrumentsState)
	case ChannelExecutions:
		return new(ExecutionsState)
	case ChannelBalances:
		return new(BalancesState)
	}
	return new(Book)
}
