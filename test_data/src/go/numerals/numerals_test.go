package numerals

import "testing"

func TestFormat(t *testing.T) {
	for n, want := range map[int]string{1: "I", 44: "XLIV", 1987: "MCMLXXXVII"} {
		if got, err := Format(n); err != nil || got != want {
			t.Errorf("Format(%d) gave %q and the error %v, want %q", n, got, err, want)
		}
	}
}
