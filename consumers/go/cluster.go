// A Redis Cluster as one server: runs commands on whichever nodes have their slots.
//
// A follower's XREAD is over many symbols, and a cluster takes none over two slots: it becomes one for
// each slot, each waiting in a goroutine and on a connection of its own, and what comes first is the
// answer; the others go on waiting, and are asked for again by the same words. With more slots than
// waitingMost they are asked in turn instead, without waiting. A node that is away costs its own
// streams only: what it should have answered counts as nothing new. (go-redis's own cluster client
// finds no key in a raw XREAD, and lets a node that is away hold up the others.)

package pykraken

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	waitingMost   = 64 // connections that a follower may hold to wait with
	pollEach      = 10 * time.Millisecond
	connectWait   = 500 * time.Millisecond
	redirectsMost = 40
	tryAgainWait  = 50 * time.Millisecond
)

// cluster is one follower's connections to a cluster.
type cluster struct {
	chart   *chart
	waiting map[int]*waiting // by slot
	results chan *waiting
	work    sync.WaitGroup
}

// waiting is an XREAD that waits in a goroutine, and what came of it.
type waiting struct {
	slot   int
	read   *command
	reply  []byte
	err    error
	cancel context.CancelFunc
}

func newCluster(t *target, protocol int) *cluster {
	return &cluster{
		chart:   newChart(t, protocol),
		waiting: make(map[int]*waiting),
		results: make(chan *waiting, 4*waitingMost),
	}
}

func (c *cluster) run(ctx context.Context, commands []*command) ([][]byte, error) {
	if err := c.chart.renew(ctx); err != nil {
		return nil, err
	}
	if len(commands) == 1 && commands[0].isRead() {
		reply, err := c.read(ctx, commands[0])
		return [][]byte{reply}, err
	}
	return c.runMany(ctx, commands)
}

func (c *cluster) redial() {
	for slot := range c.waiting {
		c.drop(slot)
	}
	c.chart.forget()
}

func (c *cluster) cut() { c.chart.cut() }

func (c *cluster) close() {
	c.redial()
	c.chart.cut()
	go func() { // whoever still has a result finds room for it
		for range c.results {
		}
	}()
	c.work.Wait()
	close(c.results)
}

func (c *cluster) drop(slot int) {
	c.waiting[slot].cancel()
	delete(c.waiting, slot)
}

// read returns what an XREAD over any slots brings, as one reply.
func (c *cluster) read(ctx context.Context, read *command) ([]byte, error) {
	parts := read.bySlot()
	until := time.Now().Add(read.block)
	if read.block == 0 || len(parts) > waitingMost {
		return c.poll(ctx, parts, until)
	}
	for slot, each := range c.waiting {
		if part := parts[slot]; part == nil || !part.isSame(each.read) {
			c.drop(slot)
		}
	}
	timer := time.NewTimer(read.block)
	defer timer.Stop()
	for {
		if err := c.waitFor(ctx, parts); err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			return nil, nil
		case done := <-c.results:
			reply, err := c.gather(done)
			if err != nil || len(reply) > 0 {
				return reply, err
			}
			_ = c.chart.renew(ctx) // in doubt after a loss; without a new one the old one stands
		}
	}
}

// waitFor has every slot's XREAD wait. It returns an error when no slot's node is there.
func (c *cluster) waitFor(ctx context.Context, parts map[int]*command) error {
	away := 0
	var fault error
	for slot, part := range parts {
		if c.waiting[slot] != nil {
			continue
		}
		if err := c.chart.isAway(slot); err != nil {
			away, fault = away+1, err
			continue
		}
		c.start(ctx, slot, part)
	}
	if away == len(parts) {
		return fault
	}
	return nil
}

func (c *cluster) start(ctx context.Context, slot int, part *command) {
	ctx, cancel := context.WithCancel(ctx)
	each := &waiting{slot: slot, read: part, cancel: cancel}
	c.waiting[slot] = each
	c.work.Add(1)
	go func() {
		defer c.work.Done()
		each.reply, each.err = c.chart.ask(ctx, slot, part)
		c.results <- each
	}()
}

