package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"sort"
	"strings"
	"time"
)

const installerLogger = "logger=plugin.backgroundinstaller"

// byDefault is what Grafana 11.5 and later install in the background where nobody says otherwise.
var byDefault = []string{"grafana-lokiexplore-app", "grafana-pyroscope-app", "grafana-exploretraces-app", "grafana-metricsdrilldown-app"}

// plugin is one that is installed.
type plugin struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	Version string `json:"version"`
	core    bool
}

// requestedPlugin is one of a list like `id`, `id@version`, `id@version@url`.
type requestedPlugin struct{ id, version, url string }

func parsePlugins(text string) []requestedPlugin {
	list := []requestedPlugin{}
	for _, entry := range strings.Split(text, ",") {
		parts := append(strings.SplitN(strings.TrimSpace(entry), "@", 3), "", "")
		if parts[0] != "" {
			list = append(list, requestedPlugin{parts[0], parts[1], parts[2]})
		}
	}
	return list
}

// parseLegacy reads GF_INSTALL_PLUGINS: `id`, `id VERSION`, `url;id`.
func parseLegacy(text string) []requestedPlugin {
	list := []requestedPlugin{}
	for _, entry := range strings.Split(text, ",") {
		entry = strings.TrimSpace(entry)
		if address, id, ok := strings.Cut(entry, ";"); ok {
			list = append(list, requestedPlugin{id: id, url: address})
			continue
		}
		id, version, _ := strings.Cut(entry, " ")
		if id != "" {
			list = append(list, requestedPlugin{id: id, version: version})
		}
	}
	return list
}

// installPlugins does what 12.4 does at its start: what must be there blocks it, and ends it when it can't be had; the
// rest comes in the background. preinstall_disabled turns off all of it, what the user set included.
func (s *server) installPlugins(conf settings) error {
	s.plugins = map[string]plugin{
		"prometheus": {ID: "prometheus", Name: "Prometheus", Type: "datasource", Version: version, core: true},
		"timeseries": {ID: "timeseries", Name: "Time series", Type: "panel", core: true},
		"table":      {ID: "table", Name: "Table", Type: "panel", core: true},
	}
	go s.fetchKeys(conf)
	if conf.get("plugins", "preinstall_disabled", "false") == "true" {
		return nil
	}
	must := append(parsePlugins(conf.get("plugins", "preinstall_sync", "")), parseLegacy(os.Getenv("GF_INSTALL_PLUGINS"))...)
	for _, p := range must {
		if err := s.install(conf, p); err != nil {
			return fmt.Errorf("failed to install plugin %s@%s: %w", p.id, p.version, err)
		}
	}
	later := parsePlugins(conf.get("plugins", "preinstall", strings.Join(byDefault, ",")))
	if conf.get("plugins", "preinstall_async", "true") == "true" {
		go s.installAll(conf, later)
	} else {
		s.installAll(conf, later)
	}
	return nil
}

func (s *server) installAll(conf settings, list []requestedPlugin) {
	for _, p := range list {
		if err := s.install(conf, p); err != nil {
			log.Printf("%s level=error msg=%q pluginId=%s version=%s error=%q", installerLogger, "Failed to install plugin", p.id, p.version, err)
		}
	}
}

func (s *server) install(conf settings, p requestedPlugin) error {
	log.Printf("%s level=info msg=%q pluginId=%s version=%s", installerLogger, "Installing plugin", p.id, p.version)
	began := time.Now()
	if p.url == "" {
		found, err := catalogued(conf, p)
		if err != nil {
			return err
		}
		p = found
	}
	body, err := get(p.url)
	if err != nil {
		return err
	}
	installed := plugin{}
	if err := json.Unmarshal(body, &installed); err != nil || installed.ID != p.id {
		return fmt.Errorf("%s is not an archive of plugin %s", p.url, p.id)
	}
	s.mu.Lock()
	s.plugins[p.id] = installed
	s.mu.Unlock()
	log.Printf("%s level=info msg=%q pluginId=%s version=%s duration=%s", installerLogger, "Plugin successfully installed", p.id, installed.Version, time.Since(began))
	return nil
}

// catalogued asks grafana.com (or what [grafana_com] names) for the version and where it is.
func catalogued(conf settings, p requestedPlugin) (requestedPlugin, error) {
	base := conf.get("grafana_com", "api_url", conf.get("grafana_com", "url", "https://grafana.com")+"/api")
	body, err := get(base + "/plugins/" + url.PathEscape(p.id) + "/versions")
	if err != nil {
		return p, err
	}
	var list struct{ Items []struct{ Version string } }
	if err := json.Unmarshal(body, &list); err != nil {
		return p, err
	}
	for _, item := range list.Items {
		if p.version == "" || p.version == item.Version {
			p.version = item.Version
			p.url = base + "/plugins/" + url.PathEscape(p.id) + "/versions/" + item.Version + "/download"
			return p, nil
		}
	}
	return p, fmt.Errorf("[plugin.versionNotFound] %s v%s either does not exist or is not supported on your system", p.id, p.version)
}

// fetchKeys fetches the keys of plugins' signatures, which Grafana does at every start; without the internet that is an
// error in its log and nothing else.
func (s *server) fetchKeys(conf settings) {
	base := conf.get("grafana_com", "api_url", conf.get("grafana_com", "url", "https://grafana.com")+"/api")
	if _, err := get(base + "/plugins/ci/keys"); err != nil {
		log.Printf("logger=plugin.signature.key_retriever level=error msg=%q error=%q", "Error downloading plugin manifest keys", err)
	}
}

func get(address string) ([]byte, error) {
	resp, err := client.Get(address)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d: %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	return body, err
}

func (s *server) pluginRoutes(mux *http.ServeMux) {
	shown := func(p plugin) obj {
		signature := map[bool]string{true: "internal", false: "valid"}[p.core]
		return obj{"id": p.ID, "name": p.Name, "type": p.Type, "enabled": true, "pinned": false, "hasUpdate": false, "latestVersion": "",
			"category": "", "state": "", "signature": signature, "info": obj{"version": p.Version, "updated": ""}}
	}
	mux.HandleFunc("GET /api/plugins", func(w http.ResponseWriter, r *http.Request) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		list := []obj{}
		for _, p := range s.plugins {
			list = append(list, shown(p))
		}
		sort.Slice(list, func(i, j int) bool { return list[i]["id"].(string) < list[j]["id"].(string) })
		reply(w, http.StatusOK, list)
	})
	mux.HandleFunc("GET /api/plugins/{id}/settings", func(w http.ResponseWriter, r *http.Request) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		p, ok := s.plugins[r.PathValue("id")]
		if !ok {
			fail(w, http.StatusNotFound, "Plugin not found, no installed plugin with that id")
			return
		}
		reply(w, http.StatusOK, shown(p))
	})
}
