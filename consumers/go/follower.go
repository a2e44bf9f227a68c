// What a client reads, in which order, and what it tells: the replicas of many streams, fed by one
// XREAD. Of two lines of a stream Lines makes one.
//
// It connects again by itself: Disconnected is told, pauses grow, and Reconnected is told. Its clock
// runs only while it listens: a slow application is no silent stream.

package pykraken

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

const (
	readCount    = 1000   // entries a stream and read; beyond it the cost per entry no longer falls
	readTotal    = 20_000 // entries a read over all streams: bounds memory with many symbols
	blockMost    = time.Second
	oneShotBlock = 20 * time.Millisecond
	joinRetry    = 250 * time.Millisecond // between two looks for a snapshot
	horizonRetry = time.Second            // between two looks at how far behind reading is
	backoffFirst = 50 * time.Millisecond  // pause before connecting again
	backoffMost  = 2 * time.Second
	// doubt: no entry in any stream for so long, though each has a heartbeat every 5 s (WIRE §4.6). This
	// may be a replica that is cut off, or a master of yesterday, so Sentinels and names are asked again.
	doubt = 6 * time.Second
	// pace: of each of many streams, between two reads that left nothing behind (WIRE §7.5); of fewer
	// than pacedFrom it would be less than a millisecond.
	pace      = 20 * time.Microsecond
	pacedFrom = 50
)

// errOver ends a follower: nobody wants more.
var errOver = errors.New("over")

// away says that Redis does not answer; it ends a round.
type away struct{ reason string }

func (a *away) Error() string { return a.reason }

// followed is one stream that is followed.
type followed struct {
	*Replica
	tell     Tell
	due      time.Duration // when to look for a snapshot, or how far behind
	isBehind bool
	isLooked bool // the newest id was asked for; head is it
	head     *EntryID
}

type follower struct {
	target  *target
	server  server
	streams []*followed
	byKey   map[string]*followed
	lines   []*Lines
	yield   Tell
	block   time.Duration
	count   int
	now     time.Duration
	heard   time.Duration
	backoff time.Duration
	isAway  bool
	isPaced bool
	reason  string
	isOver  atomic.Bool
}

// newFollower follows streams; a group of two is two lines told as one.
func newFollower(c *Client, groups [][]string, isWaiting bool, block time.Duration) *follower {
	f := &follower{target: c.target, byKey: make(map[string]*followed), block: block, backoff: backoffFirst}
	for _, keys := range groups {
		if len(keys) == 1 {
			f.add(NewReplica(keys[0], 0, isWaiting), f.emit)
			continue
		}
		a, b := NewReplica(keys[0], 0, true), NewReplica(keys[1], 0, true) // either may come later
		both := NewLines(a, b)
		f.lines = append(f.lines, both)
		for line, replica := range []*Replica{a, b} {
			f.add(replica, func(event Event) bool { return both.Take(line, event, f.now, f.emit) })
		}
	}
	f.count = max(1, min(readCount, readTotal/max(1, len(f.streams))))
	return f
}

func (f *follower) add(replica *Replica, tell Tell) {
	if f.byKey[replica.stream] != nil {
		return
	}
	each := &followed{Replica: replica, tell: tell}
	f.byKey[replica.stream] = each
	f.streams = append(f.streams, each)
}

// emit gives the application an event, until it wants no more.
func (f *follower) emit(event Event) bool {
	if f.isOver.Load() {
		return false
	}
	if !f.yield(event) {
		f.isOver.Store(true)
		return false
	}
	return true
}

// run follows until the application wants no more, or an error that trying again cannot mend.
func (f *follower) run(ctx context.Context) error {
	for {
		if _, err := f.step(ctx); err != nil {
			if errors.Is(err, errOver) {
				return nil
			}
			return err
		}
	}
}