// gather takes a result and all others that are there, and returns them as one reply.
func (c *cluster) gather(done *waiting) ([]byte, error) {
	var all replies
	for {
		if c.waiting[done.slot] == done { // else nobody asks for it any more
			c.drop(done.slot)
			if done.err != nil && isRefusal(done.err) {
				return nil, done.err
			}
			if done.err == nil {
				all.add(done.reply)
			}
		}
		select {
		case done = <-c.results:
		default:
			return all.whole(), nil
		}
	}
}

func (c *cluster) poll(ctx context.Context, parts map[int]*command, until time.Time) ([]byte, error) {
	commands := make([]*command, 0, len(parts))
	for _, part := range parts {
		part.block = 0
		commands = append(commands, part)
	}
	for {
		raw, err := c.runMany(ctx, commands)
		if err != nil {
			return nil, err
		}
		var all replies
		for _, reply := range raw {
			all.add(reply)
		}
		if whole := all.whole(); len(whole) > 0 || !time.Now().Before(until) || ctx.Err() != nil {
			return whole, nil
		}
		sleep(ctx, pollEach)
	}
}

// runMany runs commands of one slot each, those of a node in one round trip, those of several nodes at
// once. A reply is nil where its node is away; when all are, that is an error.
func (c *cluster) runMany(ctx context.Context, commands []*command) ([][]byte, error) {
	raw := make([][]byte, len(commands))
	faults := make([]error, len(commands))
	left := make([]int, len(commands))
	for i := range left {
		left[i] = i
	}
	for range redirectsMost {
		c.chart.exchange(ctx, commands, left, raw, faults)
		left = c.moved(ctx, commands, left, raw, faults)
		if len(left) == 0 || ctx.Err() != nil {
			break
		}
	}
	var fault error
	isThere := len(commands) == 0
	for i, err := range faults {
		switch {
		case err == nil:
			isThere = true
		case isRefusal(err):
			return nil, err
		default:
			raw[i], fault = nil, err
		}
	}
	if !isThere {
		return nil, fault
	}
	return raw, nil
}

// moved returns the commands that are to be asked again, elsewhere or a little later.
func (c *cluster) moved(
	ctx context.Context, commands []*command, asked []int, raw [][]byte, faults []error,
) []int {
	var left []int
	for _, i := range asked {
		if faults[i] == nil {
			faults[i] = checkReply(raw[i])
		}
		if faults[i] != nil && c.chart.redirected(ctx, slotOf(commands[i].key()), faults[i]) {
			left = append(left, i)
		}
	}
	return left
}

// isRefusal tells whether an answer is one that trying again cannot mend.
func isRefusal(err error) bool {
	_, refused := new(target).reasonOf(err)
	return refused != nil
}

// replies joins replies to XREAD, of either version of RESP.
type replies struct {
	count int
	isMap bool
	body  []byte
}

func (r *replies) add(reply []byte) {
	cursor := resp{reply}
	_, count, err := cursor.next()
	if err != nil || count == 0 {
		return
	}
	r.isMap = reply[0] == '%'
	if r.isMap {
		count /= 2
	}
	r.count += count
	r.body = append(r.body, cursor.rest...)
}

func (r *replies) whole() []byte {
	if r.count == 0 {
		return nil
	}
	kind := "*"
	if r.isMap {
		kind = "%"
	}
	return append([]byte(kind+strconv.Itoa(r.count)+"\r\n"), r.body...)
}

// redirection reads "MOVED 3999 host:port" and "ASK 3999 host:port".
func redirection(text string) (at node, isAsk, ok bool) {
	words := strings.Fields(text)
	if len(words) != 3 || (words[0] != "MOVED" && words[0] != "ASK") {
		return "", false, false
	}
	return node(words[2]), words[0] == "ASK", true
}

func errNoOwner(slot int) error { return fmt.Errorf("no node of the cluster has slot %d", slot) }
