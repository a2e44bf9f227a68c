// Raw replies of Redis, RESP 2 and 3, as far as this library asks: entries without a copy.
//
// go-redis gives replies as they came (RawCmd); its own types for them, maps of strings, cost more
// than all our decoding. Pure.

package pykraken

import (
	"bytes"
	"errors"
	"strconv"
)

var errReply = errors.New("a reply that is not what was asked for")

// refusal is an error that Redis answered.
type refusal string

func (r refusal) Error() string { return string(r) }

// resp takes values out of a raw reply, which is whole.
type resp struct{ rest []byte }

// next takes the header of the next value, and of a text all of it. Arrays, maps and the like return
// how many values follow; null is an array of none and a nil text.
func (r *resp) next() (text []byte, count int, err error) {
	end := bytes.IndexByte(r.rest, '\r')
	if end < 1 || len(r.rest) < end+2 {
		return nil, 0, errReply
	}
	kind, line := r.rest[0], r.rest[1:end]
	r.rest = r.rest[end+2:]
	switch kind {
	case '-':
		return nil, 0, refusal(line)
	case '+', ':', ',', '#', '(':
		return line, 0, nil
	case '_':
		return nil, 0, nil
	}
	count, ok := natural(line)
	if !ok {
		return nil, 0, nil // -1
	}
	switch kind {
	case '%', '|':
		return nil, 2 * count, nil
	case '*', '~', '>':
		return nil, count, nil
	case '$', '=', '!':
	default:
		return nil, 0, errReply
	}
	if len(r.rest) < count+2 {
		return nil, 0, errReply
	}
	text, r.rest = r.rest[:count:count], r.rest[count+2:]
	if kind == '!' {
		return nil, 0, refusal(text)
	}
	return text, 0, nil
}

func natural(line []byte) (int, bool) {
	value := 0
	for _, c := range line {
		if c < '0' || c > '9' || value > 1<<40 {
			return 0, false
		}
		value = value*10 + int(c-'0')
	}
	return value, len(line) > 0
}

// checkReply returns the error that a reply is, nil for any other.
func checkReply(raw []byte) error {
	if len(raw) > 0 && (raw[0] == '-' || raw[0] == '!') {
		r := resp{raw}
		_, _, err := r.next()
		return err
	}
	return nil
}

// entries takes an array of entries; fields other than d are ignored (WIRE §3.2).
func (r *resp) entries() ([]Entry, error) {
	_, count, err := r.next()
	if err != nil || count == 0 {
		return nil, err
	}
	found := make([]Entry, count)
	for i := range found {
		if found[i], err = r.entry(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (r *resp) entry() (Entry, error) {
	var found Entry
	if _, count, err := r.next(); err != nil || count != 2 {
		return found, errors.Join(errReply, err)
	}
	text, _, err := r.next()
	if err != nil {
		return found, err
	}
	id, ok := parseID(text)
	if !ok {
		return found, errReply
	}
	found.ID = id
	_, fields, err := r.next()
	for range fields / 2 {
		name, _, err := r.next()
		if err != nil {
			return found, err
		}
		value, _, err := r.next()
		if err != nil {
			return found, err
		}
		if found.D == nil && string(name) == "d" {
			found.D = value
		}
	}
	return found, err
}

// rangeOf reads the reply to XRANGE or XREVRANGE.
func rangeOf(raw []byte) ([]Entry, error) {
	r := resp{raw}
	return r.entries()
}

// batch is new entries of one stream.
type batch struct {
	stream  string
	entries []Entry
}

// readOf reads the reply to XREAD.
func readOf(raw []byte) ([]batch, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	r := resp{raw}
	isMap := raw[0] == '%' // RESP 3
	_, count, err := r.next()
	if err != nil {
		return nil, err
	}
	if isMap {
		count /= 2
	}
	found := make([]batch, 0, count)
	for range count {
		if !isMap {
			if _, _, err := r.next(); err != nil {
				return nil, err
			}
		}
		stream, _, err := r.next()
		if err != nil {
			return nil, err
		}
		entries, err := r.entries()
		if err != nil {
			return nil, err
		}
		found = append(found, batch{string(stream), entries})
	}
	return found, nil
}

// pairsOf reads the reply to HGETALL, field and value in turn.
func pairsOf(raw []byte) ([][]byte, error) {
	r := resp{raw}
	_, count, err := r.next()
	found := make([][]byte, 0, count)
	for range count {
		text, _, err := r.next()
		if err != nil {
			return nil, err
		}
		found = append(found, text)
	}
	return found, err
}

// slotsOf reads the reply to CLUSTER SLOTS: first and last slot, then the primary's host and port. A
// host that is not told is that of the node asked.
func slotsOf(raw []byte, asked string) (map[int]node, error) {
	r := resp{raw}
	_, ranges, err := r.next()
	owners := make(map[int]node)
	for range ranges {
		_, parts, err := r.next()
		if err != nil || parts < 3 {
			return nil, errors.Join(errReply, err)
		}
		first, last := r.number(), r.number()
		_, words, err := r.next()
		if err != nil || words < 2 {
			return nil, errors.Join(errReply, err)
		}
		host, _, err := r.next()
		if err != nil {
			return nil, err
		}
		port := r.number()
		if len(host) == 0 || string(host) == "?" {
			host = []byte(asked)
		}
		r.skip(words - 2 + parts - 3)
		if first < 0 || last >= slots || port <= 0 {
			return nil, errReply
		}
		for slot := first; slot <= last; slot++ {
			owners[slot] = nodeOf(string(host), port)
		}
	}
	return owners, err
}

func (r *resp) number() int {
	text, _, err := r.next()
	value, convErr := strconv.Atoi(string(text))
	if err != nil || convErr != nil {
		return -1
	}
	return value
}

func (r *resp) skip(count int) {
	for ; count > 0; count-- {
		_, more, err := r.next()
		if err != nil {
			return
		}
		count += more
	}
}
