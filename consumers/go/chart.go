// Which node of a cluster has each slot, as one node said and as redirections put it right since; and
// the clients of the nodes. Shared by the goroutines of one follower.

package pykraken

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	awayFor   = 2 * time.Second        // before a node that did not answer is tried again
	chartEach = 250 * time.Millisecond // between two looks at the map
)

type chart struct {
	dialer *dialer

	lock       sync.Mutex
	owners     map[int]node
	asking     map[int]node // where the next command of a slot goes, once
	clients    map[node]*redis.Client
	away       map[node]time.Time
	isDoubtful bool
	renewed    time.Time
}

func newChart(t *target, protocol int) *chart {
	c := &chart{dialer: newDialer(t, protocol, connectWait), clients: make(map[node]*redis.Client)}
	c.forget()
	return c
}

// forget gives up all connections and the map.
func (c *chart) forget() {
	c.lock.Lock()
	defer c.lock.Unlock()
	for at := range c.clients {
		c.dropLocked(at)
	}
	c.owners, c.asking = nil, make(map[int]node)
	c.away, c.isDoubtful = make(map[node]time.Time), true
}

func (c *chart) cut() { c.dialer.cut() }

func (c *chart) dropLocked(at node) {
	if client := c.clients[at]; client != nil {
		_ = client.Close() // of connections that are given up
		delete(c.clients, at)
	}
}

func (c *chart) client(at node) *redis.Client {
	c.lock.Lock()
	defer c.lock.Unlock()
	client := c.clients[at]
	if client == nil {
		client = c.dialer.client(at)
		c.clients[at] = client
	}
	return client
}

// place returns the node to ask for a slot, and whether with ASKING.
func (c *chart) place(slot int) (at node, isAsking bool, err error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if at, ok := c.asking[slot]; ok {
		delete(c.asking, slot)
		return at, true, nil
	}
	at, ok := c.owners[slot]
	if !ok {
		c.isDoubtful = true
		return "", false, errNoOwner(slot)
	}
	if time.Now().Before(c.away[at]) {
		return "", false, fmt.Errorf("%s is away", at)
	}
	return at, false, nil
}

// isAway returns an error where the node of a slot is not there, without asking it.
func (c *chart) isAway(slot int) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	at, ok := c.owners[slot]
	if !ok {
		c.isDoubtful = true
		return errNoOwner(slot)
	}
	if time.Now().Before(c.away[at]) {
		return fmt.Errorf("%s is away", at)
	}
	return nil
}

// lose: a node did not answer. Leave it alone for a while, and ask for the map again.
func (c *chart) lose(at node) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.dropLocked(at)
	c.away[at] = time.Now().Add(awayFor)
	c.isDoubtful = true
}

// redirected takes what an answer says of a slot; it returns false for what is no redirection.
func (c *chart) redirected(ctx context.Context, slot int, err error) bool {
	if !isAnswer(err) {
		return false
	}
	text := wordOf(err)
	if strings.HasPrefix(text, "TRYAGAIN") { // its keys move one by one, some are here, some there
		sleep(ctx, tryAgainWait)
		return true
	}
	at, isAsk, ok := redirection(text)
	if !ok {
		return false
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	if strings.HasPrefix(string(at), ":") { // the host is that of the node asked
		host, _, _ := net.SplitHostPort(string(c.owners[slot]))
		at = node(host) + at
	}
	if isAsk {
		c.asking[slot] = at
	} else {
		c.isDoubtful = true
		c.owners[slot] = at
	}
	return true
}

// ask runs one command of a slot, wherever the slot is.
func (c *chart) ask(ctx context.Context, slot int, one *command) ([]byte, error) {
	var err error
	for range redirectsMost {
		var at node
		var isAsking bool
		var raw [][]byte
		if at, isAsking, err = c.place(slot); err != nil {
			return nil, err
		}
		raw, err = c.exchangeWith(ctx, at, isAsking, []*command{one})
		if err == nil {
			return raw[0], checkReply(raw[0])
		}
		if !c.redirected(ctx, slot, err) || ctx.Err() != nil {
			return nil, err
		}
	}
	return nil, err
}

// exchange runs those commands that are left, each node's in one round trip, all nodes at once.
func (c *chart) exchange(
	ctx context.Context, commands []*command, left []int, raw [][]byte, faults []error,
) {
	type route struct {
		at       node
		isAsking bool
	}
	routes := make(map[route][]int)
	for _, i := range left {
		at, isAsking, err := c.place(slotOf(commands[i].key()))
		if faults[i] = err; err == nil {
			routes[route{at, isAsking}] = append(routes[route{at, isAsking}], i)
		}
	}
	var work sync.WaitGroup
	for to, places := range routes {
		work.Go(func() {
			words := make([]*command, len(places))
			for n, i := range places {
				words[n] = commands[i]
			}
			found, err := c.exchangeWith(ctx, to.at, to.isAsking, words)
			for n, i := range places {
				if found == nil {
					faults[i] = err
				} else {
					raw[i] = found[n]
				}
			}
		})
	}
	work.Wait()
}

// exchangeWith runs commands on one node, each with ASKING where that is asked for. The replies may be
// errors; the first is returned besides.
func (c *chart) exchangeWith(
	ctx context.Context, at node, isAsking bool, commands []*command,
) ([][]byte, error) {
	words := commands
	if isAsking {
		words = nil
		asking := commandOf("ASKING")
		for _, each := range commands {
			words = append(words, &asking, each)
		}
	}
	found, err := exchange(ctx, c.client(at), words)
	if err != nil && !isAnswer(err) {
		c.lose(at)
		return nil, err
	}
	if isAsking && found != nil {
		for i := range commands {
			found[i] = found[2*i+1]
		}
		found = found[:len(commands)]
	}
	return found, err
}

// renew asks for the cluster's map if it is in doubt. It returns an error when there is none and none
// is to be had.
func (c *chart) renew(ctx context.Context) error {
	nodes, isDue := c.toAsk()
	if !isDue {
		return nil
	}
	var faults []error
	for _, at := range nodes {
		slots := commandOf("CLUSTER", "SLOTS")
		raw, err := c.exchangeWith(ctx, at, false, []*command{&slots})
		if err == nil {
			host, _, _ := net.SplitHostPort(string(at))
			var owners map[int]node
			if owners, err = slotsOf(raw[0], host); err == nil {
				c.lock.Lock()
				c.owners, c.isDoubtful = owners, false
				delete(c.away, at)
				c.lock.Unlock()
				return nil
			}
		}
		if isAnswer(err) && isRefusal(err) {
			return err
		}
		faults = append(faults, fmt.Errorf("%s: %w", at, err))
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.owners == nil {
		return fmt.Errorf("no node of the cluster answers: %w", errors.Join(faults...))
	}
	return nil
}

// toAsk returns the nodes to ask for the map, and whether it is time to.
func (c *chart) toAsk() ([]node, bool) {
	c.lock.Lock()
	defer c.lock.Unlock()
	now := time.Now()
	if c.owners != nil && (!c.isDoubtful || now.Sub(c.renewed) < chartEach) {
		return nil, false
	}
	c.renewed = now
	known := slices.Sorted(maps.Values(c.owners))
	all := slices.Compact(append(slices.Compact(known), c.dialer.target.nodes...))
	there := slices.DeleteFunc(slices.Clone(all), func(at node) bool { return now.Before(c.away[at]) })
	if len(there) == 0 {
		there = all
	}
	return there, true
}
