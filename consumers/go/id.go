// The names of entries (WIRE §3.1). Pure.

package pykraken

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// EntryID is an entry's id, totally ordered. It prints as Redis writes it.
type EntryID struct {
	Epoch uint64
	Seq   uint64
}

// String returns the id as Redis writes it.
func (id EntryID) String() string { return string(id.appendTo(nil)) }

func (id EntryID) appendTo(dst []byte) []byte {
	dst = strconv.AppendUint(dst, id.Epoch, 10)
	dst = append(dst, '-')
	return strconv.AppendUint(dst, id.Seq, 10)
}

// Compare returns -1, 0 or 1.
func (id EntryID) Compare(other EntryID) int {
	if c := cmp.Compare(id.Epoch, other.Epoch); c != 0 {
		return c
	}
	return cmp.Compare(id.Seq, other.Seq)
}

// Less tells whether id comes before other.
func (id EntryID) Less(other EntryID) bool { return id.Compare(other) < 0 }

// isFollowedBy tells whether nothing can lie between: the next seq, or the first of a later epoch.
func (id EntryID) isFollowedBy(other EntryID) bool {
	if other.Epoch == id.Epoch {
		return id.Seq != math.MaxUint64 && other.Seq == id.Seq+1
	}
	return other.Epoch > id.Epoch && other.Seq == 0
}

// ParseID reads an id that Redis wrote as <epoch>-<seq>.
func ParseID(text string) (EntryID, error) {
	left, right, found := strings.Cut(text, "-")
	epoch, err := strconv.ParseUint(left, 10, 64)
	seq, err2 := strconv.ParseUint(right, 10, 64)
	if !found || err != nil || err2 != nil {
		return EntryID{}, fmt.Errorf("%q is no entry id: it must be <epoch>-<seq>, such as 12-3", text)
	}
	return EntryID{epoch, seq}, nil
}

// parseID is ParseID of bytes, without a copy: every entry that is read comes through here.
func parseID(text []byte) (EntryID, bool) {
	var id EntryID
	into, digits := &id.Epoch, 0
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			if *into > (math.MaxUint64-9)/10 {
				return slowID(text)
			}
			*into = *into*10 + uint64(c-'0')
			digits++
		case c == '-' && into == &id.Epoch && digits > 0:
			into, digits = &id.Seq, 0
		default:
			return id, false
		}
	}
	return id, into == &id.Seq && digits > 0
}

func slowID(text []byte) (EntryID, bool) {
	id, err := ParseID(string(text))
	return id, err == nil
}
