package main

import (
	"context"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/template"
)

type ruleTemplatesRequest struct {
	// Alert is the rule's name.
	Alert     string         `json:"alert"`
	Templates []templateText `json:"templates"`
	// Labels that the alert's series has.
	Labels         map[string]string `json:"labels"`
	ExternalLabels map[string]string `json:"externalLabels"`
	Features       []string          `json:"features"`
}

// templateText is a template, with a name that the errors in it carry, e.g. "annotations.summary".
type templateText struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// definitions precede every template of a rule, as in rules/alerting.go.
const definitions = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

// judgeRuleTemplates parses templates of an alert's labels and annotations, and tries them with a sample.
func judgeRuleTemplates(request ruleTemplatesRequest) verdict {
	const externalURL = "http://prometheus.example/"
	var found []upstreamError
	own := map[string]string{}
	for name, value := range request.Labels {
		own[name] = value
	}
	external, _ := url.Parse(externalURL)
	data := template.AlertTemplateData(own, request.ExternalLabels, externalURL, promql.Sample{F: 1})
	for _, one := range request.Templates {
		expander := template.NewTemplateExpander(
			context.Background(), definitions+one.Text, "__alert_"+request.Alert, data,
			model.Time(timestamp.FromTime(time.Now())), sampleQuery(request), external, nil,
		)
		err := expander.ParseTest()
		if err == nil {
			_, err = expander.Expand()
		}
		if err != nil {
			found = append(found, templateError(one, err, len(definitions)))
		}
	}
	return verdictOf(found)
}

// sampleQuery answers a template's query with one sample that has the series' labels, once the query is valid.
func sampleQuery(request ruleTemplatesRequest) template.QueryFunc {
	return func(_ context.Context, query string, _ time.Time) (promql.Vector, error) {
		expr, err := parserWith(request.Features).ParseExpr(query)
		if err != nil {
			return nil, err
		}
		if kind := expr.Type(); kind == parser.ValueTypeMatrix || kind == parser.ValueTypeString {
			return nil, promqlTypeError(kind)
		}
		return promql.Vector{{F: 1, Metric: labels.FromMap(request.Labels)}}, nil
	}
}

type promqlTypeError parser.ValueType

func (kind promqlTypeError) Error() string {
	return "rule result is not a vector or scalar: " + string(kind)
}

var templatePlace = regexp.MustCompile(`^(?:error (?:parsing|executing) template [^:]*: )?(?:html/)?template: [^:]*:(\d+)(?::(\d+))?: `)

// templateError places an error in the template's text. Its first line begins after some bytes that are not the user's.
func templateError(one templateText, err error, before int) upstreamError {
	message := err.Error()
	match := templatePlace.FindStringSubmatch(message)
	if match == nil {
		return upstreamError{Message: message, Field: one.Name}
	}
	line, _ := strconv.Atoi(match[1])
	made := upstreamError{Message: message[len(match[0]):], Field: one.Name, Line: line}
	if match[2] == "" {
		return made
	}
	column, _ := strconv.Atoi(match[2]) // in bytes, from 0
	if line == 1 {
		column = max(0, column-before)
	}
	lines := strings.SplitN(one.Text, "\n", line+1)
	if line <= len(lines) {
		made.Column = unitOffset(lines[line-1], column) + 1
	}
	return made
}
