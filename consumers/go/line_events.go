// What each event says in its canonical line, in the order of WIRE §9. Pure.

package pykraken

func (e *Update) spell(s *speller) {
	s.stamps(&e.Stamps)
	s.uint("checksum", uint64(e.Checksum))
	rows(s, "bids", e.Bids, appendLevel)
	rows(s, "asks", e.Asks, appendLevel)
}

func (e *Snapshot) spell(s *speller) {
	s.head(&e.SnapshotHead)
	s.uint("checksum", uint64(e.Checksum))
	if !e.IsPointer {
		rows(s, "bids", e.Bids, appendLevel)
		rows(s, "asks", e.Asks, appendLevel)
	}
	s.pointer(&e.SnapshotHead)
}

func (e *Orders) spell(s *speller) {
	s.stamps(&e.Stamps)
	s.uint("checksum", uint64(e.Checksum))
	rows(s, "bids", e.Bids, appendChange)
	rows(s, "asks", e.Asks, appendChange)
}

func (e *OrdersSnapshot) spell(s *speller) {
	s.head(&e.SnapshotHead)
	s.uint("checksum", uint64(e.Checksum))
	if !e.IsPointer {
		rows(s, "bids", e.Bids, appendOrder)
		rows(s, "asks", e.Asks, appendOrder)
	}
	s.pointer(&e.SnapshotHead)
}

func (v *TopValues) members(s *speller) {
	s.someNumber("bid", v.Bid)
	s.someNumber("bid_qty", v.BidQty)
	s.someNumber("ask", v.Ask)
	s.someNumber("ask_qty", v.AskQty)
}

func (e *Top) spell(s *speller) {
	s.stamps(&e.Stamps)
	e.members(s)
}

func (e *TopSnapshot) spell(s *speller) {
	s.opening(&e.SnapshotHead)
	e.members(s)
}

func (v *TickerValues) members(s *speller) {
	v.TopValues.members(s)
	s.someNumber("last", v.Last)
	s.someNumber("high", v.High)
	s.someNumber("low", v.Low)
	s.someNumber("volume", v.Volume)
	s.someText("vwap", v.VWAP)
	s.someText("change", v.Change)
	s.someText("change_pct", v.ChangePct)
	s.someUint("trades", v.Trades)
}

func (e *Ticker) spell(s *speller) {
	s.stamps(&e.Stamps)
	e.members(s)
}

func (e *TickerSnapshot) spell(s *speller) {
	s.opening(&e.SnapshotHead)
	e.members(s)
}

func (e *Trades) spell(s *speller) {
	s.stamps(&e.Stamps)
	rows(s, "trades", e.Trades, appendTrade)
}

func (e *TradesGap) spell(s *speller) {
	s.stamps(&e.Stamps)
	s.text("reason", e.Reason)
	s.someText("note", e.Note)
	s.uint("first", e.First)
	s.uint("last", e.Last)
}

func (e *TradesSnapshot) spell(s *speller) {
	s.opening(&e.SnapshotHead)
	if !e.IsPointer {
		rows(s, "trades", e.Trades, appendTrade)
		s.uint("last_trade_id", e.LastTradeID)
	}
}

func (v *CandleValues) members(s *speller) {
	s.uint("interval_begin", v.IntervalBegin)
	s.number("open", v.Open)
	s.number("high", v.High)
	s.number("low", v.Low)
	s.number("close", v.Close)
	s.number("volume", v.Volume)
	s.text("vwap", v.VWAP)
	s.uint("trades", v.Trades)
}

func (e *Candle) spell(s *speller) {
	s.stamps(&e.Stamps)
	e.members(s)
}

func (e *Closed) spell(s *speller) {
	s.stamps(&e.Stamps)
	e.members(s)
}

func (e *CandleSnapshot) spell(s *speller) {
	s.opening(&e.SnapshotHead)
	if e.Candle.OK {
		e.Candle.Value.members(s)
	}
}

func (e *Instruments) spell(s *speller) {
	s.stamps(&e.Stamps)
	rows(s, "pairs", e.Pairs, appendPair)
	rows(s, "assets", e.Assets, appendAsset)
}

func (e *InstrumentsSnapshot) spell(s *speller) {
	s.opening(&e.SnapshotHead)
	if !e.IsPointer {
		rows(s, "pairs", e.Pairs, appendPair)
		rows(s, "assets", e.Assets, appendAsset)
	}
}

func (e *Execution) spell(s *speller) {
	s.stamps(&e.Stamps)
	s.text("order_id", e.OrderID)
	s.text("report", e.Report)
	s.text("order", e.Order)
	s.uint("sequence", e.Sequence)
}

func (e *OrdersGap) spell(s *speller) {
	s.stamps(&e.Stamps)
	s.text("reason", e.Reason)
	s.someText("note", e.Note)
	rows(s, "order_id", e.OrderIDs, appendText)
}

func (e *ExecutionsSnapshot) spell(s *speller) {
	s.opening(&e.SnapshotHead)
	if !e.IsPointer {
		rows(s, "orders", e.Orders, appendText)
		s.uint("sequence", e.Sequence)
	}
}

func (e *Balance) spell(s *speller) {
	s.stamps(&e.Stamps)
	s.text("state", e.State)
	s.text("report", e.Report)
	s.text("asset", e.Asset)
	s.uint("sequence", e.Sequence)
}

func (e *BalancesSnapshot) spell(s *speller) {
	s.opening(&e.SnapshotHead)
	if !e.IsPointer {
		rows(s, "balances", e.Balances, appendText)
		s.uint("sequence", e.Sequence)
	}
}

func (e *Epoch) spell(s *speller) {
	s.stamps(&e.Stamps)
	s.uint("version", e.Version)
	s.text("reason", e.Reason)
	s.text("feed", e.Feed)
	s.uint("writer", e.Writer)
	s.isness(&e.Header)
	if e.Prev.OK {
		s.uint("prev_epoch", e.Prev.Value.Epoch)
		s.uint("prev_seq", e.Prev.Value.Seq)
	}
	if e.Missed.OK {
		s.uint("missed_first", e.Missed.Value[0])
		s.uint("missed_last", e.Missed.Value[1])
	}
	s.detail(&e.Header)
}

func (e *Reset) spell(s *speller) {
	s.stamps(&e.Stamps)
	s.text("reason", e.Reason)
	s.someText("note", e.Note)
}

func (e *Heartbeat) spell(s *speller) {
	s.stamps(&e.Stamps)
	if e.Checksum.OK {
		s.uint("checksum", uint64(e.Checksum.Value))
	}
	s.text("state", e.State)
}

func (e *Bye) spell(s *speller) {
	s.stamps(&e.Stamps)
	s.someText("note", e.Note)
}

func (e *Feed) spell(s *speller) {
	s.stamps(&e.Stamps)
	s.text("state", e.State)
	s.uint("symbols", e.Symbols)
	s.uint("live", e.Live)
	s.text("system", e.System)
}

func (e *Notice) spell(s *speller) {
	s.stamps(&e.Stamps)
	s.text("symbol", e.Symbol)
	s.text("kind", e.Kind)
	s.text("note", e.Note)
	s.someText("report", e.Report)
}

func (*Unknown) spell(*speller) {}
