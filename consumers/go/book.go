// The L2 book of one stream: two sides of price levels, kept by WIRE §5.
//
// Knows nothing of Redis, msgpack or sequences. Each side is one sorted slice whose best level is
// last, so that what changes most is moved least, and the cut to depth moves nothing. Each level
// keeps its digits for the checksum, each side those of its best ten. Promises: after load or apply
// the sides hold at most depth levels, and Checksum is Kraken's CRC-32 of what they hold.

package pykraken

import (
	"fmt"
	"hash/crc32"
	"slices"
)

// Book is the L2 book of one stream. Its replica changes it in place; anyone may read it between two
// events. Prices and quantities are scaled integers, decimals where the name says so.
type Book struct {
	Standing
	Header
	bids     bookSide
	asks     bookSide
	asksCRC  uint32 // of the asks' digits: they come first in the checksum
	checksum uint32
}

// Best returns the best level of a side, and false when the side is empty.
func (b *Book) Best(side Side) (Level, bool) {
	levels := b.side(side).levels
	if len(levels) == 0 {
		return Level{}, false
	}
	return levels[len(levels)-1].Level, true
}

// BestBid returns the highest bid, and false when there is none.
func (b *Book) BestBid() (DecimalLevel, bool) { return bestDecimal(b, Bid) }

// BestOffer returns the lowest ask, and false when there is none.
func (b *Book) BestOffer() (DecimalLevel, bool) { return bestDecimal(b, Ask) }

// Spread returns best offer minus best bid, and false when a side is empty.
func (b *Book) Spread() (Decimal, bool) { return spreadOf(b) }

// Mid returns the exact mean of best bid and best offer, and false when a side is empty.
func (b *Book) Mid() (Decimal, bool) { return mid(b) }

// Levels returns the levels of a side, best first: all, or with a limit above 0 at most so many.
func (b *Book) Levels(side Side, limit int) []Level {
	levels := b.side(side).levels
	count := limited(len(levels), limit)
	found := make([]Level, count)
	for i := range found {
		found[i] = levels[len(levels)-1-i].Level
	}
	return found
}

// DecimalLevels returns Levels as exact decimals.
func (b *Book) DecimalLevels(side Side, limit int) []DecimalLevel {
	return decimalLevels(&b.Header, b.Levels(side, limit))
}

// Checksum returns Kraken's CRC-32 of the best ten levels a side, 0 for an empty book (WIRE §5.2).
func (b *Book) Checksum() uint32 { return b.checksum }

// Copy returns a book of its own that no replica changes.
func (b *Book) Copy() *Book {
	twin := *b
	twin.bids, twin.asks = b.bids.copy(), b.asks.copy()
	return &twin
}

// Clone is Copy for any State.
func (b *Book) Clone() State { return b.Copy() }

// String says what the book is and how it stands.
func (b *Book) String() string { return described("Book", &b.Header, &b.Standing) }

func described(what string, h *Header, s *Standing) string {
	how := "invalid"
	if s.IsValid {
		how = "valid"
		if s.IsStale {
			how = "stale"
		}
	}
	return fmt.Sprintf("%s %s %s.%d at %d-%d, %s", what, h.Symbol, h.Channel, h.Depth, s.Epoch, s.Seq, how)
}

func limited(count, limit int) int {
	if limit > 0 && limit < count {
		return limit
	}
	return count
}

func (b *Book) side(side Side) *bookSide {
	if side == Bid {
		return &b.bids
	}
	return &b.asks
}

// load replaces both sides by a snapshot's levels, best first.
func (b *Book) load(bids, asks []Level, depth int) {
	b.Depth = depth
	b.bids.isBids = true
	b.bids.load(bids, depth)
	b.asks.load(asks, depth)
	b.asksCRC = crc32.ChecksumIEEE(b.asks.text)
	b.checksum = crc32.Update(b.asksCRC, crc32.IEEETable, b.bids.text)
}

