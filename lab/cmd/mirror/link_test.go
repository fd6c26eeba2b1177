package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// All bodies of all servers share the link: three downloads at once take as long as one of three times the size.
func TestLinkLimitsAllBodiesTogether(t *testing.T) {
	const size, speed = 1 << 20, 10 << 20
	blob := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = w.Write(make([]byte, size))
	})
	hosts := t.TempDir()
	if err := write(filepath.Join(hosts, "get.helm.sh", "helm.tgz"), make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	m := newMirror(hosts, blob, func() error { return nil })
	web, registry := httptest.NewServer(m.web()), httptest.NewServer(m.registry())
	defer web.Close()
	defer registry.Close()
	set, err := http.NewRequest(http.MethodPut, web.URL+"/_lab/link", strings.NewReader(`{"bytesPerSecond": `+strconv.Itoa(speed)+`}`))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(set)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer, err)
	}
	began := time.Now()
	var all sync.WaitGroup
	for _, url := range []string{web.URL + "/get.helm.sh/helm.tgz", registry.URL + "/v2/x/blobs/1", registry.URL + "/v2/x/blobs/2"} {
		all.Go(func() {
			answer, err := http.Get(url)
			if err != nil {
				t.Error(err)
				return
			}
			defer answer.Body.Close()
			if n, err := io.Copy(io.Discard, answer.Body); n != size || err != nil {
				t.Errorf("%s: %d bytes, %v", url, n, err)
			}
		})
	}
	all.Wait()
	if took, least := time.Since(began), 290*time.Millisecond; took < least {
		t.Errorf("3 MiB at 10 MiB/s took %v", took)
	}
}

func TestLinkCountsALargeStandInAsUpstreamsFile(t *testing.T) {
	hosts := t.TempDir()
	file := filepath.Join(hosts, "k3s")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, 162e6); err != nil {
		t.Fatal(err)
	}
	if cost := costOf(hosts, "/k3s"); cost != 0.5 {
		t.Errorf("twice the size: cost %v", cost)
	}
	if cost := costOf(hosts, "/other"); cost != 1 {
		t.Errorf("another file: cost %v", cost)
	}
}
