// Events of books, L2 and L3, and what all events of the wire have in common. Types only.
//
// Names are those of WIRE §9. Prices and quantities are scaled integers, times nanoseconds since
// 1970 UTC. Events are facts: nobody changes them, the application keeps them as long as it likes.

package pykraken

// Flags of an event (WIRE §4.1).
const (
	Unverified uint64 = 1 << iota
	Crossed
	Backfill
	Revised
	Conflated
)

// WireEvent is an event as the publisher wrote it: a pointer to one of the types of WIRE §4.
type WireEvent interface {
	Body
	// Stamp returns what all events have: the entry's id, three times and flags.
	Stamp() *Stamps
	// Type returns the event's type as the wire names it.
	Type() string
	spell(*speller)
}

// ChannelEvent is an event of a channel's own: neither a snapshot nor one that all channels have.
type ChannelEvent interface {
	WireEvent
	isOfChannel()
}

// AnySnapshot is the snapshot of any channel.
type AnySnapshot interface {
	WireEvent
	// Head returns what the snapshots of all channels have.
	Head() *SnapshotHead
}

// Stamps are an entry's id, the venue's stamp, when the publisher received and when it wrote, and
// the flags.
type Stamps struct {
	ID      EntryID
	TsEvent uint64
	TsRecv  uint64
	TsPub   uint64
	Flags   uint64
}

// Stamp returns the stamps.
func (s *Stamps) Stamp() *Stamps { return s }
func (*Stamps) isBody()          {}

// Header says what a stream is (WIRE §4.3). What its channel has not is empty or 0.
type Header struct {
	Channel        string
	Symbol         string
	Depth          int
	PricePrecision int
	QtyPrecision   int
	Source         string
	Trigger        string
	Interval       int
	Account        string
}

// SnapshotHead is what the snapshots of all channels have. With IsPointer the content lies in .snap.
type SnapshotHead struct {
	Stamps
	Version uint64
	Header
	IsPointer bool
}

// Head returns the head.
func (h *SnapshotHead) Head() *SnapshotHead { return h }

// Type returns "snapshot".
func (h *SnapshotHead) Type() string { return "snapshot" }

// Level is one price and the total qty resting there.
type Level struct {
	Price Number
	Qty   Number
}

// Update is one Kraken message, verified (WIRE §4.2). A qty of 0 removes the price.
type Update struct {
	Stamps
	Checksum uint32
	Bids     []Level
	Asks     []Level
}

// Type returns "update".
func (*Update) Type() string { return "update" }
func (*Update) isOfChannel() {}

// Snapshot is the whole book (WIRE §4.3), best levels first.
type Snapshot struct {
	SnapshotHead
	Checksum uint32
	Bids     []Level
	Asks     []Level
}

// OwnChecksum returns the checksum of its levels, which should be Checksum (WIRE §5.3).
func (s *Snapshot) OwnChecksum() uint32 { return checksumOf(s.Bids, s.Asks) }

// Order is one resting order; Time rules its place in the queue.
type Order struct {
	ID    string
	Price Number
	Qty   Number
	Time  uint64
}

// ChangeKind is what a change does to an order.
type ChangeKind uint8

// The kinds of changes (WIRE §4.10).
const (
	Add ChangeKind = iota
	Modify
	Delete
)

// Change is one change of an L3 book.
type Change struct {
	Kind ChangeKind
	Order
}

// Orders is one Kraken message of level3, verified (WIRE §4.10).
type Orders struct {
	Stamps
	Checksum uint32
	Bids     []Change
	Asks     []Change
}

// Type returns "orders".
func (*Orders) Type() string { return "orders" }
func (*Orders) isOfChannel() {}

// OrdersSnapshot is the whole L3 book, best level first, each in queue order (WIRE §4.10).
type OrdersSnapshot struct {
	SnapshotHead
	Checksum uint32
	Bids     []Order
	Asks     []Order
}

// OwnChecksum returns the checksum of its orders, which should be Checksum (WIRE §5.4).
func (s *OrdersSnapshot) OwnChecksum() uint32 { return ordersChecksum(s.Bids, s.Asks) }
