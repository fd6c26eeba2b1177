package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
)

func ask[Answer any](t *testing.T, kind string, item any) Answer {
	t.Helper()
	text := judge(kind, toJSON(item))
	var failed failure
	if json.Unmarshal([]byte(text), &failed) == nil && failed.Failure != "" {
		t.Fatalf("%s: %s", kind, failed.Failure)
	}
	var answer Answer
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestEveryKindOfMistakeInARuleHasItsField(t *testing.T) {
	const head = "groups:\n- name: g\n  rules:\n  - expr: up\n    "
	cases := map[string]struct{ rule, field string }{
		"annotations of a recording rule": {"record: a\n    annotations: {a: b}", "annotations"},
		"for of a recording rule":         {"record: a\n    for: 5m", "for"},
		"label":                           {"alert: A\n    labels: {__name__: b}", "labels.__name__"},
		"record":                          {"record: 'a{'", "record"},
		"template of an annotation":       {"alert: A\n    annotations: {summary: '{{ nope }}'}", "annotations.summary"},
		"template of a label":             {"alert: A\n    labels: {team: '{{ end }}'}", "labels.team"},
	}
	for name, one := range cases {
		t.Run(name, func(t *testing.T) {
			errs := ask[verdict](t, "rules", rulesRequest{Text: head + one.rule}).Errors
			if len(errs) != 1 || errs[0].Field != one.field || *errs[0].Rule != 0 {
				t.Errorf("got %s", toJSON(errs))
			}
		})
	}
}

func TestYAMLErrorsCarryTheirLineOnce(t *testing.T) {
	errs := ask[verdict](t, "rules", rulesRequest{Text: "groups:\n- name: g\n  foo: 1\n  bar: 2\n"}).Errors
	if len(errs) != 2 || errs[0].Line != 3 || errs[1].Line != 4 || strings.Contains(errs[0].Message, "line") {
		t.Errorf("got %s", toJSON(errs))
	}
	errs = ask[verdict](t, "alertmanager", alertmanagerRequest{Text: "route:\n  recever: a\n"}).Errors
	if len(errs) != 1 || errs[0].Line != 2 {
		t.Errorf("got %s", toJSON(errs))
	}
}

func TestFeatureFlagsOfAlertmanagerDecide(t *testing.T) {
	const text = "route: {receiver: a, routes: [{matchers: ['ü=b']}]}\nreceivers: [{name: a}]\n"
	for features, accepted := range map[string]bool{"": true, "classic-mode": false, "utf8-strict-mode": true} {
		request := alertmanagerRequest{Text: text, Features: strings.Fields(features)}
		if errs := ask[verdict](t, "alertmanager", request).Errors; (len(errs) == 0) != accepted {
			t.Errorf("%q: got %s", features, toJSON(errs))
		}
	}
}

func TestOffsetsAreThoseOfUTF16(t *testing.T) {
	const text = `# 😀é
a{x="😀é"} + b{y="é"}[1h:5m]`
	made := ask[expressionAnswer](t, "expression", expressionRequest{Text: "min_over_time((" + text + "\n)[1h:5m])"})
	units := utf16.Encode([]rune("min_over_time((" + text + "\n)[1h:5m])"))
	for _, one := range made.Selectors {
		if got := string(utf16.Decode(units[one.From:one.To])); got != one.Text {
			t.Errorf("got %q, its text is %q", got, one.Text)
		}
	}
	for _, one := range made.Ranges {
		if got := string(utf16.Decode(units[one.TextFrom:one.TextTo])); got != one.Text {
			t.Errorf("got %q, its text is %q", got, one.Text)
		}
	}
}

func TestSelectorsEndBeforeTheirModifiers(t *testing.T) {
	cases := map[string][]string{
		"up offset 5m":                             {"up"},
		"up{a='}'} @ end()":                        {"up{a='}'}"},
		"{__name__=~'a'}":                          {"{__name__=~'a'}"},
		`{"a.b", c="d"} offset 1m`:                 {`{"a.b", c="d"}`},
		"sum (sum) by (a) - on (b) max":            {"sum", "max"},
		"rate(a # }\n {b='c'} [5m] offset 3m) > d": {"a # }\n {b='c'}", "d"},
	}
	for text, want := range cases {
		var got []string
		for _, one := range ask[expressionAnswer](t, "expression", expressionRequest{Text: text}).Selectors {
			got = append(got, one.Text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q", text, got)
		}
	}
}

func TestPanicsAreAnswers(t *testing.T) {
	judges["broken"] = func([]byte) (any, error) { panic("it broke") }
	defer delete(judges, "broken")
	for kind, want := range map[string]string{"broken": "it broke", "nonsense": "unknown kind", "rules": "unreadable"} {
		if got := judge(kind, "{"); !strings.Contains(got, want) {
			t.Errorf("%s: got %s", kind, got)
		}
	}
}
