package vectors

import (
	"os"
	"testing"
)

const folder = "../../../spec/vectors"

func TestVectors(t *testing.T) {
	played := map[string]int{}
	err := Run(folder, func(name string, failure error) {
		played["all"]++
		if failure != nil {
			t.Errorf("%s: %v", name, failure)
		}
	})
	if err != nil {
		t.Fatalf("vectors are missing: %v", err)
	}
	files := 0
	parts, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if part.IsDir() {
			inside, err := os.ReadDir(folder + "/" + part.Name())
			if err != nil {
				t.Fatal(err)
			}
			files += len(inside)
		}
	}
	if played["all"] != files || files == 0 {
		t.Errorf("%d vectors of %d files were played", played["all"], files)
	}
	t.Logf("%d vectors", played["all"])
}
