package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type series struct {
	Metric map[string]string
	Value  *[2]any
	Values [][2]any
}

func (s series) points() [][2]any {
	if s.Value != nil {
		return [][2]any{*s.Value}
	}
	return s.Values
}

// answer is what a Prometheus said. Status 0: it said nothing.
type answer struct {
	status int
	kind   string // its resultType
	series []series
	err    error
}

var client = &http.Client{Timeout: 30 * time.Second}

// ask sends a query to /api/v1/<api> of the data source.
func ask(d *datasource, api string, form url.Values) answer {
	resp, err := client.PostForm(strings.TrimRight(d.URL, "/")+"/api/v1/"+api, form)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	var body struct {
		Status, ErrorType, Error string
		Data                     struct {
			ResultType string
			Result     json.RawMessage
		}
	}
	a := answer{status: resp.StatusCode}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		a.status, a.err = max(a.status, http.StatusBadRequest), fmt.Errorf("%s from %s is no answer of Prometheus: %w", resp.Status, d.URL, err)
		return a
	}
	if body.Status != "success" {
		a.err = fmt.Errorf("%s: %s", body.ErrorType, body.Error)
		return a
	}
	a.kind = body.Data.ResultType
	a.series, a.err = readResult(a.kind, body.Data.Result)
	return a
}

func readResult(kind string, result json.RawMessage) ([]series, error) {
	if kind != "scalar" && kind != "string" {
		var list []series
		err := json.Unmarshal(result, &list)
		return list, err
	}
	var value [2]any
	if err := json.Unmarshal(result, &value); err != nil {
		return nil, err
	}
	return []series{{Value: &value}}, nil
}
