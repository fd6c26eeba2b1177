package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// catalogue is a grafana.com with one plugin.
func catalogue(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/plugins/lab-clock-panel/versions", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"items": [{"version": "1.2.0"}, {"version": "1.0.0"}]}`)
	})
	mux.HandleFunc("GET /api/plugins/lab-clock-panel/versions/{version}/download", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"id": "lab-clock-panel", "name": "Clock", "type": "panel", "version": "`+r.PathValue("version")+`"}`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/api"
}

func installed(t *testing.T, conf settings) ([]string, error) {
	t.Helper()
	conf["plugins.preinstall_async"] = "false"
	s := &server{}
	err := s.installPlugins(conf)
	names := []string{}
	for _, p := range s.plugins {
		if !p.core {
			names = append(names, p.ID+"@"+p.Version)
		}
	}
	return names, err
}

func TestPreinstallSyncInstallsWhatIsRequested(t *testing.T) {
	conf := settings{"grafana_com.api_url": catalogue(t), "plugins.preinstall": "", "plugins.preinstall_sync": "lab-clock-panel@1.0.0"}
	names, err := installed(t, conf)
	if err != nil || strings.Join(names, " ") != "lab-clock-panel@1.0.0" {
		t.Error(names, err)
	}
	conf["plugins.preinstall_sync"] = "no-such-panel"
	if _, err := installed(t, conf); err == nil {
		t.Error("a plugin that must be there and can't be had doesn't end the start")
	}
}

func TestPreinstallDisabledTakesAwayEverything(t *testing.T) {
	t.Setenv("GF_INSTALL_PLUGINS", "lab-clock-panel")
	conf := settings{"grafana_com.api_url": catalogue(t), "plugins.preinstall_sync": "lab-clock-panel"}
	if names, err := installed(t, conf); err != nil || len(names) != 1 {
		t.Error(names, err)
	}
	conf["plugins.preinstall_disabled"] = "true"
	if names, err := installed(t, conf); err != nil || len(names) != 0 {
		t.Error(names, err)
	}
}

func TestLogsTheKeysThatItCannotFetch(t *testing.T) {
	text := &bytes.Buffer{}
	log.SetOutput(logfmt{text})
	log.SetFlags(0)
	defer log.SetOutput(os.Stderr)
	(&server{}).fetchKeys(settings{"grafana_com.api_url": "http://127.0.0.1:9/api"})
	for _, want := range []string{"logger=plugin.signature.key_retriever t=", ` level=error msg="Error downloading plugin manifest keys" error="Get \"http://127.0.0.1:9/api/plugins/ci/keys\": dial tcp`} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}

func TestAFreshDatabaseTakesItsTime(t *testing.T) {
	began := time.Now().Add(startAgain - freshInMemory) // so that the test waits for the difference at most
	if err := migrate(t.TempDir(), false, began); err != nil {
		t.Fatal(err)
	}
	if err := writeThrough(filepath.Join(t.TempDir(), "f"), 3); err != nil {
		t.Fatal(err)
	}
	if err := migrate("/proc/no-such-folder", true, time.Now()); err == nil || !strings.Contains(err.Error(), "is not writable") {
		t.Error(err)
	}
}

func TestServesBelowAPath(t *testing.T) {
	conf, _ := recordedSettings(t, "http://127.0.0.1:9")
	conf["server.serve_from_sub_path"], conf["server.root_url"] = "true", "https://example.com/grafana/"
	_, url := serve(t, conf)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]int{"/api/org": 301, "/grafana/api/org": 401, "/grafana/api/health": 200, "/grafana": 302, "/api/health": 200} {
		resp, err := client.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d instead of %d", path, resp.StatusCode, want)
		}
		if want == 301 && resp.Header.Get("Location") != "/grafana"+path {
			t.Error(resp.Header.Get("Location"))
		}
	}
}

func TestBasicAuthenticationCanBeOff(t *testing.T) {
	conf, _ := recordedSettings(t, "http://127.0.0.1:9")
	conf["auth.basic.enabled"] = "false"
	_, url := serve(t, conf)
	status(t, url, orgAsked, http.StatusUnauthorized)
}

func TestADataSourcesRefusalIsABadRequest(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer refusing.Close()
	conf, _ := recordedSettings(t, refusing.URL)
	_, url := serve(t, conf)
	proxied := exchange{Name: "proxied", Method: "GET", Path: "/api/datasources/proxy/uid/prometheus/api/v1/labels", Auth: "basic"}
	if body := status(t, url, proxied, http.StatusBadRequest); body != "Authentication to data source failed" {
		t.Error(body)
	}
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
