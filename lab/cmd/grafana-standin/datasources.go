package main

import (
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// datasource as a provisioning file writes it, and an id.
type datasource struct {
	ID              int64  `json:"-"`
	UID             string `json:"uid"`
	Name            string `json:"name"`
	Type            string `json:"type"`
	Access          string `json:"access"`
	URL             string `json:"url"`
	User            string `json:"user"`
	Database        string `json:"database"`
	BasicAuth       bool   `json:"basicAuth"`
	BasicAuthUser   string `json:"basicAuthUser"`
	WithCredentials bool   `json:"withCredentials"`
	IsDefault       bool   `json:"isDefault"`
	Editable        bool   `json:"editable"`
	JSONData        obj    `json:"jsonData"`
	SecureJSONData  obj    `json:"secureJsonData"`
}

func (d *datasource) common() obj {
	return obj{
		"id": d.ID, "uid": d.UID, "orgId": 1, "name": d.Name, "type": d.Type, "typeLogoUrl": "public/plugins/" + d.Type + "/img/" + d.Type + "_logo.svg",
		"access": d.Access, "url": d.URL, "user": d.User, "database": d.Database, "basicAuth": d.BasicAuth,
		"isDefault": d.IsDefault, "jsonData": d.JSONData, "readOnly": !d.Editable,
	}
}

// listed is the data source as the list shows it.
func (d *datasource) listed() obj {
	o := d.common()
	o["typeName"] = strings.ToUpper(d.Type[:1]) + d.Type[1:]
	return o
}

// detailed is the data source asked for by itself.
func (d *datasource) detailed() obj {
	o, secure := d.common(), obj{}
	for key := range d.SecureJSONData {
		secure[key] = true
	}
	for key, v := range (obj{"basicAuthUser": d.BasicAuthUser, "withCredentials": d.WithCredentials, "secureJsonFields": secure, "version": 1, "apiVersion": ""}) {
		o[key] = v
	}
	return o
}

func (s *server) sourceRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/datasources", s.listSources)
	mux.HandleFunc("GET /api/datasources/{id}", s.withSource(showSource))
	mux.HandleFunc("GET /api/datasources/uid/{uid}", s.withSource(showSource))
	mux.HandleFunc("GET /api/datasources/name/{name}", s.withSource(showSource))
	mux.HandleFunc("GET /api/datasources/uid/{uid}/health", func(w http.ResponseWriter, r *http.Request) {
		if s.isWarm(r) {
			s.withSource(sourceHealth)(w, r)
		}
	})
	mux.HandleFunc("/api/datasources/uid/{uid}/resources/{rest...}", s.withSource(resources))
	mux.HandleFunc("/api/datasources/proxy/uid/{uid}/{rest...}", s.proxied)
	mux.HandleFunc("/api/datasources/proxy/{id}/{rest...}", s.proxied)
	mux.HandleFunc("POST /api/ds/query", s.query)
}

func (s *server) listSources(w http.ResponseWriter, r *http.Request) {
	byName := append([]*datasource{}, s.currentSources()...)
	sort.Slice(byName, func(i, j int) bool { return byName[i].Name < byName[j].Name })
	list := []obj{}
	for _, d := range byName {
		list = append(list, d.listed())
	}
	reply(w, http.StatusOK, list)
}

func showSource(w http.ResponseWriter, r *http.Request, d *datasource) {
	reply(w, http.StatusOK, d.detailed())
}

// source finds a data source by uid or name; "" is the default one.
func (s *server) source(key string) *datasource {
	for _, d := range s.currentSources() {
		if d.UID == key || d.Name == key || (key == "" && d.IsDefault) {
			return d
		}
	}
	return nil
}

// requested is the data source that a path names, in one of its three ways.
func (s *server) requested(r *http.Request) *datasource {
	for _, d := range s.currentSources() {
		if d.UID == r.PathValue("uid") || d.Name == r.PathValue("name") || strconv.FormatInt(d.ID, 10) == r.PathValue("id") {
			return d
		}
	}
	return nil
}

func (s *server) withSource(f func(http.ResponseWriter, *http.Request, *datasource)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if d := s.requested(r); d != nil {
			f(w, r, d)
			return
		}
		fail(w, http.StatusNotFound, "Data source not found")
	}
}

func sourceHealth(w http.ResponseWriter, r *http.Request, d *datasource) {
	if d.Type != "prometheus" {
		reply(w, http.StatusNotFound, obj{"message": "the stand-in knows only Prometheus data sources", "status": "ERROR"})
		return
	}
	a := ask(d, "query", url.Values{"query": {"1+1"}})
	if a.err != nil {
		reply(w, http.StatusBadRequest, obj{"message": a.err.Error() + " - There was an error returned querying the Prometheus API.", "status": "ERROR"})
		return
	}
	details := obj{"application": "Prometheus", "features": obj{"rulerApiEnabled": false}}
	reply(w, http.StatusOK, obj{"details": details, "message": "Successfully queried the Prometheus API.", "status": "OK"})
}

func (s *server) proxied(w http.ResponseWriter, r *http.Request) {
	d := s.requested(r)
	if d == nil {
		write(w, utf8JSON, http.StatusNotFound, obj{"message": "Unable to find datasource", "traceID": ""})
		return
	}
	forward(w, r, d, hideUnauthorized, func() { w.WriteHeader(http.StatusBadGateway) }) // no body, no content type
}

// resources are a plugin's own paths; Prometheus' are those of its API.
func resources(w http.ResponseWriter, r *http.Request, d *datasource) {
	forward(w, r, d, nil, func() {
		reply(w, http.StatusInternalServerError, obj{"statusCode": 500, "messageId": "plugin.requestFailureError", "message": "An error occurred within the plugin"})
	})
}

// hideUnauthorized turns a data source's 401 into a 400: a client must not take it for Grafana's own.
func hideUnauthorized(resp *http.Response) error {
	if resp.StatusCode != http.StatusUnauthorized {
		return nil
	}
	const message = "Authentication to data source failed"
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	logLine("data-proxy-log", "info", message, "body", string(body), "statusCode", resp.StatusCode)
	resp.StatusCode, resp.Status = http.StatusBadRequest, "Bad Request"
	resp.Header, resp.ContentLength = http.Header{}, int64(len(message))
	resp.Body = io.NopCloser(strings.NewReader(message))
	return err
}

// forward hands a request on to the data source.
func forward(w http.ResponseWriter, r *http.Request, d *datasource, change func(*http.Response) error, dead func()) {
	target, err := url.Parse(d.URL)
	if err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	rest := r.PathValue("rest")
	(&httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Path, p.Out.URL.RawPath = "/"+rest, ""
			p.SetURL(target)
			p.Out.Header.Del("Authorization") // Grafana's password is not the data source's business
			p.Out.Header.Del("Cookie")
			d.authorize(p.Out)
		},
		ModifyResponse: change,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { dead() },
	}).ServeHTTP(w, r)
}
