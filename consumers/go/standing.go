// Where a state stands, and what all books say of their best levels. Pure.

package pykraken

// Standing says at which entry a state is, and whether it can be trusted.
type Standing struct {
	Epoch   uint64
	Seq     uint64
	TsEvent uint64
	// IsValid: joined, contiguous and, of a book, proven by its checksum.
	IsValid bool
	// IsStale: valid, but nothing was heard for longer than allowed, the publisher said goodbye, or
	// Redis is away.
	IsStale bool
}

// Stand returns the standing.
func (s *Standing) Stand() *Standing { return s }

// State is what a stream holds at an entry: a *Book, *OrderBook, *TopState, *TickerState,
// *TradesState, *CandleState, *InstrumentsState, *ExecutionsState or *BalancesState. It changes in
// place when the next event is taken; Copy keeps a moment.
type State interface {
	Stand() *Standing
	// Is returns what the stream is.
	Is() *Header
	// Clone returns a state of its own that no replica changes.
	Clone() State
}

// Is returns the header.
func (h *Header) Is() *Header { return h }

// Side is a side of a book.
type Side uint8

// The sides of a book.
const (
	Bid Side = iota
	Ask
)

const checksumLevels = 10 // WIRE §5.2: "the best 10 asks from the best, then the best 10 bids"

// best is what Book and OrderBook both say of their best levels.
type best interface {
	Best(Side) (Level, bool)
	Is() *Header
}

func decimalLevel(h *Header, level Level) DecimalLevel {
	return DecimalLevel{Scaled(level.Price, h.PricePrecision), Scaled(level.Qty, h.QtyPrecision)}
}

func decimalLevels(h *Header, levels []Level) []DecimalLevel {
	found := make([]DecimalLevel, len(levels))
	for i, level := range levels {
		found[i] = decimalLevel(h, level)
	}
	return found
}

func bestDecimal(book best, side Side) (DecimalLevel, bool) {
	level, ok := book.Best(side)
	if !ok {
		return DecimalLevel{}, false
	}
	return decimalLevel(book.Is(), level), true
}

func spreadOf(book best) (Decimal, bool) {
	bid, hasBid := book.Best(Bid)
	offer, hasOffer := book.Best(Ask)
	if !hasBid || !hasOffer {
		return Decimal{}, false
	}
	d := Decimal{precision: book.Is().PricePrecision}
	if offer.Price.less(bid.Price) {
		d.units, d.isNegative = bid.Price.minus(offer.Price), true
	} else {
		d.units = offer.Price.minus(bid.Price)
	}
	return d, true
}

func mid(book best) (Decimal, bool) {
	bid, hasBid := book.Best(Bid)
	offer, hasOffer := book.Best(Ask)
	if !hasBid || !hasOffer {
		return Decimal{}, false
	}
	return Scaled(bid.Price.plus(offer.Price).times(5), book.Is().PricePrecision+1), true
}
