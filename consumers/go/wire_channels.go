// The events of each channel, and their snapshots, out of a judge's fields (WIRE §4). Pure.

package pykraken

func (j *judge) channelEvent(stamps Stamps, kind, channel string) WireEvent {
	switch channel + " " + kind {
	case "book update":
		return &Update{
			stamps, need(j, "c", takeChecksum), need(j, "b", takeLevels), need(j, "a", takeLevels),
		}
	case "level3 orders":
		orders := &Orders{
			stamps, need(j, "c", takeChecksum), need(j, "b", takeChanges), need(j, "a", takeChanges),
		}
		j.changes("b", orders.Bids)
		j.changes("a", orders.Asks)
		return orders
	case "bbo top":
		return &Top{stamps, j.top(true)}
	case "ticker ticker":
		return &Ticker{stamps, j.ticker()}
	case "trade trades":
		trades := &Trades{stamps, need(j, "x", takeTrades)}
		j.trades(trades.Trades)
		return trades
	case "trade gap":
		return j.tradesGap(stamps)
	case "ohlc candle":
		return &Candle{stamps, j.candle()}
	case "ohlc closed":
		return &Closed{stamps, j.candle()}
	case "instrument instruments":
		return &Instruments{stamps, need(j, "ps", takePairs), need(j, "as", takeAssets)}
	}
	return j.accountEvent(stamps, kind, channel)
}

func (j *judge) accountEvent(stamps Stamps, kind, channel string) WireEvent {
	switch channel + " " + kind {
	case "executions execution":
		return &Execution{
			Stamps:   stamps,
			OrderID:  need(j, "oi", takeText),
			Report:   need(j, "rp", takeJSON),
			Order:    need(j, "st", takeJSON),
			Sequence: need(j, "sq", takeUint),
		}
	case "executions gap":
		return &OrdersGap{
			stamps, need(j, "why", takeText), optional(j, "n", takeText), need(j, "oi", takeTexts),
		}
	case "balances balance":
		return &Balance{
			Stamps:   stamps,
			Asset:    need(j, "as", takeText),
			Report:   need(j, "rp", takeJSON),
			State:    need(j, "st", takeJSON),
			Sequence: need(j, "sq", takeUint),
		}
	}
	return nil
}

// top takes the best bid and offer; alone, each price comes with its qty (WIRE §4.11).
func (j *judge) top(isAlone bool) TopValues {
	if isAlone {
		j.together("bp", "bq")
		j.together("ap", "aq")
	}
	return TopValues{
		Bid:    optional(j, "bp", takeNumber),
		BidQty: optional(j, "bq", takeNumber),
		Ask:    optional(j, "ap", takeNumber),
		AskQty: optional(j, "aq", takeNumber),
	}
}

var tickerKeys = []string{
	"bp", "bq", "ap", "aq", "la", "lo", "hi", "vo", "vw", "cg", "cp", "n",
}

func (j *judge) ticker() TickerValues {
	return TickerValues{
		TopValues: j.top(false),
		Last:      optional(j, "la", takeNumber),
		High:      optional(j, "hi", takeNumber),
		Low:       optional(j, "lo", takeNumber),
		Volume:    optional(j, "vo", takeNumber),
		VWAP:      optional(j, "vw", takeDecimal),
		Change:    optional(j, "cg", takeDecimal),
		ChangePct: optional(j, "cp", takeDecimal),
		Trades:    optional(j, "n", takeUint),
	}
}

var candleKeys = []string{"ib", "op", "hi", "lo", "cl", "vo", "vw", "n"}

func (j *judge) candle() CandleValues {
	return CandleValues{
		IntervalBegin: need(j, "ib", takeUint),
		Open:          need(j, "op", takeNumber),
		High:          need(j, "hi", takeNumber),
		Low:           need(j, "lo", takeNumber),
		Close:         need(j, "cl", takeNumber),
		Volume:        need(j, "vo", takeNumber),
		VWAP:          need(j, "vw", takeDecimal),
		Trades:        need(j, "n", takeUint),
	}
}

