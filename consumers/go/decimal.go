// Decimals at the edge: what a person or a big.Rat is given of scaled integers. Exact, no floats. Pure.

package pykraken

import (
	"math/big"
	"strings"
)

// Decimal is an exact decimal: a scaled integer with its precision, and a sign for a spread that is
// crossed. Its zero value is 0.
type Decimal struct {
	units      Number
	precision  int
	isNegative bool
}

// Scaled returns n x 10^-precision.
func Scaled(n Number, precision int) Decimal { return Decimal{units: n, precision: precision} }

// String returns the value with all digits of its precision, such as 50000.10.
func (d Decimal) String() string {
	digits := d.units.String()
	if missing := d.precision + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	at := len(digits) - d.precision
	text := digits[:at]
	if d.precision > 0 {
		text += "." + digits[at:]
	}
	if d.isNegative {
		text = "-" + text
	}
	return text
}

// Rat returns the value for exact arithmetic.
func (d Decimal) Rat() *big.Rat {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.precision)), nil)
	value := new(big.Rat).SetFrac(d.units.Big(), unit)
	if d.isNegative {
		value.Neg(value)
	}
	return value
}

// Compare returns -1, 0 or 1.
func (d Decimal) Compare(other Decimal) int { return d.Rat().Cmp(other.Rat()) }

// Sign returns -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.units.IsZero():
		return 0
	case d.isNegative:
		return -1
	}
	return 1
}

// DecimalLevel is one price and the total qty resting there, as exact decimals.
type DecimalLevel struct {
	Price Decimal
	Qty   Decimal
}

// String returns "qty @ price".
func (l DecimalLevel) String() string { return l.Qty.String() + " @ " + l.Price.String() }
