package main

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v2"
	yaml3 "go.yaml.in/yaml/v3"
	yamlOld "gopkg.in/yaml.v2"
)

// upstreamError is one error of upstream's code, with the place that it names. Lines and columns count from 1, columns
// and offsets in UTF-16 units.
type upstreamError struct {
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Group   string `json:"group,omitempty"`
	// Rule is the rule's index in its group, from 0.
	Rule     *int   `json:"rule,omitempty"`
	RuleName string `json:"ruleName,omitempty"`
	// Field is what is wrong below the rule or the configuration, e.g. "expr" or "annotations.summary".
	Field string `json:"field,omitempty"`
	// Path leads to the part of a configuration that is at fault: keys, and indices from 0.
	Path []any `json:"path,omitempty"`
	// Known has the keys or names that exist, where the error is about one that does not.
	Known []string `json:"known,omitempty"`
	// Template is the name of a template that is called and cannot be used so.
	Template string `json:"template,omitempty"`
	// Uncertain says that other alerts than the samples may be fine.
	Uncertain bool `json:"uncertain,omitempty"`
	// From and To are the place in the expression or in the template, where the error is about one.
	From *int `json:"from,omitempty"`
	To   *int `json:"to,omitempty"`
}

// verdict is the answer of every kind that has nothing to tell but errors.
type verdict struct {
	Errors []upstreamError `json:"errors"`
}

func verdictOf(errs []upstreamError) verdict {
	if errs == nil {
		errs = []upstreamError{}
	}
	return verdict{errs}
}

var (
	yamlLine   = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)
	linePlace  = regexp.MustCompile(`^(?:(\d+):(\d+): )(?:\d+:\d+: )?`)
	yamlPrefix = "yaml: "
)

// yamlErrors splits what a YAML decoder returned into one error for each line that it names.
func yamlErrors(text string, err error) []upstreamError {
	messages := []string{err.Error()}
	var (
		v2  *yaml.TypeError
		v3  *yaml3.TypeError
		old *yamlOld.TypeError
	)
	switch {
	case errors.As(err, &v2):
		messages = v2.Errors
	case errors.As(err, &v3):
		messages = v3.Errors
	case errors.As(err, &old):
		messages = old.Errors
	}
	var found []upstreamError
	for _, message := range messages {
		found = append(found, placed(text, message))
	}
	return found
}

// placed moves the line that begins a message to where it belongs.
func placed(text, message string) upstreamError {
	if match := yamlLine.FindStringSubmatch(message); match != nil {
		line, _ := strconv.Atoi(match[1])
		return upstreamError{Message: message[len(match[0]):], Line: line}
	}
	if match := linePlace.FindStringSubmatch(message); match != nil {
		line, _ := strconv.Atoi(match[1])
		column, _ := strconv.Atoi(match[2])
		return upstreamError{Message: message[len(match[0]):], Line: line, Column: unitColumn(text, line, column)}
	}
	return upstreamError{Message: strings.TrimPrefix(message, yamlPrefix)}
}

// unitColumn turns a column in characters into one in UTF-16 units.
func unitColumn(text string, line, column int) int {
	lines := strings.SplitN(text, "\n", line+1)
	if line < 1 || line > len(lines) {
		return column
	}
	units, count := 1, 1
	for _, char := range lines[line-1] {
		if count >= column {
			break
		}
		units += width(char)
		count++
	}
	return units
}

func width(char rune) int {
	if char > 0xffff {
		return 2
	}
	return 1
}

// unitOffset turns an offset in bytes into one in UTF-16 units.
func unitOffset(text string, bytes int) int {
	bytes = max(0, min(bytes, len(text)))
	units := 0
	for _, char := range text[:bytes] {
		units += width(char)
	}
	return units
}

// placeOf returns the line and column of an offset in bytes, both from 1, the column in UTF-16 units.
func placeOf(text string, bytes int) (line, column int) {
	bytes = max(0, min(bytes, len(text)))
	before := text[:bytes]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, unitOffset(before[start:], bytes-start) + 1
}

// firstLine keeps a message to what a person reads at once.
func firstLine(message string) string {
	line, _, _ := strings.Cut(message, "\n")
	if !utf8.ValidString(line) {
		line = strings.ToValidUTF8(line, "\ufffd")
	}
	return line
}