// apply applies one update's deltas, bids then asks, a qty of 0 removing; it returns the checksum.
func (b *Book) apply(bids, asks []Level) uint32 {
	areBidsNew := len(bids) > 0 && b.bids.apply(bids, b.Depth)
	areAsksNew := len(asks) > 0 && b.asks.apply(asks, b.Depth)
	if areAsksNew {
		b.asksCRC = crc32.ChecksumIEEE(b.asks.text)
	}
	if areBidsNew || areAsksNew {
		b.checksum = crc32.Update(b.asksCRC, crc32.IEEETable, b.bids.text)
	}
	return b.checksum
}

const digitsKept = 44 // two numbers of 64 bits have at most 40 digits

// bookLevel is a level with its digits; width is 0 where they have no room.
type bookLevel struct {
	Level
	width  uint8
	digits [digitsKept]byte
}

func (l *bookLevel) set(level Level) {
	l.Level = level
	l.width = 0
	if level.Price.isSmall() && level.Qty.isSmall() {
		l.width = uint8(len(level.Qty.appendTo(level.Price.appendTo(l.digits[:0]))))
	}
}

func (l *bookLevel) appendDigits(dst []byte) []byte {
	if l.width > 0 {
		return append(dst, l.digits[:l.width]...)
	}
	return l.Qty.appendTo(l.Price.appendTo(dst))
}

// bookSide is one side, best level last; text is its part of the checksum's input.
type bookSide struct {
	levels []bookLevel
	text   []byte
	isBids bool
}

func (s *bookSide) copy() bookSide {
	return bookSide{slices.Clone(s.levels), slices.Clone(s.text), s.isBids}
}

func (s *bookSide) load(levels []Level, depth int) {
	count := min(len(levels), depth)
	s.levels = make([]bookLevel, count, count+count/4+16)
	for i, level := range levels[:count] {
		s.levels[count-1-i].set(level)
	}
	s.join()
}

// apply sets or removes each level in array order, then cuts to depth (WIRE §5.1). It tells whether
// the best ten changed.
func (s *bookSide) apply(deltas []Level, depth int) bool {
	isTextOld := false
	for i := range deltas {
		delta := &deltas[i]
		at, isThere := s.search(delta.Price)
		switch {
		case isThere && !delta.Qty.IsZero():
			s.levels[at].set(*delta)
		case isThere:
			s.levels = slices.Delete(s.levels, at, at+1)
		case !delta.Qty.IsZero():
			s.insert(at, delta)
		default:
			continue
		}
		if at >= len(s.levels)-checksumLevels {
			isTextOld = true
		}
	}
	if over := len(s.levels) - depth; over > 0 {
		s.levels = s.levels[over:]
	}
	if isTextOld {
		s.join()
	}
	return isTextOld
}

func (s *bookSide) insert(at int, level *Level) {
	s.levels = append(s.levels, bookLevel{})
	copy(s.levels[at+1:], s.levels[at:])
	s.levels[at].set(*level)
}

// search returns where a price is, or would be, and whether it is there. Most changes are near the
// best, so the last few are looked at one by one.
func (s *bookSide) search(price Number) (at int, isThere bool) {
	const few = 8
	low, high := 0, len(s.levels)
	for high > 0 && len(s.levels)-high < few {
		other := s.levels[high-1].Price
		if other == price {
			return high - 1, true
		}
		if isBetter(price, other, s.isBids) {
			return high, false
		}
		high--
	}
	for low < high {
		middle := int(uint(low+high) / 2)
		if isBetter(price, s.levels[middle].Price, s.isBids) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, low < len(s.levels) && s.levels[low].Price == price
}

// join renews the text from the digits of the best ten.
func (s *bookSide) join() {
	s.text = s.text[:0]
	last := len(s.levels) - 1
	for i := last; i >= 0 && i > last-checksumLevels; i-- {
		s.text = s.levels[i].appendDigits(s.text)
	}
}

// checksumOf returns the checksum of two sides that come best first (WIRE §5.2).
func checksumOf(bids, asks []Level) uint32 {
	var text []byte
	for _, side := range [][]Level{asks, bids} {
		for i := range side[:min(len(side), checksumLevels)] {
			text = side[i].Qty.appendTo(side[i].Price.appendTo(text))
		}
	}
	return crc32.ChecksumIEEE(text)
}
