package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A URL can be a file and a folder at once, or a redirect; a file system knows neither. These names stand for them.
const (
	listingName    = ".listing.json" // in a folder: what the folder's own URL answers
	redirectSuffix = ".redirect"     // NAME.redirect: NAME answers 302 with the file's content as its Location
)

// request is one line of the access log.
type request struct {
	At       string `json:"at"`
	Server   string `json:"server"` // web or registry
	Method   string `json:"method"`
	Path     string `json:"path"`
	Status   int    `json:"status"` // 0: the connection was closed without an answer
	Bytes    int64  `json:"bytes"`  // of the body
	Fault    string `json:"fault,omitempty"`
	Millisec int64  `json:"ms"`
}

type mirror struct {
	hosts    string
	upstream http.Handler // the registry
	isReady  func() error
	faults   faultTable
	link     downlink
	mu       sync.Mutex
	requests []request
}

func newMirror(hosts string, registry http.Handler, ready func() error) *mirror {
	return &mirror{hosts: hosts, upstream: registry, isReady: ready}
}

// web answers /HOST/PATH from files, and /_lab/.
func (m *mirror) web() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_lab/ready", func(w http.ResponseWriter, _ *http.Request) {
		if err := m.isReady(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.HandleFunc("GET /_lab/requests", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, m.log()) })
	mux.HandleFunc("DELETE /_lab/requests", func(http.ResponseWriter, *http.Request) { m.forget() })
	mux.HandleFunc("PUT /_lab/link", m.link.put)
	mux.HandleFunc("GET /_lab/faults", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, m.faults.list()) })
	mux.HandleFunc("DELETE /_lab/faults", func(http.ResponseWriter, *http.Request) { _ = m.faults.set(nil) })
	mux.HandleFunc("PUT /_lab/faults", func(w http.ResponseWriter, r *http.Request) { m.putFaults(w, r, nil) })
	mux.HandleFunc("POST /_lab/faults", func(w http.ResponseWriter, r *http.Request) { m.putFaults(w, r, m.faults.list()) })
	files := m.logged("web", guarded(http.HandlerFunc(m.serveFile)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_lab/") {
			mux.ServeHTTP(w, r)
			return
		}
		files.ServeHTTP(w, r)
	})
}

// registry passes everything on to docker-registry.
func (m *mirror) registry() http.Handler { return m.logged("registry", m.upstream) }

func (m *mirror) putFaults(w http.ResponseWriter, r *http.Request, before []fault) {
	var faults []fault
	decoder := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&faults)
	if err == nil {
		err = m.faults.set(append(before, faults...))
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

// logged writes the access log and lets a fault that matches take its turn.
func (m *mirror) logged(server string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		counted := &counted{ResponseWriter: m.link.over(r.Context(), w, costOf(m.hosts, r.URL.Path))}
		entry := request{At: start.UTC().Format(time.RFC3339Nano), Server: server, Method: r.Method, Path: r.URL.Path}
		defer func() { // also when the connection is torn down by a panic
			entry.Status, entry.Bytes, entry.Millisec = counted.status, counted.bytes, time.Since(start).Milliseconds()
			m.mu.Lock()
			defer m.mu.Unlock()
			m.requests = append(m.requests, entry)
		}()
		if f := m.faults.take(r); f != nil {
			entry.Fault = f.Kind
			f.serve(counted, r, next)
			return
		}
		next.ServeHTTP(counted, r)
	})
}

func (m *mirror) log() []request {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]request{}, m.requests...)
}

func (m *mirror) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests = nil
}

func (m *mirror) serveFile(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	name := path.Clean("/" + r.URL.Path)
	file := filepath.Join(m.hosts, filepath.FromSlash(name))
	if location, err := os.ReadFile(file + redirectSuffix); err == nil {
		http.Redirect(w, r, strings.TrimSpace(string(location)), http.StatusFound)
		return
	}
	info, err := os.Stat(file)
	if err == nil && info.IsDir() {
		file = filepath.Join(file, listingName)
		info, err = os.Stat(file)
	}
	if errors.Is(err, fs.ErrNotExist) || strings.HasSuffix(name, redirectSuffix) {
		http.Error(w, "not in the lab's mirror: "+name, http.StatusNotFound)
		return
	}
	f, err := os.Open(file)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", contentType(name, file))
	http.ServeContent(w, r, name, info.ModTime(), f)
}

// contentType is what the upstream host says.
func contentType(name, file string) string {
	switch {
	case strings.HasPrefix(name, "/grafana.com/api/plugins/") && strings.HasSuffix(name, "/download"):
		return "application/zip"
	case strings.HasPrefix(name, "/grafana.com/api/"), filepath.Ext(file) == ".json":
		return "application/json"
	case filepath.Ext(file) == ".yaml":
		return "text/yaml"
	case filepath.Ext(file) == ".html":
		return "text/html; charset=utf-8"
	case filepath.Ext(file) == ".txt" && !strings.HasPrefix(name, "/github.com/"), strings.HasSuffix(file, "-version"):
		return "text/plain"
	}
	return "application/octet-stream"
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// counted notes the status and the bytes of a body.
type counted struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (c *counted) WriteHeader(status int) {
	if c.status == 0 || c.status < 200 {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counted) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(b)
	c.bytes += int64(n)
	return n, err
}

// ReadFrom keeps sendfile.
func (c *counted) ReadFrom(r io.Reader) (int64, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	n, err := io.Copy(c.ResponseWriter, r)
	c.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }
