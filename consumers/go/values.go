// The kinds of values that fields of events have, and how each is judged (WIRE §3.4 to §3.7).
//
// Each function takes exactly one value from the reader, good or bad, and returns it as events hold
// it with the fault found, if any. Pure. Knows nothing of event types.

package pykraken

import "slices"

// fault is what is wrong with a value; of several the greatest is reported first (WIRE §8).
type fault uint8

const (
	faultNone fault = iota
	faultOrder
	faultRange
	faultSchema
	faultVersion
)

var faultCodes = [...]Code{"", CodeOrder, CodeRange, CodeSchema, CodeVersion}

const (
	wireVersion     = 1 // WIRE §11: N and N-1; there was no version before 1
	numberMaxDigits = 40
	decimalMaxBytes = 64
)

// kind takes one value of a kind.
type kind[T any] func(*reader) (T, fault)

func takeUint(r *reader) (uint64, fault) {
	value, isNegative, ok := r.integer()
	if !ok {
		return 0, faultSchema
	}
	if isNegative {
		return 0, faultRange
	}
	return value, faultNone
}

// ranged is the kind of ints from low to high.
func ranged[T ~uint8 | ~uint32 | ~int](low, high uint64) kind[T] {
	return func(r *reader) (T, fault) {
		value, bad := takeUint(r)
		if bad == faultNone && (value < low || value > high) {
			bad = faultRange
		}
		if bad != faultNone {
			return 0, bad
		}
		return T(value), faultNone
	}
}

var (
	takeChecksum  = ranged[uint32](0, 1<<32-1)
	takeDepth     = ranged[int](1, 100_000)
	takeInterval  = ranged[int](1, 100_000)
	takePrecision = ranged[int](0, 30)
	takeOne       = ranged[int](1, 1)
	takeChange    = ranged[ChangeKind](0, 2)
	takeTaker     = ranged[Aggressor](0, 1)
	takeOrdType   = ranged[OrdType](0, 2)
)

func takeVersion(r *reader) (uint64, fault) {
	value, isNegative, ok := r.integer()
	switch {
	case !ok:
		return 0, faultSchema
	case isNegative || value != wireVersion:
		return 0, faultVersion
	}
	return value, faultNone
}

// takeNumber takes an int, or the digits of one of 2^64 or more, at most 40, first not 0 (WIRE §3.5).
func takeNumber(r *reader) (Number, fault) {
	if kind, _, _ := header(r.rest); kind != shapeText {
		value, bad := takeUint(r)
		return Number{lo: value}, bad
	}
	text, _ := r.bytes()
	number, ok := ParseNumber(string(text))
	if !ok || text[0] == '0' || number.isSmall() {
		return Number{}, faultRange
	}
	return number, faultNone
}

func takeText(r *reader) (string, fault) {
	text, ok := r.bytes()
	if !ok {
		return "", faultSchema
	}
	return string(text), faultNone
}

// oneOf is the kind of texts that are one of a few words.
func oneOf(words ...string) kind[string] {
	return func(r *reader) (string, fault) {
		text, bad := takeText(r)
		if bad == faultNone && !slices.Contains(words, text) {
			return "", faultRange
		}
		return text, bad
	}
}

var (
	takeState   = oneOf("disconnected", "awaiting_snapshot", "live")
	takeSource  = oneOf("book", "level3")
	takeTrigger = oneOf("bbo", "trades")
)

func takeDecimal(r *reader) (string, fault) {
	text, bad := takeText(r)
	if bad == faultNone && !isDecimal(text) {
		return "", faultRange
	}
	return text, bad
}

// isDecimal tells whether text is -? digits, or -? digits . digits, at most 64 bytes.
func isDecimal(text string) bool {
	if len(text) > decimalMaxBytes {
		return false
	}
	if len(text) > 0 && text[0] == '-' {
		text = text[1:]
	}
	digits, hasPoint := 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && !hasPoint && digits > 0:
			hasPoint, digits = true, 0
		default:
			return false
		}
	}
	return digits > 0
}

