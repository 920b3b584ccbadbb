package words

import (
	"reflect"
	"testing"
)

func TestSplit(t *testing.T) {
	got := Split("Don't panic: it's only 42!")
	want := []string{"don't", "panic", "it's", "only", "42"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Split gave %q, want %q", got, want)
	}
}
