// The L3 book of one stream: two sides of price levels, each a queue of orders, kept by WIRE §5.4.
//
// Knows nothing of Redis, msgpack or sequences. Each side is one sorted slice of queues whose best is
// last, beside the queues by the ids of their orders. A queue keeps its digits for the checksum until
// it changes. Promises: after load or apply the sides hold at most depth price levels, and Checksum
// is Kraken's CRC-32 of what they hold.

package pykraken

import (
	"hash/crc32"
	"slices"
)

// OrderBook is the L3 book of one stream. It says all that Book says, of levels with their total qty,
// and Orders besides.
type OrderBook struct {
	Standing
	Header
	bids     orderSide
	asks     orderSide
	asksCRC  uint32
	checksum uint32
}

// Best returns the best level of a side with its total qty, and false when the side is empty.
func (b *OrderBook) Best(side Side) (Level, bool) {
	queues := b.side(side).queues
	if len(queues) == 0 {
		return Level{}, false
	}
	return queues[len(queues)-1].level(), true
}

// BestBid returns the highest bid's level, and false when there is none.
func (b *OrderBook) BestBid() (DecimalLevel, bool) { return bestDecimal(b, Bid) }

// BestOffer returns the lowest ask's level, and false when there is none.
func (b *OrderBook) BestOffer() (DecimalLevel, bool) { return bestDecimal(b, Ask) }

// Spread returns best offer minus best bid, and false when a side is empty.
func (b *OrderBook) Spread() (Decimal, bool) { return spreadOf(b) }

// Mid returns the exact mean of best bid and best offer, and false when a side is empty.
func (b *OrderBook) Mid() (Decimal, bool) { return mid(b) }

// Levels returns the levels of a side with their total qty, best first: all, or with a limit above 0
// at most so many.
func (b *OrderBook) Levels(side Side, limit int) []Level {
	queues := b.side(side).queues
	found := make([]Level, limited(len(queues), limit))
	for i := range found {
		found[i] = queues[len(queues)-1-i].level()
	}
	return found
}

// DecimalLevels returns Levels as exact decimals.
func (b *OrderBook) DecimalLevels(side Side, limit int) []DecimalLevel {
	return decimalLevels(&b.Header, b.Levels(side, limit))
}

// Orders returns the orders of a side, best level first, each in queue order: all, or with a limit
// above 0 those of at most so many levels.
func (b *OrderBook) Orders(side Side, limit int) []Order {
	queues := b.side(side).queues
	var found []Order
	for i := range limited(len(queues), limit) {
		found = append(found, queues[len(queues)-1-i].orders...)
	}
	return found
}

// Checksum returns Kraken's CRC-32 of the best ten levels a side, 0 for an empty book (WIRE §5.4).
func (b *OrderBook) Checksum() uint32 { return b.checksum }

// Copy returns a book of its own that no replica changes.
func (b *OrderBook) Copy() *OrderBook {
	twin := &OrderBook{Standing: b.Standing, Header: b.Header}
	twin.load(b.Orders(Bid, 0), b.Orders(Ask, 0), b.Depth)
	return twin
}

// Clone is Copy for any State.
func (b *OrderBook) Clone() State { return b.Copy() }

// String says what the book is and how it stands.
func (b *OrderBook) String() string { return described("OrderBook", &b.Header, &b.Standing) }

func (b *OrderBook) side(side Side) *orderSide {
	if side == Bid {
		return &b.bids
	}
	return &b.asks
}

// load replaces both sides by a snapshot's orders, best level first, each in queue order.
func (b *OrderBook) load(bids, asks []Order, depth int) {
	b.Depth = depth
	b.bids.isBids = true
	b.bids.load(bids, depth)
	b.asks.load(asks, depth)
	b.asksCRC = crc32.ChecksumIEEE(b.asks.text)
	b.checksum = crc32.Update(b.asksCRC, crc32.IEEETable, b.bids.text)
}

// apply makes one event's changes, bids then asks; it returns the checksum.
func (b *OrderBook) apply(bids, asks []Change) uint32 {
	areBidsNew := b.bids.apply(bids, b.Depth)
	areAsksNew := b.asks.apply(asks, b.Depth)
	if areAsksNew {
		b.asksCRC = crc32.ChecksumIEEE(b.asks.text)
	}
	if areBidsNew || areAsksNew {
		b.checksum = crc32.Update(b.asksCRC, crc32.IEEETable, b.bids.text)
	}
	return b.checksum
}

// queue is the orders of one price, first in line first; text is their part of the checksum's input.
type queue struct {
	price     Number
	orders    []Order
	text      []byte
	isTextOld bool
}

