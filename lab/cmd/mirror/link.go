package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/time/rate"
)

// piece is what is sent at once over a limited link.
const piece = 32 << 10

// genuineFiles are the sizes of upstream's downloads where the lab's file is much larger: over a limited link such a
// file takes the time that upstream's would.
var genuineFiles = map[string]int64{"k3s": 81e6}

// downlink is the line to whoever downloads: the bodies of all responses together get BytesPerSecond, 0 is no limit.
type downlink struct {
	mu      sync.Mutex
	limiter *rate.Limiter
}

type linkSpeed struct {
	BytesPerSecond int `json:"bytesPerSecond"`
}

func (l *downlink) set(bytesPerSecond int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limiter = nil
	if bytesPerSecond > 0 { // a burst of 10 ms, so that the figure is right from the first second
		l.limiter = rate.NewLimiter(rate.Limit(bytesPerSecond), max(piece, bytesPerSecond/100))
	}
}

func (l *downlink) current() *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limiter
}

// put sets the speed from the body of a request.
func (l *downlink) put(w http.ResponseWriter, r *http.Request) {
	var speed linkSpeed
	if err := json.NewDecoder(r.Body).Decode(&speed); err != nil || speed.BytesPerSecond < 0 {
		http.Error(w, `want {"bytesPerSecond": N}, 0 for no limit`, http.StatusBadRequest)
		return
	}
	l.set(speed.BytesPerSecond)
}

// over limits a writer of a response's body. Cost is how many bytes of the link one byte of the body takes.
func (l *downlink) over(ctx context.Context, w http.ResponseWriter, cost float64) http.ResponseWriter {
	limiter := l.current()
	if limiter == nil {
		return w
	}
	return &limited{w, ctx, limiter, cost, 0}
}

type limited struct {
	http.ResponseWriter
	ctx     context.Context
	limiter *rate.Limiter
	cost    float64
	owed    float64 // a part of a byte that was not waited for yet
}

func (l *limited) Write(b []byte) (int, error) {
	written := 0
	for len(b) > 0 {
		part := b[:min(piece, len(b))]
		l.owed += float64(len(part)) * l.cost
		whole := int(l.owed)
		l.owed -= float64(whole)
		if err := l.limiter.WaitN(l.ctx, whole); err != nil {
			return written, err
		}
		n, err := l.ResponseWriter.Write(part)
		written += n
		if err != nil {
			return written, err
		}
		b = b[n:]
	}
	return written, nil
}

// Unwrap lets http.ResponseController reach the connection.
func (l *limited) Unwrap() http.ResponseWriter { return l.ResponseWriter }

// costOf is less than 1 for a file that is larger than upstream's.
func costOf(hosts, path string) float64 {
	genuine, known := genuineFiles[path[strings.LastIndex(path, "/")+1:]]
	if !known {
		return 1
	}
	info, err := os.Stat(filepath.Join(hosts, filepath.FromSlash(path)))
	if err != nil || info.Size() <= genuine {
		return 1
	}
	return float64(genuine) / float64(info.Size())
}
