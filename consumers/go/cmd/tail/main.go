// Command tail prints the entries of any stream of pykraken as canonical JSON lines.
//
//	tail STREAM [--url URL] [--from now|snapshot|oldest|ID] [--count N]
//
// The default URL is PYKRAKEN_REDIS_URL, else redis://127.0.0.1:6379. Gaps and the loss of Redis go to
// stderr.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/redis/go-redis/v9"

	pykraken "github.com/pykraken/pykraken-go"
)

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func main() {
	redis.SetLogger(silent{}) // what it would say is told as Disconnected
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(pykraken.Tail(ctx, os.Args[1:], os.Getenv("PYKRAKEN_REDIS_URL"), os.Stdout, os.Stderr))
}
