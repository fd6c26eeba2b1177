package main

import (
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// tail passes a child's output on and keeps the end of it, for the reason why it ended.
type tail struct {
	to   io.Writer
	mu   sync.Mutex
	last []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	t.last = append(t.last, b...)
	if len(t.last) > 4096 {
		t.last = t.last[len(t.last)-4096:]
	}
	t.mu.Unlock()
	return t.to.Write(b)
}

var commandFailed = regexp.MustCompile(`"command failed" err=("(?:[^"\\]|\\.)*")`)

// reason is the error that a Kubernetes component ended with, else what its process ended with.
func (t *tail) reason(err error) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if m := commandFailed.FindAllSubmatch(t.last, -1); m != nil {
		if text, unquoteErr := strconv.Unquote(string(m[len(m)-1][1])); unquoteErr == nil {
			return text
		}
	}
	if err == nil {
		return "exit status 0"
	}
	return strings.TrimSpace(err.Error())
}
