package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	pykraken "github.com/pykraken/pykraken-go"
	"github.com/pykraken/pykraken-go/internal/vectors"
)

const batch = 1000

// runDecode prints the canonical line of every entry of stdin, or what they come to.
func runDecode(words []string) error {
	isDigest := len(words) == 1 && words[0] == "--digest"
	if len(words) > 0 && !isDigest {
		return errUsage
	}
	from := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	entries, events, codes, hashed := 0, 0, map[string]int{}, sha256.New()
	for {
		found, err := readEntry(from)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		line, code, err := decoded(found)
		if err != nil {
			return err
		}
		entries++
		if code == "" {
			events++
		} else {
			codes[code]++
		}
		if isDigest {
			hashed.Write([]byte(line + "\n"))
		} else if _, err := out.WriteString(line + "\n"); err != nil {
			return err
		}
		if from.Buffered() == 0 {
			out.Flush()
		}
	}
	if isDigest {
		out.Flush()
		fmt.Printf(`{"entries":%d,"events":%d,"codes":%s,"sha256":"%s"}`+"\n",
			entries, events, compact(codes), hex.EncodeToString(hashed.Sum(nil)))
	}
	return nil
}

func decoded(found entry) (line, code string, err error) {
	key, err := vectors.KeyOf(found.place)
	if err != nil {
		return "", "", err
	}
	id, err := pykraken.ParseID(found.id)
	if err != nil {
		return "", "", err
	}
	event, err := pykraken.Decode(id, found.d, key)
	var bad *pykraken.DecodeError
	if errors.As(err, &bad) {
		return pykraken.ErrorLine(id, bad.Code), string(bad.Code), nil
	}
	return pykraken.Line(event), "", err
}

// runRebuild times a replica on entries held in memory.
func runRebuild(words []string) (int, error) {
	if len(words) != 1 {
		return 2, errUsage
	}
	file, err := os.Open(words[0])
	if err != nil {
		return 2, err
	}
	defer file.Close()
	from := bufio.NewReaderSize(file, 1<<20)
	first, err := readEntry(from)
	if err != nil {
		return 2, err
	}
	entries, err := readAll(from)
	if err != nil {
		return 2, err
	}
	id, err := pykraken.ParseID(first.id)
	if err != nil {
		return 2, err
	}
	key, err := vectors.KeyOf(strings.TrimSuffix(first.place, ".snap"))
	if err != nil {
		return 2, err
	}
	var count counter
	began := start()
	replica := pykraken.NewReplica(key, 0, true)
	err = replica.SnapshotRead(&pykraken.Entry{ID: id, D: first.d}, 0, count.tell)
	for len(entries) > 0 && err == nil && count.failure == nil {
		part := entries[:min(batch, len(entries))]
		entries = entries[len(part):]
		replica.Received(part, 0, count.tell)
	}
	began.print(count.events, replica.State())
	return 0, errors.Join(err, count.failure)
}

func readAll(from *bufio.Reader) ([]pykraken.Entry, error) {
	var entries []pykraken.Entry
	for {
		found, err := readEntry(from)
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		id, err := pykraken.ParseID(found.id)
		if err != nil {
			return nil, err
		}
		entries = append(entries, pykraken.Entry{ID: id, D: found.d})
	}
}

// counter counts the channel's own events; anything that is not of an undisturbed stream is a failure.
type counter struct {
	events  int
	failure error
}

func (c *counter) tell(event pykraken.Event) bool {
	switch body := event.Body.(type) {
	case pykraken.ChannelEvent:
		c.events++
	case pykraken.Joined, pykraken.AnySnapshot, *pykraken.Heartbeat:
	default:
		c.failure = fmt.Errorf("not in an undisturbed stream: %T %v", body, body)
		return false
	}
	return true
}

type timer struct {
	wall time.Time
	cpu  time.Duration
}

func start() timer { return timer{time.Now(), cpu()} }

func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // no reason is documented for which it could fail
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func (t timer) print(events int, state pykraken.State) {
	wall, cpu := time.Since(t.wall), cpu()-t.cpu
	checksum := ""
	if book, ok := state.(interface{ Checksum() uint32 }); ok {
		checksum = strconv.FormatUint(uint64(book.Checksum()), 10)
	}
	fmt.Printf(`{"events":%d,"wall_s":%.6f,"cpu_s":%.6f,"checksum":"%s"}`+"\n",
		events, wall.Seconds(), cpu.Seconds(), checksum)
}

// runRead times the whole client on a stream that is there already.
func runRead(words []string) (int, error) {
	flags := flag.NewFlagSet("read", flag.ContinueOnError)
	url := flags.String("url", "", "")
	if flags.Parse(words) != nil || flags.NArg() != 2 || *url == "" {
		return 2, errUsage
	}
	wanted, err := strconv.Atoi(flags.Arg(1))
	if err != nil {
		return 2, errUsage
	}
	client, err := pykraken.NewClient(*url, nil)
	if err != nil {
		return 2, err
	}
	defer client.Close()
	var count counter
	var began timer
	for event, err := range client.Follow(context.Background(), pykraken.Wish{}, flags.Arg(0)) {
		if err != nil {
			return 3, err
		}
		switch event.Body.(type) {
		case pykraken.Joined:
			began = start()
		case pykraken.TrimWarning:
		default:
			if !count.tell(event) {
				return 1, count.failure
			}
		}
		if count.events == wanted {
			began.print(count.events, event.State)
			break
		}
	}
	return 0, nil
}
