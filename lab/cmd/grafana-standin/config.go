package main

import (
	"net/http"
	"net/url"
	"os"
	"strings"
)

// subPath is where Grafana serves everything when server.serve_from_sub_path is on: the path of root_url.
func subPath(conf settings) string {
	if !conf.is("server", "serve_from_sub_path", false) {
		return ""
	}
	root, err := url.Parse(conf.rootURL())
	if err != nil {
		return ""
	}
	return strings.TrimRight(root.Path, "/")
}

// below serves everything under a path. As Grafana does, it redirects a request without that path to root_url, which may be
// another host; only requests to the API are answered without the path as well.
func below(conf settings, path string, next http.Handler) http.Handler {
	if path == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.RequestURI, path) && !strings.HasPrefix(r.RequestURI, "/api") {
			http.Redirect(w, r, conf.rootURL()+strings.TrimPrefix(r.RequestURI, "/"), http.StatusMovedPermanently)
			return
		}
		stripped := r.Clone(r.Context())
		stripped.URL.Path = "/" + strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, path), "/")
		stripped.URL.RawPath = ""
		next.ServeHTTP(w, stripped)
	})
}

// configRoutes answer with the settings in force: grafana.ini's, overridden by the environment. Secrets are starred.
func (s *server) configRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/admin/settings", func(w http.ResponseWriter, r *http.Request) {
		all := map[string]map[string]string{}
		for name := range s.conf {
			i := strings.LastIndex(name, ".")
			section, key := name[:i], name[i+1:]
			if section == "" {
				section = "DEFAULT"
			}
			if all[section] == nil {
				all[section] = map[string]string{}
			}
			all[section][key] = masked(key, s.conf.get(name[:i], key, ""))
		}
		reply(w, http.StatusOK, all)
	})
}

// masked hides the value of a setting that is a secret.
func masked(key, value string) string {
	for _, word := range []string{"password", "secret", "token", "_key"} {
		if value != "" && strings.Contains(strings.ToLower(key), word) {
			return "*********"
		}
	}
	return value
}

// known adds the settings that only the environment names, for the sections that Grafana has.
func (s settings) known() settings {
	for _, name := range os.Environ() {
		key, value, _ := strings.Cut(name, "=")
		rest, ok := strings.CutPrefix(key, "GF_")
		if !ok || strings.HasSuffix(key, "__FILE") || rest == "INSTALL_PLUGINS" {
			continue
		}
		for _, section := range []string{"auth.anonymous", "auth.basic", "plugins", "server", "security", "users", "analytics", "log", "paths", "smtp", "dashboards"} {
			prefix := strings.ToUpper(strings.ReplaceAll(section, ".", "_")) + "_"
			if option, ok := strings.CutPrefix(rest, prefix); ok && s[section+"."+strings.ToLower(option)] == "" {
				s[section+"."+strings.ToLower(option)] = value
				break
			}
		}
	}
	return s
}
