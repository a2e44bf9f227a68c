// Decode one entry's d to a typed event, or refuse it with a code (WIRE §3, §4).
//
// Pure: bytes in, an event or a DecodeError out. Nothing in the bytes is trusted: limits first, then
// schema, version, ranges and order, and when several rules are broken the first in the order of
// WIRE §8 is reported. Knows nothing of books, sequences or Redis. Ordinary updates of books, bytes
// laid out as the publisher does, take a short way (plain.go) that accepts only what the long way
// would accept; whatever it does not like is judged by the long way, so codes come from there.

package pykraken

import (
	"slices"
	"strings"
)

// The channels of streams (WIRE §2.1).
const (
	ChannelBook       = "book"
	ChannelLevel3     = "level3"
	ChannelBBO        = "bbo"
	ChannelTicker     = "ticker"
	ChannelTrade      = "trade"
	ChannelOHLC       = "ohlc"
	ChannelInstrument = "instrument"
	ChannelExecutions = "executions"
	ChannelBalances   = "balances"
	channelStatus     = "status"
)

var channels = []string{
	ChannelBook, ChannelLevel3, ChannelBBO, ChannelTicker, ChannelTrade, ChannelOHLC,
	ChannelInstrument, ChannelExecutions, ChannelBalances, channelStatus,
}

// place is where an entry lies: in the stream of a channel or in the .snap beside it. It decides
// which events and keys are known (WIRE §3.6).
type place struct {
	channel string
	isSnap  bool
}

// placeNamed reads a place such as "book" or "book.snap".
func placeNamed(name string) (place, bool) {
	channel, isSnap := strings.CutSuffix(name, ".snap")
	return place{channel, isSnap}, slices.Contains(channels, channel)
}

// placeOf returns where the entries of a stream lie, by the grammar of WIRE §2.1; else in a book's.
func placeOf(key string) place {
	base, isSnap := strings.CutSuffix(key, ".snap")
	_, name, _ := strings.Cut(base, "}:")
	name, _, _ = strings.Cut(name, "/")
	name, _, _ = strings.Cut(name, ".")
	if !slices.Contains(channels, name) {
		name = ChannelBook
	}
	return place{name, isSnap}
}

// Decode returns the event in the d of an entry that lies in the stream key, or in the .snap beside
// one. The error is a *DecodeError. The event shares no memory with data.
func Decode(id EntryID, data []byte, key string) (WireEvent, error) {
	return decode(id, data, placeOf(key), nil)
}

// decode is Decode for a place; room, which may be nil, is where plain updates are made.
func decode(id EntryID, data []byte, at place, room *room) (WireEvent, error) {
	if !at.isSnap {
		switch at.channel {
		case ChannelBook:
			if update := plainUpdate(id, data, room); update != nil {
				return update, nil
			}
		case ChannelLevel3:
			if orders := plainOrders(id, data); orders != nil {
				return orders, nil
			}
		}
	}
	return decodeAny(id, data, at)
}

// DecodeListing returns one value of the catalogue (WIRE §4.9). The error is a *DecodeError.
func DecodeListing(stream string, data []byte) (*Listing, error) {
	var j judge
	if err := j.open(data); err != nil {
		return nil, err
	}
	listing := &Listing{
		Stream:  stream,
		Version: need(&j, "v", takeVersion),
		Feed:    need(&j, "fd", takeText),
		Header:  j.header(placeOf(stream).channel),
		Line:    need(&j, "l", takeText),
		Epoch:   need(&j, "ep", takeUint),
	}
	return listing, j.verdict()
}

func decodeAny(id EntryID, data []byte, at place) (WireEvent, error) {
	var j judge
	if err := j.open(data); err != nil {
		return nil, err
	}
	r, _ := j.find("t")
	text, isText := r.bytes()
	kind := string(text)
	if !isText || (at.isSnap && kind != "snapshot") {
		return nil, &DecodeError{CodeSchema, "t"}
	}
	stamps := Stamps{
		ID:      id,
		TsEvent: need(&j, "te", takeUint),
		TsRecv:  need(&j, "tr", takeUint),
		TsPub:   need(&j, "tp", takeUint),
		Flags:   need(&j, "f", takeUint),
	}
	event := j.event(stamps, kind, at)
	if event == nil {
		event = &Unknown{Stamps{ID: id}, kind}
	}
	if err := j.verdict(); err != nil {
		return nil, err
	}
	return event, nil
}

