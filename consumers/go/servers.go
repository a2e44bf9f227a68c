// What runs commands on one server, or on the master behind Sentinels; and what failures mean.

package pykraken

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// server runs commands. Used by one goroutine at a time, but for cut.
type server interface {
	// run returns a raw reply for each command, nil where its node is away.
	run(ctx context.Context, commands []*command) ([][]byte, error)
	// redial gives up all connections: the next one asks anew where the server is.
	redial()
	// cut ends what waits, from any goroutine.
	cut()
	// close closes all and waits for what it started.
	close()
}

func openServer(t *target, protocol int) server {
	if t.kind == inCluster {
		return newCluster(t, protocol)
	}
	at := node("")
	if t.kind == oneServer && t.path == "" {
		at = t.nodes[0]
	}
	d := newDialer(t, protocol, answerWait)
	return &single{dialer: d, at: at, client: d.client(at)}
}

// single is one server, or the master behind Sentinels.
type single struct {
	dialer *dialer
	at     node
	client *redis.Client
}

func (s *single) run(ctx context.Context, commands []*command) ([][]byte, error) {
	replies, err := exchange(ctx, s.client, commands)
	if err != nil && !isAnswer(err) {
		s.redial() // a pool that failed to connect would do so by itself, in the background
	}
	return replies, err
}

func (s *single) redial() {
	_ = s.client.Close() // of connections that are given up
	s.client = s.dialer.client(s.at)
}

func (s *single) cut() { s.dialer.cut() }

func (s *single) close() {
	s.dialer.cut()
	_ = s.client.Close() // its connections are closed
}

// exchange runs commands in one round trip, and returns their replies as they came; the first error
// among them is returned.
func exchange(ctx context.Context, client *redis.Client, commands []*command) ([][]byte, error) {
	raw := make([]*redis.RawCmd, len(commands))
	for i, each := range commands {
		raw[i] = redis.NewRawCmd(ctx, each.args()...)
	}
	if err := process(ctx, client, raw); err != nil {
		return nil, err
	}
	replies := make([][]byte, len(commands))
	for i, each := range raw {
		replies[i] = each.Val()
		if err := checkReply(replies[i]); err != nil {
			return replies, err
		}
	}
	return replies, nil
}

func process(ctx context.Context, client *redis.Client, raw []*redis.RawCmd) error {
	if len(raw) == 1 {
		return client.Process(ctx, raw[0])
	}
	_, err := client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, each := range raw {
			_ = pipe.Process(ctx, each) // queued; Exec returns what fails
		}
		return nil
	})
	return err
}

// later is what passes by itself: a server that loads, a failover or a resharding under way.
var later = []string{
	"LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "UNBLOCKED", "READONLY", "MOVED", "ASK",
}

// isAnswer tells whether an error is what Redis answered, however deep.
func isAnswer(err error) bool {
	var told refusal
	var answered redis.Error
	return errors.As(err, &told) || errors.As(err, &answered)
}

// wordOf returns Redis's own words in an error, without what go-redis puts before them.
func wordOf(err error) string {
	var told refusal
	var answered redis.Error
	switch {
	case errors.As(err, &told):
		return string(told)
	case errors.As(err, &answered):
		return answered.Error()
	}
	return err.Error()
}

// reasonOf returns why Redis is away, or a *RedisRefused for what will not pass by itself: a wrong
// password does where it stands in a file, which is read again.
func (t *target) reasonOf(err error) (string, error) {
	text := wordOf(err)
	if !isAnswer(err) {
		return text, nil
	}
	isLogin := slices.ContainsFunc([]string{"NOAUTH", "WRONGPASS", "ERR AUTH", "ERR invalid password"},
		func(start string) bool { return strings.HasPrefix(text, start) })
	isFile := t.options["password_file"] != ""
	passes := slices.ContainsFunc(later, func(start string) bool { return strings.HasPrefix(text, start) })
	if passes || (isLogin && isFile) {
		return text, nil
	}
	return "", &RedisRefused{text}
}

// spread returns up to half less, so that many clients do not come at once.
func spread(pause time.Duration) time.Duration { return pause/2 + rand.N(pause/2+1) }

// sleep waits so long, or until the context is done.
func sleep(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
