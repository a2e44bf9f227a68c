package pykraken

import (
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// plainSide is a side as a map, and its best levels by sorting: too plain to be wrong.
type plainSide map[uint64]uint64

func (s plainSide) sorted(isBids bool) []uint64 {
	prices := slices.Sorted(maps.Keys(s))
	if isBids {
		slices.Reverse(prices)
	}
	return prices
}

func (s plainSide) apply(deltas []Level, depth int, isBids bool) {
	for _, delta := range deltas {
		if delta.Qty.IsZero() {
			delete(s, delta.Price.lo)
		} else {
			s[delta.Price.lo] = delta.Qty.lo
		}
	}
	for i, price := range s.sorted(isBids) {
		if i >= depth {
			delete(s, price)
		}
	}
}

func (s plainSide) levels(isBids bool) []Level {
	found := []Level{}
	for _, price := range s.sorted(isBids) {
		found = append(found, Level{NumberOf(price), NumberOf(s[price])})
	}
	return found
}

func plainChecksum(bids, asks []Level) uint32 {
	var text strings.Builder
	for _, side := range [][]Level{asks, bids} {
		for _, level := range side[:min(10, len(side))] {
			text.WriteString(strconv.FormatUint(level.Price.lo, 10) + strconv.FormatUint(level.Qty.lo, 10))
		}
	}
	return crc32.ChecksumIEEE([]byte(text.String()))
}

func TestBookAgainstAPlainModel(t *testing.T) {
	for _, depth := range []int{1, 3, 10, 25, 100} {
		random := rand.New(rand.NewPCG(7, uint64(depth)))
		book, bids, asks := new(Book), plainSide{}, plainSide{}
		book.load(nil, nil, depth)
		for round := range 4000 {
			one, other := randomDeltas(random, depth), randomDeltas(random, depth)
			told := book.apply(one, other)
			bids.apply(one, depth, true)
			asks.apply(other, depth, false)
			wantBids, wantAsks := bids.levels(true), asks.levels(false)
			if !slices.Equal(book.Levels(Bid, 0), wantBids) || !slices.Equal(book.Levels(Ask, 0), wantAsks) {
				t.Fatalf("depth %d round %d: %v %v, not %v %v", depth, round,
					book.Levels(Bid, 0), book.Levels(Ask, 0), wantBids, wantAsks)
			}
			wanted := plainChecksum(wantBids, wantAsks)
			if told != wanted || book.Checksum() != wanted || checksumOf(wantBids, wantAsks) != wanted {
				t.Fatalf("depth %d round %d: checksum %d, not %d", depth, round, told, wanted)
			}
		}
	}
}

func randomDeltas(random *rand.Rand, depth int) []Level {
	deltas := make([]Level, random.IntN(6))
	for i := range deltas {
		deltas[i].Price = NumberOf(1 + random.Uint64N(uint64(3*depth)))
		if random.IntN(3) > 0 {
			deltas[i].Qty = NumberOf(1 + random.Uint64N(1<<random.UintN(63)))
		}
	}
	return deltas
}

func TestACopyKeepsItsMoment(t *testing.T) {
	book := new(Book)
	book.load([]Level{{NumberOf(5), NumberOf(1)}}, []Level{{NumberOf(7), NumberOf(2)}}, 10)
	book.IsValid = true
	kept := book.Copy()
	book.apply([]Level{{NumberOf(6), NumberOf(9)}}, []Level{{NumberOf(7), Number{}}})
	if level, _ := kept.Best(Bid); level.Price != NumberOf(5) {
		t.Errorf("the copy's best bid is %v", level)
	}
	if len(kept.Levels(Ask, 0)) != 1 || len(book.Levels(Ask, 0)) != 0 || !kept.IsValid {
		t.Error("the copy moved")
	}
	kept.apply([]Level{{NumberOf(5), NumberOf(3)}}, nil)
	if level, _ := book.Best(Bid); level.Price != NumberOf(6) {
		t.Error("the copy moves what it was made of")
	}
}

func TestTheEdgeIsDecimal(t *testing.T) {
	book := new(Book)
	book.PricePrecision, book.QtyPrecision = 1, 8
	if _, ok := book.BestBid(); ok {
		t.Error("an empty side has a best bid")
	}
	if _, ok := book.Spread(); ok {
		t.Error("an empty book has a spread")
	}
	header := book.Header
	header.Depth = 10
	book.load([]Level{{NumberOf(452831), NumberOf(150000000)}}, []Level{{NumberOf(452834), NumberOf(1)}}, 10)
	book.Header = header
	bid, _ := book.BestBid()
	offer, _ := book.BestOffer()
	spread, _ := book.Spread()
	mid, _ := book.Mid()
	said := []string{bid.String(), offer.Qty.String(), spread.String(), mid.String()}
	if wanted := []string{"1.50000000 @ 45283.1", "0.00000001", "0.3", "45283.25"}; !slices.Equal(said, wanted) {
		t.Errorf("%q, not %q", said, wanted)
	}
	book.apply([]Level{{NumberOf(452835), NumberOf(1)}}, nil)
	if spread, _ := book.Spread(); spread.String() != "-0.1" || spread.Sign() != -1 {
		t.Errorf("the spread of a crossed book is %v", spread)
	}
}

// plainQueue is an L3 side as a list in queue order, sorted anew by price after each change.
type plainQueue struct {
	orders []Order
	isBids bool
}

func (q *plainQueue) apply(changes []Change, depth int) {
	for _, change := range changes {
		at := slices.IndexFunc(q.orders, func(o Order) bool { return o.ID == change.ID })
		if at < 0 && change.Kind != Add {
			continue
		}
		if at >= 0 {
			known := q.orders[at]
			if change.Kind == Modify && known.Price == change.Price && known.Time == change.Time {
				q.orders[at].Qty = change.Qty
				continue
			}
			q.orders = slices.Delete(q.orders, at, at+1)
		}
		if change.Kind != Delete {
			q.orders = append(q.orders, change.Order)
			slices.SortStableFunc(q.orders, q.compare)
		}
	}
	levels := 0
	for i, order := range q.orders {
		if i == 0 || order.Price != q.orders[i-1].Price {
			levels++
		}
		if levels > depth {
			q.orders = q.orders[:i]
			return
		}
	}
}

func (q *plainQueue) compare(a, b Order) int {
	byPrice := a.Price.Compare(b.Price)
	if q.isBids {
		byPrice = -byPrice
	}
	if byPrice != 0 {
		return byPrice
	}
	return int(a.Time) - int(b.Time)
}

func TestOrderBookAgainstAPlainModel(t *testing.T) {
	for _, depth := range []int{1, 4, 10} {
		random := rand.New(rand.NewPCG(9, uint64(depth)))
		book := new(OrderBook)
		book.load(nil, nil, depth)
		bids, asks := &plainQueue{isBids: true}, &plainQueue{}
		for round := range 4000 {
			one, other := randomChanges(random, depth), randomChanges(random, depth)
			told := book.apply(one, other)
			bids.apply(one, depth)
			asks.apply(other, depth)
			if !slices.Equal(book.Orders(Bid, 0), bids.orders) || !slices.Equal(book.Orders(Ask, 0), asks.orders) {
				t.Fatalf("depth %d round %d: %v, not %v", depth, round, book.Orders(Bid, 0), bids.orders)
			}
			if wanted := ordersChecksum(bids.orders, asks.orders); told != wanted {
				t.Fatalf("depth %d round %d: checksum %d, not %d", depth, round, told, wanted)
			}
			if len(book.bids.byID) != len(bids.orders) {
				t.Fatalf("%d orders are known by id, %d are there", len(book.bids.byID), len(bids.orders))
			}
		}
		twin := book.Copy()
		if twin.Checksum() != book.Checksum() || !slices.Equal(twin.Orders(Ask, 0), book.Orders(Ask, 0)) {
			t.Error("a copy differs")
		}
	}
}

func randomChanges(random *rand.Rand, depth int) []Change {
	changes := make([]Change, random.IntN(5))
	for i := range changes {
		changes[i] = Change{ChangeKind(random.IntN(3)), Order{
			ID:    "O" + strconv.Itoa(random.IntN(6*depth)),
			Price: NumberOf(100 + random.Uint64N(uint64(2*depth))),
			Qty:   NumberOf(1 + random.Uint64N(1000)),
			Time:  random.Uint64N(8),
		}}
	}
	return changes
}
