// Package wrap lays text out in lines of a given width.
package wrap

import (
	"errors"
	"strings"
)

// ErrWidth says that a width is too small to lay anything out.
var ErrWidth = errors.New("wrap: width must be at least 1")

// Lines breaks a text at spaces so that no line is wider than width runes.
// A word that is wider than a line gets a line of its own.
func Lines(text string, width int) ([]string, error) {
	if width < 1 {
		return nil, ErrWidth
	}
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(text) {
		size := len([]rune(word))
		if used > 0 && used+1+size > width {
			lines = append(lines, line)
			line, used = "", 0
		}
		if used > 0 {
			line += " "
			used++
		}
		line += word
		used += size
	}
	if used > 0 {
		lines = append(lines, line)
	}
	return lines, nil
}

// Centre puts the same space on both sides of each line of a text.
func Centre(text string, width int) (string, error) {
	lines, err := Lines(text, width)
	if err != nil {
		return "", err
	}
	for i, line := range lines {
		free := width - len([]rune(line))
		if free > 1 {
			lines[i] = strings.Repeat(" ", free/2) + line
		}
	}
	return strings.Join(lines, "\n"), nil
}

// Shorten cuts a line to width runes, of which the last is then an ellipsis.
func Shorten(line string, width int) string {
	runes := []rune(line)
	if len(runes) <= max(width, 1) {
		return line
	}
	runes = runes[:max(width, 1)]
	runes[len(runes)-1] = '…'
	return string(runes)
}
