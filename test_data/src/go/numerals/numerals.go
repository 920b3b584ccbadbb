// Package numerals writes numbers as Roman numerals and reads them back.
package numerals

import (
	"fmt"
	"strings"
)

// Largest is the largest number that has a Roman numeral.
const Largest = 3999

var steps = []struct {
	value  int
	symbol string
}{
	{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"},
	{100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"},
	{10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"},
}

// Format writes n, which is from 1 to Largest, as a Roman numeral.
func Format(n int) (string, error) {
	if n < 1 || n > Largest {
		return "", fmt.Errorf("numerals: %d is not from 1 to %d", n, Largest)
	}
	var out strings.Builder
	for _, step := range steps {
		for n >= step.value {
			out.WriteString(step.symbol)
			n -= step.value
		}
	}
	return out.String(), nil
}

// Parse reads a Roman numeral. It takes only the one spelling that Format
// would write, so "IIII" is an error.
func Parse(text string) (int, error) {
	rest, n := text, 0
	for _, step := range steps {
		for strings.HasPrefix(rest, step.symbol) {
			rest = rest[len(step.symbol):]
			n += step.value
		}
	}
	again, err := Format(n)
	if err != nil || again != text {
		return 0, fmt.Errorf("numerals: %q is not a Roman numeral", text)
	}
	return n, nil
}
