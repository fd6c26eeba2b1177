package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// logfmt writes lines as Grafana does: logger, time, level, then the rest. What names no logger is the stand-in's own.
type logfmt struct{ to io.Writer }

func (l logfmt) Write(p []byte) (int, error) {
	line := string(p)
	if !strings.HasPrefix(line, "logger=") {
		line = "logger=grafana-standin " + line
	}
	logger, rest, _ := strings.Cut(line, " ")
	if !strings.HasPrefix(rest, "level=") {
		rest = "level=info " + rest
	}
	_, err := fmt.Fprintf(l.to, "%s t=%s %s", logger, time.Now().UTC().Format(time.RFC3339Nano), rest)
	return len(p), err
}
