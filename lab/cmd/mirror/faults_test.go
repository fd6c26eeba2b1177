package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const content = "0123456789abcdefghijklmnopqrstuvwxyz" // what get.helm.sh/helm.tgz is in these tests

// serveTest is a mirror of one file and, behind it as the registry, a server that streams a blob.
func serveTest(t *testing.T) (web, registry *httptest.Server) {
	t.Helper()
	hosts := t.TempDir()
	for name, text := range map[string]string{
		"get.helm.sh/helm.tgz":              content,
		"get.helm.sh/helm.tgz.sha256sum":    "abc  helm.tgz\n",
		"github.com/k3s/v1.36.3+k3s1/k3s":   "k3s",
		"update.k3s.io/c/" + listingName:    `{"data":[]}`,
		"update.k3s.io/c/stable.redirect":   "https://github.com/tag/v1.36.3+k3s1",
		"grafana.com/api/x/latest/download": "{}",
	} {
		if err := write(filepath.Join(hosts, name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	blob := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		_, _ = io.WriteString(w, content)
	})
	m := newMirror(hosts, blob, func() error { return nil })
	web, registry = httptest.NewServer(m.web()), httptest.NewServer(m.registry())
	t.Cleanup(web.Close)
	t.Cleanup(registry.Close)
	return web, registry
}

// get never reuses a connection and never follows a redirect.
func get(t *testing.T, url string) (*http.Response, string, error) {
	t.Helper()
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       5 * time.Second,
	}
	answer, err := client.Get(url)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer, string(body), err
}

func setFaults(t *testing.T, web *httptest.Server, faults string) {
	t.Helper()
	r, _ := http.NewRequest(http.MethodPut, web.URL+"/_lab/faults", strings.NewReader(faults))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		t.Fatalf("PUT %s: %s %s", faults, answer.Status, text)
	}
}

func TestFilesAreServedLikeUpstream(t *testing.T) {
	web, _ := serveTest(t)
	for path, want := range map[string]struct {
		status     int
		body, kind string
	}{
		"/get.helm.sh/helm.tgz":                {200, content, "application/octet-stream"},
		"/github.com/k3s/v1.36.3%2Bk3s1/k3s":   {200, "k3s", "application/octet-stream"},
		"/github.com/k3s/v1.36.3+k3s1/k3s":     {200, "k3s", "application/octet-stream"},
		"/update.k3s.io/c":                     {200, `{"data":[]}`, "application/json"},
		"/grafana.com/api/x/latest/download":   {200, "{}", "application/json"},
		"/get.helm.sh/nothing":                 {404, "not in the lab's mirror: /get.helm.sh/nothing\n", "text/plain; charset=utf-8"},
		"/get.helm.sh/":                        {404, "", ""},
		"/update.k3s.io/c/stable.redirect":     {404, "", ""},
		"/get.helm.sh/../../../../etc/passwd":  {404, "", ""},
		"/get.helm.sh/%2e%2e/%2e%2e/etc/group": {404, "", ""},
		"/_lab/ready":                          {200, "ready\n", ""},
	} {
		answer, body, err := get(t, web.URL+path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if answer.StatusCode != want.status || want.body != "" && body != want.body || want.kind != "" && answer.Header.Get("Content-Type") != want.kind {
			t.Errorf("%s: %s %q %q", path, answer.Status, answer.Header.Get("Content-Type"), body)
		}
	}
	answer, _, err := get(t, web.URL+"/update.k3s.io/c/stable")
	if err != nil || answer.StatusCode != 302 || answer.Header.Get("Location") != "https://github.com/tag/v1.36.3+k3s1" {
		t.Errorf("channel: %v %v", answer, err)
	}
}

func TestStatusFaultEndsAfterItsTimes(t *testing.T) {
	web, _ := serveTest(t)
	setFaults(t, web, `[{"prefix":"/get.helm.sh/","kind":"status","status":429,"retryAfter":1,"times":2}]`)
	for try, want := range []int{429, 429, 200} {
		answer, _, err := get(t, web.URL+"/get.helm.sh/helm.tgz")
		if err != nil || answer.StatusCode != want {
			t.Fatalf("try %d: %v %v, want %d", try, answer, err, want)
		}
		if after := answer.Header.Get("Retry-After"); (after == "1") != (want == 429) {
			t.Errorf("try %d: Retry-After %q", try, after)
		}
	}
}

func TestBodyFaults(t *testing.T) {
	web, registry := serveTest(t)
	for kind, judge := range map[string]func(answer *http.Response, body string, err error) bool{
		"truncate": func(a *http.Response, body string, err error) bool {
			return errors.Is(err, io.ErrUnexpectedEOF) && a.ContentLength == int64(len(content)) && body == content[:len(content)/2]
		},
		"wrong-bytes": func(_ *http.Response, body string, err error) bool {
			return err == nil && len(body) == len(content) && body != content
		},
		"html": func(a *http.Response, body string, err error) bool {
			return err == nil && a.StatusCode == 200 && strings.Contains(body, "<html>")
		},
		"dead": func(a *http.Response, _ string, err error) bool { return err != nil && a == nil },
		"redirect": func(a *http.Response, _ string, err error) bool {
			return err == nil && a.StatusCode == 302 && a.Header.Get("Location") == "http://elsewhere/"
		},
	} {
		setFaults(t, web, `[{"prefix":"/","kind":"`+kind+`","location":"http://elsewhere/"}]`)
		for _, url := range []string{web.URL + "/get.helm.sh/helm.tgz", registry.URL + "/v2/docker.io/library/busybox/blobs/x"} {
			answer, body, err := get(t, url)
			if !judge(answer, body, err) {
				t.Errorf("%s %s: %v %q %v", kind, url, answer, body, err)
			}
		}
	}
}

func TestMissingChecksumLeavesTheRest(t *testing.T) {
	web, _ := serveTest(t)
	setFaults(t, web, `[{"prefix":"/get.helm.sh/","kind":"missing-checksum"}]`)
	if answer, _, err := get(t, web.URL+"/get.helm.sh/helm.tgz.sha256sum"); err != nil || answer.StatusCode != 404 {
		t.Errorf("checksum: %v %v", answer, err)
	}
	if answer, _, err := get(t, web.URL+"/get.helm.sh/helm.tgz"); err != nil || answer.StatusCode != 200 {
		t.Errorf("archive: %v %v", answer, err)
	}
}

func TestSlowTakesItsTime(t *testing.T) {
	web, _ := serveTest(t)
	setFaults(t, web, `[{"prefix":"/","kind":"slow","bytesPerSecond":100}]`)
	start := time.Now()
	_, body, err := get(t, web.URL+"/get.helm.sh/helm.tgz")
	if took := time.Since(start); err != nil || body != content || took < 300*time.Millisecond {
		t.Errorf("%q %v after %v", body, err, took)
	}
}

func TestStallSendsTheHeaderOnly(t *testing.T) {
	web, _ := serveTest(t)
	setFaults(t, web, `[{"prefix":"/","kind":"stall"}]`)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, web.URL+"/get.helm.sh/helm.tgz", nil)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal("no header came:", err)
	}
	defer answer.Body.Close()
	if n, err := bufio.NewReader(answer.Body).ReadByte(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a byte came: %d %v", n, err)
	}
}

