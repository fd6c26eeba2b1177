package main

import (
	"context"
	"math/rand/v2"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/template"
)

type ruleTemplatesRequest struct {
	// Alert is the rule's name.
	Alert     string         `json:"alert"`
	Templates []templateText `json:"templates"`
	// Labels that the alert's series is known to have.
	Labels   map[string]string `json:"labels"`
	Features []string          `json:"features"`
}

// templateText is a template, with a name that the errors in it carry, e.g. "annotations.summary".
type templateText struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

type ruleTemplatesAnswer struct {
	// Errors are certain: no trial goes well.
	Errors []upstreamError `json:"errors"`
	// OnNothing are errors of templates that work only when their queries find something.
	OnNothing []upstreamError `json:"onNothing"`
	// FollowsValue names the templates whose text changes with the alert's value.
	FollowsValue []string `json:"followsValue"`
}

// definitions precede every template of a rule, as in rules/alerting.go.
const definitions = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

// judgeRuleTemplates tries templates of an alert's labels and annotations with many samples. What one of them makes work
// is right: what labels and what value the alert will have is not known.
func judgeRuleTemplates(request ruleTemplatesRequest) ruleTemplatesAnswer {
	answer := ruleTemplatesAnswer{[]upstreamError{}, []upstreamError{}, []string{}}
	for _, one := range request.Templates {
		tried := &ruleTrial{request: request, text: one.Text, words: wordsIn(one.Text), parser: parserWith(request.Features)}
		if err := tried.all(true); err != nil {
			answer.Errors = append(answer.Errors, templateError(one, err, len(definitions)))
			continue
		}
		if err := tried.all(false); err != nil {
			answer.OnNothing = append(answer.OnNothing, templateError(one, err, len(definitions)))
		}
		if tried.followsValue() {
			answer.FollowsValue = append(answer.FollowsValue, one.Name)
		}
	}
	return answer
}

// ruleTrial is one template under trial.
type ruleTrial struct {
	request ruleTemplatesRequest
	text    string
	// words are all that could be names of labels.
	words  []string
	parser parser.Parser
}

var word = regexp.MustCompile(`[\pL_][\pL\pN_]*`)

func wordsIn(text string) []string { return word.FindAllString(text, -1) }

// labelValues are of the kinds that the functions of templates take; a label can also be missing.
var labelValues = []string{"1", "a", "", "10.0.0.1:9100", "5m", strings.Repeat("a-", 100)}

var sampleValues = []promql.Sample{
	{F: 1.5}, {F: 1_700_000_000}, {H: &histogram.FloatHistogram{Count: 3, Sum: 4.5}},
}

// all returns the first error when every trial fails: with all labels of one kind, and with labels of different kinds.
func (t *ruleTrial) all(finds bool) error {
	var first error
	works := func(valueOf func() string) bool {
		own := t.labelsWith(valueOf)
		for _, sample := range sampleValues {
			_, err := t.expand(own, sample, finds)
			if err == nil {
				return true
			}
			if first == nil {
				first = err
			}
		}
		return false
	}
	// A template without end takes long, and fails each time.
	end := time.Now().Add(time.Second)
	for _, value := range labelValues {
		if works(func() string { return value }) {
			return nil
		}
		if time.Now().After(end) {
			return first
		}
	}
	const mixed = 200
	any := rand.New(rand.NewPCG(1, 2))
	for range mixed {
		if time.Now().After(end) {
			break
		}
		if works(func() string { return labelValues[any.IntN(len(labelValues))] }) {
			return nil
		}
	}
	return first
}

// labelsWith returns the labels that the template can name.
func (t *ruleTrial) labelsWith(valueOf func() string) map[string]string {
	own := map[string]string{}
	for _, name := range t.words {
		own[name] = valueOf()
	}
	for name, known := range t.request.Labels {
		own[name] = known
	}
	return own
}

// followsValue tells a label with the value in it from one with a few texts, e.g. one for each threshold.
func (t *ruleTrial) followsValue() bool {
	const trials = 24
	own := t.labelsWith(func() string { return "1" })
	seen := map[string]bool{}
	value := 0.013
	for range trials {
		if text, err := t.expand(own, promql.Sample{F: value}, true); err == nil {
			seen[text] = true
		}
		value *= 2.7
	}
	return len(seen) > trials/2
}

// expand executes the template once.
func (t *ruleTrial) expand(own map[string]string, sample promql.Sample, finds bool) (string, error) {
	const externalURL = "http://prometheus.example/"
	external, _ := url.Parse(externalURL)
	data := template.AlertTemplateData(own, own, externalURL, sample)
	now := model.TimeFromUnix(1_700_000_000)
	return template.NewTemplateExpander(
		context.Background(), definitions+t.text, "__alert_"+t.request.Alert, data, now, t.query(own, finds), external, nil,
	).Expand()
}

// query answers a template's query with one sample that has the alert's labels, or with none, once the query is valid.
func (t *ruleTrial) query(own map[string]string, finds bool) template.QueryFunc {
	return func(_ context.Context, query string, _ time.Time) (promql.Vector, error) {
		expr, err := t.parser.ParseExpr(query)
		if err != nil {
			return nil, err
		}
		if kind := expr.Type(); kind == parser.ValueTypeMatrix || kind == parser.ValueTypeString {
			return nil, promqlTypeError(kind)
		}
		if !finds {
			return promql.Vector{}, nil
		}
		return promql.Vector{{F: 1, Metric: labels.FromMap(own)}}, nil
	}
}

type promqlTypeError parser.ValueType

func (kind promqlTypeError) Error() string {
	return "rule result is not a vector or scalar: " + string(kind)
}

var templatePlace = regexp.MustCompile(`^(?:error (?:parsing|executing) template [^:]*: )?(?:html/)?template: [^:]*:(\d+)(?::(\d+))?: (?:executing "[^"]*" )?`)

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
