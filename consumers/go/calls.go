// Calls that ask once: a book or a state as it is now, the catalogue, a newer snapshot.

package pykraken

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	waitUsual    = 5 * time.Second // where the context of a call has no deadline
	idleMost     = 4               // servers kept for later calls
	requestsKept = 1000            // WIRE §7.6
)

// Book returns the L2 book of a symbol (or of a stream's key): joined, caught up and verified, as it is
// now. It waits until the deadline of ctx, or 5 s where it has none.
//
// The error is one of words that mean nothing, *NoStream, *AmbiguousStream, *NotReady,
// *RedisUnreachable, *RedisRefused, or that of ctx where it was cancelled.
func (c *Client) Book(ctx context.Context, words Wish, symbol string) (*Book, error) {
	state, err := c.State(ctx, words, symbol)
	if err != nil {
		return nil, err
	}
	book, ok := state.(*Book)
	if !ok {
		return nil, fmt.Errorf("%s holds no L2 book: use State or OrderBook", state.Is().Channel)
	}
	return book, nil
}

// OrderBook returns the L3 book of a symbol; see Book.
func (c *Client) OrderBook(ctx context.Context, words Wish, symbol string) (*OrderBook, error) {
	words.Channel = cmp.Or(words.Channel, ChannelLevel3)
	state, err := c.State(ctx, words, symbol)
	if err != nil {
		return nil, err
	}
	book, ok := state.(*OrderBook)
	if !ok {
		return nil, fmt.Errorf("%s holds no L3 book: use State or Book", state.Is().Channel)
	}
	return book, nil
}

// State returns the state of any channel's stream as it is now; symbol is empty for the channels
// without symbols. See Book.
func (c *Client) State(ctx context.Context, words Wish, symbol string) (State, error) {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	groups, err := c.wanted(ctx, words, symbolsOf(symbol))
	if err != nil {
		return nil, err
	}
	var found State
	err = c.once(ctx, func(ctx context.Context, s server) error {
		found, err = c.stateOf(ctx, s, groups[0])
		return err
	})
	return found, err
}

// stateOf returns the state of a stream, or that of its newer line, once it is valid and nothing newer
// is to be read.
func (c *Client) stateOf(ctx context.Context, s server, streams []string) (State, error) {
	var groups [][]string
	for _, stream := range streams {
		groups = append(groups, []string{stream})
	}
	f := newFollower(c, groups, true, oneShotBlock)
	f.server, f.yield = s, func(Event) bool { return true }
	began := time.Now()
	for ctx.Err() == nil {
		isIdle, err := f.step(ctx)
		if err != nil && !errors.Is(err, errOver) {
			return nil, err
		}
		if newest := f.newestState(); isIdle && !f.isAway && newest != nil {
			return newest, nil
		}
	}
	waited := time.Since(began).Round(time.Millisecond)
	isThere := slices.ContainsFunc(f.streams, func(each *followed) bool { return each.at.OK })
	switch {
	case !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, ctx.Err()
	case f.isAway:
		return nil, &RedisUnreachable{f.reason, waited}
	case isThere:
		return nil, &NotReady{streams[0], waited}
	}
	return nil, &NoStream{streams[0]}
}

// newestState returns the valid state whose venue's stamp is the latest, nil where none is valid.
func (f *follower) newestState() State {
	var newest State
	for _, each := range f.streams {
		if each.standing.IsValid && (newest == nil || each.standing.TsEvent > newest.Stand().TsEvent) {
			newest = each.state
		}
	}
	return newest
}

// Streams returns what the catalogue lists, by symbol and depth.
func (c *Client) Streams(ctx context.Context, scope Scope) ([]*Listing, error) {
	return c.catalogue(ctx, string(scope)+c.namespace)
}

func (c *Client) catalogue(ctx context.Context, space string) ([]*Listing, error) {
	read := commandOf("HGETALL", "{"+space+".catalogue}:streams")
	raw, err := c.ask(ctx, &read)
	if err != nil {
		return nil, err
	}
	pairs, err := pairsOf(raw)
	if err != nil {
		return nil, err
	}
	var listings []*Listing
	for pair := range slices.Chunk(pairs, 2) {
		// Informational: a bad row proves nothing and must not hide the others (WIRE §4.9).
		if listing, err := DecodeListing(string(pair[0]), pair[1]); err == nil {
			listings = append(listings, listing)
		}
	}
	slices.SortFunc(listings, func(a, b *Listing) int {
		return cmp.Or(
			cmp.Compare(a.Symbol, b.Symbol), cmp.Compare(a.Depth, b.Depth), cmp.Compare(a.Stream, b.Stream))
	})
	return listings, nil
}

