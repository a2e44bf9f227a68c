// Which stream an application's words name: by the grammar of keys, or by the catalogue (WIRE §2.1,
// §4.9). Pure: rows of the catalogue are handed in.

package pykraken

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	bothLines  = "ab" // what Line is where two lines are to be one
	privateTag = "priv."
)

// Wish says which streams are wanted beside their symbols; what is left empty the catalogue decides.
type Wish struct {
	Channel  string // "book" unless it is told
	Depth    int
	Interval int
	Trigger  string
	Source   string
	Account  string
	Line     string // "a", "b", or "ab" for both as one
}

// meaningful is which words say more about a stream of a channel, beside Line, in the order of its key.
var meaningful = map[string][]string{
	ChannelBook:       {"depth"},
	ChannelLevel3:     {"depth"},
	ChannelBBO:        {"source", "depth"},
	ChannelTicker:     {"trigger"},
	ChannelTrade:      {},
	ChannelOHLC:       {"interval"},
	ChannelInstrument: {},
	ChannelExecutions: {"account"},
	ChannelBalances:   {"account"},
}

// wish is a Wish of one stream; symbol may be a stream's key.
type wish struct {
	Wish
	symbol string
}

func (w wish) String() string {
	name := cmp.Or(w.symbol, w.Account)
	if w.Channel == ChannelBook {
		return name
	}
	return strings.TrimSpace(w.Channel + " " + name)
}

func isPrivate(channel string) bool {
	return channel == ChannelExecutions || channel == ChannelBalances
}

func isKey(symbol string) bool { return strings.HasPrefix(symbol, "{") }

// word returns what was said, empty for nothing.
func (w Wish) word(name string) string {
	number := 0
	switch name {
	case "depth":
		number = w.Depth
	case "interval":
		number = w.Interval
	case "trigger":
		return w.Trigger
	case "source":
		return w.Source
	case "account":
		return w.Account
	}
	if number == 0 {
		return ""
	}
	return strconv.Itoa(number)
}

// space returns what the tags of its keys begin with: private streams stand apart (WIRE §2.1).
func (w wish) space(namespace string) string {
	if isKey(w.symbol) {
		if strings.HasPrefix(w.symbol, "{"+privateTag) {
			return privateTag + namespace
		}
		return namespace
	}
	if isPrivate(w.Channel) {
		return privateTag + namespace
	}
	return namespace
}

// key returns the stream that the words alone name, and false where the catalogue has to say.
func (w wish) key(namespace string) (string, bool) {
	if isKey(w.symbol) {
		return w.symbol, true
	}
	key := "{" + w.space(namespace) + "." + cmp.Or(w.symbol, w.Account, w.Channel) + "}:" + w.Channel
	for _, name := range meaningful[w.Channel] {
		word := w.word(name)
		if word == "" {
			return "", false
		}
		if name != "account" {
			key += "." + word
		}
	}
	if w.Line != "" {
		key += "/" + w.Line
	}
	return key, true
}

// lines returns this wish, or where it is of both lines one for each.
func (w wish) lines() []wish {
	if w.Line != bothLines {
		return []wish{w}
	}
	one, other := w, w
	one.Line, other.Line = lineNames[0], lineNames[1]
	if isKey(w.symbol) {
		keys := bothOf(w.symbol)
		one.symbol, other.symbol = keys[0], keys[1]
	}
	return []wish{one, other}
}

// bothOf returns both lines of a stream, given one of them (WIRE §2.3).
func bothOf(stream string) []string {
	base := stream[:len(stream)-1]
	return []string{base + lineNames[0], base + lineNames[1]}
}

// wishesOf returns what is wanted, one for each symbol or key, or an error for words that cannot mean
// anything.
func wishesOf(words Wish, symbols []string) ([]wish, error) {
	words.Channel = cmp.Or(words.Channel, ChannelBook)
	allowed, ok := meaningful[words.Channel]
	if !ok {
		return nil, fmt.Errorf("no channel %q: one of %s", words.Channel, strings.Join(channels[:9], ", "))
	}
	areKeys := len(symbols) > 0 && !slices.ContainsFunc(symbols, func(s string) bool { return !isKey(s) })
	if areKeys {
		words = Wish{Channel: words.Channel, Line: words.Line}
		if words.Line != bothLines {
			words.Line = ""
		}
	} else if err := words.check(allowed, symbols); err != nil {
		return nil, err
	}
	if len(symbols) == 0 {
		return []wish{{words, ""}}, nil
	}
	found := make([]wish, len(symbols))
	for i, symbol := range symbols {
		found[i] = wish{words, symbol}
	}
	return found, nil
}

func (w Wish) check(allowed, symbols []string) error {
	for _, name := range []string{"depth", "interval", "trigger", "source", "account"} {
		if w.word(name) != "" && !slices.Contains(allowed, name) {
			return fmt.Errorf("%s means nothing for %s: leave it out", name, w.Channel)
		}
	}
	if !slices.Contains([]string{"", "a", "b", bothLines}, w.Line) {
		return fmt.Errorf("no line %q: a, b, or ab for both as one", w.Line)
	}
	hasSymbol := headersOf[w.Channel].symbol
	if !hasSymbol && len(symbols) > 0 {
		return fmt.Errorf("%s has no symbols: leave %q out", w.Channel, symbols[0])
	}
	if hasSymbol && len(symbols) == 0 {
		return fmt.Errorf("%s needs at least one symbol, such as \"BTC/USD\"", w.Channel)
	}
	return nil
}

// Choose returns the streams that would do for a symbol (or a key), the one to be taken first (WIRE
// §4.9): of several the smallest depth, or interval. The error is *NoStream, or *AmbiguousStream when
// several are as small.
func Choose(listings []*Listing, words Wish, symbol string) ([]*Listing, error) {
	words.Channel = cmp.Or(words.Channel, ChannelBook)
	return choose(listings, wish{words, symbol})
}

func choose(listings []*Listing, wanted wish) ([]*Listing, error) {
	var found []*Listing
	for _, row := range listings {
		if wanted.isMet(row) {
			found = append(found, row)
		}
	}
	if len(found) == 0 {
		return nil, &NoStream{wanted.String()}
	}
	slices.SortStableFunc(found, func(a, b *Listing) int { return cmp.Compare(a.size(), b.size()) })
	var smallest []string
	for _, row := range found {
		if row.size() == found[0].size() {
			smallest = append(smallest, row.Stream)
		}
	}
	if len(smallest) > 1 {
		return nil, &AmbiguousStream{wanted.String(), smallest}
	}
	return found, nil
}

func (w wish) isMet(row *Listing) bool {
	if isKey(w.symbol) {
		return row.Stream == w.symbol
	}
	return row.Channel == w.Channel && row.Symbol == w.symbol &&
		(w.Depth == 0 || w.Depth == row.Depth) &&
		(w.Interval == 0 || w.Interval == row.Interval) &&
		(w.Trigger == "" || w.Trigger == row.Trigger) &&
		(w.Source == "" || w.Source == row.Source) &&
		(w.Account == "" || w.Account == row.Account) &&
		(w.Line == "" || w.Line == row.Line)
}

// size is what the smallest is of: depth, or interval.
func (l *Listing) size() int { return max(l.Depth, l.Interval) }
