// Judges rule files, configurations, expressions and templates by the code of Prometheus and Alertmanager themselves.
// One program for all kinds of requests: JSON in, JSON out, one item at a time.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// silent is the log of upstream's code: what counts is in the errors that it returns.
var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// judges has one function for each kind of request.
var judges = map[string]func(item []byte) (any, error){
	"rules":                 judgeOf(judgeRules),
	"alertmanager":          judgeOf(judgeAlertmanager),
	"scrape":                judgeOf(judgeScrape),
	"expression":            judgeOf(judgeExpression),
	"ruleTemplates":         judgeOf(judgeRuleTemplates),
	"alertmanagerTemplates": judgeOf(judgeAlertmanagerTemplates),
}

// failure says that an item could not be judged. It is not a verdict.
type failure struct {
	Failure string `json:"failure"`
}

// unjudged is thrown for what would take too long, with the reason.
type unjudged string

// judge returns the JSON answer to one item. It survives whatever upstream's code does with it.
func judge(kind, item string) (answer string) {
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case unjudged:
			answer = toJSON(failure{string(thrown)})
		default:
			answer = toJSON(failure{fmt.Sprintf("panic: %v", thrown)})
		}
	}()
	run, ok := judges[kind]
	if !ok {
		return toJSON(failure{fmt.Sprintf("unknown kind of request %q", kind)})
	}
	judged, err := run([]byte(item))
	if err != nil {
		return toJSON(failure{fmt.Sprintf("unreadable request: %v", err)})
	}
	return toJSON(judged)
}

func judgeOf[Request, Answer any](run func(Request) Answer) func([]byte) (any, error) {
	return func(item []byte) (any, error) {
		var request Request
		if err := json.Unmarshal(item, &request); err != nil {
			return nil, err
		}
		return run(request), nil
	}
}

func toJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		text, _ = json.Marshal(failure{fmt.Sprintf("unwritable answer: %v", err)})
	}
	return string(text)
}
