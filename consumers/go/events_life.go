// Events that tell of a stream's life, those of a status stream, and the catalogue's rows. Types
// only.

package pykraken

// Epoch is a new life of the sequence (WIRE §4.4). Of a status stream the header is empty.
type Epoch struct {
	Stamps
	Version uint64
	Reason  string
	Feed    string
	Writer  uint64
	Header
	// Prev is the stream's last entry before this one.
	Prev Optional[EntryID]
	// Missed are the seqs of the previous epoch that were published to nobody, both included.
	Missed Optional[[2]uint64]
}

// Type returns "epoch".
func (*Epoch) Type() string { return "epoch" }

// Reset says that the state was dropped; a snapshot follows (WIRE §4.5).
type Reset struct {
	Stamps
	Reason string
	Note   Optional[string]
}

// Type returns "reset".
func (*Reset) Type() string { return "reset" }

// Heartbeat says: alive, nothing new (WIRE §4.6). Checksum is that of a live book.
type Heartbeat struct {
	Stamps
	Checksum Optional[uint32]
	State    string
}

// Type returns "heartbeat".
func (*Heartbeat) Type() string { return "heartbeat" }

// Bye says that the publisher stopped on request (WIRE §4.7).
type Bye struct {
	Stamps
	Note Optional[string]
}

// Type returns "bye".
func (*Bye) Type() string { return "bye" }

// Feed is a status stream's pulse (WIRE §4.8): how many symbols, how many are live.
type Feed struct {
	Stamps
	State   string
	Symbols uint64
	Live    uint64
	System  string
}

// Type returns "feed".
func (*Feed) Type() string { return "feed" }

// Notice is something that people should know (WIRE §4.8).
type Notice struct {
	Stamps
	Symbol string
	Kind   string
	Note   string
	Report Optional[string]
}

// Type returns "notice".
func (*Notice) Type() string { return "notice" }

// Unknown is an event of a type that this reader does not know; it keeps its place (WIRE §3.6).
type Unknown struct {
	Stamps
	Named string
}

// Type returns the type as it was written.
func (u *Unknown) Type() string { return u.Named }

// Listing is one stream of the catalogue (WIRE §4.9). A hint, not a proof.
type Listing struct {
	Stream  string
	Version uint64
	Feed    string
	Header
	Line  string
	Epoch uint64
}
