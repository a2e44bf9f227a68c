package pykraken

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func clientOf(t *testing.T, url string) *Client {
	t.Helper()
	client, err := NewClient(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// endsBy ends the test when it takes too long.
func endsBy(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// nothingIsLeft tells that no goroutine of the library runs any more.
func nothingIsLeft(t *testing.T) {
	t.Helper()
	var stacks string
	until(t, "no goroutine is left", func() bool {
		body := make([]byte, 1<<20)
		stacks = string(body[:runtime.Stack(body, true)])
		return !strings.Contains(stacks, "pykraken-go.(*cluster)") &&
			!strings.Contains(stacks, "pykraken-go.(*follower)") &&
			!strings.Contains(stacks, "go-redis")
	})
}

func TestFollow(t *testing.T) {
	for _, form := range []string{"redis://%s", "redis://%s?protocol=3", "unix://%s"} {
		server := startRedis(t)
		at := server.address()
		if strings.HasPrefix(form, "unix") {
			at = server.socket()
		}
		book := server.publish(btc, 5)
		book.update(2500)
		client := clientOf(t, fmt.Sprintf(form, at))
		var joined, updates int
		for event, err := range client.Follow(endsBy(t), Wish{Depth: 10}, "BTC/USD") {
			if err != nil {
				t.Fatal(err)
			}
			switch body := event.Body.(type) {
			case Joined:
				joined++
			case *Update:
				updates++
				level, _ := event.Book().Best(Bid)
				if level.Qty != NumberOf(body.ID.Seq) || !event.Book().IsValid || event.Book().Symbol != "BTC/USD" {
					t.Fatalf("at %v: %v %v", body.ID, level, event.Book())
				}
			}
			if updates == 2500 {
				book.update(1)
			}
			if updates == 2501 {
				break
			}
		}
		if joined != 1 || updates != 2501 {
			t.Errorf("%s: %d joins, %d updates", form, joined, updates)
		}
	}
	if err := endsBy(t).Err(); err != nil {
		t.Error(err)
	}
}

func TestAWaitingReadEndsAtOnce(t *testing.T) {
	server := startRedis(t)
	server.publish(btc, 5)
	for name, end := range map[string]func(*Client, context.CancelFunc){
		"by its context": func(_ *Client, cancel context.CancelFunc) { cancel() },
		"by the client":  func(client *Client, _ context.CancelFunc) { client.Close() },
	} {
		client := clientOf(t, server.url())
		ctx, cancel := context.WithCancel(endsBy(t))
		var began time.Time
		for _, err := range client.Follow(ctx, Wish{Depth: 10}, "BTC/USD") {
			if err != nil {
				t.Fatal(name, err)
			}
			go func() {
				time.Sleep(50 * time.Millisecond) // so that it waits when it is ended
				began = time.Now()
				end(client, cancel)
			}()
		}
		if waited := time.Since(began); waited > 900*time.Millisecond {
			t.Errorf("%s: it took %v", name, waited)
		}
		cancel()
	}
	nothingIsLeft(t)
}

func TestRedisGoesAndComesBack(t *testing.T) {
	server := startRedis(t)
	book := server.publish(btc, 5)
	client := clientOf(t, server.url())
	told := ""
	for event, err := range client.Follow(endsBy(t), Wish{Depth: 10}, "BTC/USD") {
		if err != nil {
			t.Fatal(err)
		}
		switch event.Body.(type) {
		case Joined:
			told += "joined "
			if strings.Count(told, "joined") == 1 {
				server.kill()
			}
		case Disconnected:
			told += "disconnected "
			if !event.State.Stand().IsStale {
				t.Error("a book without a server is not stale")
			}
			server.start()
			book = server.publish(btc, 6)
			book.update(1)
		case Reconnected:
			told += "reconnected "
		case *Epoch:
			told += "epoch "
		case *Update:
			told += "update"
		}
		if strings.HasSuffix(told, "update") {
			break
		}
	}
	if told != "joined disconnected reconnected epoch update" {
		t.Error(told)
	}
}

func TestAGapIsTold(t *testing.T) {
	server := startRedis(t)
	book := server.publish(btc, 5)
	client := clientOf(t, server.url())
	told := ""
	for event, err := range client.Follow(endsBy(t), Wish{}, btc) {
		if err != nil {
			t.Fatal(err)
		}
		switch body := event.Body.(type) {
		case Joined:
			told += fmt.Sprintf("joined %v after %v; ", body.Cursor, body.After.Value)
			if !body.After.OK {
				book.at.Seq += 3 // as trimmed
				book.update(2)
				book.snap()
			} else {
				book.update(1)
			}
		case Gap:
			told += fmt.Sprintf("gap %v to %v; ", body.Cursor, body.Found)
			if event.State.Stand().IsValid {
				t.Error("valid behind a gap")
			}
		case *Update:
			told += fmt.Sprintf("update %v", body.ID)
		}
		if strings.Contains(told, "update") {
			break
		}
	}
	if told != "joined 5-1 after 0-0; gap 5-1 to 5-5; joined 5-6 after 5-1; update 5-7" {
		t.Error(told)
	}
}

func TestTwoLinesAsOne(t *testing.T) {
	server := startRedis(t)
	a, b := server.publish(btc+"/a", 5), server.publish(btc+"/b", 9)
	client := clientOf(t, server.url())
	var told []string
	for event, err := range client.Follow(endsBy(t), Wish{Depth: 10, Line: "ab"}, "BTC/USD") {
		if err != nil {
			t.Fatal(err)
		}
		switch body := event.Body.(type) {
		case LineUp:
			told = append(told, "up "+body.Line)
			if len(told) == 2 {
				a.update(3)
				b.update(3)
				a.at.Seq++
				a.write(pack{"t": "bye"})
				b.update(1)
			}
		case LineDown:
			told = append(told, "down "+body.Line)
		case Jump:
			told = append(told, "jump")
		case *Update:
			told = append(told, fmt.Sprint("update ", body.TsEvent))
			if body.TsEvent == 5 {
				told = append(told, "end")
			}
		}
		if told != nil && told[len(told)-1] == "end" {
			break
		}
	}
	updates := 0
	for _, each := range told {
		if strings.HasPrefix(each, "update") {
			updates++
		}
	}
	if updates != 4 || strings.Contains(fmt.Sprint(told), "jump") {
		t.Error(told)
	}
}

func TestCalls(t *testing.T) {
	server := startRedis(t)
	book := server.publish(btc, 5)
	book.list()
	book.update(3)
	client := clientOf(t, server.url())
	ctx := endsBy(t)
	for range 2 { // the second with the connection of the first
		found, err := client.Book(ctx, Wish{}, "BTC/USD")
		if err != nil || found.Checksum() != book.book.Checksum() || found.Seq != 4 {
			t.Fatalf("%v, %v", found, err)
		}
	}
	if client.Chosen()["BTC/USD"] != btc {
		t.Error(client.Chosen())
	}
	listings, err := client.Streams(ctx, Public)
	if err != nil || len(listings) != 1 || listings[0].Stream != btc {
		t.Errorf("%v, %v", listings, err)
	}
	if err := client.RequestSnapshot(ctx, Wish{}, "BTC/USD"); err != nil {
		t.Error(err)
	}
	asked, err := server.writer.XRange(ctx, "{kraken.feed.book.x}:requests", "-", "+").Result()
	wanted := "\x82\xa1t\xa8snapshot\xa1y\xd9\x07BTC/USD"
	if err != nil || len(asked) != 1 || asked[0].Values["d"] != wanted {
		t.Errorf("%q, %v", asked, err)
	}
	if _, err := client.OrderBook(ctx, Wish{Depth: 10, Channel: ChannelBook}, "BTC/USD"); err == nil {
		t.Error("an L2 book was given as one of L3")
	}
}

func TestErrorsOfCalls(t *testing.T) {
	server := startRedis(t, "--requirepass", "right")
	short := func() context.Context {
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	good := clientOf(t, "redis://:right@"+server.address())
	var none *NoStream
	if _, err := good.Book(short(), Wish{Depth: 10}, "BTC/USD"); !errors.As(err, &none) || !errors.Is(err, CodeNoStream) {
		t.Errorf("no stream: %v", err)
	}
	if _, err := good.Book(short(), Wish{}, "BTC/USD"); !errors.Is(err, CodeNoStream) {
		t.Errorf("not in the catalogue: %v", err)
	}
	for _, err := range good.FollowExisting(endsBy(t), Wish{Depth: 10}, "BTC/USD") {
		if !errors.Is(err, CodeNoStream) {
			t.Errorf("following what must be there: %v", err)
		}
	}
	var refused *RedisRefused
	for _, url := range []string{server.url(), "redis://:wrong@" + server.address()} {
		if _, err := clientOf(t, url).Streams(short(), Public); !errors.As(err, &refused) {
			t.Errorf("a call: %v", err)
		}
		for _, err := range clientOf(t, url).Follow(endsBy(t), Wish{Depth: 10}, "BTC/USD") {
			if !errors.As(err, &refused) || strings.Contains(err.Error(), "wrong@") {
				t.Errorf("following: %v", err)
			}
		}
	}
	var unreachable *RedisUnreachable
	nobody := clientOf(t, fmt.Sprintf("redis://127.0.0.1:%d", freePort(t)))
	if _, err := nobody.Book(short(), Wish{Depth: 10}, "BTC/USD"); !errors.As(err, &unreachable) {
		t.Errorf("nobody there: %v", err)
	}
	if _, err := nobody.Streams(short(), Public); !errors.As(err, &unreachable) {
		t.Errorf("nobody there, the catalogue: %v", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := good.Book(cancelled, Wish{Depth: 10}, "BTC/USD"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	good.Close()
	if _, err := good.Streams(short(), Public); !errors.Is(err, errCut) {
		t.Errorf("closed: %v", err)
	}
}

func TestAPasswordThatRotates(t *testing.T) {
	server := startRedis(t)
	book := server.publish(btc, 5)
	file := t.TempDir() + "/password"
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	server.do("ACL", "SETUSER", "bot", "on", ">one", "~*", "+@all")
	client := clientOf(t, "redis://bot@"+server.address()+"?password_file="+file)
	isThere := false
	for event, err := range client.Follow(endsBy(t), Wish{Depth: 10}, "BTC/USD") {
		if err != nil {
			t.Fatal(err)
		}
		switch event.Body.(type) {
		case Joined:
			server.do("ACL", "SETUSER", "bot", "resetpass", ">two")
			server.do("CLIENT", "KILL", "USER", "bot")
		case Disconnected:
			write("two")
		case Reconnected:
			book.update(1)
		case *Update:
			isThere = true
		}
		if isThere {
			break
		}
	}
	if !isThere {
		t.Error("it did not come back")
	}
}

func TestTail(t *testing.T) {
	server := startRedis(t)
	book := server.publish(btc, 5)
	book.update(1)
	server.add(btc, EntryID{5, 3}, []byte("\xc1"))
	var out, remarks bytes.Buffer
	words := []string{btc, "--url", server.url(), "--from", "oldest", "--count", "4"}
	if code := Tail(endsBy(t), words, "", &out, &remarks); code != 0 {
		t.Fatal(code, remarks.String())
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 5 || !strings.Contains(lines[2], `"type":"update"`) || lines[3] != `{"id":"5-3","error":"MSGPACK"}` {
		t.Errorf("%q", lines)
	}
	for _, words := range [][]string{{}, {btc, "x"}, {btc, "--from", "y"}, {btc, "--url", "z"}, {btc, "--what"}} {
		if code := Tail(endsBy(t), words, "", &out, &remarks); code != 2 {
			t.Errorf("%q: %d", words, code)
		}
	}
}
