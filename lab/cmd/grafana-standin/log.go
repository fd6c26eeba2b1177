package main

import (
	"fmt"
	"io"
	"log"
	"strconv"
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

// logLine logs a message of one of Grafana's loggers, with pairs of a key and a value.
func logLine(logger, level, message string, pairs ...any) {
	line := fmt.Sprintf("logger=%s level=%s msg=%s", logger, level, quoteValue(message))
	for i := 0; i+1 < len(pairs); i += 2 {
		line += fmt.Sprintf(" %v=%s", pairs[i], quoteValue(fmt.Sprint(pairs[i+1])))
	}
	log.Print(line)
}

// quoteValue quotes what logfmt quotes: values with a space, an equals sign or a quotation mark in them.
func quoteValue(value string) string {
	if strings.ContainsAny(value, " =\"\n\t") {
		return strconv.Quote(value)
	}
	return value
}
