package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	orgAsked    = exchange{Name: "org", Method: "GET", Path: "/api/org", Auth: "basic"}
	upAsked     = exchange{Name: "up", Method: "POST", Path: "/api/ds/query", Auth: "basic", Send: []byte(`{"queries": [{"refId": "A", "datasource": {"uid": "prometheus"}, "expr": "up", "instant": true}], "from": "now-5m", "to": "now"}`)}
	mineSaved   = exchange{Name: "save", Method: "POST", Path: "/api/dashboards/db", Auth: "basic", Send: []byte(`{"dashboard": {"title": "Mine", "uid": "mine"}}`)}
	mineAsked   = exchange{Name: "mine", Method: "GET", Path: "/api/dashboards/uid/mine", Auth: "basic"}
	oldPassword = exchange{Name: "old password", Method: "GET", Path: "/api/org", Auth: "basic, wrong password"}
)

func status(t *testing.T, url string, e exchange, want int) string {
	t.Helper()
	resp, body := call(t, url, e)
	if resp.StatusCode != want {
		t.Errorf("%s: HTTP %d instead of %d: %s", e.Name, resp.StatusCode, want, body)
	}
	return body
}

// An old volume keeps the password of its first start, and what was saved; a new one takes the settings'.
func TestPasswordIsTakenOnlyByANewDatabase(t *testing.T) {
	conf, _ := recordedSettings(t, "http://127.0.0.1:9")
	t.Setenv("GF_SECURITY_ADMIN_PASSWORD", "wrong") // the first deployment's
	_, url := serve(t, conf)
	status(t, url, oldPassword, http.StatusOK)
	status(t, url, orgAsked, http.StatusUnauthorized)

	t.Setenv("GF_SECURITY_ADMIN_PASSWORD", adminPassword) // the second one's, on the same volume
	_, url = serve(t, conf)
	if body := status(t, url, orgAsked, http.StatusUnauthorized); !strings.Contains(body, "Invalid username or password") {
		t.Error(body)
	}
	status(t, url, oldPassword, http.StatusOK)

	conf["paths.data"] = t.TempDir()
	_, url = serve(t, conf)
	status(t, url, orgAsked, http.StatusOK)
	status(t, url, oldPassword, http.StatusUnauthorized)
}

func TestWhatWasSavedOutlivesARestart(t *testing.T) {
	conf, _ := recordedSettings(t, "http://127.0.0.1:9")
	_, url := serve(t, conf)
	status(t, url, mineSaved, http.StatusOK)
	before := status(t, url, mineAsked, http.StatusOK)
	_, url = serve(t, conf)
	if after := status(t, url, mineAsked, http.StatusOK); after != before {
		t.Errorf("before the restart %s, after it %s", before, after)
	}
	b, err := os.ReadFile(filepath.Join(conf["paths.data"], "standin.db.json"))
	if err != nil || strings.Contains(string(b), adminPassword) {
		t.Errorf("the database holds the password itself (%v)", err)
	}
}

func TestHealthyBeforeItAnswersQueries(t *testing.T) {
	conf, _ := recordedSettings(t, prometheusStandin(t))
	s, url := serve(t, conf)
	const wait = 300 * time.Millisecond
	began := time.Now()
	s.queriesFrom = began.Add(wait)
	status(t, url, exchange{Name: "health", Method: "GET", Path: "/api/health"}, http.StatusOK)
	status(t, url, orgAsked, http.StatusOK)
	if took := time.Since(began); took >= wait {
		t.Errorf("health and org took %s", took)
	}
	status(t, url, upAsked, http.StatusOK)
	if took := time.Since(began); took < wait {
		t.Errorf("the first query was answered after %s", took)
	}
}

func TestRefusesToStart(t *testing.T) {
	cases := map[string]struct {
		change func(t *testing.T, conf settings)
		want   string
	}{
		"two default data sources": {func(t *testing.T, conf settings) {
			writeFile(t, filepath.Join(conf["paths.provisioning"], "datasources", "e.yaml"), `{datasources: [{name: B, type: prometheus, isDefault: true}]}`)
		}, "Datasource provisioning error: datasource.yaml config is invalid. Only one datasource per organization can be marked as default"},
		"data folder that can't be written": {func(t *testing.T, conf settings) {
			file := filepath.Join(t.TempDir(), "file")
			writeFile(t, file, "")
			conf["paths.data"] = filepath.Join(file, "grafana")
		}, "/grafana"},
		"database that isn't one": {func(t *testing.T, conf settings) {
			writeFile(t, filepath.Join(conf["paths.data"], "standin.db.json"), "{")
		}, "failed to open the database"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			conf, _ := recordedSettings(t, "http://127.0.0.1:9")
			c.change(t, conf)
			if _, err := newServer(conf); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, wanted %q", err, c.want)
			}
		})
	}
}

