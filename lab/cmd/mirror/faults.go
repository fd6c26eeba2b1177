package main

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fault is one way to misbehave, for every request whose path begins with Prefix. Kinds:
//
//	status            answers Status (429, 503, ...), with Retry-After when RetryAfter (seconds) is set
//	truncate          promises the whole length, sends half of it, closes the connection
//	wrong-bytes       one byte in the middle is another one; the length is right
//	html              200 with an error page in HTML, as captive portals and proxies do
//	slow              BytesPerSecond
//	stall             sends the header, then nothing more
//	dead              closes the connection without an answer (RST)
//	redirect          302 to Location
//	missing-checksum  404 for checksum files only
//	rate-limit        429 as Docker Hub says that an address has had its pulls
type fault struct {
	Prefix         string `json:"prefix"`
	Kind           string `json:"kind"`
	Method         string `json:"method,omitempty"` // only this one; empty: all
	Status         int    `json:"status,omitempty"`
	RetryAfter     int    `json:"retryAfter,omitempty"`
	BytesPerSecond int    `json:"bytesPerSecond,omitempty"`
	Location       string `json:"location,omitempty"`
	Times          int    `json:"times,omitempty"` // how often; 0: always
	Used           int    `json:"used"`
}

func (f fault) check() error {
	if !strings.HasPrefix(f.Prefix, "/") {
		return fmt.Errorf("prefix %q must begin with a slash", f.Prefix)
	}
	switch f.Kind {
	case "status":
		if f.Status < 200 || f.Status > 599 {
			return fmt.Errorf("kind status needs a status from 200 to 599, not %d", f.Status)
		}
	case "slow":
		if f.BytesPerSecond <= 0 {
			return fmt.Errorf("kind slow needs bytesPerSecond")
		}
	case "redirect":
		if f.Location == "" {
			return fmt.Errorf("kind redirect needs a location")
		}
	case "truncate", "wrong-bytes", "html", "stall", "dead", "missing-checksum", "rate-limit":
	default:
		return fmt.Errorf("no such kind of fault: %q", f.Kind)
	}
	return nil
}

func (f fault) matches(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method {
		return false
	}
	if f.Kind == "missing-checksum" && !strings.Contains(r.URL.Path[strings.LastIndex(r.URL.Path, "/"):], "sha256") {
		return false
	}
	return strings.HasPrefix(r.URL.Path, f.Prefix) || strings.HasPrefix(r.URL.EscapedPath(), f.Prefix)
}

// faultTable is what is set at the moment; the first one that matches is taken.
type faultTable struct {
	mu     sync.Mutex
	faults []fault
}

func (t *faultTable) set(faults []fault) error {
	for _, f := range faults {
		if err := f.check(); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = faults
	return nil
}

func (t *faultTable) list() []fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]fault{}, t.faults...)
}

// take finds the fault for a request and counts it.
func (t *faultTable) take(r *http.Request) *fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.faults {
		f := &t.faults[i]
		if (f.Times == 0 || f.Used < f.Times) && f.matches(r) {
			f.Used++
			taken := *f
			return &taken
		}
	}
	return nil
}

// serve answers in place of next, or lets next answer and spoils what it says.
func (f fault) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	switch f.Kind {
	case "status":
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		http.Error(w, fmt.Sprintf("lab fault: %d %s", f.Status, http.StatusText(f.Status)), f.Status)
	case "missing-checksum":
		http.Error(w, "lab fault: no checksum here", http.StatusNotFound)
	case "rate-limit":
		limitPulls(w)
	case "redirect":
		http.Redirect(w, r, f.Location, http.StatusFound)
	case "html":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!DOCTYPE html>\n<html><head><title>Something went wrong</title></head><body><h1>Something went wrong</h1><p>lab fault</p></body></html>\n")
	case "dead":
		closeHard(w)
	default:
		// what is spoiled has to come whole: no part of it, no "not modified"
		for _, name := range []string{"Range", "If-None-Match", "If-Modified-Since", "Accept-Encoding"} {
			r.Header.Del(name)
		}
		next.ServeHTTP(&spoiled{ResponseWriter: w, fault: f, gone: r.Context().Done()}, r)
	}
}

// limitPulls says what Docker Hub says, and as it does no Retry-After (https://docs.docker.com/docker-hub/usage/pulls/).
func limitPulls(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("RateLimit-Limit", "100;w=21600")
	w.Header().Set("RateLimit-Remaining", "0;w=21600")
	w.Header().Set("Docker-RateLimit-Source", "198.51.100.10")
	w.WriteHeader(http.StatusTooManyRequests)
	fmt.Fprintln(w, `{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit"}]}`)
}

// closeHard ends the connection with a RST, without a byte of an answer.
func closeHard(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// spoiled is a ResponseWriter that truncates, falsifies, slows or stalls a body.
type spoiled struct {
	http.ResponseWriter
	fault   fault
	gone    <-chan struct{}
	written int64
	length  int64 // of the whole body; -1 when the answer does not say
	started bool
}

func (s *spoiled) WriteHeader(status int) {
	s.started = true
	s.length = -1
	if n, err := strconv.ParseInt(s.Header().Get("Content-Length"), 10, 64); err == nil {
		s.length = n
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *spoiled) Write(b []byte) (int, error) {
	if !s.started {
		s.WriteHeader(http.StatusOK)
	}
	switch s.fault.Kind {
	case "truncate":
		return s.truncate(b)
	case "wrong-bytes":
		return s.falsify(b)
	case "slow":
		return s.slow(b)
	}
	_ = http.NewResponseController(s.ResponseWriter).Flush()
	<-s.gone // stall, until the client leaves
	panic(http.ErrAbortHandler)
}

func (s *spoiled) truncate(b []byte) (int, error) {
	half := s.length / 2
	if s.length < 0 { // no length was promised: half of the first piece
		half = int64(len(b)) / 2
	}
	if s.written+int64(len(b)) < half {
		n, err := s.ResponseWriter.Write(b)
		s.written += int64(n)
		return n, err
	}
	_, _ = s.ResponseWriter.Write(b[:half-s.written])
	_ = http.NewResponseController(s.ResponseWriter).Flush()
	panic(http.ErrAbortHandler) // the server closes the connection
}

func (s *spoiled) falsify(b []byte) (int, error) {
	at := max(s.length, 0)/2 - s.written
	if at >= 0 && at < int64(len(b)) {
		b = append([]byte{}, b...)
		b[at] ^= 0x20
	}
	n, err := s.ResponseWriter.Write(b)
	s.written += int64(n)
	return n, err
}

func (s *spoiled) slow(b []byte) (int, error) {
	const ticks = 20 // pieces a second
	piece := max(1, s.fault.BytesPerSecond/ticks)
	sent := 0
	for sent < len(b) {
		n, err := s.ResponseWriter.Write(b[sent:min(len(b), sent+piece)])
		sent += n
		if err != nil {
			return sent, err
		}
		_ = http.NewResponseController(s.ResponseWriter).Flush()
		select {
		case <-s.gone:
			panic(http.ErrAbortHandler)
		case <-time.After(time.Duration(float64(n) / float64(s.fault.BytesPerSecond) * float64(time.Second))):
		}
	}
	return sent, nil
}
