// Prices and quantities: exact, whatever their size (WIRE §3.5).
//
// A Number holds a scaled integer of up to 192 bits in three words: 40 digits take 133 bits, and
// the sum of all orders of a level still fits. No pointers, so a book is one block of memory, and ==
// compares. Almost every number fits into the first word, which is the fast way everywhere. Pure.

package pykraken

import (
	"cmp"
	"math/big"
	"math/bits"
	"strconv"
)

// Number is a scaled integer, never negative: the decimal value times 10^precision.
type Number struct{ lo, mid, hi uint64 }

// NumberOf returns a Number of so many units.
func NumberOf(units uint64) Number { return Number{lo: units} }

// ParseNumber reads decimal digits, at most 40. It returns false for any other text.
func ParseNumber(digits string) (Number, bool) {
	if len(digits) == 0 || len(digits) > numberMaxDigits {
		return Number{}, false
	}
	var n Number
	for i := range len(digits) {
		c := digits[i]
		if c < '0' || c > '9' {
			return Number{}, false
		}
		n = n.times(10).plus(Number{lo: uint64(c - '0')})
	}
	return n, true
}

// IsZero tells whether it is 0.
func (n Number) IsZero() bool { return n == Number{} }

// Uint64 returns the value, and false where it has more than 64 bits.
func (n Number) Uint64() (uint64, bool) { return n.lo, n.isSmall() }

// Big returns the value as a big integer.
func (n Number) Big() *big.Int {
	value := new(big.Int).SetUint64(n.hi)
	value.Lsh(value, 64).Or(value, new(big.Int).SetUint64(n.mid))
	return value.Lsh(value, 64).Or(value, new(big.Int).SetUint64(n.lo))
}

// Compare returns -1, 0 or 1.
func (n Number) Compare(other Number) int {
	if c := cmp.Compare(n.hi, other.hi); c != 0 {
		return c
	}
	if c := cmp.Compare(n.mid, other.mid); c != 0 {
		return c
	}
	return cmp.Compare(n.lo, other.lo)
}

// String returns the decimal digits.
func (n Number) String() string { return string(n.appendTo(nil)) }

func (n Number) appendTo(dst []byte) []byte {
	if n.isSmall() {
		return strconv.AppendUint(dst, n.lo, 10)
	}
	return n.Big().Append(dst, 10)
}

func (n Number) isSmall() bool { return n.mid|n.hi == 0 }

func (n Number) less(other Number) bool {
	if n.mid|n.hi|other.mid|other.hi == 0 {
		return n.lo < other.lo
	}
	return n.Compare(other) < 0
}

func (n Number) plus(other Number) Number {
	lo, carry := bits.Add64(n.lo, other.lo, 0)
	mid, carry := bits.Add64(n.mid, other.mid, carry)
	hi, _ := bits.Add64(n.hi, other.hi, carry)
	return Number{lo, mid, hi}
}

// minus takes away what is not larger.
func (n Number) minus(other Number) Number {
	lo, borrow := bits.Sub64(n.lo, other.lo, 0)
	mid, borrow := bits.Sub64(n.mid, other.mid, borrow)
	hi, _ := bits.Sub64(n.hi, other.hi, borrow)
	return Number{lo, mid, hi}
}

func (n Number) times(factor uint64) Number {
	over, lo := bits.Mul64(n.lo, factor)
	more, mid := bits.Mul64(n.mid, factor)
	mid, carry := bits.Add64(mid, over, 0)
	return Number{lo, mid, n.hi*factor + more + carry}
}

// Optional is a value that may be absent. It is comparable, and needs no pointer.
type Optional[T comparable] struct {
	Value T
	OK    bool
}

// Some returns a value that is there.
func Some[T comparable](value T) Optional[T] { return Optional[T]{value, true} }
