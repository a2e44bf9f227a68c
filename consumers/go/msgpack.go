// MessagePack, as far as WIRE §3.3 allows it, out of bytes that nobody vouches for. Pure.
//
// First wellFormed walks the whole value and refuses what breaks a limit; it allocates nothing. Then
// a reader takes typed values out of bytes that are known to be whole. The msgpack libraries for Go
// have no limits for strings, nesting or UTF-8 and make room for what a header claims, so the walk
// would be ours with any of them, and the little that is left is not worth a dependency.

package pykraken

import (
	"encoding/binary"
	"unicode/utf8"
)

// Limits of WIRE §3.3.
const (
	entryMaxBytes = 16 << 20
	arrayMax      = 200_000
	mapMax        = 64
	textMaxBytes  = 4096
	nestingMax    = 8
)

// shape is what a value's first byte says of it.
type shape uint8

const (
	shapeBad shape = iota
	shapeInt
	shapeText
	shapeArray
	shapeMap
	shapeOther // nil, bool, float: scalars without a use here
)

// header returns the shape of the value at the start of data, the length of its header, and its
// size: bytes behind the header (int, text, other), elements (array) or pairs (map).
func header(data []byte) (kind shape, length, size int) {
	if len(data) == 0 {
		return shapeBad, 0, 0
	}
	switch b := data[0]; {
	case b <= 0x7f || b >= 0xe0:
		return shapeInt, 1, 0
	case b <= 0x8f:
		return shapeMap, 1, int(b & 0x0f)
	case b <= 0x9f:
		return shapeArray, 1, int(b & 0x0f)
	case b <= 0xbf:
		return shapeText, 1, int(b & 0x1f)
	case b == 0xc0 || b == 0xc2 || b == 0xc3:
		return shapeOther, 1, 0
	case b == 0xca:
		return shapeOther, 1, 4
	case b == 0xcb:
		return shapeOther, 1, 8
	case b >= 0xcc && b <= 0xd3: // uint 8 to 64, int 8 to 64
		return shapeInt, 1, 1 << ((b - 0xcc) & 3)
	case b >= 0xd9 && b <= 0xdb:
		return sized(shapeText, data, 1<<(b-0xd9))
	case b == 0xdc || b == 0xdd:
		return sized(shapeArray, data, 2<<(b-0xdc))
	case b == 0xde || b == 0xdf:
		return sized(shapeMap, data, 2<<(b-0xde))
	}
	return shapeBad, 0, 0 // bin, ext and 0xc1
}

func sized(kind shape, data []byte, width int) (shape, int, int) {
	if len(data) < 1+width {
		return shapeBad, 0, 0
	}
	switch width {
	case 1:
		return kind, 2, int(data[1])
	case 2:
		return kind, 3, int(binary.BigEndian.Uint16(data[1:]))
	}
	return kind, 5, int(binary.BigEndian.Uint32(data[1:]))
}

// wellFormed tells whether data is exactly one value within the limits.
func wellFormed(data []byte) bool {
	rest, ok := walk(data, 1)
	return ok && len(rest) == 0
}

// walk passes one value and returns what follows.
func walk(data []byte, nesting int) (rest []byte, ok bool) {
	kind, length, size := header(data)
	rest = data[length:]
	parts := size
	switch kind {
	case shapeBad:
		return nil, false
	case shapeText:
		if size > textMaxBytes || size > len(rest) || !utf8.Valid(rest[:size]) {
			return nil, false
		}
		return rest[size:], true
	case shapeInt, shapeOther:
		if size > len(rest) {
			return nil, false
		}
		return rest[size:], true
	case shapeArray:
		ok = size <= arrayMax
	case shapeMap:
		ok = size <= mapMax
		parts = 2 * size
	}
	if !ok || nesting > nestingMax || parts > len(rest) {
		return nil, false
	}
	for range parts {
		if rest, ok = walk(rest, nesting+1); !ok {
			return nil, false
		}
	}
	return rest, true
}

// reader takes values out of bytes that are well formed.
type reader struct{ rest []byte }

// integer takes the next value, and returns false where it is no int. A negative one returns
// isNegative.
func (r *reader) integer() (value uint64, isNegative, ok bool) {
	kind, length, size := header(r.rest)
	if kind != shapeInt {
		r.skip()
		return 0, false, false
	}
	first, body := r.rest[0], r.rest[length:length+size]
	r.rest = r.rest[length+size:]
	switch size {
	case 0:
		return uint64(first), first >= 0xe0, true
	case 1:
		value, isNegative = uint64(body[0]), int8(body[0]) < 0
	case 2:
		value = uint64(binary.BigEndian.Uint16(body))
		isNegative = int16(value) < 0
	case 4:
		value = uint64(binary.BigEndian.Uint32(body))
		isNegative = int32(value) < 0
	case 8:
		value = binary.BigEndian.Uint64(body)
		isNegative = int64(value) < 0
	}
	return value, isNegative && first >= 0xd0, true
}

// bytes takes the next value, and returns false where it is no text.
func (r *reader) bytes() ([]byte, bool) {
	kind, length, size := header(r.rest)
	if kind != shapeText {
		r.skip()
		return nil, false
	}
	text := r.rest[length : length+size]
	r.rest = r.rest[length+size:]
	return text, true
}

// array takes the header of the next value, and returns false (and takes it whole) where it is no
// array.
func (r *reader) array() (int, bool) {
	kind, length, size := header(r.rest)
	if kind != shapeArray {
		r.skip()
		return 0, false
	}
	r.rest = r.rest[length:]
	return size, true
}

// skip takes the next value, whatever it is.
func (r *reader) skip() {
	for left := 1; left > 0; left-- {
		kind, length, size := header(r.rest)
		switch kind {
		case shapeArray:
			left += size
			size = 0
		case shapeMap:
			left += 2 * size
			size = 0
		}
		r.rest = r.rest[length+size:]
	}
}
