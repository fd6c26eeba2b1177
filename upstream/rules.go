package main

import (
	"errors"
	"regexp"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

type rulesRequest struct {
	Text     string   `json:"text"`
	Features []string `json:"features"`
	// LegacyNames: names of labels and metrics as before Prometheus 3.
	LegacyNames bool `json:"legacyNames"`
	// Prometheus2 is for one before Prometheus 3.
	Prometheus2 bool `json:"prometheus2"`
}

// judgeRules judges a rule file as Prometheus does when it loads one, and promtool check rules.
func judgeRules(request rulesRequest) verdict {
	defer withFunctionsOf2(request.Prometheus2)()
	scheme := model.UTF8Validation
	if request.LegacyNames {
		scheme = model.LegacyValidation
	}
	_, errs := rulefmt.Parse([]byte(request.Text), false, scheme, parserWith(request.Features), silent)
	var found []upstreamError
	seen := map[string]bool{}
	for _, err := range errs {
		for _, one := range ruleErrors(request.Text, err) {
			// The file is decoded twice.
			if key := toJSON(one); !seen[key] {
				seen[key] = true
				found = append(found, one)
			}
		}
	}
	return verdictOf(found)
}

func ruleErrors(text string, err error) []upstreamError {
	var ruleError *rulefmt.Error
	if !errors.As(err, &ruleError) {
		return yamlErrors(text, err)
	}
	one := placed(text, ruleError.Err.Error())
	index := ruleError.Rule - 1
	one.Group, one.Rule, one.RuleName = ruleError.Group, &index, ruleError.RuleName
	one.Field = fieldOf(one.Message)
	one.Known = namesFor(one.Message)
	var parseErrors parser.ParseErrors
	if errors.As(ruleError.Unwrap(), &parseErrors) && len(parseErrors) > 0 {
		first := parseErrors[0]
		from, to := unitRange(first.Query, first.PositionRange)
		one.From, one.To = &from, &to
	}
	return []upstreamError{one}
}

// fields are the texts of rulefmt, and which part of a rule each is about.
var fields = []struct {
	message *regexp.Regexp
	field   string
}{
	{regexp.MustCompile(`^could not parse expression|^field 'expr'`), "expr"},
	{regexp.MustCompile(`^invalid field '(\w+)' in recording rule`), "$1"},
	{regexp.MustCompile(`^(?:invalid recording rule name|braces present in the recording rule name)`), "record"},
	{regexp.MustCompile(`^(?:invalid label name: |label ")([^"]*)`), "labels.$1"},
	{regexp.MustCompile(`^(?:invalid annotation name: |annotation ")([^"]*)`), "annotations.$1"},
	{regexp.MustCompile(`^invalid label value`), "labels"},
}

func fieldOf(message string) string {
	line := firstLine(message)
	for _, one := range fields {
		if match := one.message.FindStringSubmatchIndex(line); match != nil {
			return strings.TrimSpace(string(one.message.ExpandString(nil, one.field, line, match)))
		}
	}
	return ""
}
