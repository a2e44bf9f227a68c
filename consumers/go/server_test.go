package pykraken

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const patience = 30 * time.Second

// redisServer is a real server on a loopback port, for one test.
type redisServer struct {
	t       *testing.T
	folder  string
	port    int
	options []string
	process *exec.Cmd
	writer  *redis.Client
}

// startRedis starts a server; the test ends it. Without a server's program the test is skipped loudly.
func startRedis(t *testing.T, options ...string) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("PYKRAKEN_REQUIRE_ALL") == "1" {
			t.Fatal("redis-server is missing")
		}
		t.Skip("SKIPPED: redis-server is missing: the client is not tested")
	}
	s := &redisServer{t: t, folder: t.TempDir(), port: freePort(t), options: options}
	s.start()
	t.Cleanup(s.kill)
	s.writer = redis.NewClient(&redis.Options{Addr: s.address(), Protocol: 2, DisableIdentity: true})
	t.Cleanup(func() { _ = s.writer.Close() })
	return s
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func (s *redisServer) address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }
func (s *redisServer) url() string     { return "redis://" + s.address() }
func (s *redisServer) socket() string  { return filepath.Join(s.folder, "s") }

func (s *redisServer) start() {
	s.t.Helper()
	words := append([]string{
		"--port", fmt.Sprint(s.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", s.folder, "--unixsocket", s.socket(),
	}, s.options...)
	s.process = exec.Command("redis-server", words...)
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	until(s.t, "the server answers", func() bool {
		conn, err := net.Dial("tcp", s.address())
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

func (s *redisServer) kill() {
	if s.process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
		s.process = nil
	}
}

// add writes an entry.
func (s *redisServer) add(stream string, id EntryID, data []byte) {
	s.t.Helper()
	err := s.writer.Do(context.Background(), "XADD", stream, id.String(), "d", data).Err()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *redisServer) do(words ...any) {
	s.t.Helper()
	if err := s.writer.Do(context.Background(), words...).Err(); err != nil {
		s.t.Fatal(err)
	}
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// stream writes a book's stream as a publisher does.
type stream struct {
	*redisServer
	key  string
	at   EntryID
	book *Book
}

const btc = "{kraken.BTC/USD}:book.10"

// publish opens a stream with an epoch and a snapshot, which lies in .snap too.
func (s *redisServer) publish(key string, epoch uint64) *stream {
	s.t.Helper()
	b := &stream{redisServer: s, key: key, at: EntryID{Epoch: epoch}, book: new(Book)}
	b.book.load([]Level{{NumberOf(99), NumberOf(1)}}, []Level{{NumberOf(101), NumberOf(1)}}, 10)
	b.write(pack{"t": "epoch", "v": 1, "why": "start", "fd": "x", "w": 7, "ch": "book",
		"y": "BTC/USD", "d": 10, "pp": 1, "qp": 8})
	b.at.Seq++
	b.write(b.whole())
	b.snap()
	return b
}

func (b *stream) whole() pack {
	return pack{"t": "snapshot", "v": 1, "ch": "book", "y": "BTC/USD", "d": 10, "pp": 1, "qp": 8,
		"c": b.book.Checksum(), "b": b.book.Levels(Bid, 0), "a": b.book.Levels(Ask, 0)}
}

func (b *stream) write(event pack) { b.add(b.key, b.at, event.bytes()) }

func (b *stream) snap() { b.add(b.key+".snap", b.at, b.whole().bytes()) }

// update changes the best bid's qty, so many times.
func (b *stream) update(times int) {
	for range times {
		b.at.Seq++
		bids := []Level{{NumberOf(99), NumberOf(b.at.Seq)}}
		b.book.apply(bids, nil)
		b.write(pack{"t": "update", "te": b.at.Seq, "c": b.book.Checksum(), "b": bids, "a": []Level{}})
	}
}

// list writes the catalogue's row.
func (b *stream) list() {
	row := pack{"v": 1, "fd": "book.x", "ch": "book", "y": "BTC/USD", "d": 10, "pp": 1, "qp": 8,
		"l": "", "ep": b.at.Epoch}
	b.do("HSET", "{kraken.catalogue}:streams", b.key, row.bytes())
}

// pack is a map to be written as msgpack, the common keys added.
type pack map[string]any

func (p pack) bytes() []byte {
	if p["t"] != nil {
		for _, key := range []string{"te", "tr", "tp", "f"} {
			if p[key] == nil {
				p[key] = 0
			}
		}
	}
	out := []byte{0xde, 0, uint8(len(p))}
	for key, value := range p {
		out = packed(packed(out, key), value)
	}
	return out
}

func packed(out []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return append(append(out, 0xd9, uint8(len(v))), v...)
	case int:
		return packed(out, uint64(v))
	case uint32:
		return packed(out, uint64(v))
	case uint64:
		out = append(out, 0xcf)
		for shift := 56; shift >= 0; shift -= 8 {
			out = append(out, uint8(v>>shift))
		}
		return out
	case []Level:
		out = append(out, 0xdc, uint8(len(v)>>8), uint8(len(v)))
		for _, level := range v {
			out = packed(packed(append(out, 0x92), level.Price.lo), level.Qty.lo)
		}
		return out
	}
	panic(fmt.Sprintf("no packing of %T", value))
}