func TestWrongFaultsAreRefused(t *testing.T) {
	web, _ := serveTest(t)
	for _, faults := range []string{`[{"prefix":"/","kind":"funny"}]`, `[{"prefix":"x","kind":"dead"}]`, `[{"prefix":"/","kind":"slow"}]`, `[{"prefix":"/","kind":"bad-archive","entry":"funny"}]`, `[{"prefix":"/","kind":"dead","tmies":1}]`, `{}`} {
		r, _ := http.NewRequest(http.MethodPut, web.URL+"/_lab/faults", strings.NewReader(faults))
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", faults, answer.Status)
		}
	}
}

func TestRequestsAreCounted(t *testing.T) {
	web, registry := serveTest(t)
	setFaults(t, web, `[{"prefix":"/get.helm.sh/","kind":"truncate","times":1},{"prefix":"/v2/dead","kind":"dead"}]`)
	for _, url := range []string{web.URL + "/get.helm.sh/helm.tgz", web.URL + "/get.helm.sh/helm.tgz", registry.URL + "/v2/blob", registry.URL + "/v2/dead", web.URL + "/nothing"} {
		_, _, _ = get(t, url)
	}
	_, text, err := get(t, web.URL+"/_lab/requests")
	if err != nil {
		t.Fatal(err)
	}
	requests := []request{}
	if err := json.Unmarshal([]byte(text), &requests); err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, r := range requests {
		line, _ := json.Marshal([]any{r.Server, r.Path, r.Status, r.Bytes, r.Fault})
		got = append(got, string(line))
	}
	want := []string{
		`["web","/get.helm.sh/helm.tgz",200,18,"truncate"]`, `["web","/get.helm.sh/helm.tgz",200,36,""]`,
		`["registry","/v2/blob",200,36,""]`, `["registry","/v2/dead",0,0,"dead"]`, `["web","/nothing",404,34,""]`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	r, _ := http.NewRequest(http.MethodDelete, web.URL+"/_lab/requests", nil)
	if _, err := http.DefaultClient.Do(r); err != nil {
		t.Fatal(err)
	}
	if _, text, _ := get(t, web.URL+"/_lab/requests"); text != "[]\n" {
		t.Errorf("after DELETE: %s", text)
	}
}

func TestClientSetsFaults(t *testing.T) {
	web, _ := serveTest(t)
	t.Setenv("LAB_MIRROR", web.URL)
	if err := run([]string{"fault", "status", "/get.helm.sh/", "status=503", "times=1"}); err != nil {
		t.Fatal(err)
	}
	if answer, _, _ := get(t, web.URL+"/get.helm.sh/helm.tgz"); answer.StatusCode != 503 {
		t.Errorf("not set: %s", answer.Status)
	}
	if err := run([]string{"fault", "status", "/x"}); err == nil {
		t.Error("a status fault without status was taken")
	}
	if err := run([]string{"faults", "clear"}); err != nil {
		t.Fatal(err)
	}
	if _, text, _ := get(t, web.URL+"/_lab/faults"); text != "[]\n" {
		t.Errorf("not cleared: %s", text)
	}
}
