package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"syscall"

	pykraken "github.com/pykraken/pykraken-go"
	"github.com/pykraken/pykraken-go/internal/vectors"
)

// runFollow prints all that the application is told until stdin ends.
func runFollow(words []string) (int, error) {
	flags := flag.NewFlagSet("follow", flag.ContinueOnError)
	url := flags.String("url", "", "")
	namespace := flags.String("namespace", "", "")
	var wish pykraken.Wish
	flags.StringVar(&wish.Channel, "channel", "", "")
	flags.IntVar(&wish.Depth, "depth", 0, "")
	flags.IntVar(&wish.Interval, "interval", 0, "")
	flags.StringVar(&wish.Trigger, "trigger", "", "")
	flags.StringVar(&wish.Source, "source", "", "")
	flags.StringVar(&wish.Account, "account", "", "")
	flags.StringVar(&wish.Line, "line", "", "")
	wanted, err := mixed(flags, words)
	if err != nil || *url == "" {
		return 2, errUsage
	}
	client, err := pykraken.NewClient(*url, &pykraken.Options{Namespace: *namespace})
	if err != nil {
		return 2, err
	}
	defer client.Close()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // whatever ends stdin ends the program
		stop()
	}()
	ends := make(map[string]*ending)
	for event, err := range client.Follow(ctx, wish, wanted...) {
		if err != nil {
			say(refusal(err))
			return 3, nil
		}
		end := ends[event.Stream]
		if end == nil {
			end = new(ending)
			ends[event.Stream] = end
		}
		end.take(event)
		fmt.Printf(`{"stream":%s,"event":%s}`+"\n", compact(event.Stream), told(event.Body))
	}
	for _, stream := range slices.Sorted(maps.Keys(ends)) {
		say(map[string]any{"stream": stream, "final": ends[stream].final()})
	}
	return 0, nil
}

// mixed parses flags that stand among the other words.
func mixed(flags *flag.FlagSet, words []string) (others []string, err error) {
	for {
		if err := flags.Parse(words); err != nil {
			return nil, err
		}
		if words = flags.Args(); len(words) == 0 {
			return others, nil
		}
		others, words = append(others, words[0]), words[1:]
	}
}

func refusal(err error) map[string]any {
	row := map[string]any{"error": "", "text": err.Error()}
	var code pykraken.Code
	if errors.As(err, &code) {
		row["error"] = string(code)
	}
	return row
}

// ending is how a stream stands at the end.
type ending struct {
	state   pykraken.State
	cursor  any
	skipped uint64
}

func (e *ending) take(event pykraken.Event) {
	e.state = event.State
	switch body := event.Body.(type) {
	case *pykraken.Unknown:
		e.cursor = body.ID.String()
		e.skipped++
	case pykraken.WireEvent:
		e.cursor = body.Stamp().ID.String()
	case pykraken.Joined:
		e.cursor = body.Cursor.String()
	case pykraken.Quarantined:
		e.cursor = body.ID.String()
	case pykraken.Gap:
		e.cursor = body.Found.String()
	}
}

func (e *ending) final() map[string]any {
	final := vectors.Final(e.cursor, e.state, e.skipped)
	final["stale"] = e.state.Stand().IsStale
	return final
}

// told returns what the application was told, as CONFORMANCE.md writes it.
func told(body pykraken.Body) string {
	switch e := body.(type) {
	case pykraken.WireEvent:
		return pykraken.Line(e)
	case pykraken.Joined:
		after := "null"
		if e.After.OK {
			after = `"` + e.After.Value.String() + `"`
		}
		return fmt.Sprintf(`{"told":"joined","cursor":"%s","after":%s}`, e.Cursor, after)
	case pykraken.Missed:
		return fmt.Sprintf(`{"told":"missed","unseen":%s,"missed":%s}`, span(e.Unseen), span(e.Missed))
	case pykraken.Gap:
		return fmt.Sprintf(`{"code":"GAP","cursor":"%s","found":"%s"}`, e.Cursor, e.Found)
	case pykraken.Regression:
		return fmt.Sprintf(`{"code":"REGRESSION","cursor":"%s","head":"%s"}`, e.Cursor, e.Head)
	case pykraken.Quarantined:
		return fmt.Sprintf(`{"code":"%s","id":"%s"}`, string(e.Code), e.ID)
	case pykraken.Stale:
		return `{"code":"STALE"}`
	case pykraken.LineUp:
		return fmt.Sprintf(`{"told":"line_up","line":"%s"}`, e.Line)
	case pykraken.LineDown:
		return fmt.Sprintf(`{"told":"line_down","line":"%s"}`, e.Line)
	case pykraken.Jump:
		return fmt.Sprintf(`{"told":"jump","line":"%s"}`, e.Line)
	case pykraken.TrimWarning:
		return `{"told":"trim_warning"}`
	case pykraken.Disconnected:
		return `{"told":"disconnected"}`
	case pykraken.Reconnected:
		return `{"told":"reconnected"}`
	}
	panic(fmt.Sprintf("told, and not known here: %T", body))
}

func span(r pykraken.Optional[pykraken.Range]) string {
	if !r.OK {
		return "null"
	}
	return fmt.Sprintf(`["%s","%s"]`, r.Value.First, r.Value.Last)
}
