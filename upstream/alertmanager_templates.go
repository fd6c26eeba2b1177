package main

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
	"time"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/types"
	"github.com/prometheus/common/model"
)

type alertmanagerTemplatesRequest struct {
	// Text is the configuration.
	Text      string         `json:"text"`
	Templates []templateText `json:"templates"`
	Features  []string       `json:"features"`
}

// judgeAlertmanagerTemplates parses template files, and tries every field of the configuration that is a template with
// samples: notifications of alerts that fire, that are resolved, and of both.
func judgeAlertmanagerTemplates(request alertmanagerTemplatesRequest) verdict {
	made, err := template.FromGlobs(nil)
	if err != nil {
		return verdictOf([]upstreamError{{Message: err.Error()}})
	}
	made.ExternalURL, _ = url.Parse("http://alertmanager.example/")
	trial := &templateTrial{made: made, own: map[string]ownTemplate{}}
	for _, one := range request.Templates {
		trial.addFile(one)
	}
	if len(trial.found) > 0 {
		return verdictOf(trial.found)
	}
	loaded, errs := loadAlertmanager(request.Text, request.Features)
	if len(errs) > 0 {
		return verdictOf(errs)
	}
	for index, receiver := range loaded.Receivers {
		trial.walk(reflect.ValueOf(receiver), []any{"receivers", index})
	}
	trial.walkRoute(loaded.Route, []any{"route"})
	return verdictOf(trial.found)
}

type templateTrial struct {
	made  *template.Template
	own   map[string]ownTemplate
	found []upstreamError
}

// ownTemplate is one that a file defines.
type ownTemplate struct {
	file string
	tree *parse.Tree
}

func (t *templateTrial) addFile(file templateText) {
	if err := t.made.Parse(strings.NewReader(file.Text)); err != nil {
		t.found = append(t.found, inTemplate(upstreamError{Field: file.Name}, err.Error()))
		return
	}
	for name, tree := range treesOf(file.Text) {
		if !parse.IsEmptyTree(tree.Root) {
			t.own[name] = ownTemplate{file.Name, tree}
		}
	}
}

// treesOf reads a template without asking which functions there are.
func treesOf(text string) map[string]*parse.Tree {
	trees := map[string]*parse.Tree{}
	reader := parse.New("")
	reader.Mode = parse.SkipFuncCheck
	if _, err := reader.Parse(text, "", "", trees); err != nil {
		return nil
	}
	return trees
}

// notTemplates are parts of a receiver whose texts upstream takes as they are.
var notTemplates = []string{"http_config", "tls_config", "sigv4"}

func (t *templateTrial) walk(value reflect.Value, path []any) {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !value.IsNil() {
			t.walk(value.Elem(), path)
		}
	case reflect.Struct:
		for index := range value.NumField() {
			field := value.Type().Field(index)
			name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			switch {
			case !field.IsExported() || name == "-" || slices.Contains(notTemplates, name) || strings.HasSuffix(name, "_file"):
			case strings.Contains(options, "inline"):
				t.walk(value.Field(index), path)
			case name != "":
				t.walk(value.Field(index), append(slices.Clone(path), name))
			}
		}
	case reflect.Slice:
		for index := range value.Len() {
			t.walk(value.Index(index), append(slices.Clone(path), index))
		}
	case reflect.Map:
		for _, key := range sortedKeys(value) {
			t.walk(value.MapIndex(key), append(slices.Clone(path), key.String()))
		}
	case reflect.String:
		t.try(value.String(), path)
	}
}

