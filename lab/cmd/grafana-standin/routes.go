package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Grafana's answers have two content types, depending on the layer that they come from.
const (
	plainJSON = "application/json"
	utf8JSON  = "application/json; charset=UTF-8"
)

func write(w http.ResponseWriter, contentType string, code int, v any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v)
}

func reply(w http.ResponseWriter, code int, v any) { write(w, plainJSON, code, v) }

func fail(w http.ResponseWriter, code int, message string) { reply(w, code, obj{"message": message}) }

func (s *server) routes() http.Handler {
	open, closed := http.NewServeMux(), http.NewServeMux()
	s.publicRoutes(open)
	open.HandleFunc("/", s.signedIn(closed))
	s.ownRoutes(closed)
	s.sourceRoutes(closed)
	s.boardRoutes(closed)
	s.reloadRoutes(closed)
	s.pluginRoutes(closed)
	s.configRoutes(closed)
	s.alertingRoutes(closed)
	closed.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if api(r) {
			write(w, utf8JSON, http.StatusNotFound, obj{"message": "Not found"})
			return
		}
		page(w, r)
	})
	return below(s.conf, s.subPath, open)
}

func (s *server) publicRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/health", func(w http.ResponseWriter, r *http.Request) {
		write(w, utf8JSON, http.StatusOK, obj{"database": "ok", "version": version, "commit": "lab-standin"})
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, "Ok")
	})
	mux.HandleFunc("GET /login", page)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
		fmt.Fprintln(w, "# HELP grafana_build_info A metric with a constant '1' value, of the lab's stand-in for Grafana.")
		fmt.Fprintf(w, "# TYPE grafana_build_info gauge\ngrafana_build_info{version=%q,edition=\"lab-standin\"} 1\n", version)
	})
}

func (s *server) ownRoutes(mux *http.ServeMux) {
	address := obj{"address1": "", "address2": "", "city": "", "zipCode": "", "state": "", "country": ""}
	mux.HandleFunc("GET /api/org", func(w http.ResponseWriter, r *http.Request) {
		reply(w, http.StatusOK, obj{"id": 1, "name": "Main Org.", "address": address})
	})
	mux.HandleFunc("GET /api/user", s.user)
	mux.HandleFunc("GET /api/login/ping", func(w http.ResponseWriter, r *http.Request) {
		reply(w, http.StatusOK, obj{"message": "Logged in"})
	})
}

func (s *server) user(w http.ResponseWriter, r *http.Request) {
	created := s.admin.Created.Format(time.RFC3339)
	reply(w, http.StatusOK, obj{
		"id": 1, "uid": "lab-standin-user", "email": s.admin.Login + "@localhost", "name": "", "login": s.admin.Login, "theme": "",
		"orgId": 1, "isGrafanaAdmin": true, "isDisabled": false, "isExternal": false, "isExternallySynced": false,
		"isGrafanaAdminExternallySynced": false, "authLabels": []any{}, "updatedAt": created, "createdAt": created,
		"avatarUrl": "/public/img/user_profile.png", "isProvisioned": false,
	})
}

func api(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/apis" || strings.HasPrefix(r.URL.Path, "/apis/")
}

// signedIn lets only the administrator through, or anybody without credentials where anonymous access is on.
func (s *server) signedIn(next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, password, basic := r.BasicAuth()
		basic = basic && !s.noBasicAuth
		switch {
		case basic && s.admin.accepts(user, password):
			next.ServeHTTP(w, r)
		case basic:
			unauthorized(w, "Invalid username or password", "password-auth.failed")
		case strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "): // there are no tokens here, so each is wrong
			unauthorized(w, "Invalid API key", "api-key.invalid")
		case s.anonymous:
			next.ServeHTTP(w, r)
		case api(r):
			unauthorized(w, "Unauthorized", "auth.unauthorized")
		default:
			http.Redirect(w, r, s.subPath+"/login", http.StatusFound)
		}
	}
}

func unauthorized(w http.ResponseWriter, message, id string) {
	write(w, utf8JSON, http.StatusUnauthorized, obj{"extra": nil, "message": message, "messageId": id, "statusCode": 401, "traceID": ""})
}

func page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	fmt.Fprintf(w, "<!DOCTYPE html><html><head><title>Grafana</title></head><body><h1>Grafana</h1><p>A stand-in (%s) of the monstack lab, not Grafana.</p></body></html>\n", version)
}
