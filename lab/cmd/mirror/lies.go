package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// A host that lies well lies everywhere: these faults give another archive, and checksums that fit it. So what refuses
// it must have looked into it.

const (
	bombSize = 300 << 20 // unpacked
	anyMore  = 64 << 10  // a piece of a body without end
)

// entries are the ways in which an archive can lead out of its folder.
var entries = map[string]tar.Header{
	"dotdot":   {Name: "lab/../../lab-fault", Typeflag: tar.TypeReg},
	"absolute": {Name: "/tmp/lab-fault", Typeflag: tar.TypeReg},
	"link":     {Name: "lab/lab-fault", Typeflag: tar.TypeSymlink, Linkname: "../../../etc/passwd"},
}

var digests = regexp.MustCompile(`(?m)^(\s+digest: ).*$`)

// lie answers in the place of next where there is something to lie about.
func (f fault) lie(w http.ResponseWriter, r *http.Request, next http.Handler) {
	archive := f.archive()
	name := path.Base(r.URL.Path)
	switch {
	case strings.HasSuffix(name, ".tgz"), strings.HasSuffix(name, ".tar.gz"):
		send200(w, archive)
	case strings.HasSuffix(name, ".sha256sum"):
		send200(w, []byte(fmt.Sprintf("%s  %s\n", sum(archive), strings.TrimSuffix(name, ".sha256sum"))))
	case name == "index.yaml":
		whole := &kept{header: http.Header{}, status: http.StatusOK}
		next.ServeHTTP(whole, r)
		send200(w, digests.ReplaceAll(whole.body.Bytes(), []byte("${1}"+sum(archive))))
	case f.Kind == "gzip-bomb":
		w.Header().Set("Content-Encoding", "gzip")
		send200(w, archive)
	default:
		next.ServeHTTP(w, r)
	}
}

func send200(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func (f fault) archive() []byte {
	if f.Kind == "gzip-bomb" {
		return bomb()
	}
	header := entries[cmp.Or(f.Entry, "dotdot")]
	return pack(header, strings.NewReader("lab fault\n"), int64(len("lab fault\n")))
}

// bomb is 300 MB of zeros in some 300 kB.
var bomb = sync.OnceValue(func() []byte {
	return pack(tar.Header{Name: "lab/zeros", Typeflag: tar.TypeReg}, zeros{}, bombSize)
})

// pack makes a .tgz of a Chart.yaml and one more entry.
func pack(header tar.Header, content io.Reader, size int64) []byte {
	var out bytes.Buffer
	compressed, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	archive := tar.NewWriter(compressed)
	add := func(header tar.Header, content io.Reader, size int64) {
		header.Mode = 0o644
		if header.Typeflag == tar.TypeReg {
			header.Size = size
		}
		if err := archive.WriteHeader(&header); err != nil {
			panic(err)
		}
		if _, err := io.CopyN(archive, content, header.Size); err != nil {
			panic(err)
		}
	}
	about := "apiVersion: v2\nname: lab\nversion: 0.0.0\n"
	add(tar.Header{Name: "lab/Chart.yaml", Typeflag: tar.TypeReg}, strings.NewReader(about), int64(len(about)))
	add(header, content, size)
	_ = archive.Close()
	_ = compressed.Close()
	return out.Bytes()
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// endless sends zeros until the client leaves.
func endless(w http.ResponseWriter, r *http.Request) {
	piece := make([]byte, anyMore)
	for r.Context().Err() == nil {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

// kept is a ResponseWriter that keeps what is written to it.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }
