package pykraken

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
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

// TestWhatIsExportedIsDocumented looks at all that `go doc` shows: types and their methods, functions,
// constants and variables. A group of values may have one comment.
func TestWhatIsExportedIsDocumented(t *testing.T) {
	set := token.NewFileSet()
	var files []*ast.File
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	all, err := doc.NewFromFiles(set, files, "pykraken")
	if err != nil {
		t.Fatal(err)
	}
	told := func(name, text string) {
		if text == "" {
			t.Errorf("%s has no comment", name)
		}
	}
	values := func(groups []*doc.Value) {
		for _, group := range groups {
			for _, spec := range group.Decl.Specs {
				value := spec.(*ast.ValueSpec)
				told(strings.Join(group.Names, ", "), group.Doc+value.Doc.Text()+value.Comment.Text())
			}
		}
	}
	functions := func(of string, all []*doc.Func) {
		for _, each := range all {
			told(of+each.Name, each.Doc)
		}
	}
	told("the package", all.Doc)
	values(all.Consts)
	values(all.Vars)
	functions("", all.Funcs)
	for _, each := range all.Types {
		told(each.Name, each.Doc)
		values(each.Consts)
		values(each.Vars)
		functions("", each.Funcs)
		functions(each.Name+".", each.Methods)
	}
}
