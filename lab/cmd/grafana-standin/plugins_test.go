package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const clockPanel = "lab-clock-panel"

// clockArchive is a plugin's archive as the catalogue has it. Without a manifest it is unsigned.
func clockArchive(t *testing.T, version string, manifest bool) []byte {
	t.Helper()
	files := map[string]string{"plugin.json": `{"id": "lab-clock-panel", "name": "Clock", "type": "panel", "info": {"version": "` + version + `"}}`, "module.js": "define([], {})"}
	if manifest {
		sums := map[string]string{}
		for name, text := range files {
			sums[name] = fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
		}
		text, _ := json.Marshal(obj{"files": sums})
		files["MANIFEST.txt"] = string(text)
	}
	b := &bytes.Buffer{}
	z := zip.NewWriter(b)
	for name, text := range files {
		w, err := z.Create(clockPanel + "/" + name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// catalogue is a grafana.com with one plugin in two versions. It counts what it is asked.
func catalogue(t *testing.T, signed bool, sum string) (url string, asked *[]string) {
	t.Helper()
	archives := map[string][]byte{"1.2.0": clockArchive(t, "1.2.0", signed), "1.0.0": clockArchive(t, "1.0.0", signed)}
	asked = &[]string{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/plugins/{id}/versions", func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.PathValue("id"))
		items := []obj{}
		if r.PathValue("id") == clockPanel {
			for _, version := range []string{"1.2.0", "1.0.0"} {
				right := fmt.Sprintf("%x", sha256.Sum256(archives[version]))
				items = append(items, obj{"version": version, "packages": obj{"any": obj{"sha256": sum + right[len(sum):]}}})
			}
		}
		reply(w, http.StatusOK, obj{"items": items})
	})
	mux.HandleFunc("GET /api/plugins/{id}/versions/{version}/download", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(archives[r.PathValue("version")])
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/api", asked
}

// installed starts with these settings, waits for the plugins of the background too, and returns those that are not Grafana's own.
func installed(t *testing.T, conf settings) ([]string, error) {
	t.Helper()
	s := &server{conf: conf}
	if err := installForced(conf); err != nil {
		return nil, err
	}
	s.loadPlugins()
	later, err := s.installFirst()
	s.installInBackground(later)
	list := []string{}
	for _, p := range s.plugins {
		if p.signature != "internal" {
			list = append(list, p.ID+"@"+p.Info.Version+" "+p.signature)
		}
	}
	return list, err
}

func expectInstalled(t *testing.T, conf settings, want ...string) {
	t.Helper()
	if got, err := installed(t, conf); err != nil || !slices.Equal(got, want) {
		t.Errorf("installed %q (%v), expected %q", got, err, want)
	}
}

func TestPluginsAreInstalledAsRequested(t *testing.T) {
	url, asked := catalogue(t, true, "")
	for name, c := range map[string]struct {
		conf settings
		env  map[string]string
		want []string
	}{
		"preinstall_sync, a version":    {settings{"plugins.preinstall_sync": clockPanel + "@1.0.0"}, nil, []string{"lab-clock-panel@1.0.0 valid"}},
		"preinstall, the newest":        {settings{"plugins.preinstall": "a-panel, " + clockPanel}, nil, []string{"lab-clock-panel@1.2.0 valid"}},
		"preinstall, an address":        {settings{"plugins.preinstall": clockPanel + "@@" + url + "/plugins/lab-clock-panel/versions/1.0.0/download"}, nil, []string{"lab-clock-panel@1.0.0 valid"}},
		"the chart's variable":          {settings{}, map[string]string{"GF_PLUGINS_PREINSTALL_SYNC": clockPanel}, []string{"lab-clock-panel@1.2.0 valid"}},
		"the old variable":              {settings{}, map[string]string{"GF_INSTALL_PLUGINS": clockPanel + " 1.0.0"}, []string{"lab-clock-panel@1.0.0 valid"}},
		"disabled by name":              {settings{"plugins.preinstall_sync": clockPanel, "plugins.disable_plugins": clockPanel}, nil, []string{}},
		"preinstall_disabled, sync":     {settings{"plugins.preinstall_sync": clockPanel, "plugins.preinstall_disabled": "true"}, nil, []string{}},
		"preinstall_disabled, variable": {settings{"plugins.preinstall_disabled": "true"}, map[string]string{"GF_INSTALL_PLUGINS": clockPanel}, []string{}},
		"preinstall_disabled, forced":   {settings{"plugins.preinstall_disabled": "true"}, map[string]string{"GF_INSTALL_PLUGINS": clockPanel, "GF_INSTALL_PLUGINS_FORCE": "true"}, []string{"lab-clock-panel@1.2.0 valid"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.conf["grafana_com.api_url"], c.conf["paths.plugins"] = url, t.TempDir()
			for key, value := range c.env {
				t.Setenv(key, value)
			}
			expectInstalled(t, c.conf, c.want...)
			*asked = nil
			expectInstalled(t, c.conf, c.want...) // a second start on the same volume
			if slices.Contains(*asked, clockPanel) && len(c.want) > 0 && c.env["GF_INSTALL_PLUGINS_FORCE"] == "" {
				t.Error("it asked again for a plugin that is there")
			}
		})
	}
}

func TestDefaultPluginsComeBesideTheUsersOwn(t *testing.T) {
	for text, later := range map[string]int{"": 4, clockPanel: 5, "grafana-pyroscope-app@1.0.0": 4} {
		if _, got := requestedPlugins(settings{"plugins.preinstall": text}); len(got) != later {
			t.Errorf("preinstall %q: %v", text, got)
		}
	}
	first, later := requestedPlugins(settings{"plugins.preinstall_sync": "grafana-pyroscope-app", "plugins.preinstall_async": "false"})
	if len(first) != 4 || len(later) != 0 || first[0].id != "grafana-pyroscope-app" {
		t.Error(first, later)
	}
}

func TestAPluginThatCannotBeInstalled(t *testing.T) {
	url, _ := catalogue(t, true, "")
	wrong, _ := catalogue(t, true, "0000")
	for name, c := range map[string]struct {
		request, api, want string
	}{
		"unknown":         {"no-such-panel", url, "failed to install plugin no-such-panel@: 404: Plugin not found"},
		"no such version": {clockPanel + "@9.9.9", url, "lab-clock-panel v9.9.9 either does not exist or is not supported on your system"},
		"wrong checksum":  {clockPanel, wrong, "[plugin.checksumMismatch] expected SHA256 checksum (0000"},
		"no route":        {clockPanel, "http://127.0.0.1:9/api", `failed to install plugin lab-clock-panel@: Get "http://127.0.0.1:9/api/plugins/lab-clock-panel/versions": dial tcp 127.0.0.1:9: connect: connection refused`},
	} {
		t.Run(name, func(t *testing.T) {
			conf := settings{"grafana_com.api_url": c.api, "paths.plugins": t.TempDir(), "plugins.preinstall_sync": c.request}
			if got, err := installed(t, conf); err == nil || !strings.Contains(err.Error(), c.want) || len(got) != 0 {
				t.Errorf("installed %q, error %v, expected %q", got, err, c.want)
			}
			read := captureLog(t)
			delete(conf, "plugins.preinstall_sync") // in the background it is a line in the log
			conf["plugins.preinstall"] = c.request
			if got, err := installed(t, conf); err != nil || len(got) != 0 {
				t.Errorf("installed %q, error %v", got, err)
			}
			id, version, _ := strings.Cut(c.request, "@")
			want := fmt.Sprintf("level=error msg=\"Failed to install plugin\" pluginId=%s version=%s error=", id, version)
			if !strings.Contains(read(), want) {
				t.Errorf("%s is not in %s", want, read())
			}
		})
	}
}

func TestAnUnsignedPluginIsInstalledAndNotLoaded(t *testing.T) {
	url, _ := catalogue(t, false, "")
	conf := settings{"grafana_com.api_url": url, "paths.plugins": t.TempDir(), "plugins.preinstall_sync": clockPanel}
	read := captureLog(t)
	expectInstalled(t, conf, []string{}...)
	for _, want := range []string{`error="plugin 'lab-clock-panel' is unsigned"`, `msg="Plugin successfully installed" pluginId=lab-clock-panel`} {
		if !strings.Contains(read(), want) {
			t.Errorf("%s is not in %s", want, read())
		}
	}
	conf["plugins.allow_loading_unsigned_plugins"] = clockPanel
	expectInstalled(t, conf, "lab-clock-panel@1.2.0 unsigned")
}

func TestAModifiedPluginIsNotLoaded(t *testing.T) {
	url, _ := catalogue(t, true, "")
	conf := settings{"grafana_com.api_url": url, "paths.plugins": t.TempDir(), "plugins.preinstall_sync": clockPanel}
	expectInstalled(t, conf, "lab-clock-panel@1.2.0 valid")
	if err := os.WriteFile(filepath.Join(conf["paths.plugins"], clockPanel, "module.js"), []byte("other"), 0o644); err != nil {
		t.Fatal(err)
	}
	expectInstalled(t, settings{"paths.plugins": conf["paths.plugins"], "plugins.preinstall_disabled": "true"}, []string{}...)
}

func TestPluginsAreListed(t *testing.T) {
	url, _ := catalogue(t, true, "")
	conf, _ := recordedSettings(t, "http://127.0.0.1:9")
	conf["grafana_com.api_url"], conf["paths.plugins"], conf["plugins.preinstall_sync"] = url, t.TempDir(), clockPanel
	s, address := serve(t, conf)
	ask := func(path string, code int) string {
		return status(t, address, exchange{Name: path, Method: "GET", Path: path, Auth: "basic"}, code)
	}
	ask("/api/plugins/lab-clock-panel/settings", http.StatusNotFound)
	if _, err := s.installFirst(); err != nil {
		t.Fatal(err)
	}
	var own plugin
	if err := json.Unmarshal([]byte(ask("/api/plugins/lab-clock-panel/settings", http.StatusOK)), &own); err != nil || own.Type != "panel" || own.Info.Version != "1.2.0" {
		t.Error(own, err)
	}
	var list []struct{ ID, Type, Signature string }
	if err := json.Unmarshal([]byte(ask("/api/plugins?core=0", http.StatusOK)), &list); err != nil || len(list) != 1 || list[0].Signature != "valid" {
		t.Error(list, err)
	}
	if err := json.Unmarshal([]byte(ask("/api/plugins?type=datasource", http.StatusOK)), &list); err != nil || len(list) != len(coreTypes["datasource"]) || list[0].Signature != "internal" {
		t.Error(list, err)
	}
}

func TestLogsTheKeysThatItCannotFetch(t *testing.T) {
	read := captureLog(t)
	conf := settings{"grafana_com.api_url": "http://127.0.0.1:9/api", "plugins.public_key_retrieval_disabled": "true"}
	(&server{conf: conf}).fetchKeys()
	if read() != "" {
		t.Error(read())
	}
	delete(conf, "plugins.public_key_retrieval_disabled")
	(&server{conf: conf}).fetchKeys()
	for _, want := range []string{"logger=plugin.signature.key_retriever t=", ` level=error msg="Error downloading plugin manifest keys" error="Get \"http://127.0.0.1:9/api/plugins/ci/keys\": dial tcp`} {
		if !strings.Contains(read(), want) {
			t.Errorf("%s is not in %s", want, read())
		}
	}
}
