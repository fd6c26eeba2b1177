package main

import (
	"fmt"
	"net/url"
	"sort"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/template"
	"go.yaml.in/yaml/v3"
)

type alertmanagerTemplatesRequest struct {
	// Text is the configuration.
	Text      string         `json:"text"`
	Templates []templateText `json:"templates"`
}

// judgeAlertmanagerTemplates parses template files, and tries every templated field of the receivers with a sample.
func judgeAlertmanagerTemplates(request alertmanagerTemplatesRequest) verdict {
	made, err := template.FromGlobs(nil)
	if err != nil {
		return verdictOf([]upstreamError{{Message: err.Error()}})
	}
	made.ExternalURL, _ = url.Parse("http://alertmanager.example/")
	var found []upstreamError
	for _, one := range request.Templates {
		if err := made.Parse(strings.NewReader(one.Text)); err != nil {
			found = append(found, templateError(one, err, 0))
		}
	}
	if len(found) > 0 {
		return verdictOf(found)
	}
	var config struct {
		Receivers []map[string]any `yaml:"receivers"`
	}
	if err := yaml.Unmarshal([]byte(request.Text), &config); err != nil {
		return verdictOf(yamlErrors(request.Text, err))
	}
	for index, receiver := range config.Receivers {
		walkTexts(receiver, fmt.Sprintf("receivers[%d]", index), func(path, text string) {
			if !strings.Contains(text, "{{") {
				return
			}
			if _, err := made.ExecuteTextString(text, sampleAlerts()); err != nil {
				found = append(found, templateError(templateText{path, text}, err, 0))
			}
		})
	}
	return verdictOf(found)
}

// walkTexts calls a function for each text below a value, in an order that does not change.
func walkTexts(value any, path string, visit func(path, text string)) {
	switch value := value.(type) {
	case string:
		visit(path, value)
	case []any:
		for index, one := range value {
			walkTexts(one, fmt.Sprintf("%s[%d]", path, index), visit)
		}
	case map[string]any:
		keys := make([]string, 0, len(value))
		for key := range value {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		for _, key := range keys {
			walkTexts(value[key], path+"."+key, visit)
		}
	}
}

// sampleAlerts is what a template gets when a notification is sent: one alert that fires and one that is resolved.
func sampleAlerts() *template.Data {
	own := template.KV{"alertname": "Sample", "severity": "warning"}
	notes := template.KV{"summary": "a sample", "description": "a sample"}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	alert := template.Alert{
		Status: "firing", Labels: own, Annotations: notes, StartsAt: begin,
		GeneratorURL: "http://prometheus.example/graph", Fingerprint: "0123456789abcdef",
	}
	resolved := alert
	resolved.Status, resolved.EndsAt = "resolved", begin.Add(time.Hour)
	return &template.Data{
		Receiver: "sample", Status: "firing", Alerts: template.Alerts{alert, resolved},
		GroupLabels: own, CommonLabels: own, CommonAnnotations: notes, ExternalURL: "http://alertmanager.example/",
	}
}
