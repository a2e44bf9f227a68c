package vectors

import (
	"maps"
	"slices"
	"strconv"

	pykraken "github.com/pykraken/pykraken-go"
)

// Final returns how a replica or a follower ended: its cursor, whether valid, what it skipped, and
// what a valid state holds.
func Final(cursor any, state pykraken.State, skipped uint64) map[string]any {
	final := map[string]any{
		"cursor":  cursor,
		"valid":   state.Stand().IsValid,
		"skipped": strconv.FormatUint(skipped, 10),
	}
	if state.Stand().IsValid {
		maps.Copy(final, held(state))
	}
	return final
}

// held is what a state holds, as stories spell it: header and content by full names.
func held(state pykraken.State) map[string]any {
	all := header(state.Is())
	switch s := state.(type) {
	case *pykraken.Book:
		all["checksum"] = number(s.Checksum())
		all["bids"], all["asks"] = levels(s.Levels(pykraken.Bid, 0)), levels(s.Levels(pykraken.Ask, 0))
	case *pykraken.OrderBook:
		all["checksum"] = number(s.Checksum())
		all["bids"], all["asks"] = orders(s.Orders(pykraken.Bid, 0)), orders(s.Orders(pykraken.Ask, 0))
	case *pykraken.TopState:
		top(all, &s.TopValues)
	case *pykraken.TickerState:
		ticker(all, &s.TickerValues)
	case *pykraken.TradesState:
		all["last_trade_id"], all["trades"] = number(s.LastTradeID), trades(s.Trades)
	case *pykraken.CandleState:
		if s.Candle.OK {
			candle(all, &s.Candle.Value)
		}
	case *pykraken.InstrumentsState:
		instruments(all, s)
	case *pykraken.ExecutionsState:
		all["orders"] = sorted(s.Orders)
	case *pykraken.BalancesState:
		all["balances"] = sorted(s.Balances)
	}
	return all
}

func header(h *pykraken.Header) map[string]any {
	all := make(map[string]any)
	if h.Symbol != "" {
		all["price_precision"], all["qty_precision"] = number(h.PricePrecision), number(h.QtyPrecision)
	}
	for name, value := range map[string]int{"depth": h.Depth, "interval": h.Interval} {
		if value != 0 {
			all[name] = number(value)
		}
	}
	texts := map[string]string{"source": h.Source, "trigger": h.Trigger, "account": h.Account}
	for name, value := range texts {
		if value != "" {
			all[name] = value
		}
	}
	return all
}

func number[T ~uint8 | ~uint32 | ~uint64 | ~int](value T) string {
	return strconv.FormatUint(uint64(value), 10)
}

func put(all map[string]any, name string, value pykraken.Optional[pykraken.Number]) {
	if value.OK {
		all[name] = value.Value.String()
	}
}

func top(all map[string]any, v *pykraken.TopValues) {
	put(all, "bid", v.Bid)
	put(all, "bid_qty", v.BidQty)
	put(all, "ask", v.Ask)
	put(all, "ask_qty", v.AskQty)
}

func ticker(all map[string]any, v *pykraken.TickerValues) {
	top(all, &v.TopValues)
	put(all, "last", v.Last)
	put(all, "high", v.High)
	put(all, "low", v.Low)
	put(all, "volume", v.Volume)
	texts := map[string]pykraken.Optional[string]{
		"vwap": v.VWAP, "change": v.Change, "change_pct": v.ChangePct,
	}
	for name, text := range texts {
		if text.OK {
			all[name] = text.Value
		}
	}
	if v.Trades.OK {
		all["trades"] = number(v.Trades.Value)
	}
}

func candle(all map[string]any, v *pykraken.CandleValues) {
	all["interval_begin"], all["trades"] = number(v.IntervalBegin), number(v.Trades)
	all["open"], all["high"] = v.Open.String(), v.High.String()
	all["low"], all["close"] = v.Low.String(), v.Close.String()
	all["volume"], all["vwap"] = v.Volume.String(), v.VWAP
}

func instruments(all map[string]any, s *pykraken.InstrumentsState) {
	pairs, assets := []any{}, []any{}
	for _, symbol := range slices.Sorted(maps.Keys(s.Pairs)) {
		p := s.Pairs[symbol]
		pairs = append(pairs,
			[]any{p.Symbol, p.Status, number(p.PricePrecision), number(p.QtyPrecision), p.Words})
	}
	for _, id := range slices.Sorted(maps.Keys(s.Assets)) {
		a := s.Assets[id]
		assets = append(assets, []any{a.ID, a.Status, number(a.Precision), a.Words})
	}
	all["pairs"], all["assets"] = pairs, assets
}

func levels(found []pykraken.Level) []any {
	all := []any{}
	for _, l := range found {
		all = append(all, []any{l.Price.String(), l.Qty.String()})
	}
	return all
}

func orders(found []pykraken.Order) []any {
	all := []any{}
	for _, o := range found {
		all = append(all, []any{o.ID, o.Price.String(), o.Qty.String(), number(o.Time)})
	}
	return all
}

func trades(found []pykraken.Trade) []any {
	all := []any{}
	for _, t := range found {
		all = append(all, []any{
			number(t.ID), number(t.Side), t.Price.String(), t.Qty.String(), number(t.OrdType), number(t.Time),
		})
	}
	return all
}

func sorted(texts map[string]string) []any {
	all := []any{}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		all = append(all, texts[name])
	}
	return all
}
