package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

const installerLogger = "plugin.backgroundinstaller"

// byDefault are the plugins that Grafana 11.5 and later install in the background, also where plugins.preinstall names others.
var byDefault = []string{"grafana-lokiexplore-app", "grafana-pyroscope-app", "grafana-exploretraces-app", "grafana-metricsdrilldown-app"}

// requestedPlugin is one of a list like `id`, `id@version`, `id@version@url`.
type requestedPlugin struct{ id, version, url string }

func parsePlugins(entries []string) []requestedPlugin {
	list := []requestedPlugin{}
	for _, entry := range entries {
		parts := append(strings.SplitN(entry, "@", 3), "", "")
		list = append(list, requestedPlugin{parts[0], parts[1], parts[2]})
	}
	return list
}

var legacyEntry = regexp.MustCompile(`^(?:([^;]+);)?([^;\s]+)(?:\s+(.+))?$`)

// parseLegacy reads GF_INSTALL_PLUGINS: `id`, `id VERSION`, `url;id`.
func parseLegacy(text string) []requestedPlugin {
	list := []requestedPlugin{}
	for _, entry := range strings.Split(text, ",") {
		if m := legacyEntry.FindStringSubmatch(strings.TrimSpace(entry)); m != nil {
			list = append(list, requestedPlugin{id: m[2], version: m[3], url: m[1]})
		}
	}
	return list
}

// requestedPlugins are those that must be installed before Grafana listens, and those that it installs afterwards.
// preinstall_disabled turns off all of them, the user's own too.
func requestedPlugins(conf settings) (first, later []requestedPlugin) {
	if conf.is("plugins", "preinstall_disabled", false) {
		return nil, nil
	}
	first = parsePlugins(conf.list("plugins", "preinstall_sync"))
	if os.Getenv("GF_INSTALL_PLUGINS_FORCE") != "true" {
		for _, p := range parseLegacy(os.Getenv("GF_INSTALL_PLUGINS")) {
			if !names(first, p.id) {
				first = append(first, p)
			}
		}
	}
	own := parsePlugins(conf.list("plugins", "preinstall"))
	for _, p := range parsePlugins(byDefault) {
		if !names(own, p.id) {
			later = append(later, p)
		}
	}
	later = append(later, own...)
	disabled := conf.list("plugins", "disable_plugins")
	isDisabled := func(p requestedPlugin) bool { return slices.Contains(disabled, p.id) }
	first = slices.DeleteFunc(first, isDisabled)
	later = slices.DeleteFunc(later, func(p requestedPlugin) bool { return isDisabled(p) || names(first, p.id) })
	if !conf.is("plugins", "preinstall_async", true) {
		return append(first, later...), nil
	}
	return first, later
}

func names(list []requestedPlugin, id string) bool {
	return slices.ContainsFunc(list, func(p requestedPlugin) bool { return p.id == id })
}

// installFirst installs what must be there before Grafana listens, and returns what remains. A plugin that cannot be
// installed ends the start.
func (s *server) installFirst() ([]requestedPlugin, error) {
	first, later := requestedPlugins(s.conf)
	for _, p := range first {
		if err := s.install(p); err != nil {
			return nil, fmt.Errorf("failed to install plugin %s@%s: %w", p.id, p.version, err)
		}
	}
	return later, nil
}

func (s *server) installInBackground(list []requestedPlugin) {
	for _, p := range list {
		if err := s.install(p); err != nil {
			logLine(installerLogger, "error", "Failed to install plugin", "pluginId", p.id, "version", p.version, "error", err)
		}
	}
}

// install downloads a plugin, unless it is there in the version that is requested, and loads it. As in Grafana, one that is
// downloaded and then refused for its signature counts as installed: only the list of plugins tells that it is missing.
func (s *server) install(p requestedPlugin) error {
	s.mu.RLock()
	there, exists := s.plugins[p.id]
	s.mu.RUnlock()
	if exists && (p.version == "" || there.Info.Version == p.version) {
		return nil
	}
	logLine(installerLogger, "info", "Installing plugin", "pluginId", p.id, "version", p.version)
	began := time.Now()
	dir, err := download(s.conf, p)
	if err != nil {
		return err
	}
	s.loadPlugin(dir)
	logLine(installerLogger, "info", "Plugin successfully installed", "pluginId", p.id, "version", p.version, "duration", time.Since(began))
	return nil
}

// installForced is what the image's run.sh does with GF_INSTALL_PLUGINS_FORCE=true: it installs the plugins of
// GF_INSTALL_PLUGINS with Grafana's command line before it starts Grafana, whatever plugins.preinstall_disabled says.
func installForced(conf settings) error {
	text := os.Getenv("GF_INSTALL_PLUGINS")
	if text == "" {
		return nil
	}
	fmt.Fprintln(os.Stderr, "WARN: GF_INSTALL_PLUGINS is deprecated. Use GF_PLUGINS_PREINSTALL or GF_PLUGINS_PREINSTALL_SYNC instead. Checkout the documentation for more info.")
	if os.Getenv("GF_INSTALL_PLUGINS_FORCE") != "true" {
		return nil
	}
	for _, p := range parseLegacy(text) {
		if _, err := download(conf, p); err != nil {
			return err
		}
	}
	return nil
}

// fetchKeys downloads the keys of plugins' signatures, which Grafana does at every start unless that is turned off. Without
// the internet that is an error in its log and nothing else.
func (s *server) fetchKeys() {
	if s.conf.is("plugins", "public_key_retrieval_disabled", false) {
		return
	}
	if _, err := get(catalogClient, catalogURL(s.conf)+"/plugins/ci/keys"); err != nil {
		logLine("plugin.signature.key_retriever", "error", "Error downloading plugin manifest keys", "error", err)
	}
}

// checkForUpdates asks whether there is a newer Grafana, and newer versions of the plugins.
func (s *server) checkForUpdates() {
	const latest = "https://grafana.com/api/grafana/versions/stable"
	if s.conf.is("analytics", "check_for_updates", true) {
		began := time.Now()
		if _, err := get(catalogClient, latest); err != nil {
			logLine("grafana.update.checker", "error", "Update check failed", "error", "failed to get stable version from grafana.com: "+err.Error(), "duration", time.Since(began))
		}
	}
	if s.conf.is("analytics", "check_for_plugin_updates", true) {
		began := time.Now()
		if _, err := get(catalogClient, catalogURL(s.conf)+"/plugins/versioncheck"); err != nil {
			logLine("plugins.update.checker", "error", "Update check failed", "error", err, "duration", time.Since(began))
		}
	}
}