// RequestSnapshot asks the publisher of a stream for a newer snapshot than there is; it answers in .snap
// (WIRE §7.6).
func (c *Client) RequestSnapshot(ctx context.Context, words Wish, symbol string) error {
	wishes, err := wishesOf(words, symbolsOf(symbol))
	if err != nil {
		return err
	}
	space := wishes[0].space(c.namespace)
	listings, err := c.catalogue(ctx, space)
	if err != nil {
		return err
	}
	for _, line := range wishes[0].lines() {
		listing, err := c.listed(listings, line)
		if err != nil {
			return err
		}
		request := commandOf("XADD", "{"+space+".feed."+listing.Feed+"}:requests",
			"MAXLEN", "~", requestsKept, "*", "d", requestFor(listing.Symbol))
		if _, err := c.ask(ctx, &request); err != nil {
			return err
		}
	}
	return nil
}

// requestFor writes the map of WIRE §7.6; a symbol is far shorter than 256 bytes.
func requestFor(symbol string) []byte {
	data := []byte("\x82\xa1t\xa8snapshot\xa1y\xd9")
	return append(append(data, uint8(len(symbol))), symbol...)
}

// wanted returns the keys of the streams that words name; of two lines told as one both.
func (c *Client) wanted(ctx context.Context, words Wish, symbols []string) ([][]string, error) {
	wishes, err := wishesOf(words, symbols)
	if err != nil {
		return nil, err
	}
	var groups [][]string
	for _, wanted := range wishes {
		lines := wanted.lines()
		stream, err := c.stream(ctx, lines[0])
		var none *NoStream
		if len(lines) > 1 && errors.As(err, &none) {
			stream, err = c.stream(ctx, lines[1])
		}
		if err != nil {
			return nil, err
		}
		keys := []string{stream}
		if len(lines) > 1 {
			keys = bothOf(stream)
		}
		groups = append(groups, keys)
	}
	return groups, nil
}

func (c *Client) stream(ctx context.Context, wanted wish) (string, error) {
	if key, ok := wanted.key(c.namespace); ok {
		return key, nil
	}
	listings, err := c.catalogue(ctx, wanted.space(c.namespace))
	if err != nil {
		return "", err
	}
	listing, err := c.listed(listings, wanted)
	if err != nil {
		return "", err
	}
	return listing.Stream, nil
}

// listed returns the row that the catalogue gives, and says what else there was.
func (c *Client) listed(listings []*Listing, wanted wish) (*Listing, error) {
	rows, err := choose(listings, wanted)
	if err != nil {
		return nil, err
	}
	c.lock.Lock()
	c.chosen[wanted.String()] = rows[0].Stream
	c.lock.Unlock()
	if len(rows) > 1 && c.logger != nil {
		c.logger.Info("stream_chosen", "wanted", wanted.String(), "stream", rows[0].Stream,
			"of", len(rows))
	}
	return rows[0], nil
}

// ask runs one command. A connection kept from an earlier call may have ended meanwhile: then it is
// asked once more.
func (c *Client) ask(ctx context.Context, one *command) ([]byte, error) {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	var raw []byte
	began := time.Now()
	err := c.once(ctx, func(ctx context.Context, s server) error {
		replies, err := s.run(ctx, []*command{one})
		if err != nil && !isAnswer(err) && ctx.Err() == nil {
			s.redial()
			replies, err = s.run(ctx, []*command{one})
		}
		if err != nil {
			reason, refused := c.target.reasonOf(err)
			if refused != nil {
				return refused
			}
			return &RedisUnreachable{reason, time.Since(began).Round(time.Millisecond)}
		}
		raw = replies[0]
		return nil
	})
	if errors.Is(ctx.Err(), context.Canceled) && err != nil {
		return nil, ctx.Err()
	}
	return raw, err
}

// once lends a server to a call, and keeps it for the next one where nothing went wrong.
func (c *Client) once(ctx context.Context, call func(context.Context, server) error) error {
	if c.life.Err() != nil {
		return errCut
	}
	c.lock.Lock()
	var s server
	if last := len(c.idle) - 1; last >= 0 {
		s, c.idle = c.idle[last], c.idle[:last]
	}
	c.lock.Unlock()
	if s == nil {
		s = openServer(c.target, c.protocol)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	stop := context.AfterFunc(ctx, s.cut)
	err := call(ctx, s)
	isUncut := stop()
	if err != nil || !isUncut || !c.keep(s) {
		s.close()
	}
	return err
}

func (c *Client) keep(s server) bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.life.Err() != nil || len(c.idle) >= idleMost {
		return false
	}
	c.idle = append(c.idle, s)
	return true
}

func withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, waitUsual)
}

func symbolsOf(symbol string) []string {
	if symbol == "" {
		return nil
	}
	return []string{symbol}
}
