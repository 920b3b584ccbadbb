package wrap

import "testing"

func TestLinesRefusesNoWidth(t *testing.T) {
	if _, err := Lines("any text", 0); err != ErrWidth {
		t.Errorf("Lines gave the error %v, want %v", err, ErrWidth)
	}
}

func TestShortenKeepsAShortLine(t *testing.T) {
	if got := Shorten("short", 5); got != "short" {
		t.Errorf("Shorten gave %q, want the line as it was", got)
	}
}
