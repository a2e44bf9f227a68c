// Events of the public streams that hold no book, and of bbo. Types only.

package pykraken

// TopValues are the best bid and offer; absent on an empty side (WIRE §4.11).
type TopValues struct {
	Bid    Optional[Number]
	BidQty Optional[Number]
	Ask    Optional[Number]
	AskQty Optional[Number]
}

// Top is the best bid and offer of a verified book (WIRE §4.11).
type Top struct {
	Stamps
	TopValues
}

// Type returns "top".
func (*Top) Type() string { return "top" }
func (*Top) isOfChannel() {}

// TopSnapshot is the best bid and offer as they stand (WIRE §4.11).
type TopSnapshot struct {
	SnapshotHead
	TopValues
}

// TickerValues are what Kraken's ticker says; absent where it gave nothing (WIRE §4.12). VWAP and
// the changes are decimal texts.
type TickerValues struct {
	TopValues
	Last      Optional[Number]
	High      Optional[Number]
	Low       Optional[Number]
	Volume    Optional[Number]
	VWAP      Optional[string]
	Change    Optional[string]
	ChangePct Optional[string]
	Trades    Optional[uint64]
}

// Ticker is the whole ticker (WIRE §4.12).
type Ticker struct {
	Stamps
	TickerValues
}

// Type returns "ticker".
func (*Ticker) Type() string { return "ticker" }
func (*Ticker) isOfChannel() {}

// TickerSnapshot is the ticker as it stands (WIRE §4.12).
type TickerSnapshot struct {
	SnapshotHead
	TickerValues
}

// Aggressor is who crossed the spread.
type Aggressor uint8

// The sides of a trade's taker.
const (
	Buy Aggressor = iota
	Sell
)

// OrdType is the type of a trade's order.
type OrdType uint8

// The order types (WIRE §4.13).
const (
	Limit OrdType = iota
	Market
	OtherOrdType
)

// Trade is one trade (WIRE §4.13).
type Trade struct {
	ID      uint64
	Side    Aggressor
	Price   Number
	Qty     Number
	OrdType OrdType
	Time    uint64
}

// Trades are trades of one symbol, ids rising by 1 (WIRE §4.13).
type Trades struct {
	Stamps
	Trades []Trade
}

// Type returns "trades".
func (*Trades) Type() string { return "trades" }
func (*Trades) isOfChannel() {}

// TradesGap names trades, both included, that could not be had (WIRE §4.13).
type TradesGap struct {
	Stamps
	Reason string
	Note   Optional[string]
	First  uint64
	Last   uint64
}

// Type returns "gap".
func (*TradesGap) Type() string { return "gap" }
func (*TradesGap) isOfChannel() {}

// TradesSnapshot is the latest trades, 50 at most (WIRE §4.13).
type TradesSnapshot struct {
	SnapshotHead
	Trades      []Trade
	LastTradeID uint64
}

// CandleValues are a candle (WIRE §4.14). VWAP is a decimal text.
type CandleValues struct {
	IntervalBegin uint64
	Open          Number
	High          Number
	Low           Number
	Close         Number
	Volume        Number
	VWAP          string
	Trades        uint64
}

// Candle is a candle as it stands (WIRE §4.14).
type Candle struct {
	Stamps
	CandleValues
}

// Type returns "candle".
func (*Candle) Type() string { return "candle" }
func (*Candle) isOfChannel() {}

// Closed is a candle that is final (WIRE §4.14).
type Closed struct {
	Stamps
	CandleValues
}

// Type returns "closed".
func (*Closed) Type() string { return "closed" }
func (*Closed) isOfChannel() {}

// CandleSnapshot is the open candle, absent while there is none (WIRE §4.14).
type CandleSnapshot struct {
	SnapshotHead
	Candle Optional[CandleValues]
}

// Pair is a tradable pair; Words are Kraken's own, as JSON text (WIRE §4.15).
type Pair struct {
	Symbol         string
	Status         string
	PricePrecision uint64
	QtyPrecision   uint64
	Words          string
}

// Asset is an asset; Words are Kraken's own, as JSON text (WIRE §4.15).
type Asset struct {
	ID        string
	Status    string
	Precision uint64
	Words     string
}

// Instruments are the pairs and assets that changed (WIRE §4.15).
type Instruments struct {
	Stamps
	Pairs  []Pair
	Assets []Asset
}

// Type returns "instruments".
func (*Instruments) Type() string { return "instruments" }
func (*Instruments) isOfChannel() {}

// InstrumentsSnapshot is all pairs and assets (WIRE §4.15).
type InstrumentsSnapshot struct {
	SnapshotHead
	Pairs  []Pair
	Assets []Asset
}
