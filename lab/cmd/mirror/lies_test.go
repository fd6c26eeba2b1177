package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

func TestBadArchivesHaveChecksumsThatFit(t *testing.T) {
	web, _ := serveTest(t)
	for entry, want := range map[string]string{"": "lab/../../lab-fault", "absolute": "/tmp/lab-fault", "link": "lab/lab-fault"} {
		setFaults(t, web, `[{"prefix":"/","kind":"bad-archive","entry":"`+entry+`"}]`)
		_, archive, err := get(t, web.URL+"/get.helm.sh/helm.tgz")
		if err != nil {
			t.Fatal(err)
		}
		if names := namesIn(t, archive); len(names) != 2 || names[1] != want {
			t.Errorf("%q: %q", entry, names)
		}
		if _, text, _ := get(t, web.URL+"/get.helm.sh/helm.tgz.sha256sum"); text != sum([]byte(archive))+"  helm.tgz\n" {
			t.Errorf("%q: checksum file %q", entry, text)
		}
		if _, text, _ := get(t, web.URL+"/github.com/k3s/v1.36.3+k3s1/k3s"); text != "k3s" {
			t.Errorf("%q: what is no archive is %q", entry, text)
		}
	}
}

func namesIn(t *testing.T, archive string) []string {
	t.Helper()
	unpacked, err := gzip.NewReader(strings.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for reader := tar.NewReader(unpacked); ; {
		header, err := reader.Next()
		if err == io.EOF {
			return names
		}
		if err != nil && err != tar.ErrInsecurePath {
			t.Fatal(err)
		}
		names = append(names, header.Name)
	}
}

func TestAnIndexOfABadArchiveHasItsDigest(t *testing.T) {
	hosts := t.TempDir()
	if err := write(filepath.Join(hosts, "c", "index.yaml"), []byte("entries:\n  x:\n  - name: x\n    digest: abc\n")); err != nil {
		t.Fatal(err)
	}
	m := newMirror(hosts, http.NotFoundHandler(), func() error { return nil })
	f := fault{Prefix: "/", Kind: "bad-archive"}
	answer := &kept{header: http.Header{}, status: http.StatusOK}
	r, _ := http.NewRequest(http.MethodGet, "/c/index.yaml", nil)
	f.serve(answer, r, http.HandlerFunc(m.serveFile))
	if want := "entries:\n  x:\n  - name: x\n    digest: " + sum(f.archive()) + "\n"; answer.body.String() != want {
		t.Errorf("%q", answer.body.String())
	}
}

func TestGzipBombUnpacksToALot(t *testing.T) {
	web, _ := serveTest(t)
	setFaults(t, web, `[{"prefix":"/","kind":"gzip-bomb"}]`)
	r, _ := http.NewRequest(http.MethodGet, web.URL+"/get.helm.sh/helm.tgz", nil)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	packed, err := io.ReadAll(answer.Body)
	if err != nil || len(packed) > bombSize/50 {
		t.Fatalf("%d bytes, %v", len(packed), err)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, unpacked); err != nil || n < bombSize {
		t.Errorf("%d bytes unpacked, %v", n, err)
	}
	// what is no archive is one on its way
	answer, _, err = get(t, web.URL+"/github.com/k3s/v1.36.3+k3s1/k3s")
	if err != nil || !answer.Uncompressed {
		t.Errorf("%v %v", answer, err)
	}
}

func TestEndlessNeverEnds(t *testing.T) {
	web, _ := serveTest(t)
	setFaults(t, web, `[{"prefix":"/","kind":"endless"}]`)
	answer, err := http.Get(web.URL + "/get.helm.sh/helm.tgz")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if n, err := io.CopyN(io.Discard, answer.Body, 50<<20); err != nil || answer.ContentLength >= 0 {
		t.Errorf("ended after %d bytes of %d: %v", n, answer.ContentLength, err)
	}
}

func TestOtherChecksumLeavesTheRest(t *testing.T) {
	web, _ := serveTest(t)
	setFaults(t, web, `[{"prefix":"/get.helm.sh/","kind":"other-checksum"}]`)
	if _, text, err := get(t, web.URL+"/get.helm.sh/helm.tgz.sha256sum"); err != nil || !strings.HasSuffix(text, "  another-file\n") || len(text) != 64+len("  another-file\n") {
		t.Errorf("checksum: %q %v", text, err)
	}
	if _, text, err := get(t, web.URL+"/get.helm.sh/helm.tgz"); err != nil || text != content {
		t.Errorf("archive: %q %v", text, err)
	}
}
