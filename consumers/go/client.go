// A client that follows streams on Redis: where words become streams, and go-redis meets replicas.
//
// Life: make a client (nothing connects yet), iterate, close it. An iteration ends when its loop is
// left, its context is done or the client is closed (a read that waits ends at once), or an error is
// given. Whoever iterates runs everything, in its own goroutine; only on a cluster does an iteration
// have goroutines of its own, which wait for the slots, and it ends them. A client may be shared by
// goroutines, an iteration may not.

package pykraken

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
)

// DefaultURL is where Redis is unless told.
const DefaultURL = "redis://127.0.0.1:6379"

// Options of a client; the zero value will do.
type Options struct {
	Namespace string       // "kraken" unless told
	Protocol  int          // 2 or 3, the version of RESP; 2 unless told, here or in the URL
	Logger    *slog.Logger // is told which stream was chosen of several; nobody unless told
}

// Client follows streams.
type Client struct {
	target    *target
	namespace string
	protocol  int
	logger    *slog.Logger
	life      context.Context
	end       context.CancelFunc

	lock   sync.Mutex
	chosen map[string]string
	idle   []server // kept for the next call that asks once
}

// NewClient returns a client of the Redis at url, DefaultURL where it is empty; see the README for the
// forms of a URL. Nothing is connected yet. options may be nil. The error says what is allowed.
func NewClient(url string, options *Options) (*Client, error) {
	at, err := parseURL(cmp.Or(url, DefaultURL))
	if err != nil {
		return nil, fmt.Errorf("the URL of Redis %w", err)
	}
	if options == nil {
		options = new(Options)
	}
	protocol := cmp.Or(options.Protocol, 2)
	if protocol != 2 && protocol != 3 {
		return nil, errors.New("Protocol must be 2 or 3")
	}
	life, end := context.WithCancel(context.Background())
	return &Client{
		target:    at,
		namespace: cmp.Or(options.Namespace, "kraken"),
		protocol:  protocol,
		logger:    options.Logger,
		life:      life,
		end:       end,
		chosen:    make(map[string]string),
	}, nil
}

// Close ends whatever runs, and closes the connections. A closed client gives errors.
func (c *Client) Close() {
	c.end()
	c.lock.Lock()
	defer c.lock.Unlock()
	for _, each := range c.idle {
		each.close()
	}
	c.idle = nil
}

// Chosen returns which streams the catalogue gave for what was asked for.
func (c *Client) Chosen() map[string]string {
	c.lock.Lock()
	defer c.lock.Unlock()
	all := make(map[string]string, len(c.chosen))
	for wanted, stream := range c.chosen {
		all[wanted] = stream
	}
	return all
}

// Follow returns an endless iteration over the events of the streams of symbols (or of stream keys);
// instrument, executions and balances have no symbols. What the words leave open the catalogue decides.
// It waits for streams that are not there yet, and connects again by itself, for ever. iter.Pull2 makes
// a next function of it.
//
// Each event comes with a nil error. What cannot be mended comes once, as an error, and is the end:
// words that mean nothing, *NoStream, *AmbiguousStream, *RedisRefused, and *RedisUnreachable when the
// catalogue is needed and cannot be read. When ctx is done it ends without one.
func (c *Client) Follow(ctx context.Context, words Wish, symbols ...string) iter.Seq2[Event, error] {
	return c.follow(ctx, words, symbols, true)
}

// FollowExisting is Follow of streams that must be there: one that has no snapshot is a *NoStream.
func (c *Client) FollowExisting(
	ctx context.Context, words Wish, symbols ...string,
) iter.Seq2[Event, error] {
	return c.follow(ctx, words, symbols, false)
}

func (c *Client) follow(
	ctx context.Context, words Wish, symbols []string, isWaiting bool,
) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		groups, err := c.wanted(ctx, words, symbols)
		if err == nil {
			f := newFollower(c, groups, isWaiting, blockMost)
			f.yield = func(event Event) bool { return yield(event, nil) }
			err = c.using(ctx, func() { f.isOver.Store(true) }, func(ctx context.Context, s server) error {
				f.server = s
				return f.run(ctx)
			})
		}
		if err != nil && ctx.Err() == nil {
			yield(Event{}, err)
		}
	}
}

// Entries returns an endless iteration over the entries of any stream as they are. Errors are as in
// Follow.
func (c *Client) Entries(ctx context.Context, stream string, start Start) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		r := &recorder{target: c.target, stream: stream}
		r.yield = func(record Record) bool { return yield(record, nil) }
		err := c.using(ctx, func() { r.isOver.Store(true) }, func(ctx context.Context, s server) error {
			r.server = s
			return r.run(ctx, start)
		})
		if err != nil && ctx.Err() == nil {
			yield(Record{}, err)
		}
	}
}

// Scope is whose streams a catalogue lists.
type Scope string

// The scopes.
const (
	Public  Scope = ""
	Private Scope = privateTag
)

// Status returns an endless iteration over a feed's own events, at least one a second (WIRE §4.8).
func (c *Client) Status(
	ctx context.Context, feed string, scope Scope, start Start,
) iter.Seq2[Record, error] {
	return c.Entries(ctx, "{"+string(scope)+c.namespace+".feed."+feed+"}:status", start)
}

// using runs what needs a server of its own, until ctx is done or the client is closed; then over is
// called, and what waits ends at once.
func (c *Client) using(
	ctx context.Context, over func(), run func(context.Context, server) error,
) error {
	if c.life.Err() != nil {
		return errCut
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	s := openServer(c.target, c.protocol)
	defer s.close()
	defer context.AfterFunc(ctx, func() {
		over()
		s.cut()
	})()
	return run(ctx, s)
}
