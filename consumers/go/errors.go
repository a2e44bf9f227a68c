// Codes and errors of the consumer.
//
// A code (WIRE §8) names what is wrong with an entry or a stream; every language reports the same
// ones, and errors.Is finds them: errors.Is(err, pykraken.CodeNoStream). Errors carry fields and say
// what to change. What the consumer mends by itself (a gap, a bad entry, a lost connection) is an
// event for the application, never an error.

package pykraken

import (
	"fmt"
	"strings"
	"time"
)

// Code is what is wrong, as WIRE §8 names it.
type Code string

// The codes of WIRE §8.
const (
	CodeSize       Code = "SIZE"
	CodeMsgpack    Code = "MSGPACK"
	CodeSchema     Code = "SCHEMA"
	CodeVersion    Code = "VERSION"
	CodeRange      Code = "RANGE"
	CodeOrder      Code = "ORDER"
	CodeChecksum   Code = "CHECKSUM"
	CodeGap        Code = "GAP"
	CodePointer    Code = "POINTER"
	CodeStale      Code = "STALE"
	CodeRegression Code = "REGRESSION"
	CodeNoStream   Code = "NO_STREAM"
	CodeAmbiguous  Code = "AMBIGUOUS"
)

// Error returns the code's name.
func (c Code) Error() string { return string(c) }

// DecodeError says that an entry breaks the rule that Code names; the replica turns it into
// Quarantined. Where is the key or the limit concerned.
type DecodeError struct {
	Code  Code
	Where string
}

// Error says what is wrong, and where.
func (e *DecodeError) Error() string { return string(e.Code) + ": " + e.Where }

// Unwrap returns the code.
func (e *DecodeError) Unwrap() error { return e.Code }

// NoStream says that nothing is published under Wanted: a stream's key, or words for the catalogue.
type NoStream struct{ Wanted string }

// Error says what is wrong and what to change.
func (e *NoStream) Error() string {
	return fmt.Sprintf("nothing is published for %s: start a publisher for it, "+
		"or ask for another symbol, channel, depth, line or namespace", e.Wanted)
}

// Unwrap returns the code.
func (e *NoStream) Unwrap() error { return CodeNoStream }

// AmbiguousStream says that several streams would do for Wanted, and nothing says which.
type AmbiguousStream struct {
	Wanted  string
	Streams []string
}

// Error says what is wrong and what to change.
func (e *AmbiguousStream) Error() string {
	return fmt.Sprintf("%s is published as %s: set Line (\"ab\" for both as one), Depth, Interval, "+
		"Trigger or Source of the Wish to choose one", e.Wanted, strings.Join(e.Streams, ", "))
}

// Unwrap returns the code.
func (e *AmbiguousStream) Unwrap() error { return CodeAmbiguous }

// NotReady says that the state of Stream did not become valid in the time given.
type NotReady struct {
	Stream string
	Waited time.Duration
}

// Error says what is wrong and what to change.
func (e *NotReady) Error() string {
	return fmt.Sprintf("the state of %s did not become valid in %v: "+
		"its publisher has none to show at present; try again or wait longer", e.Stream, e.Waited)
}

// RedisRefused says that Redis said no for good: rights, password, a key of another type.
type RedisRefused struct{ Answer string }

// Error says what is wrong and what to change.
func (e *RedisRefused) Error() string {
	return fmt.Sprintf("Redis refused: %s. Check the URL, the user's rights "+
		"(XREAD, XRANGE, XREVRANGE, HGETALL, for requests XADD) and that the key is a stream", e.Answer)
}

// RedisUnreachable says that a call found no server in time; Reason is the last failure.
type RedisUnreachable struct {
	Reason string
	Waited time.Duration
}

// Error says what is wrong and what to change.
func (e *RedisUnreachable) Error() string {
	return fmt.Sprintf("Redis did not answer in %v (%s): check the URL", e.Waited, e.Reason)
}
