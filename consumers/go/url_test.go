package pykraken

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// said is what a URL says, where the table asks.
type said struct {
	kind    targetKind
	isTLS   bool
	nodes   []node
	path    string
	db      int
	master  string
	options map[string]string
}

var goodURLs = map[string]said{
	"redis://h":                {nodes: []node{"h:6379"}},
	"redis://h:7/3":            {nodes: []node{"h:7"}, db: 3},
	"redis://h/":               {nodes: []node{"h:6379"}},
	"redis://h?db=2":           {db: 2},
	"redis://:p@h":             {options: map[string]string{"password": "p"}},
	"redis://u:p%40%2F%3A@h":   {options: map[string]string{"username": "u", "password": "p@/:"}},
	"redis://h?password=p%26q": {options: map[string]string{"password": "p&q"}},
	"redis://[::1]:7":          {nodes: []node{"[::1]:7"}},
	"redis://[::1]":            {nodes: []node{"[::1]:6379"}},
	"redis://h?protocol=3":     {options: map[string]string{"protocol": "3"}},
	"rediss://h":               {isTLS: true, nodes: []node{"h:6379"}},
	"rediss://h?ssl_cert_reqs=required&ssl_check_hostname=True":              {isTLS: true},
	"rediss://h?ssl_ca_certs=/ca.pem&ssl_certfile=/c.pem&ssl_keyfile=/k.pem": {isTLS: true, options: map[string]string{"ssl_ca_certs": "/ca.pem", "ssl_certfile": "/c.pem", "ssl_keyfile": "/k.pem"}},
	"unix:///run/redis.sock":                                          {path: "/run/redis.sock"},
	"unix://u:p@/run/r.sock?db=4":                                     {path: "/run/r.sock", db: 4, options: map[string]string{"username": "u", "password": "p", "db": "4"}},
	"redis+sentinel://h/m":                                            {kind: behindSentinels, nodes: []node{"h:26379"}, master: "m"},
	"redis+sentinel://u:p@h:1,i,[::1]:3/m/2":                          {kind: behindSentinels, nodes: []node{"h:1", "i:26379", "[::1]:3"}, master: "m", db: 2, options: map[string]string{"username": "u", "password": "p"}},
	"rediss+sentinel://h/m?sentinel_username=s&sentinel_password=q":   {kind: behindSentinels, isTLS: true, options: map[string]string{"sentinel_username": "s", "sentinel_password": "q"}},
	"redis+sentinel://h/m?password_file=/p&sentinel_password_file=/q": {kind: behindSentinels, options: map[string]string{"password_file": "/p", "sentinel_password_file": "/q"}},
	"redis+cluster://u:p@h:7000,i:7001":                               {kind: inCluster, nodes: []node{"h:7000", "i:7001"}, options: map[string]string{"username": "u", "password": "p"}},
	"rediss+cluster://h":                                              {kind: inCluster, isTLS: true, nodes: []node{"h:6379"}},
	"redis+cluster://h/0":                                             {kind: inCluster},
}

// badURLs says what a refusal must say.
var badURLs = map[string]string{
	"":                                    "redis://... or rediss://... or unix://... or redis+sentinel://...",
	"localhost:6379":                      "rediss+cluster://...",
	"http://h":                            "must be a URL redis://...",
	"redis-sentinel://h/m":                "redis+sentinel://...",
	"redis://":                            "with a host",
	"redis://:s3cret@":                    "with a host",
	"redis://h:":                          "a port below 65536",
	"redis://h:0":                         "a port below 65536",
	"redis://h:99999":                     "a port below 65536",
	"redis://u:s3cret/t@h":                "a port below 65536",
	"redis://h:x":                         "a port below 65536",
	"redis://[::1":                        "with a host",
	"redis://::1:6379":                    "in brackets",
	"redis://h/x":                         "a number as the database",
	"redis://h/-1":                        "a number as the database",
	"redis://h/1/2":                       "end behind the number",
	"redis://h/1?db=2":                    "not both",
	"redis://h1,h2":                       "one host",
	"redis://u:s3cret@h1,h2":              "redis+sentinel or redis+cluster",
	"redis+sentinel://h":                  "name the master",
	"redis+sentinel://h/":                 "name the master",
	"redis+sentinel://h/0/m":              "a number as the database",
	"redis+sentinel://h,/m":               "one behind each comma",
	"redis+sentinel://h/m/0/0":            "end behind the number",
	"redis+cluster://h/1":                 "leave the database out",
	"redis+cluster://h?db=1":              "leave the database out",
	"redis+cluster://":                    "with a host",
	"unix://":                             "three slashes",
	"unix://tmp/r.sock":                   "three slashes",
	"redis://h?ssl_ca_certs=/ca":          "rediss://",
	"rediss://h?ssl_cert_reqs=none":       "always verified",
	"rediss://h?ssl_check_hostname=false": "always verified",
	"rediss://h?ssl_keyfile=/k":           "ssl_certfile",
	"redis://h?protocol=1":                "protocol=2 or protocol=3",
	"redis://h?timeout=3":                 "behind the ? only db",
	"redis://h?db":                        "name=value",
	"redis://h?db=1&db=2":                 "once",
	"redis://u@h":                         "a password",
	"redis://h?username=u":                "a password",
	"redis://u:s3cret@h?password=s3cret":  "not both",
	"redis://:s3cret@h?password_file=/p":  "not both",
	"redis://h?sentinel_password=s3cret":  "redis+sentinel://",
	"redis+sentinel://h/m?sentinel_password=s3cret&sentinel_password_file=/p": "not both",
}

func TestGoodURLs(t *testing.T) {
	for url, wanted := range goodURLs {
		found, err := parseURL(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if found.kind != wanted.kind || found.isTLS != wanted.isTLS {
			t.Errorf("%s: kind %v, TLS %t", url, found.kind, found.isTLS)
		}
		if wanted.nodes != nil && !slices.Equal(found.nodes, wanted.nodes) {
			t.Errorf("%s: nodes %v", url, found.nodes)
		}
		if wanted.path != "" && found.path != wanted.path || wanted.master != "" && found.master != wanted.master {
			t.Errorf("%s: path %q, master %q", url, found.path, found.master)
		}
		if wanted.db != 0 && found.db != wanted.db {
			t.Errorf("%s: database %d", url, found.db)
		}
		if wanted.options != nil && !maps.Equal(found.options, wanted.options) {
			t.Errorf("%s: options %v", url, found.options)
		}
	}
}

func TestBadURLs(t *testing.T) {
	for url, wanted := range badURLs {
		_, err := parseURL(url)
		if err == nil {
			t.Errorf("%s was taken", url)
			continue
		}
		if !strings.Contains(err.Error(), wanted) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestErrorsSayWhatToChange(t *testing.T) {
	for _, each := range []struct {
		err   error
		words string
	}{
		{&NoStream{"BTC/USD"}, "start a publisher"},
		{&AmbiguousStream{"BTC/USD", []string{"a", "b"}}, "set Line"},
		{&NotReady{"a", 5}, "wait longer"},
		{&RedisRefused{"NOPERM"}, "rights"},
		{&RedisUnreachable{"no route", 5}, "check the URL"},
	} {
		if said := fmt.Sprint(each.err); !strings.Contains(said, each.words) {
			t.Errorf("%T: %s", each.err, said)
		}
	}
}