func (j *judge) tradesGap(stamps Stamps) WireEvent {
	gap := &TradesGap{Stamps: stamps, Reason: need(j, "why", takeText), Note: optional(j, "n", takeText)}
	first, hasFirst := perhaps(j, "gf", takeUint)
	last, hasLast := perhaps(j, "gl", takeUint)
	if !j.has("gf") || !j.has("gl") {
		j.note(faultSchema, "gf")
	}
	if hasFirst && hasLast && last < first {
		j.note(faultRange, "gl")
	}
	gap.First, gap.Last = first, last
	return gap
}

func (j *judge) snapshot(stamps Stamps, at place) WireEvent {
	head := SnapshotHead{Stamps: stamps, Version: need(j, "v", takeVersion), Header: j.header(at.channel)}
	switch at.channel {
	case ChannelBook:
		return j.bookSnapshot(head, at)
	case ChannelLevel3:
		return j.ordersSnapshot(head, at)
	case ChannelBBO:
		head.IsPointer = j.content(at, false, "bp", "bq", "ap", "aq")
		return &TopSnapshot{head, j.top(true)}
	case ChannelTicker:
		head.IsPointer = j.content(at, false, tickerKeys...)
		return &TickerSnapshot{head, j.ticker()}
	case ChannelTrade:
		return j.tradesSnapshot(head, at)
	case ChannelOHLC:
		head.IsPointer = j.content(at, false, candleKeys...)
		snapshot := &CandleSnapshot{SnapshotHead: head}
		if j.present(candleKeys) > 0 {
			snapshot.Candle = Some(j.candle())
		}
		return snapshot
	case ChannelInstrument:
		head.IsPointer = j.content(at, true, "ps", "as")
		snapshot := &InstrumentsSnapshot{SnapshotHead: head}
		snapshot.Pairs, _ = perhaps(j, "ps", takePairs)
		snapshot.Assets, _ = perhaps(j, "as", takeAssets)
		return snapshot
	case ChannelExecutions:
		head.IsPointer = j.content(at, true, "os", "sq")
		snapshot := &ExecutionsSnapshot{SnapshotHead: head, Sequence: optional(j, "sq", takeUint).Value}
		snapshot.Orders, _ = perhaps(j, "os", takeJSONs)
		return snapshot
	case ChannelBalances:
		head.IsPointer = j.content(at, true, "bs", "sq")
		snapshot := &BalancesSnapshot{SnapshotHead: head, Sequence: optional(j, "sq", takeUint).Value}
		snapshot.Balances, _ = perhaps(j, "bs", takeJSONs)
		return snapshot
	}
	return nil
}

func (j *judge) bookSnapshot(head SnapshotHead, at place) WireEvent {
	head.IsPointer = j.content(at, true, "b", "a")
	snapshot := &Snapshot{SnapshotHead: head, Checksum: need(j, "c", takeChecksum)}
	snapshot.Bids, _ = perhaps(j, "b", takeLevels)
	snapshot.Asks, _ = perhaps(j, "a", takeLevels)
	j.levels("b", snapshot.Bids, head.Depth, true)
	j.levels("a", snapshot.Asks, head.Depth, false)
	return snapshot
}

func (j *judge) ordersSnapshot(head SnapshotHead, at place) WireEvent {
	head.IsPointer = j.content(at, true, "b", "a")
	snapshot := &OrdersSnapshot{SnapshotHead: head, Checksum: need(j, "c", takeChecksum)}
	snapshot.Bids, _ = perhaps(j, "b", takeOrders)
	snapshot.Asks, _ = perhaps(j, "a", takeOrders)
	j.orders("b", snapshot.Bids, head.Depth, true)
	j.orders("a", snapshot.Asks, head.Depth, false)
	return snapshot
}

// tradesKept is how many trades a snapshot and a state hold at most (WIRE §4.13).
const tradesKept = 50

func (j *judge) tradesSnapshot(head SnapshotHead, at place) WireEvent {
	head.IsPointer = j.content(at, true, "lt", "x")
	snapshot := &TradesSnapshot{SnapshotHead: head}
	snapshot.Trades, _ = perhaps(j, "x", takeTrades)
	last, isKnown := perhaps(j, "lt", takeUint)
	snapshot.LastTradeID = last
	j.trades(snapshot.Trades)
	count := len(snapshot.Trades)
	if count > tradesKept {
		j.note(faultRange, "x")
	}
	if count > 0 && isKnown && snapshot.Trades[count-1].ID != last {
		j.note(faultOrder, "lt")
	}
	return snapshot
}