// takeJSON takes a text, or an array of texts, which joined are the text (WIRE §3.7).
func takeJSON(r *reader) (string, fault) {
	if kind, _, _ := header(r.rest); kind != shapeArray {
		return takeText(r)
	}
	parts, worst := takeRows(takeText)(r)
	whole := make([]byte, 0, 2*textMaxBytes)
	for _, part := range parts {
		whole = append(whole, part...)
	}
	return string(whole), worst
}

// takeRows is the kind of arrays whose elements are of one kind.
func takeRows[T any](element kind[T]) kind[[]T] {
	return func(r *reader) ([]T, fault) {
		count, ok := r.array()
		if !ok {
			return nil, faultSchema
		}
		rows, worst := make([]T, 0, count), faultNone // count is within the limits and the entry
		for range count {
			row, bad := element(r)
			worst = max(worst, bad)
			rows = append(rows, row)
		}
		if worst != faultNone {
			return nil, worst
		}
		return rows, faultNone
	}
}

// isRow takes the header of an array of exactly width; anything else is taken whole.
func isRow(r *reader, width int) bool {
	at := *r
	if count, ok := at.array(); !ok || count != width {
		r.skip()
		return false
	}
	*r = at
	return true
}

func takeLevel(r *reader) (Level, fault) {
	if !isRow(r, 2) {
		return Level{}, faultSchema
	}
	price, one := takeNumber(r)
	qty, two := takeNumber(r)
	return Level{price, qty}, max(one, two)
}

func takeOrder(r *reader) (Order, fault) {
	if !isRow(r, 4) {
		return Order{}, faultSchema
	}
	return takeOrderValues(r)
}

func takeOrderValues(r *reader) (Order, fault) {
	id, one := takeText(r)
	price, two := takeNumber(r)
	qty, three := takeNumber(r)
	time, four := takeUint(r)
	return Order{id, price, qty, time}, max(one, two, three, four)
}

func takeOrderChange(r *reader) (Change, fault) {
	if !isRow(r, 5) {
		return Change{}, faultSchema
	}
	kind, one := takeChange(r)
	order, two := takeOrderValues(r)
	return Change{kind, order}, max(one, two)
}

func takeTrade(r *reader) (Trade, fault) {
	if !isRow(r, 6) {
		return Trade{}, faultSchema
	}
	id, one := takeUint(r)
	side, two := takeTaker(r)
	price, three := takeNumber(r)
	qty, four := takeNumber(r)
	ordType, five := takeOrdType(r)
	time, six := takeUint(r)
	return Trade{id, side, price, qty, ordType, time}, max(one, two, three, four, five, six)
}

func takePair(r *reader) (Pair, fault) {
	if !isRow(r, 5) {
		return Pair{}, faultSchema
	}
	symbol, one := takeText(r)
	status, two := takeText(r)
	pricePrecision, three := takeUint(r)
	qtyPrecision, four := takeUint(r)
	words, five := takeJSON(r)
	return Pair{symbol, status, pricePrecision, qtyPrecision, words},
		max(one, two, three, four, five)
}

func takeAsset(r *reader) (Asset, fault) {
	if !isRow(r, 4) {
		return Asset{}, faultSchema
	}
	id, one := takeText(r)
	status, two := takeText(r)
	precision, three := takeUint(r)
	words, four := takeJSON(r)
	return Asset{id, status, precision, words}, max(one, two, three, four)
}

var (
	takeTexts   = takeRows(takeText)
	takeJSONs   = takeRows(takeJSON)
	takeLevels  = takeRows(takeLevel)
	takeOrders  = takeRows(takeOrder)
	takeChanges = takeRows(takeOrderChange)
	takeTrades  = takeRows(takeTrade)
	takePairs   = takeRows(takePair)
	takeAssets  = takeRows(takeAsset)
)
