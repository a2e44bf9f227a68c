// Package vectors plays every vector of consumers/spec/vectors against the library.
//
// One file, one case; a folder, a step or a key of a wish that it does not know is a failure, never
// passed over. Used by the library's tests and by its conformance program.
package vectors

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	pykraken "github.com/pykraken/pykraken-go"
)

// Streams are the keys that the vectors are played on, by channel.
var Streams = map[string]string{
	"book":       "{kraken.BTC/USD}:book.10",
	"level3":     "{kraken.BTC/USD}:level3.10",
	"bbo":        "{kraken.BTC/USD}:bbo.book.10",
	"ticker":     "{kraken.BTC/USD}:ticker.bbo",
	"trade":      "{kraken.BTC/USD}:trade",
	"ohlc":       "{kraken.BTC/USD}:ohlc.1",
	"instrument": "{kraken.instrument}:instrument",
	"executions": "{priv.kraken.main}:executions",
	"balances":   "{priv.kraken.main}:balances",
	"status":     "{kraken.feed.x}:status",
}

// KeyOf returns a key whose entries lie in a place, such as "book" or "trade.snap".
func KeyOf(place string) (string, error) {
	channel, isSnap := strings.CutSuffix(place, ".snap")
	key, ok := Streams[channel]
	if !ok {
		return "", fmt.Errorf("no place %q", place)
	}
	if isSnap {
		key += ".snap"
	}
	return key, nil
}

var players = map[string]func([]byte) error{
	"valid":     valid,
	"invalid":   invalid,
	"stories":   story,
	"lines":     linesStory,
	"catalogue": catalogue,
	"choices":   choice,
}

// Run plays all vectors of a folder, and reports each by its name, such as "valid/update".
func Run(folder string, report func(name string, failure error)) error {
	parts, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if !part.IsDir() {
			continue
		}
		play, ok := players[part.Name()]
		if !ok {
			report(part.Name()+"/", errors.New("an unknown folder"))
			continue
		}
		files, err := os.ReadDir(filepath.Join(folder, part.Name()))
		if err != nil {
			return err
		}
		for _, file := range files {
			name := strings.TrimSuffix(file.Name(), ".json")
			report(part.Name()+"/"+name, playFile(play, filepath.Join(folder, part.Name(), file.Name())))
		}
	}
	return nil
}

func playFile(play func([]byte) error, path string) error {
	body, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var named struct{ Name string }
	if err := json.Unmarshal(body, &named); err != nil {
		return err
	}
	if named.Name+".json" != filepath.Base(path) {
		return fmt.Errorf("the name inside is %q", named.Name)
	}
	return play(body)
}

// encoded is the bytes of a vector.
type encoded struct {
	Stream       string
	ID           string
	Hex          *string
	Repeat       [][2]json.RawMessage
	Alternatives []string
}

func (e *encoded) all() ([][]byte, error) {
	var texts []string
	if e.Hex != nil {
		texts = append(texts, *e.Hex)
	} else {
		var whole strings.Builder
		for _, part := range e.Repeat {
			times, err := strconv.Atoi(strings.Trim(string(part[1]), `"`))
			if err != nil {
				return nil, err
			}
			whole.WriteString(strings.Repeat(strings.Trim(string(part[0]), `"`), times))
		}
		texts = append(texts, whole.String())
	}
	var found [][]byte
	for _, text := range append(texts, e.Alternatives...) {
		data, err := hex.DecodeString(text)
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

// each decodes every encoding of a vector.
func (e *encoded) each(judge func(pykraken.EntryID, pykraken.WireEvent, error) error) error {
	key, err := KeyOf(e.Stream)
	if err != nil {
		return err
	}
	id, err := pykraken.ParseID(e.ID)
	if err != nil {
		return err
	}
	encodings, err := e.all()
	if err != nil {
		return err
	}
	for i, data := range encodings {
		event, failure := pykraken.Decode(id, data, key)
		if err := judge(id, event, failure); err != nil {
			return fmt.Errorf("encoding %d: %w", i, err)
		}
	}
	return nil
}

func valid(body []byte) error {
	var v struct {
		encoded
		Event     map[string]any
		Canonical string
		Checksum  string
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	return v.each(func(_ pykraken.EntryID, event pykraken.WireEvent, failure error) error {
		if failure != nil {
			return failure
		}
		line := pykraken.Line(event)
		if line != v.Canonical {
			return fmt.Errorf("the line is %s", line)
		}
		said := Spelled([]byte(line)).(map[string]any)
		delete(said, "id")
		if err := same(said, v.Event); err != nil {
			return err
		}
		return proven(event, v.Checksum)
	})
}

// proven judges whether a whole book's checksum is "right" or "wrong", where the vector says.
func proven(event pykraken.WireEvent, wanted string) error {
	if wanted == "" {
		return nil
	}
	var isRight bool
	switch snapshot := event.(type) {
	case *pykraken.Snapshot:
		isRight = snapshot.OwnChecksum() == snapshot.Checksum
	case *pykraken.OrdersSnapshot:
		isRight = snapshot.OwnChecksum() == snapshot.Checksum
	default:
		return errors.New("no whole book")
	}
	if isRight != (wanted == "right") {
		return fmt.Errorf("the checksum is right: %t", isRight)
	}
	return nil
}

func invalid(body []byte) error {
	var v struct {
		encoded
		Code      string
		Canonical string
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	return v.each(func(id pykraken.EntryID, _ pykraken.WireEvent, failure error) error {
		var bad *pykraken.DecodeError
		if !errors.As(failure, &bad) {
			return errors.New("it was accepted")
		}
		if string(bad.Code) != v.Code || !errors.Is(failure, bad.Code) {
			return fmt.Errorf("the code is %v", failure)
		}
		if line := pykraken.ErrorLine(id, bad.Code); line != v.Canonical {
			return fmt.Errorf("the line is %s", line)
		}
		return nil
	})
}

// Spelled returns a JSON text as the vectors spell it: every number a string of its digits.
func Spelled(text []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		panic(err) // the library's own line
	}
	return spell(value)
}

func spell(value any) any {
	switch v := value.(type) {
	case json.Number:
		return v.String()
	case []any:
		for i := range v {
			v[i] = spell(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = spell(v[key])
		}
	}
	return value
}

// same returns an error that shows both where they differ.
func same(said, wanted any) error {
	if reflect.DeepEqual(said, wanted) {
		return nil
	}
	one, _ := json.Marshal(said)
	other, _ := json.Marshal(wanted)
	return fmt.Errorf("it says %s, not %s", one, other)
}