// step is one round; while Redis is away it is a pause. It tells whether nothing more could be read.
func (f *follower) step(ctx context.Context) (isIdle bool, err error) {
	isIdle, err = f.round(ctx)
	var gone *away
	if !errors.As(err, &gone) {
		f.backoff = backoffFirst
		return isIdle, err
	}
	f.reason = gone.reason
	if !f.isAway {
		f.isAway = true
		for _, each := range f.streams {
			each.Disconnected(gone.reason, each.tell)
		}
	}
	f.pause(ctx, f.backoff)
	f.backoff = min(2*f.backoff, backoffMost)
	return true, f.over()
}

func (f *follower) over() error {
	if f.isOver.Load() {
		return errOver
	}
	return nil
}

func (f *follower) pause(ctx context.Context, pause time.Duration) {
	began := time.Now()
	sleep(ctx, spread(pause))
	f.now += time.Since(began)
}

// round reads what replicas want beside entries, then entries; the newest ids are judged last. They
// are read before the entries and judged after them, so that an entry that arrives between the two
// never looks like one that did not come.
func (f *follower) round(ctx context.Context) (isIdle bool, err error) {
	for _, each := range f.streams {
		each.Tick(f.now)
		each.isLooked, each.head = false, nil
	}
	if err := f.readBeside(ctx); err != nil {
		return false, err
	}
	isIdle, err = f.readEntries(ctx)
	if err != nil {
		return false, err
	}
	for _, each := range f.streams {
		if each.isLooked {
			each.HeadsRead(each.head, f.now, each.tell)
		}
	}
	for _, both := range f.lines {
		both.Tick(f.now, f.emit)
	}
	return isIdle, f.over()
}

// ask runs commands in one round trip.
func (f *follower) ask(ctx context.Context, commands []*command) ([][]byte, error) {
	began := time.Now()
	replies, err := f.server.run(ctx, commands)
	f.now += time.Since(began)
	if ctx.Err() != nil {
		return nil, errOver
	}
	if err != nil {
		reason, refused := f.target.reasonOf(err)
		if refused != nil {
			return nil, refused
		}
		return nil, &away{reason}
	}
	if f.isAway {
		f.isAway = false
		for _, each := range f.streams {
			each.Reconnected(each.tell)
		}
	}
	return replies, f.over()
}

// readEntries reads the next entries of all streams in one XREAD, and hands them to their replicas.
func (f *follower) readEntries(ctx context.Context) (isIdle bool, err error) {
	read := &command{count: f.count, block: f.block}
	for _, each := range f.streams {
		at, ok := each.Position()
		if each.isLooked {
			read.block = 0
		} else if each.wants == WantJoin {
			read.block = min(read.block, joinRetry)
		}
		if ok {
			read.streams, read.after = append(read.streams, each.stream), append(read.after, at)
		}
	}
	if len(read.streams) == 0 {
		f.pause(ctx, joinRetry)
		if ctx.Err() != nil {
			return true, errOver
		}
		return true, nil
	}
	if f.isPaced {
		f.pause(ctx, pace*time.Duration(len(read.streams)))
	}
	replies, err := f.ask(ctx, []*command{read})
	if err != nil {
		return false, err
	}
	batches, err := readOf(replies[0])
	if err != nil {
		return false, &away{err.Error()}
	}
	isIdle = f.hand(batches)
	f.isPaced = len(batches) > 0 && isIdle && len(read.streams) >= pacedFrom
	return isIdle, f.over()
}

// hand hands batches to their replicas, and tells whether no stream has more to read at once.
func (f *follower) hand(batches []batch) (isIdle bool) {
	for _, each := range f.streams {
		each.isBehind = false
	}
	isIdle = true
	for _, found := range batches {
		each := f.byKey[found.stream]
		if each == nil {
			continue
		}
		each.isBehind = len(found.entries) >= f.count
		each.Received(found.entries, f.now, each.tell)
		if each.isBehind {
			isIdle = false
		} else {
			each.CaughtUp()
		}
	}
	if len(batches) > 0 {
		f.heard = f.now
	} else if f.now-f.heard >= doubt {
		f.heard = f.now
		f.server.redial()
	}
	return isIdle
}
