package pykraken

import (
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// shells are the files that may do I/O, read the clock or roll dice; all others are pure.
var shells = []string{
	"calls.go", "chart.go", "client.go", "cluster.go", "dialing.go", "follower.go", "follower_reads.go",
	"keys.go", "records.go", "servers.go", "tail.go",
}

func TestPureFilesStayPure(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := file.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || slices.Contains(shells, name) {
			continue
		}
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, body, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range parsed.Imports {
			path := strings.Trim(each.Path.Value, `"`)
			isImpure := slices.Contains([]string{"os", "io", "context", "sync", "math/rand/v2"}, path)
			if isImpure || strings.Contains(path, "redis") || strings.HasPrefix(path, "crypto") {
				t.Errorf("%s imports %s", name, path)
			}
		}
		for _, word := range []string{"time.Now", "time.Since", "net.Dial"} {
			if strings.Contains(string(body), word) {
				t.Errorf("%s uses %s", name, word)
			}
		}
	}
}

func TestFilesStaySmall(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") {
			continue
		}
		body, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(string(body), "\n"); lines > 400 {
			t.Errorf("%s has %d lines", file.Name(), lines)
		}
	}
}
