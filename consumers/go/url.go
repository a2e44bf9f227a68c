// Where Redis is, from a URL's text: one server, the master that Sentinels name, the nodes of a
// cluster, or a Unix socket. Pure.
//
//	redis://[user:password@]host[:6379][/db]                           rediss:// with TLS
//	redis+sentinel://[user:password@]host[:26379][,...]/master[/db]    rediss+sentinel://
//	redis+cluster://[user:password@]host[:6379][,...]                  rediss+cluster://
//	unix://[user:password@]/path[?db=0]
//
// What else a URL may say stands in queries. Certificates are always verified: nothing in a URL turns
// that off. No message here holds any part of the URL, which may hold a password.

package pykraken

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

type targetKind uint8

const (
	oneServer targetKind = iota
	behindSentinels
	inCluster
)

var schemes = map[string]struct {
	kind  targetKind
	isTLS bool
}{
	"redis": {oneServer, false}, "rediss": {oneServer, true}, "unix": {oneServer, false},
	"redis+sentinel": {behindSentinels, false}, "rediss+sentinel": {behindSentinels, true},
	"redis+cluster": {inCluster, false}, "rediss+cluster": {inCluster, true},
}

const forms = "must be a URL redis://... or rediss://... or unix://... or redis+sentinel://... " +
	"or rediss+sentinel://... or redis+cluster://... or rediss+cluster://..."

// queries may follow the ?: the database, the version of RESP, who asks (files are read at each
// connect), and PEM files of a private CA, of the client's certificate and of its key.
var queries = []string{
	"db", "protocol", "username", "password", "username_file", "password_file",
	"sentinel_username", "sentinel_password", "sentinel_password_file",
	"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_password",
}

// switches turn verification off elsewhere; here they may only say that it is on.
var switches = map[string]string{"ssl_cert_reqs": "required", "ssl_check_hostname": "true"}

// node is a server's address, host:port.
type node string

func nodeOf(host string, port int) node { return node(net.JoinHostPort(host, strconv.Itoa(port))) }

// target is what a URL says. It holds secrets: it is never printed.
type target struct {
	kind    targetKind
	nodes   []node // the server, the Sentinels, or the first nodes to ask; none for a Unix socket
	isTLS   bool
	path    string // of the Unix socket
	db      int
	master  string            // the name by which Sentinels know the master
	options map[string]string // of queries, user and password among them; no empty ones
}

// parseURL returns what a URL says, or an error that says what is allowed.
func parseURL(text string) (*target, error) {
	scheme, rest, hasScheme := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme)
	known, ok := schemes[scheme]
	if !hasScheme || !ok {
		return nil, errors.New(forms)
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, hasPath := strings.Cut(rest, "/")
	if hasPath {
		path = "/" + path
	}
	login, hosts := "", authority
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		login, hosts = authority[:at], authority[at+1:]
	}
	options, err := optionsOf(query, login)
	if err != nil {
		return nil, err
	}
	t := &target{kind: known.kind, isTLS: known.isTLS, options: options}
	if err := t.checkOptions(); err != nil {
		return nil, err
	}
	if scheme == "unix" {
		if hosts != "" || strings.Trim(path, "/") == "" {
			return nil, errors.New("must be unix:///path of the socket, with three slashes")
		}
		t.path = unquote(path)
		return t, t.setDB("")
	}
	if err := t.setNodes(hosts); err != nil {
		return nil, err
	}
	return t, t.setPath(path)
}

func (t *target) setNodes(hosts string) error {
	port := 6379
	if t.kind == behindSentinels {
		port = 26379
	}
	for text := range strings.SplitSeq(hosts, ",") {
		at, err := parseNode(text, port)
		if err != nil {
			return err
		}
		t.nodes = append(t.nodes, at)
	}
	if t.kind == oneServer && len(t.nodes) > 1 {
		return errors.New("must name one host: several belong to redis+sentinel or redis+cluster")
	}
	return nil
}

