// Events of an account's private streams. Types only. Kraken's own words are JSON texts, every digit
// kept.

package pykraken

// Execution is one report, and the whole order after it (WIRE §4.16).
type Execution struct {
	Stamps
	OrderID  string
	Report   string
	Order    string
	Sequence uint64
}

// Type returns "execution".
func (*Execution) Type() string { return "execution" }
func (*Execution) isOfChannel() {}

// OrdersGap names orders that are open no more, of which nothing tells the end (WIRE §4.16).
type OrdersGap struct {
	Stamps
	Reason   string
	Note     Optional[string]
	OrderIDs []string
}

// Type returns "gap".
func (*OrdersGap) Type() string { return "gap" }
func (*OrdersGap) isOfChannel() {}

// ExecutionsSnapshot is the open orders (WIRE §4.16).
type ExecutionsSnapshot struct {
	SnapshotHead
	Orders   []string
	Sequence uint64
}

// Balance is one report, and the asset's whole state after it (WIRE §4.17).
type Balance struct {
	Stamps
	Asset    string
	Report   string
	State    string
	Sequence uint64
}

// Type returns "balance".
func (*Balance) Type() string { return "balance" }
func (*Balance) isOfChannel() {}

// BalancesSnapshot is all balances (WIRE §4.17).
type BalancesSnapshot struct {
	SnapshotHead
	Balances []string
	Sequence uint64
}
