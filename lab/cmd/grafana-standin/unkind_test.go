package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// captureLog takes the log until the test ends, and returns what reads it.
func captureLog(t *testing.T) func() string {
	t.Helper()
	b := &lockedBuffer{}
	log.SetFlags(0)
	log.SetOutput(logfmt{b})
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	return func() string {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.text.String()
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// A whole start: the port refuses connections while the fresh database is migrated, health comes before the first response to
// a query, dashboards come after the port is open, and the log has Grafana's lines in Grafana's order.
func TestAFreshStartTakesItsTime(t *testing.T) {
	read := captureLog(t)
	conf, _ := recordedSettings(t, prometheusStandin(t))
	dataDir, port := conf["paths.data"], freePort(t)
	ini := filepath.Join(t.TempDir(), "grafana.ini")
	writeFile(t, ini, fmt.Sprintf("[paths]\ndata = %s\nprovisioning = %s\n[server]\nhttp_addr = 127.0.0.1\nhttp_port = %s\n[security]\nadmin_password = %s\n[grafana_com]\napi_url = http://127.0.0.1:9/api\n[analytics]\ncheck_for_updates = false\n",
		dataDir, conf["paths.provisioning"], port, adminPassword))
	began := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- run(ini, began) }()
	for refused := 0; ; refused++ {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
			if took := time.Since(began); took < freshTime(dataDir) || refused == 0 {
				t.Errorf("open after %s and %d refused connections, expected %s", took, refused, freshTime(dataDir))
			}
			break
		}
		if time.Since(began) > 60*time.Second {
			t.Fatal(read())
		}
		time.Sleep(50 * time.Millisecond)
	}
	url := "http://127.0.0.1:" + port
	open := time.Now()
	status(t, url, exchange{Name: "health", Method: "GET", Path: "/api/health"}, http.StatusOK)
	provisioned := exchange{Name: "provisioned", Method: "GET", Path: "/api/dashboards/uid/prov", Auth: "basic"}
	status(t, url, provisioned, http.StatusNotFound)
	status(t, url, upAsked, http.StatusOK)
	if took := time.Since(open); took < warmUp-100*time.Millisecond {
		t.Errorf("the first query was answered after %s", took)
	}
	status(t, url, provisioned, http.StatusOK)
	text := read()
	at := 0
	for _, want := range []string{
		"logger=settings t=", `level=info msg="Starting Grafana" version=` + version, `msg="Connecting to DB" dbtype=sqlite3`, `msg="Starting DB migrations"`,
		`msg="Executing migration" id="create migration_log table"`, `msg="Migration successfully executed" id="create migration_log table" duration=`,
		`msg="migrations completed" performed=700 skipped=0`, `msg="Created default admin" user=admin`, `msg="inserting datasource from configuration" name=Prometheus`,
		`msg="Loading plugins..."`, `msg="Plugins loaded" count=`, `logger=http.server t=`, `msg="HTTP Server Listen" address=127.0.0.1:` + port + ` protocol=http subUrl= socket=`, `msg="finished to provision dashboards"`,
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%s is not in the log, or not in its place:\n%s", want, text)
		}
		at += i
	}
	for _, want := range []string{`msg="Error downloading plugin manifest keys" error="Get`, `msg="Failed to install plugin" pluginId=grafana-lokiexplore-app version= error="Get`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in the log", want)
		}
	}
	select {
	case err := <-ended:
		t.Error(err)
	default:
	}
}

func TestAnEndedMigrationIsResumed(t *testing.T) {
	read := captureLog(t)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, migrationsName), strings.Repeat("done\n", migrations-2))
	began := time.Now()
	for _, want := range []string{"performed=2 skipped=698", "performed=0 skipped=700"} {
		if err := migrate(dir, began); err != nil || !strings.Contains(read(), want) {
			t.Errorf("%v: %s is not in %s", err, want, read())
		}
	}
	if took := time.Since(began); took < startAgain {
		t.Errorf("a start on an old database took %s", took)
	}
	if err := migrate("/proc/no-such-folder", time.Now()); err == nil || !strings.Contains(err.Error(), "is not writable") {
		t.Error(err)
	}
}