// event returns an event of a known type, nil for one that is not known in this place.
func (j *judge) event(stamps Stamps, kind string, at place) WireEvent {
	if at.channel == channelStatus {
		return j.statusEvent(stamps, kind)
	}
	switch kind {
	case "snapshot":
		return j.snapshot(stamps, at)
	case "epoch":
		return j.epoch(stamps, at.channel)
	case "reset":
		return &Reset{stamps, need(j, "why", takeText), optional(j, "n", takeText)}
	case "heartbeat":
		return j.heartbeat(stamps, at.channel)
	case "bye":
		return &Bye{stamps, optional(j, "n", takeText)}
	}
	return j.channelEvent(stamps, kind, at.channel)
}

func (j *judge) statusEvent(stamps Stamps, kind string) WireEvent {
	switch kind {
	case "epoch":
		return j.epoch(stamps, channelStatus)
	case "bye":
		return &Bye{stamps, optional(j, "n", takeText)}
	case "feed":
		return &Feed{
			Stamps:  stamps,
			State:   need(j, "s", takeState),
			Symbols: need(j, "ns", takeUint),
			Live:    need(j, "nl", takeUint),
			System:  need(j, "sys", takeText),
		}
	case "notice":
		return &Notice{
			Stamps: stamps,
			Symbol: need(j, "y", takeText),
			Kind:   need(j, "k", takeText),
			Note:   need(j, "n", takeText),
			Report: optional(j, "rp", takeJSON),
		}
	}
	return nil
}

func (j *judge) heartbeat(stamps Stamps, channel string) WireEvent {
	beat := &Heartbeat{stamps, optional(j, "c", takeChecksum), need(j, "s", takeState)}
	// WIRE §4.6: the checksum is due where a book is live.
	isBook := channel == ChannelBook || channel == ChannelLevel3
	if isBook && beat.State == "live" && !j.has("c") {
		j.note(faultSchema, "c")
	}
	return beat
}

func (j *judge) epoch(stamps Stamps, channel string) WireEvent {
	epoch := &Epoch{
		Stamps:  stamps,
		Version: need(j, "v", takeVersion),
		Reason:  need(j, "why", takeText),
		Feed:    need(j, "fd", takeText),
		Writer:  need(j, "w", takeUint),
		Header:  j.header(channel),
	}
	prev := EntryID{optional(j, "pe", takeUint).Value, optional(j, "ps", takeUint).Value}
	missed := [2]uint64{optional(j, "mf", takeUint).Value, optional(j, "ml", takeUint).Value}
	epoch.Prev = Optional[EntryID]{prev, j.together("pe", "ps")}
	epoch.Missed = Optional[[2]uint64]{missed, j.together("mf", "ml")}
	return epoch
}

// header takes what a stream of the channel is (WIRE §4.3); nothing for a status stream.
func (j *judge) header(channel string) Header {
	var h Header
	if channel == channelStatus {
		return h
	}
	h.Channel = need(j, "ch", oneOf(channel))
	has := headersOf[channel]
	if has.symbol {
		h.Symbol = need(j, "y", takeText)
		h.PricePrecision = need(j, "pp", takePrecision)
		h.QtyPrecision = need(j, "qp", takePrecision)
	}
	if has.depth {
		h.Depth = need(j, "d", takeDepth)
	}
	if has.source {
		h.Source = need(j, "sc", takeSource)
	}
	if has.trigger {
		h.Trigger = need(j, "tg", takeTrigger)
	}
	if has.interval {
		h.Interval = need(j, "iv", takeInterval)
	}
	if has.account {
		h.Account = need(j, "ac", takeText)
	}
	return h
}

// headersOf says which parts the header of each channel has (WIRE §4.3).
var headersOf = map[string]struct{ symbol, depth, source, trigger, interval, account bool }{
	ChannelBook:       {symbol: true, depth: true},
	ChannelLevel3:     {symbol: true, depth: true},
	ChannelBBO:        {symbol: true, depth: true, source: true},
	ChannelTicker:     {symbol: true, trigger: true},
	ChannelTrade:      {symbol: true},
	ChannelOHLC:       {symbol: true, interval: true},
	ChannelInstrument: {},
	ChannelExecutions: {account: true},
	ChannelBalances:   {account: true},
}