// setPath takes the words behind the hosts: the master's name and the database.
func (t *target) setPath(path string) error {
	var words []string
	for word := range strings.SplitSeq(path, "/") {
		if word != "" {
			words = append(words, unquote(word))
		}
	}
	if t.kind == behindSentinels {
		if len(words) == 0 {
			return errors.New("must name the master behind the Sentinels: /mymaster or /mymaster/0")
		}
		t.master, words = words[0], words[1:]
	}
	if len(words) > 1 {
		return errors.New("must end behind the number of the database")
	}
	if err := t.setDB(strings.Join(words, "")); err != nil {
		return err
	}
	if t.kind == inCluster && t.db != 0 {
		return errors.New("must leave the database out: a cluster has one, 0")
	}
	return nil
}

func (t *target) setDB(word string) error {
	text, isGiven := t.options["db"]
	if word != "" && isGiven {
		return errors.New("must have the database behind the host or as db=, not both")
	}
	if !isGiven {
		text = word
	}
	if text == "" {
		return nil
	}
	db, ok := digits(text)
	if !ok {
		return errors.New("must have a number as the database")
	}
	t.db = db
	return nil
}

func optionsOf(query, login string) (map[string]string, error) {
	options := make(map[string]string)
	for pair := range strings.SplitSeq(query, "&") {
		name, value, hasValue := strings.Cut(pair, "=")
		name, value = unquoteQuery(name), unquoteQuery(value)
		switch {
		case query == "":
			continue
		case !hasValue:
			return nil, errors.New("must have name=value pairs behind the ?, with & between them")
		case value == "":
			continue
		case options[name] != "":
			return nil, errors.New("must have each name behind the ? once")
		}
		options[name] = value
	}
	user, password, _ := strings.Cut(login, ":")
	for name, text := range map[string]string{"username": unquote(user), "password": unquote(password)} {
		if text != "" && options[name] != "" {
			return nil, fmt.Errorf("must have the %s before the @ or behind the ?, not both", name)
		}
		if text != "" {
			options[name] = text
		}
	}
	return options, nil
}

func (t *target) checkOptions() error {
	has := func(name string) bool { return t.options[name] != "" }
	for name, value := range t.options {
		wanted, isSwitch := switches[name]
		switch {
		case isSwitch && strings.ToLower(value) != wanted:
			return fmt.Errorf("must be without %s: certificates are always verified", name)
		case !isSwitch && !slices.Contains(queries, name):
			return fmt.Errorf("must have behind the ? only %s", strings.Join(queries, ", "))
		case strings.HasPrefix(name, "ssl_") && !t.isTLS:
			return fmt.Errorf("must be of rediss:// (or rediss+...) where %s is given", name)
		case strings.HasPrefix(name, "sentinel_") && t.kind != behindSentinels:
			return fmt.Errorf("must be of redis+sentinel:// where %s is given", name)
		}
	}
	for _, name := range []string{"username", "password", "sentinel_password"} {
		if has(name) && has(name+"_file") {
			return fmt.Errorf("must have %s or %s_file, not both", name, name)
		}
	}
	switch {
	case has("ssl_keyfile") && !has("ssl_certfile"):
		return errors.New("must have ssl_certfile where ssl_keyfile is given")
	case (has("username") || has("username_file")) && !has("password") && !has("password_file"):
		return errors.New("must have a password (user:password@, or password_file) with the user")
	case has("protocol") && t.options["protocol"] != "2" && t.options["protocol"] != "3":
		return errors.New("must have protocol=2 or protocol=3")
	}
	return nil
}

func parseNode(text string, port int) (node, error) {
	if strings.Count(text, "[") != strings.Count(text, "]") {
		return "", fmt.Errorf("%s with a host", forms)
	}
	host := text
	if at := strings.LastIndex(text, ":"); at >= 0 && !strings.HasSuffix(text, "]") {
		number, ok := digits(text[at+1:])
		if !ok || number == 0 || number > 65535 {
			return "", errors.New("must have a port below 65536 behind each host, if any")
		}
		host, port = text[:at], number
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	} else if strings.Contains(host, ":") {
		return "", errors.New("must have IPv6 addresses in brackets, [::1]:6379")
	}
	if host == "" {
		return "", fmt.Errorf("%s with a host, and one behind each comma", forms)
	}
	return nodeOf(unquote(host), port), nil
}

// digits reads a number of ASCII digits.
func digits(text string) (int, bool) {
	number, err := strconv.ParseUint(text, 10, 31)
	return int(number), err == nil && text[0] != '+'
}

func unquote(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

func unquoteQuery(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