func sortedKeys(value reflect.Value) []reflect.Value {
	keys := slices.DeleteFunc(value.MapKeys(), func(key reflect.Value) bool { return key.Kind() != reflect.String })
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

func (t *templateTrial) walkRoute(route *config.Route, path []any) {
	if route == nil {
		return
	}
	t.walk(reflect.ValueOf(route.Labels), append(slices.Clone(path), "labels"))
	for index, child := range route.Routes {
		t.walkRoute(child, append(slices.Clone(path), "routes", index))
	}
}

func (t *templateTrial) try(text string, path []any) {
	if !strings.Contains(text, "{{") {
		return
	}
	calls := t.callsOf(text)
	before := len(t.found)
	for _, call := range calls {
		t.judgeCall(call, path)
	}
	if len(t.found) > before {
		return
	}
	execute := t.made.ExecuteTextString
	if path[len(path)-1] == any("html") {
		execute = t.made.ExecuteHTMLString
	}
	failures := []string{}
	for _, sample := range t.samples() {
		if _, err := execute(text, sample); err != nil {
			failures = append(failures, err.Error())
		}
	}
	if len(failures) == 0 {
		return
	}
	one := inTemplate(upstreamError{Path: path}, failures[0])
	// What a function says of a value, and an index that is out of range, depend on the alerts.
	one.Uncertain = strings.Contains(failures[0], "error calling") && !strings.Contains(failures[0], "incompatible types")
	t.found = append(t.found, one)
}

// call is a {{ template "name" ... }}.
type call struct {
	*parse.TemplateNode
	file string
	line int
}

// callsOf returns the calls in a text, and in the templates that it calls.
func (t *templateTrial) callsOf(text string) []call {
	var found []call
	seen := map[string]bool{}
	var visit func(tree *parse.Tree, file string)
	visit = func(tree *parse.Tree, file string) {
		if tree == nil || tree.Root == nil {
			return
		}
		eachCall(tree.Root, func(node *parse.TemplateNode) {
			found = append(found, call{node, file, node.Line})
			if own, ok := t.own[node.Name]; ok && !seen[node.Name] {
				seen[node.Name] = true
				visit(own.tree, own.file)
			}
		})
	}
	trees := treesOf(text)
	visit(trees[""], "")
	for name, tree := range trees {
		if name != "" {
			t.own[name] = ownTemplate{"", tree}
			visit(tree, "")
		}
	}
	return found
}

func eachCall(node parse.Node, visit func(*parse.TemplateNode)) {
	switch node := node.(type) {
	case *parse.ListNode:
		if node != nil {
			for _, one := range node.Nodes {
				eachCall(one, visit)
			}
		}
	case *parse.TemplateNode:
		visit(node)
	case *parse.IfNode:
		eachCall(node.List, visit)
		eachCall(node.ElseList, visit)
	case *parse.RangeNode:
		eachCall(node.List, visit)
		eachCall(node.ElseList, visit)
	case *parse.WithNode:
		eachCall(node.List, visit)
		eachCall(node.ElseList, visit)
	}
}

func (t *templateTrial) judgeCall(one call, path []any) {
	found := upstreamError{Path: path, Template: one.Name, Field: one.file}
	if one.file != "" {
		found.Line = one.line
	}
	name := strconv.Quote(one.Name)
	data := t.samples()[0]
	with, err := t.made.ExecuteTextString("{{ template "+name+" . }}", data)
	switch own, isOwn := t.own[one.Name]; {
	case err != nil && strings.Contains(err.Error(), fmt.Sprintf("template %s not defined", name)) && !isOwn:
		found.Message = fmt.Sprintf("template %s not defined", name)
	case one.Pipe != nil || isOwn && own.file == "":
		return
	default:
		without, failed := t.made.ExecuteTextString("{{ template "+name+" }}", data)
		if failed == nil && without == with {
			return
		}
		found.Message = fmt.Sprintf("template %s is called without the dot", name)
	}
	t.found = append(t.found, found)
}

var amTemplatePlace = regexp.MustCompile(`^(?:html/)?(?:template: )?(?:template: )?([^:\s]*):(\d+)(?::(\d+))?: `)

// inTemplate moves the line that begins a message to where it belongs.
func inTemplate(one upstreamError, message string) upstreamError {
	if match := amTemplatePlace.FindStringSubmatch(message); match != nil {
		one.Line, _ = strconv.Atoi(match[2])
		message = message[len(match[0]):]
	}
	one.Message = firstLine(message)
	return one
}

func (t *templateTrial) samples() []*template.Data {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	make := func(instance string, isResolved bool) *types.Alert {
		one := &types.Alert{Alert: model.Alert{
			Labels: model.LabelSet{
				"alertname": "Sample", "severity": "warning", "namespace": "sample", "job": "sample",
				"instance": model.LabelValue(instance),
			},
			Annotations: model.LabelSet{
				"summary": "a sample", "description": "a sample", "message": "a sample",
				"runbook_url": "http://runbook.example/", "value": "1",
			},
			StartsAt: begin, EndsAt: begin.AddDate(100, 0, 0), GeneratorURL: "http://prometheus.example/graph",
		}}
		if isResolved {
			one.EndsAt = begin.Add(time.Hour)
		}
		return one
	}
	group := model.LabelSet{"alertname": "Sample", "severity": "warning"}
	sample := func(alerts ...*types.Alert) *template.Data {
		return t.made.Data("sample", group, model.LabelSet{}, "first notification", alerts...)
	}
	return []*template.Data{
		sample(make("a", false)),
		sample(make("a", true)),
		sample(make("a", false), make("b", true), make("c", false)),
	}
}