// The uid that a genuine Grafana gives to a data source named Prometheus; dashboards in the wild name it.
func TestUIDOfASourceWithoutOne(t *testing.T) {
	d := &datasource{Name: "Prometheus", Type: "prometheus"}
	new(server).addSource(d)
	if d.UID != "PBFA97CFB590B2093" {
		t.Error(d.UID)
	}
}

func TestStepsAndVariables(t *testing.T) {
	slow := &datasource{JSONData: obj{"timeInterval": "1m"}}
	for _, c := range []struct {
		source *datasource
		query  query
		length time.Duration
		want   string
	}{
		{&datasource{}, query{Expr: "$__interval $__rate_interval ${__range} $__range_ms", IntervalMs: 2000}, 5 * time.Minute, "2s 1m0s 300s 300000"},
		{&datasource{}, query{Expr: "$__interval_ms"}, time.Minute, "15000"},
		{&datasource{}, query{Expr: "$__interval", IntervalMs: 1000, MaxDataPoints: 100}, 6 * time.Hour, "5m"},
		{&datasource{}, query{Expr: "$__interval", Interval: ">30s", IntervalMs: 1000}, 5 * time.Minute, "30s"},
		{slow, query{Expr: "$__interval $__rate_interval"}, time.Minute, "1m 4m0s"},
	} {
		step := c.query.step(c.source, c.length)
		if got := c.query.expression(c.source, step, c.length); got != c.want {
			t.Errorf("%+v: %q instead of %q", c.query, got, c.want)
		}
	}
}

func TestLegendsAndInfiniteValues(t *testing.T) {
	up := map[string]string{"__name__": "up", "job": "a"}
	for format, want := range map[string]string{"": `up{job="a"}`, "__auto": "", "{{ job }}-{{none}}": "a-"} {
		if got := (framer{query: query{LegendFormat: format}, expr: "up"}).displayName(up); got != want {
			t.Errorf("legend %q: %q instead of %q", format, got, want)
		}
	}
	data := columns([][2]any{{1.0, "+Inf"}, {2.0, "3"}, {3.0, "-Inf"}})
	want := obj{"values": []any{[]int64{1000, 2000, 3000}, []any{nil, 3.0, nil}}, "entities": []any{nil, obj{"Inf": []int{0}, "NegInf": []int{2}}}}
	if !sameJSON(data, want) {
		t.Errorf("%v", data)
	}
}

// The chart's sidecar writes a file into a running Grafana's folder and asks for it to be read.
func TestProvisioningIsReadAgainWhenAsked(t *testing.T) {
	conf, _ := recordedSettings(t, "http://127.0.0.1:9")
	folder := filepath.Join(conf["paths.provisioning"], "datasources")
	_, url := serve(t, conf)
	late := exchange{Name: "late", Method: "GET", Path: "/api/datasources/name/Late", Auth: "basic"}
	status(t, url, late, http.StatusNotFound)
	if err := os.WriteFile(filepath.Join(folder, "late.yaml"), []byte("datasources: [{name: Late, type: prometheus, url: 'http://127.0.0.1:9'}]"), 0o644); err != nil {
		t.Fatal(err)
	}
	reload := exchange{Name: "reload", Method: "POST", Path: "/api/admin/provisioning/datasources/reload", Auth: "basic"}
	status(t, url, exchange{Name: "reload", Method: reload.Method, Path: reload.Path}, http.StatusUnauthorized)
	status(t, url, reload, http.StatusOK)
	before := status(t, url, late, http.StatusOK)
	status(t, url, reload, http.StatusOK)
	if after := status(t, url, late, http.StatusOK); after != before {
		t.Errorf("another one after the second reload: %s, before %s", after, before)
	}
}
