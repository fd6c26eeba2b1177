package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/parser/posrange"
)

type expressionRequest struct {
	Text     string   `json:"text"`
	Features []string `json:"features"`
	// Prometheus2 is for one before Prometheus 3.
	Prometheus2 bool `json:"prometheus2"`
}

type expressionVerdict struct {
	Errors []upstreamError `json:"errors,omitempty"`
	*expressionAnswer
}

// expressionAnswer is what an expression is made of.
type expressionAnswer struct {
	Type         string        `json:"type"`
	Selectors    []*selector   `json:"selectors"`
	Ranges       []*window     `json:"ranges"`
	Functions    []string      `json:"functions"`
	Aggregations []aggregation `json:"aggregations"`
	// Canonical is the expression as Prometheus writes it.
	Canonical string `json:"canonical"`
	// Tree is the whole of it: nodes in the order of the text, parents first.
	Tree *node `json:"tree"`
}

// parserWith returns a parser with the features that Prometheus is started with (--enable-feature).
func parserWith(features []string) parser.Parser {
	options := parser.Options{ExperimentalDurationExpr: true} // as cmd/prometheus has it
	for _, list := range features {
		for name := range strings.SplitSeq(list, ",") {
			switch strings.TrimSpace(name) {
			case "promql-experimental-functions":
				options.EnableExperimentalFunctions = true
			case "promql-extended-range-selectors":
				options.EnableExtendedRangeSelectors = true
			case "promql-binop-fill-modifiers":
				options.EnableBinopFillModifiers = true
			}
		}
	}
	return parser.NewParser(options)
}

// judgeExpression parses an expression and checks its types, as Prometheus does.
func judgeExpression(request expressionRequest) expressionVerdict {
	defer withFunctionsOf2(request.Prometheus2)()
	expr, err := parserWith(request.Features).ParseExpr(request.Text)
	if err != nil {
		return expressionVerdict{Errors: expressionErrors(request.Text, err)}
	}
	if depthOf(expr) > mostLevels {
		panic(unjudged(fmt.Sprintf("its parts are nested deeper than %d levels", mostLevels)))
	}
	reader := newTreeReader(request.Text)
	tree := reader.read(expr, nil)
	return expressionVerdict{expressionAnswer: &expressionAnswer{
		Type:         string(expr.Type()),
		Selectors:    notNil(reader.selectors),
		Ranges:       notNil(reader.windows),
		Functions:    notNil(reader.functions),
		Aggregations: notNil(reader.aggregations),
		Canonical:    expr.String(),
		Tree:         tree,
	}}
}

// mostLevels of an expression are read. Types and positions of upstream's nodes are found anew from each level down to the
// leaves, so that the time grows with the square of the depth.
const mostLevels = 2000

// depthOf returns the number of levels, without recursion.
func depthOf(expr parser.Expr) int {
	deepest := 0
	for level := []parser.Node{expr}; len(level) > 0; deepest++ {
		var below []parser.Node
		for _, one := range level {
			below = slices.AppendSeq(below, parser.ChildrenIter(one))
		}
		level = below
	}
	return deepest
}

// mostErrors of one expression are told: a mistake at its begin can make thousands.
const mostErrors = 20

// withFunctionsOf2 brings back what Prometheus 3 has renamed, until the function that it returns is called.
func withFunctionsOf2(wanted bool) func() {
	const before = "holt_winters"
	if !wanted {
		return func() {}
	}
	function := *parser.Functions["double_exponential_smoothing"]
	function.Name, function.Experimental = before, false
	parser.Functions[before] = &function
	return func() { delete(parser.Functions, before) }
}

func expressionErrors(text string, err error) []upstreamError {
	var parseErrors parser.ParseErrors
	if !errors.As(err, &parseErrors) {
		return []upstreamError{{Message: err.Error(), Line: 1, Column: 1}}
	}
	var found []upstreamError
	for _, one := range parseErrors[:min(len(parseErrors), mostErrors)] {
		from, to := unitRange(text, one.PositionRange)
		line, column := placeOf(text, int(one.PositionRange.Start))
		found = append(found, upstreamError{Message: one.Err.Error(), Line: line, Column: column, From: &from, To: &to})
	}
	return found
}

// unitRange returns a range of bytes in UTF-16 units.
func unitRange(text string, place posrange.PositionRange) (from, to int) {
	return unitOffset(text, int(place.Start)), unitOffset(text, int(place.End))
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func addOnce(list []string, name string) []string {
	if slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}
