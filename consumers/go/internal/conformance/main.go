// Command conformance is the library's conformance program: consumers/spec/CONFORMANCE.md says what it
// does. It is tested with, and not part of what the library offers.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/pykraken/pykraken-go/internal/vectors"
)

const usage = `conformance vectors FOLDER
conformance decode [--digest]
conformance rebuild FILE
conformance read --url URL STREAM COUNT
conformance follow --url URL [--namespace NS] [--channel C] [--depth D] [--interval I]
    [--trigger T] [--source S] [--account A] [--line L] WANTED...`

var errUsage = errors.New(usage)

func main() {
	log.SetFlags(0)
	words := os.Args[1:]
	if len(words) == 0 {
		words = []string{""}
	}
	var code int
	var err error
	switch words[0] {
	case "vectors":
		code, err = runVectors(words[1:])
	case "decode":
		err = runDecode(words[1:])
	case "rebuild":
		code, err = runRebuild(words[1:])
	case "read":
		code, err = runRead(words[1:])
	case "follow":
		code, err = runFollow(words[1:])
	default:
		err = errUsage
	}
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, err)
		code = 2
	case err != nil:
		log.Print(err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// say prints one object as a line.
func say(body any) { fmt.Printf("%s\n", compact(body)) }

func compact(body any) []byte {
	text, err := marshal(body)
	if err != nil {
		panic(err) // our own maps
	}
	return text
}

func runVectors(words []string) (int, error) {
	if len(words) != 1 {
		return 2, errUsage
	}
	code := 0
	err := vectors.Run(words[0], func(name string, failure error) {
		row := map[string]any{"vector": name, "ok": failure == nil}
		if failure != nil {
			row["detail"] = failure.Error()
			code = 1
		}
		say(row)
	})
	return code, err
}

// entry is one entry of the corpus: where it lies, its id and its d.
type entry struct {
	place string
	id    string
	d     []byte
}

// readEntry reads the next entry; io.EOF is the end.
func readEntry(from *bufio.Reader) (entry, error) {
	var found entry
	place, err := short(from)
	if err != nil {
		return found, err
	}
	id, err := short(from)
	if err != nil {
		return found, cut(err)
	}
	var size [4]byte
	if _, err := io.ReadFull(from, size[:]); err != nil {
		return found, cut(err)
	}
	found.place, found.id = string(place), string(id)
	found.d = make([]byte, int(size[0])<<24|int(size[1])<<16|int(size[2])<<8|int(size[3]))
	_, err = io.ReadFull(from, found.d)
	return found, cut(err)
}

func short(from *bufio.Reader) ([]byte, error) {
	length, err := from.ReadByte()
	if err != nil {
		return nil, err
	}
	text := make([]byte, length)
	_, err = io.ReadFull(from, text)
	return text, cut(err)
}

// cut makes an end inside an entry what it is.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func marshal(body any) ([]byte, error) {
	var out writer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(body)
	return out[:max(len(out), 1)-1], err
}

type writer []byte

func (w *writer) Write(data []byte) (int, error) {
	*w = append(*w, data...)
	return len(data), nil
}
