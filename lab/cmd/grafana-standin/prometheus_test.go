package main

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"sort"
	"strconv"
	"testing"
)

type sample struct {
	labels map[string]string
	value  string
}

// known is what the stand-in for Prometheus answers, as the genuine one behind the recording did.
var known = map[string][]sample{
	"1+1":                 {{nil, "2"}},
	"up":                  {{map[string]string{"__name__": "up", "instance": "127.0.0.1:9090", "job": "prometheus"}, "1"}, {map[string]string{"__name__": "up", "instance": "127.0.0.1:9", "job": "gone"}, "0"}},
	"does_not_exist":      {},
	"vector(0)/vector(0)": {{map[string]string{}, "NaN"}},
	"scalar(vector(1))":   {{nil, "1"}},
	"rate(prometheus_http_requests_total[1m])": {
		{map[string]string{"code": "200", "handler": "/", "instance": "127.0.0.1:9090", "job": "prometheus"}, "0"},
		{map[string]string{"code": "200", "handler": "/-/healthy", "instance": "127.0.0.1:9090", "job": "prometheus"}, "0"},
		{map[string]string{"code": "200", "handler": "/-/quit", "instance": "127.0.0.1:9090", "job": "prometheus"}, "0"},
	},
	"sum(rate(prometheus_http_requests_total[1m0s]))": {{map[string]string{}, "0.5"}},
}

// prometheusStandin is a STAND-IN for Prometheus: it evaluates nothing, it knows the expressions above.
func prometheusStandin(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/query", func(w http.ResponseWriter, r *http.Request) { result(w, r, instantly) })
	mux.HandleFunc("/api/v1/query_range", func(w http.ResponseWriter, r *http.Request) { result(w, r, everyStep) })
	mux.HandleFunc("/api/v1/labels", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("Grafana's password was handed on to the data source")
		}
		reply(w, 200, obj{"status": "success", "data": []string{"__name__", "branch", "code", "compression", "config"}})
	})
	mux.HandleFunc("/", http.NotFound)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

func result(w http.ResponseWriter, r *http.Request, shape func(*http.Request, []sample) (string, any)) {
	samples, ok := known[r.FormValue("query")]
	if !ok {
		reply(w, 400, obj{"status": "error", "errorType": "bad_data", "error": `invalid parameter "query": 1:4: parse error: unexpected end of input inside braces`})
		return
	}
	kind, values := shape(r, samples)
	reply(w, 200, obj{"status": "success", "data": obj{"resultType": kind, "result": values}})
}

func instantly(r *http.Request, samples []sample) (string, any) {
	at, err := strconv.ParseFloat(r.FormValue("time"), 64)
	if err != nil {
		at = 1795350674.722
	}
	list := []obj{}
	for _, s := range samples {
		if s.labels == nil {
			return "scalar", []any{at, s.value}
		}
		list = append(list, obj{"metric": s.labels, "value": []any{at, s.value}})
	}
	return "vector", list
}

func everyStep(r *http.Request, samples []sample) (string, any) {
	number := func(name string) float64 { v, _ := strconv.ParseFloat(r.FormValue(name), 64); return v }
	start, end, step := number("start"), number("end"), number("step")
	list := []obj{}
	for _, s := range samples {
		points := [][]any{}
		for at := start; at <= end && step > 0; at += step {
			if math.Mod(at, step) != 0 {
				return "matrix", nil // Grafana asks for whole steps
			}
			points = append(points, []any{at, s.value})
		}
		list = append(list, obj{"metric": s.labels, "values": points})
	}
	sort.Slice(list, func(i, j int) bool { // as Prometheus does for a range
		a, _ := json.Marshal(list[i]["metric"])
		b, _ := json.Marshal(list[j]["metric"])
		return string(a) < string(b)
	})
	return "matrix", list
}
