package main

import (
	"fmt"
	"math"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

// framer turns Prometheus' answers to one query into Grafana's data frames, one a series.
type framer struct {
	query query
	step  time.Duration
	expr  string // as it was sent
}

// frames of one answer: never none, but without series (or after an error) one without fields. The first one tells
// what was asked.
func (f framer) frames(kind string, a answer) []obj {
	list := []obj{}
	for _, s := range a.series {
		list = append(list, f.frame(kind, a.kind, s))
	}
	if len(list) == 0 {
		meta := obj{"typeVersion": []int{0, 0}, "custom": obj{}}
		schema := obj{"refId": f.query.RefID, "meta": meta, "fields": []any{}}
		list = append(list, obj{"schema": schema, "data": obj{"values": []any{}}})
	}
	meta := list[0]["schema"].(obj)["meta"].(obj)
	meta["custom"].(obj)["calculatedMinStep"] = f.step.Milliseconds()
	meta["executedQueryString"] = "Expr: " + f.expr + "\nStep: " + f.step.String()
	return list
}

func (f framer) frame(kind, resultType string, s series) obj {
	labels := s.Metric
	if labels == nil {
		labels = map[string]string{}
	}
	name := labels["__name__"]
	if name == "" {
		name = "Value"
	}
	value := obj{"name": name, "type": "number", "typeInfo": obj{"frame": "float64"}, "labels": labels}
	if display := f.displayName(labels); display != "" {
		value["config"] = obj{"displayNameFromDS": display}
	}
	moment := obj{"name": "Time", "type": "time", "typeInfo": obj{"frame": "time.Time"}, "config": obj{"interval": f.step.Milliseconds()}}
	meta := obj{"type": kind, "typeVersion": []int{0, 1}, "custom": obj{"resultType": resultType}}
	return obj{"schema": obj{"refId": f.query.RefID, "meta": meta, "fields": []obj{moment, value}}, "data": columns(s.points())}
}

// columns are the times and values of a series. JSON has no NaN or infinity: null stands there, and "entities" says of what.
func columns(points [][2]any) obj {
	times, values, odd := []int64{}, []any{}, map[string][]int{}
	for i, p := range points {
		seconds, _ := p[0].(float64)
		times = append(times, int64(math.Round(seconds*1000)))
		text, _ := p[1].(string)
		v, err := strconv.ParseFloat(text, 64)
		switch {
		case err != nil || math.IsNaN(v):
			odd["NaN"] = append(odd["NaN"], i)
		case math.IsInf(v, 1):
			odd["Inf"] = append(odd["Inf"], i)
		case math.IsInf(v, -1):
			odd["NegInf"] = append(odd["NegInf"], i)
		default:
			values = append(values, v)
			continue
		}
		values = append(values, nil)
	}
	data := obj{"values": []any{times, values}}
	if len(odd) > 0 {
		data["entities"] = []any{nil, odd}
	}
	return data
}

const legendAuto = "__auto"

var legendLabel = regexp.MustCompile(`\{\{\s*(.+?)\s*\}\}`)

// displayName is the legend: by the query's format, else the series as PromQL writes it, else (no labels) the expression.
func (f framer) displayName(labels map[string]string) string {
	name := seriesName(labels)
	switch format := f.query.LegendFormat; {
	case format == legendAuto && len(labels) > 0:
		return "" // left to the browser
	case format != "" && format != legendAuto:
		name = legendLabel.ReplaceAllStringFunc(format, func(m string) string { return labels[legendLabel.FindStringSubmatch(m)[1]] })
	}
	if name == "" || name == "{}" {
		return f.expr
	}
	return name
}

func seriesName(labels map[string]string) string {
	var parts []string
	for k, v := range labels {
		if k != "__name__" {
			parts = append(parts, fmt.Sprintf("%s=%q", k, v))
		}
	}
	sort.Strings(parts)
	if len(parts) == 0 {
		return labels["__name__"]
	}
	return labels["__name__"] + "{" + strings.Join(parts, ", ") + "}"
}
