// The short way of decoding: ordinary updates of books, laid out as the publisher writes them (a map
// of eight, its keys in the order of WIRE §4 and §4.2, times of 64 bits, flags of one byte).
//
// It accepts only what the long way would accept, and returns nil for anything else or with any
// fault. What it returns is made in slabs, since making each by itself would be half of its cost. Pure.

package pykraken

import "encoding/binary"

const (
	updateHead = "\x88\xa1t\xa6update\xa2te\xcf"
	ordersHead = "\x88\xa1t\xa6orders\xa2te\xcf"
	headBytes  = len(updateHead) + 8 + 4 + 8 + 4 + 8 + 2 + 1 + 2
	slabEvents = 64
	slabLevels = 512
)

// room is where a replica's updates are made: an event takes its part of a slab.
type room struct {
	updates []Update
	levels  []Level
}

func (r *room) update() *Update {
	if r == nil {
		return new(Update)
	}
	if len(r.updates) == 0 {
		r.updates = make([]Update, slabEvents)
	}
	update := &r.updates[0]
	r.updates = r.updates[1:]
	return update
}

// sides returns room for so many levels; nobody else ever writes there.
func (r *room) sides(count int) []Level {
	if r == nil || count > slabLevels/8 {
		return make([]Level, count)
	}
	if count > len(r.levels) {
		r.levels = make([]Level, slabLevels)
	}
	levels := r.levels[:count:count]
	r.levels = r.levels[count:]
	return levels
}

// plainHead takes the stamps, and returns false where the layout is another.
func plainHead(id EntryID, data []byte, head string) (Stamps, bool) {
	// A shorter entry than arrayMax bytes has no longer array.
	if len(data) < headBytes || len(data) > arrayMax || string(data[:len(head)]) != head {
		return Stamps{}, false
	}
	at := data[len(head):headBytes]
	if string(at[8:12]) != "\xa2tr\xcf" || string(at[20:24]) != "\xa2tp\xcf" ||
		string(at[32:34]) != "\xa1f" || at[34] > 0x7f || string(at[35:37]) != "\xa1b" {
		return Stamps{}, false
	}
	return Stamps{
		ID:      id,
		TsEvent: binary.BigEndian.Uint64(at),
		TsRecv:  binary.BigEndian.Uint64(at[12:]),
		TsPub:   binary.BigEndian.Uint64(at[24:]),
		Flags:   uint64(at[34]),
	}, true
}

// plainEnd takes the checksum behind the sides, which must be the end.
func plainEnd(data []byte) (uint32, bool) {
	if len(data) == 7 && string(data[:3]) == "\xa1c\xce" {
		return binary.BigEndian.Uint32(data[3:]), true
	}
	if len(data) < 3 || string(data[:2]) != "\xa1c" {
		return 0, false
	}
	value, rest, ok := plainInt(data[2:])
	return uint32(value), ok && len(rest) == 0 && value < 1<<32
}

// plainInt takes an int of 0 or more.
func plainInt(data []byte) (value uint64, rest []byte, ok bool) {
	if len(data) == 0 {
		return 0, nil, false
	}
	switch b := data[0]; {
	case b <= 0x7f:
		return uint64(b), data[1:], true
	case b == 0xce && len(data) >= 5:
		return uint64(binary.BigEndian.Uint32(data[1:])), data[5:], true
	case b == 0xcf && len(data) >= 9:
		return binary.BigEndian.Uint64(data[1:]), data[9:], true
	case b == 0xcd && len(data) >= 3:
		return uint64(binary.BigEndian.Uint16(data[1:])), data[3:], true
	case b == 0xcc && len(data) >= 2:
		return uint64(data[1]), data[2:], true
	}
	return 0, nil, false // negative, signed, or no int: the long way judges it
}

// plainCount takes an array's header, whose elements have at least so many bytes each.
func plainCount(data []byte, least int) (count int, rest []byte, ok bool) {
	kind, length, size := header(data)
	rest = data[length:]
	return size, rest, kind == shapeArray && size <= len(rest)/least
}

func plainUpdate(id EntryID, data []byte, room *room) *Update {
	stamps, ok := plainHead(id, data, updateHead)
	if !ok {
		return nil
	}
	bids, rest, ok := plainLevels(data[headBytes:], room)
	if !ok || len(rest) < 2 || string(rest[:2]) != "\xa1a" {
		return nil
	}
	asks, rest, ok := plainLevels(rest[2:], room)
	if !ok {
		return nil
	}
	checksum, ok := plainEnd(rest)
	if !ok {
		return nil
	}
	update := room.update()
	*update = Update{stamps, checksum, bids, asks}
	return update
}

func plainLevels(data []byte, room *room) (levels []Level, rest []byte, ok bool) {
	count, rest, ok := plainCount(data, 3)
	if !ok || count == 0 {
		return nil, rest, ok
	}
	levels = room.sides(count)
	for i := range levels {
		if len(rest) == 0 || rest[0] != 0x92 {
			return nil, nil, false
		}
		if levels[i].Price.lo, rest, ok = plainInt(rest[1:]); !ok {
			return nil, nil, false
		}
		if levels[i].Qty.lo, rest, ok = plainInt(rest); !ok {
			return nil, nil, false
		}
	}
	return levels, rest, true
}

func plainOrders(id EntryID, data []byte) *Orders {
	stamps, ok := plainHead(id, data, ordersHead)
	if !ok {
		return nil
	}
	bids, rest, ok := plainChanges(data[headBytes:])
	if !ok || len(rest) < 2 || string(rest[:2]) != "\xa1a" {
		return nil
	}
	asks, rest, ok := plainChanges(rest[2:])
	if !ok {
		return nil
	}
	checksum, ok := plainEnd(rest)
	if !ok {
		return nil
	}
	return &Orders{stamps, checksum, bids, asks}
}

func plainChanges(data []byte) (changes []Change, rest []byte, ok bool) {
	count, rest, ok := plainCount(data, 6)
	if !ok || count == 0 {
		return nil, rest, ok
	}
	changes = make([]Change, count)
	for i := range changes {
		if rest, ok = plainChange(rest, &changes[i]); !ok {
			return nil, nil, false
		}
	}
	return changes, rest, true
}

func plainChange(data []byte, change *Change) (rest []byte, ok bool) {
	if len(data) < 6 || data[0] != 0x95 || data[1] > uint8(Delete) {
		return nil, false
	}
	change.Kind = ChangeKind(data[1])
	rest, ok = walk(data[2:], 4)
	if !ok {
		return nil, false
	}
	r := reader{data[2:]}
	text, isText := r.bytes()
	if !isText {
		return nil, false
	}
	change.ID = string(text)
	if change.Price.lo, rest, ok = plainInt(rest); !ok {
		return nil, false
	}
	if change.Qty.lo, rest, ok = plainInt(rest); !ok {
		return nil, false
	}
	if change.Qty.lo == 0 && change.Kind != Delete {
		return nil, false
	}
	change.Time, rest, ok = plainInt(rest)
	return rest, ok
}
