// How connections are opened: by TCP or a Unix socket, with TLS, to the master that Sentinels name.
//
// Files (passwords, users, certificates) are read at each connect, so that whatever was rotated is
// taken with the next connection, and behind Sentinels each connect asks them anew where the master
// is. Every connection is known here, so that cut ends whatever waits on one at once.

package pykraken

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	answerWait  = 3 * time.Second // beyond a read's own wait, after which the server counts as hung
	fileMax     = 4096            // no password is longer; a wrong path may lead to anything
	connections = 100             // that a pool may hold; a follower of one server uses one
)

var errCut = errors.New("the client was closed")

// dialer opens connections and knows those that are open.
type dialer struct {
	target   *target
	protocol int
	patience time.Duration // with a connect

	lock  sync.Mutex
	isCut bool
	open  map[*tracked]struct{}
}

func newDialer(t *target, protocol int, patience time.Duration) *dialer {
	if t.options["protocol"] != "" {
		protocol, _ = digits(t.options["protocol"])
	}
	return &dialer{target: t, protocol: protocol, patience: patience, open: make(map[*tracked]struct{})}
}

// client returns a client of go-redis whose connections are opened here. Its own retries are off: the
// follower connects again by itself and says so.
func (d *dialer) client(at node) *redis.Client { return redis.NewClient(d.options(at, "", d.dial)) }

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

func (d *dialer) options(at node, whose string, dial dialFunc) *redis.Options {
	return &redis.Options{
		Addr:     string(at),
		Dialer:   dial,
		Protocol: d.protocol,
		CredentialsProviderContext: func(context.Context) (string, string, error) {
			return d.login(whose)
		},
		MaxRetries:      -1,
		DialTimeout:     d.patience,
		DialerRetries:   1,
		ReadTimeout:     blockMost + answerWait,
		WriteTimeout:    answerWait,
		PoolSize:        connections,
		ConnMaxIdleTime: -1,
		DisableIdentity: true,
		ReadBufferSize:  128 << 10,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled,
		},
	}
}

// dial opens a connection to the server at an address, or to the master.
func (d *dialer) dial(ctx context.Context, _, address string) (net.Conn, error) {
	if d.target.kind == behindSentinels {
		master, err := d.master(ctx)
		if err != nil {
			return nil, err
		}
		address = string(master)
	}
	return d.dialTo(ctx, "", address)
}

func (d *dialer) dialTo(ctx context.Context, _, address string) (net.Conn, error) {
	network := "tcp"
	if d.target.path != "" {
		network, address = "unix", d.target.path
	}
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	plain := net.Dialer{}
	found, err := plain.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if d.target.isTLS {
		if found, err = d.secured(ctx, found, address); err != nil {
			return nil, err
		}
	}
	return d.track(found)
}

func (d *dialer) secured(ctx context.Context, plain net.Conn, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errors.Join(err, plain.Close())
	}
	config, err := d.target.tlsConfig(host)
	if err != nil {
		return nil, errors.Join(err, plain.Close())
	}
	secure := tls.Client(plain, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, plain.Close())
	}
	return secure, nil
}

func (t *target) tlsConfig(host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if path := t.options["ssl_ca_certs"]; path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s must hold certificates of authorities, as PEM", path)
		}
	}
	if path := t.options["ssl_certfile"]; path != "" {
		pair, err := keyPair(path, t.options["ssl_keyfile"], t.options["ssl_password"])
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// master asks the Sentinels, one after another, where the master is.
func (d *dialer) master(ctx context.Context) (node, error) {
	var faults []error
	for _, at := range d.target.nodes {
		options := d.options(at, "sentinel_", d.dialTo)
		options.ReadTimeout = answerWait
		sentinel := redis.NewSentinelClient(options)
		answer, err := sentinel.GetMasterAddrByName(ctx, d.target.master).Result()
		err = errors.Join(err, sentinel.Close())
		if err == nil && len(answer) == 2 {
			return node(net.JoinHostPort(answer[0], answer[1])), nil
		}
		if errors.Is(err, redis.Nil) {
			err = errors.New("it knows no such master")
		}
		faults = append(faults, fmt.Errorf("sentinel %s: %w", at, err))
	}
	return "", errors.Join(faults...)
}

// login returns user and password as the URL or the files have them.
func (d *dialer) login(whose string) (user, password string, err error) {
	if user, err = d.secret(whose + "username"); err != nil {
		return "", "", err
	}
	password, err = d.secret(whose + "password")
	return user, password, err
}

func (d *dialer) secret(name string) (string, error) {
	if path := d.target.options[name+"_file"]; path != "" {
		return secretIn(path)
	}
	return d.target.options[name], nil
}

// secretIn returns what a file holds, without the space around it. The error shows none of it.
func secretIn(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	body, err := io.ReadAll(io.LimitReader(file, fileMax))
	if err != nil {
		return "", err
	}
	found := strings.TrimSpace(string(body))
	if found == "" || !utf8.ValidString(found) {
		return "", fmt.Errorf("%s must hold the value and nothing else, as text", path)
	}
	return found, nil
}

// tracked is a connection that its dialer knows.
type tracked struct {
	net.Conn
	dialer *dialer
}

// Close closes the connection.
func (t *tracked) Close() error {
	t.dialer.lock.Lock()
	delete(t.dialer.open, t)
	t.dialer.lock.Unlock()
	return t.Conn.Close()
}

func (d *dialer) track(found net.Conn) (net.Conn, error) {
	known := &tracked{found, d}
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.isCut {
		return nil, errors.Join(errCut, found.Close())
	}
	d.open[known] = struct{}{}
	return known, nil
}

// cut closes all connections, for good: what waits on one ends at once.
func (d *dialer) cut() {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.isCut = true
	for known := range d.open {
		_ = known.Conn.Close() // whoever reads from it is told
	}
	clear(d.open)
}
