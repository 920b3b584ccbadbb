// Package words counts what a text is made of.
package words

import (
	"sort"
	"strings"
	"unicode"
)

// Count is a word and how often it was seen.
type Count struct {
	Word  string
	Times int
}

// Split cuts a text into lower-case words. An apostrophe inside a word
// belongs to it, any other punctuation ends it.
func Split(text string) []string {
	runes := []rune(text)
	var found []string
	var word strings.Builder
	for i, r := range runes {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			word.WriteRune(unicode.ToLower(r))
			continue
		}
		inside := word.Len() > 0 && i+1 < len(runes) && unicode.IsLetter(runes[i+1])
		if r == '\'' && inside {
			word.WriteRune(r)
			continue
		}
		if word.Len() > 0 {
			found = append(found, word.String())
			word.Reset()
		}
	}
	if word.Len() > 0 {
		found = append(found, word.String())
	}
	return found
}

// Frequent gives the n most frequent words, equal ones in alphabetical order.
func Frequent(text string, n int) []Count {
	times := map[string]int{}
	for _, word := range Split(text) {
		times[word]++
	}
	counts := make([]Count, 0, len(times))
	for word, seen := range times {
		counts = append(counts, Count{word, seen})
	}
	sort.Slice(counts, func(a, b int) bool {
		if counts[a].Times != counts[b].Times {
			return counts[a].Times > counts[b].Times
		}
		return counts[a].Word < counts[b].Word
	})
	if n < len(counts) {
		counts = counts[:n]
	}
	return counts
}

// Longest gives the longest word, the first of several.
func Longest(text string) string {
	longest := ""
	for _, word := range Split(text) {
		if len([]rune(word)) > len([]rune(longest)) {
			longest = word
		}
	}
	return longest
}
