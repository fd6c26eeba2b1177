package main

import (
	"encoding/json"
	"fmt"
	"io"
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

// answer is what a Prometheus said. Status 0: it said nothing. Refused: with a status that no Prometheus has.
type answer struct {
	status  int
	refused bool
	kind    string // its resultType
	series  []series
	err     error
}

var client = &http.Client{Timeout: 30 * time.Second}

// ask sends a query to /api/v1/<api> of the data source.
func ask(d *datasource, api string, form url.Values) answer {
	r, err := http.NewRequest(http.MethodPost, strings.TrimRight(d.URL, "/")+"/api/v1/"+api, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{err: err}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	d.authorize(r)
	resp, err := client.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode}
	if !isPrometheusStatus(resp.StatusCode) {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1024))
		a.refused, a.err = true, fmt.Errorf("unexpected response with status code %d: %s", resp.StatusCode, text)
		return a
	}
	var body struct {
		Status, ErrorType, Error string
		Data                     struct {
			ResultType string
			Result     json.RawMessage
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		a.status, a.err = max(a.status, http.StatusBadRequest), fmt.Errorf("%s from %s is not a response of Prometheus: %w", resp.Status, d.URL, err)
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

// isPrometheusStatus tells the statuses whose body Grafana reads.
func isPrometheusStatus(status int) bool {
	return status/100 == 2 || status == http.StatusBadRequest || status == http.StatusUnprocessableEntity || status == http.StatusServiceUnavailable
}

// authorize adds the credentials and headers that the data source is set up with.
func (d *datasource) authorize(r *http.Request) {
	text := func(values obj, key string) string { v, _ := values[key].(string); return v }
	if d.BasicAuth {
		r.SetBasicAuth(d.BasicAuthUser, text(d.SecureJSONData, "basicAuthPassword"))
	}
	for i := 1; ; i++ {
		name := text(d.JSONData, fmt.Sprintf("httpHeaderName%d", i))
		if name == "" {
			return
		}
		r.Header.Set(name, text(d.SecureJSONData, fmt.Sprintf("httpHeaderValue%d", i)))
	}
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