func (q *queue) level() Level {
	level := Level{Price: q.price}
	for i := range q.orders {
		level.Qty = level.Qty.plus(q.orders[i].Qty)
	}
	return level
}

func (q *queue) find(id string) int {
	return slices.IndexFunc(q.orders, func(o Order) bool { return o.ID == id })
}

// insert queues an order behind all whose time is not later.
func (q *queue) insert(order *Order) {
	at := len(q.orders)
	for at > 0 && q.orders[at-1].Time > order.Time {
		at--
	}
	q.orders = slices.Insert(q.orders, at, *order)
	q.isTextOld = true
}

func (q *queue) digits() []byte {
	if q.isTextOld {
		q.text, q.isTextOld = q.text[:0], false
		for i := range q.orders {
			q.text = q.orders[i].Qty.appendTo(q.price.appendTo(q.text))
		}
	}
	return q.text
}

// orderSide is one side, best queue last; text is its part of the checksum's input.
type orderSide struct {
	queues    []*queue
	byID      map[string]*queue
	text      []byte
	isTextOld bool
	isBids    bool
}

func (s *orderSide) load(orders []Order, depth int) {
	s.queues, s.byID = nil, make(map[string]*queue, len(orders))
	for i := range orders {
		s.putIn(&orders[i])
	}
	s.isTextOld = true
	s.settle(depth)
}

// apply makes each change in array order, then cuts to depth levels (WIRE §5.4). It tells whether the
// best ten changed.
func (s *orderSide) apply(changes []Change, depth int) bool {
	for i := range changes {
		change := &changes[i]
		q := s.byID[change.ID]
		if q == nil {
			if change.Kind == Add {
				s.putIn(&change.Order)
			}
			continue
		}
		at := q.find(change.ID)
		if change.Kind == Modify && q.price == change.Price && q.orders[at].Time == change.Time {
			q.orders[at].Qty = change.Qty
			q.isTextOld = true
			place, _ := s.search(q.price)
			s.changed(place)
			continue
		}
		s.takeOut(q, at)
		if change.Kind != Delete {
			s.putIn(&change.Order)
		}
	}
	return s.settle(depth)
}

func (s *orderSide) putIn(order *Order) {
	at, isThere := s.search(order.Price)
	if !isThere {
		s.queues = slices.Insert(s.queues, at, &queue{price: order.Price})
	}
	q := s.queues[at]
	q.insert(order)
	s.byID[order.ID] = q
	s.changed(at)
}

func (s *orderSide) takeOut(q *queue, place int) {
	delete(s.byID, q.orders[place].ID)
	q.orders = slices.Delete(q.orders, place, place+1)
	q.isTextOld = true
	at, _ := s.search(q.price)
	if len(q.orders) == 0 {
		s.queues = slices.Delete(s.queues, at, at+1)
	}
	s.changed(at)
}

func (s *orderSide) search(price Number) (int, bool) {
	return slices.BinarySearchFunc(s.queues, price, func(q *queue, price Number) int {
		if s.isBids {
			return q.price.Compare(price)
		}
		return price.Compare(q.price)
	})
}

func (s *orderSide) changed(at int) {
	if at >= len(s.queues)-checksumLevels {
		s.isTextOld = true
	}
}

// settle cuts to the best depth price levels, and renews the text where the best ten changed.
func (s *orderSide) settle(depth int) bool {
	if over := len(s.queues) - depth; over > 0 {
		for _, q := range s.queues[:over] {
			for i := range q.orders {
				delete(s.byID, q.orders[i].ID)
			}
		}
		clear(s.queues[:over])
		s.queues = s.queues[over:]
	}
	wasOld := s.isTextOld
	if wasOld {
		s.isTextOld = false
		s.text = s.text[:0]
		last := len(s.queues) - 1
		for i := last; i >= 0 && i > last-checksumLevels; i-- {
			s.text = append(s.text, s.queues[i].digits()...)
		}
	}
	return wasOld
}

// ordersChecksum returns the checksum of two sides of orders, each best level first, in queue order.
func ordersChecksum(bids, asks []Order) uint32 {
	var text []byte
	for _, side := range [][]Order{asks, bids} {
		levels := 0
		for i := range side {
			if i == 0 || side[i].Price != side[i-1].Price {
				levels++
			}
			if levels > checksumLevels {
				break
			}
			text = side[i].Qty.appendTo(side[i].Price.appendTo(text))
		}
	}
	return crc32.ChecksumIEEE(text)
}
