package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/template"
)

// namesFor returns the functions that exist, for an error about one that does not.
func namesFor(message string) []string {
	switch {
	case strings.Contains(message, "unknown function with name"):
		return slices.Sorted(maps.Keys(parser.Functions))
	case strings.Contains(message, "not defined") && strings.Contains(message, "template: "):
		names := templateNames{}
		template.RegisterFeatures(names)
		// Those of Go's text/template.
		builtins := []string{"and", "call", "html", "index", "slice", "js", "len", "not", "or", "print", "printf", "println", "urlquery"}
		return append(slices.Sorted(maps.Keys(names)), builtins...)
	}
	return nil
}

// templateNames collects the names of template functions.
type templateNames map[string]bool

func (t templateNames) Set(_, name string, _ bool)      { t[name] = true }
func (t templateNames) Enable(_, name string)           { t[name] = true }
func (t templateNames) Disable(_, _ string)             {}
func (t templateNames) Get() map[string]map[string]bool { return nil }
