package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"
)

// coreTypes are the plugins that are part of Grafana, by their type.
var coreTypes = map[string][]string{
	"datasource": {"alertmanager", "cloudwatch", "elasticsearch", "grafana-postgresql-datasource", "grafana-pyroscope-datasource", "grafana-testdata-datasource",
		"graphite", "influxdb", "jaeger", "loki", "mssql", "mysql", "opentsdb", "parca", "prometheus", "stackdriver", "tempo", "zipkin"},
	"panel": {"alertlist", "annolist", "barchart", "bargauge", "candlestick", "canvas", "dashlist", "debug", "flamegraph", "gauge", "geomap", "gettingstarted", "heatmap",
		"histogram", "live", "logs", "news", "nodeGraph", "piechart", "stat", "state-timeline", "status-history", "table", "text", "timeseries", "traces", "trend", "welcome", "xychart"},
}

type pluginInfo struct {
	Version string `json:"version"`
	Updated string `json:"updated"`
}

// plugin is one that is loaded, as its plugin.json describes it.
type plugin struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Type      string     `json:"type"`
	Info      pluginInfo `json:"info"`
	signature string     // "internal", "valid" or "unsigned"
}

// loadPlugins loads the plugins that are part of Grafana and those in the folder of plugins.
func (s *server) loadPlugins() {
	began := time.Now()
	logLine("plugin.store", "info", "Loading plugins...")
	s.plugins = map[string]plugin{}
	for kind, ids := range coreTypes {
		for _, id := range ids {
			s.plugins[id] = plugin{ID: id, Name: strings.ToUpper(id[:1]) + id[1:], Type: kind, signature: "internal"}
		}
	}
	files, _ := filepath.Glob(filepath.Join(s.conf.pluginsDir(), "*", "plugin.json"))
	for _, file := range files {
		s.loadPlugin(filepath.Dir(file))
	}
	logLine("plugin.store", "info", "Plugins loaded", "count", len(s.plugins), "duration", time.Since(began))
}

// loadPlugin loads the plugin of a folder, unless its signature forbids it: that is only in the log.
func (s *server) loadPlugin(dir string) {
	p := plugin{}
	text, err := os.ReadFile(filepath.Join(dir, "plugin.json"))
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil || p.ID == "" {
		logLine("plugins.discovery", "error", "Could not load plugin", "pluginDir", dir, "error", fmt.Sprint(err))
		return
	}
	p.signature = signatureOf(dir)
	allowed := slices.Contains(s.conf.list("plugins", "allow_loading_unsigned_plugins"), p.ID)
	switch {
	case p.signature == "unsigned" && allowed:
		logLine("plugin.signature.validator", "warn", "Permitting unsigned plugin. This is not recommended", "pluginID", p.ID)
	case p.signature != "valid":
		logLine("plugins.validation", "error", "Plugin validation failed", "pluginId", p.ID, "error", fmt.Sprintf("plugin '%s' is %s", p.ID, p.signature))
		return
	}
	s.mu.Lock()
	s.plugins[p.ID] = p
	s.mu.Unlock()
	logLine("plugins.registration", "info", "Plugin registered", "pluginId", p.ID)
}

// signatureOf compares a plugin's files with the checksums in its MANIFEST.txt. The lab's manifests are not signed with a key
// of Grafana's: one that fits is as good as signed here.
func signatureOf(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "MANIFEST.txt"))
	if err != nil {
		return "unsigned"
	}
	var manifest struct {
		Files map[string]string `json:"files"`
	}
	if json.Unmarshal(text, &manifest) != nil {
		return "invalid"
	}
	for name, sum := range manifest.Files {
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || fmt.Sprintf("%x", sha256.Sum256(content)) != sum {
			return "modified"
		}
	}
	return "valid"
}

func (s *server) pluginRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/plugins", s.listPlugins)
	mux.HandleFunc("GET /api/plugins/{id}/settings", func(w http.ResponseWriter, r *http.Request) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		p, ok := s.plugins[r.PathValue("id")]
		if !ok {
			fail(w, http.StatusNotFound, "Plugin not found, no installed plugin with that id")
			return
		}
		shown := p.shown(s.subPath)
		for key, value := range (obj{"module": "public/plugins/" + p.ID + "/module.js", "baseUrl": "public/plugins/" + p.ID, "includes": nil, "jsonData": nil, "secureJsonFields": obj{}}) {
			shown[key] = value
		}
		reply(w, http.StatusOK, shown)
	})
}

func (s *server) listPlugins(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	kind, core := r.URL.Query().Get("type"), r.URL.Query().Get("core")
	list := []obj{}
	for _, p := range s.plugins {
		isCore := p.signature == "internal"
		if (kind != "" && kind != p.Type) || (core == "0" && isCore) || (core == "1" && !isCore) {
			continue
		}
		list = append(list, p.shown(s.subPath))
	}
	sort.Slice(list, func(i, j int) bool { return list[i]["name"].(string) < list[j]["name"].(string) })
	reply(w, http.StatusOK, list)
}

func (p plugin) shown(subPath string) obj {
	info := obj{"author": obj{"name": "", "url": ""}, "description": "", "links": nil, "screenshots": nil, "version": p.Info.Version, "updated": p.Info.Updated, "keywords": nil}
	return obj{"id": p.ID, "name": p.Name, "type": p.Type, "enabled": true, "pinned": false, "info": info,
		"dependencies": obj{"grafanaDependency": "", "grafanaVersion": "*", "plugins": []any{}}, "latestVersion": "", "hasUpdate": false,
		"defaultNavUrl": subPath + "/plugins/" + p.ID + "/", "category": "", "state": "", "signature": p.signature, "signatureType": "", "signatureOrg": ""}
}
