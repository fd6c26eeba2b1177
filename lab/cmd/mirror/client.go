package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// runClient talks to a mirror that runs, at $LAB_MIRROR or http://203.0.113.1.
func runClient(verb string, args []string) error {
	base := os.Getenv("LAB_MIRROR")
	if base == "" {
		base = "http://203.0.113.1"
	}
	if verb == "fault" {
		f, err := parseFault(args)
		if err != nil {
			return err
		}
		body, err := json.Marshal([]fault{f})
		if err != nil {
			return err
		}
		return send(http.MethodPost, base+"/_lab/faults", body)
	}
	if len(args) == 1 && args[0] == "clear" {
		return send(http.MethodDelete, base+"/_lab/"+verb, nil)
	}
	return send(http.MethodGet, base+"/_lab/"+verb, nil)
}

// parseFault reads KIND PREFIX [key=value ...]; keys are those of the JSON.
func parseFault(args []string) (fault, error) {
	if len(args) < 2 {
		return fault{}, fmt.Errorf("usage: mirror fault KIND PREFIX [status=503] [retryAfter=1] [times=2] [bytesPerSecond=1000] [location=URL] [method=GET]")
	}
	fields := map[string]any{"kind": args[0], "prefix": args[1]}
	for _, arg := range args[2:] {
		key, value, _ := strings.Cut(arg, "=")
		fields[key] = value
		if n, err := strconv.Atoi(value); err == nil {
			fields[key] = n
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return fault{}, err
	}
	f := fault{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return fault{}, err
	}
	return f, f.check()
}

func send(method, url string, body []byte) error {
	r, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s: %s", answer.Status, strings.TrimSpace(string(text)))
	}
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}