func TestServesBelowAPath(t *testing.T) {
	conf, _ := recordedSettings(t, "http://127.0.0.1:9")
	conf["server.serve_from_sub_path"], conf["server.root_url"], conf["server.domain"] = "true", "https://%(domain)s/grafana", "example.com"
	_, url := serve(t, conf)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]struct {
		code     int
		location string
	}{
		"/":                    {301, "https://example.com/grafana/"},
		"/d/prov?from=now":     {301, "https://example.com/grafana/d/prov?from=now"},
		"/metrics":             {301, "https://example.com/grafana/metrics"},
		"/healthz":             {301, "https://example.com/grafana/healthz"},
		"/grafana":             {302, "/grafana/login"},
		"/grafana/healthz":     {200, ""},
		"/grafana/api/health":  {200, ""},
		"/grafana/api/org":     {401, ""},
		"/api/health":          {200, ""},
		"/api/org":             {401, ""}, // the API is answered at both
		"/grafana/metrics":     {200, ""},
		"/grafana/login":       {200, ""},
		"/grafana/d/prov?a=b":  {302, "/grafana/login"},
		"/grafana/api/plugins": {401, ""},
	} {
		resp, err := client.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if location := resp.Header.Get("Location"); resp.StatusCode != want.code || location != want.location {
			t.Errorf("%s: %d %s instead of %d %s", path, resp.StatusCode, location, want.code, want.location)
		}
	}
	status(t, url+"/grafana", orgAsked, http.StatusOK)
	status(t, url, orgAsked, http.StatusOK)
}

func TestBasicAuthenticationCanBeOff(t *testing.T) {
	conf, _ := recordedSettings(t, "http://127.0.0.1:9")
	conf["auth.basic.enabled"] = "false"
	_, url := serve(t, conf)
	if body := status(t, url, orgAsked, http.StatusUnauthorized); !strings.Contains(body, "auth.unauthorized") {
		t.Error(body)
	}
}

// A data source behind a login: refused, each way in has its own words; with the right credentials, answered.
func TestADataSourcesRefusal(t *testing.T) {
	target, err := url.Parse(prometheusStandin(t))
	if err != nil {
		t.Fatal(err)
	}
	behind := httputil.NewSingleHostReverseProxy(target)
	guarded := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "reader" || password != "right" || r.Header.Get("X-Scope") != "lab" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		behind.ServeHTTP(w, r)
	}))
	defer guarded.Close()
	conf, _ := recordedSettings(t, guarded.URL)
	s, address := serve(t, conf)
	ask := func(method, path string, code int) string {
		return status(t, address, exchange{Name: path, Method: method, Path: path, Auth: "basic", Send: upAsked.Send}, code)
	}
	for path, want := range map[string]string{
		"GET /api/datasources/proxy/uid/prometheus/api/v1/query?query=up": "Authentication to data source failed",
		"GET /api/datasources/uid/prometheus/health":                      "unexpected response with status code 401: who are you?\\n - There was an error returned querying the Prometheus API.",
		"POST /api/ds/query": `"error":"unexpected response with status code 401: who are you?\n","errorSource":"downstream"`,
	} {
		method, path, _ := strings.Cut(path, " ")
		if body := ask(method, path, http.StatusBadRequest); !strings.Contains(body, want) {
			t.Errorf("%s: %s is not in %s", path, want, body)
		}
	}
	ask("GET", "/api/datasources/uid/prometheus/resources/api/v1/labels", http.StatusUnauthorized)

	d := s.source("prometheus")
	d.BasicAuth, d.BasicAuthUser = true, "reader"
	d.JSONData, d.SecureJSONData = obj{"httpHeaderName1": "X-Scope"}, obj{"basicAuthPassword": "right", "httpHeaderValue1": "lab"}
	ask("GET", "/api/datasources/uid/prometheus/health", http.StatusOK)
	ask("POST", "/api/ds/query", http.StatusOK)
}

func TestSettingsInForceAreShownWithoutSecrets(t *testing.T) {
	conf, _ := recordedSettings(t, "http://127.0.0.1:9")
	conf["users.default_theme"] = "dark"
	t.Setenv("GF_USERS_DEFAULT_THEME", "light")
	_, url := serve(t, conf)
	var got map[string]map[string]string
	body := status(t, url, exchange{Name: "settings", Method: "GET", Path: "/api/admin/settings", Auth: "basic"}, http.StatusOK)
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if got["users"]["default_theme"] != "light" || got["security"]["admin_password"] != "*********" {
		t.Error(body)
	}
}

// An empty file is what a failed download of the chart leaves behind.
func TestAnEmptyDashboardIsALineInTheLog(t *testing.T) {
	read := captureLog(t)
	conf, p := recordedSettings(t, "http://127.0.0.1:9")
	writeFile(t, filepath.Join(p.Options.Path, "empty.json"), "")
	_, url := serve(t, conf)
	want := fmt.Sprintf(`level=error msg="failed to load dashboard from " type=file name=lab file=%s error=EOF`, filepath.Join(p.Options.Path, "empty.json"))
	if !strings.Contains(read(), want) {
		t.Errorf("%s is not in %s", want, read())
	}
	status(t, url, exchange{Name: "provisioned", Method: "GET", Path: "/api/dashboards/uid/prov", Auth: "basic"}, http.StatusOK)
}
