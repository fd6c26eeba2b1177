package main

import (
	"net/http"
	"net/url"
	"os"
	"strings"
)

// subPath is where Grafana serves everything when server.serve_from_sub_path is on: the path of root_url.
func subPath(conf settings) string {
	if conf.get("server", "serve_from_sub_path", "false") != "true" {
		return ""
	}
	root, err := url.Parse(conf.get("server", "root_url", "/"))
	if err != nil {
		return ""
	}
	return strings.TrimRight(root.Path, "/")
}

// below serves everything under a path. As Grafana does, it redirects there what is asked for without it, except the
// health, which answers at the root as well.
func below(path string, next http.Handler) http.Handler {
	if path == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isBelow := r.URL.Path == path || strings.HasPrefix(r.URL.Path, path+"/")
		switch {
		case isBelow:
			http.StripPrefix(path, rooted(next)).ServeHTTP(w, r)
		case r.URL.Path == "/healthz" || r.URL.Path == "/api/health":
			next.ServeHTTP(w, r)
		default:
			http.Redirect(w, r, path+r.URL.RequestURI(), http.StatusMovedPermanently)
		}
	})
}

func rooted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "" {
			r.URL.Path = "/"
		}
		next.ServeHTTP(w, r)
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
			value := s.conf.get(name[:i], key, "")
			if value != "" && isSecret(key) {
				value = "*********"
			}
			all[section][key] = value
		}
		reply(w, http.StatusOK, all)
	})
}

func isSecret(key string) bool {
	for _, word := range []string{"password", "secret", "token", "_key"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
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
