// The command that prints any stream's entries as canonical lines (cmd/tail is its shell).

package pykraken

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
)

// Exit codes of Tail.
const (
	exitStopped = 0
	exitUsage   = 2
	exitRefused = 3
)

// Tail prints the entries of a stream to out, one canonical line each (WIRE §9), until ctx is done or
// --count; gaps and the loss of Redis go to remarks. It knows nothing of states: a status stream reads
// as well as a book's. It returns the exit code: 0 when stopped, 2 for wrong words, 3 when Redis
// refuses.
func Tail(ctx context.Context, words []string, defaultURL string, out, remarks io.Writer) int {
	flags := flag.NewFlagSet("tail", flag.ContinueOnError)
	flags.SetOutput(remarks)
	flags.Usage = func() {
		fmt.Fprintln(remarks, "tail STREAM [--url URL] [--from now|snapshot|oldest|ID] [--count N]")
	}
	url := flags.String("url", cmp.Or(defaultURL, DefaultURL), "where Redis is")
	from := flags.String("from", "now", "now, snapshot, oldest or an id")
	count := flags.Int("count", 0, "stop after so many lines")
	stream, err := parseTail(flags, words)
	if err != nil {
		flags.Usage()
		return exitUsage
	}
	start, err := ParseStart(*from)
	if err != nil {
		fmt.Fprintln(remarks, "--from", err)
		return exitUsage
	}
	client, err := NewClient(*url, nil)
	if err != nil {
		fmt.Fprintln(remarks, err)
		return exitUsage
	}
	defer client.Close()
	return tailed(client.Entries(ctx, stream, start), *count, out, remarks)
}

// parseTail takes flags that may stand before or behind the stream.
func parseTail(flags *flag.FlagSet, words []string) (stream string, err error) {
	if err := flags.Parse(words); err != nil {
		return "", err
	}
	if flags.NArg() == 0 {
		return "", errors.New("no stream")
	}
	stream = flags.Arg(0)
	if err := flags.Parse(flags.Args()[1:]); err != nil {
		return "", err
	}
	if flags.NArg() > 0 {
		return "", errors.New("more than one stream")
	}
	return stream, nil
}

func tailed(
	records func(func(Record, error) bool), count int, out, remarks io.Writer,
) int {
	printed := 0
	for record, err := range records {
		if err != nil {
			fmt.Fprintln(remarks, err)
			return exitRefused
		}
		line := ""
		switch body := record.Body.(type) {
		case WireEvent:
			line = Line(body)
		case Quarantined:
			line = ErrorLine(body.ID, body.Code)
		default:
			fmt.Fprintf(remarks, "%T %v\n", body, body)
			continue
		}
		if _, err := io.WriteString(out, line+"\n"); err != nil {
			return exitStopped // whoever read it is gone
		}
		if printed++; printed == count {
			break
		}
	}
	return exitStopped
}
