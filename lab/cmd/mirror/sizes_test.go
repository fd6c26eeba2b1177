package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An image that was padded has the sizes that were asked for, and its configuration names what its layers unpack to.
func TestPaddedImageHasTheSizesAndIsWhole(t *testing.T) {
	a := built(t)
	a.folder, a.sizes = "mirror-genuine", "genuine"
	program := make([]byte, 2*unitSize) // compresses to about the half
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(program)
	for i := range program {
		program[i] &= 0x0f
	}
	for _, file := range []string{"k3s", "bin/prometheus"} {
		if err := os.WriteFile(filepath.Join(a.out, file), program, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	archive := filepath.Join(a.out, "images", "50-own.tar")
	imageArchive(t, archive, "docker.io/lab/own:1", strings.Repeat("layer", 1000))
	image, err := readManifest(archive)
	if err != nil {
		t.Fatal(err)
	}
	s := storage(filepath.Join(a.out, a.folder, "registry"))
	if err := os.MkdirAll(string(s), 0o755); err != nil {
		t.Fatal(err)
	}
	wanted := genuineSize{30e6, 100e6, 2}
	config, layers, err := a.paddedParts(s, archive, image, wanted)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
		History []any
	}
	if err := json.Unmarshal([]byte(read(t, s.data(config))), &document); err != nil {
		t.Fatal(err)
	}
	var compressed, unpacked int64
	for number, layer := range layers {
		raw := unpack(t, s.data(layer))
		compressed, unpacked = compressed+layer.Size, unpacked+int64(len(raw))
		if number == 0 {
			continue // the image's own
		}
		if id := fmt.Sprintf("sha256:%x", sha256.Sum256(raw)); document.RootFS.DiffIDs[number-1] != id {
			t.Errorf("layer %d unpacks to %s, the configuration has %v", number, id, document.RootFS.DiffIDs)
		}
		files := tar.NewReader(bytes.NewReader(raw))
		if header, err := files.Next(); err != nil || header.Name != fmt.Sprintf("padding-%d", number-1) {
			t.Error(header, err)
		}
		if _, err := files.Next(); !errors.Is(err, io.EOF) {
			t.Error("more than one file:", err)
		}
	}
	if off := math.Abs(float64(compressed)/float64(wanted.compressed) - 1); off > 0.2 {
		t.Errorf("compressed: %d", compressed)
	}
	if off := math.Abs(float64(unpacked)/float64(wanted.unpacked) - 1); off > 0.2 {
		t.Errorf("unpacked: %d", unpacked)
	}
}

func (s storage) data(d descriptor) string {
	name := strings.TrimPrefix(d.Digest, "sha256:")
	return filepath.Join(string(s), "blobs", "sha256", name[:2], name, "data")
}

func unpack(t *testing.T, file string) []byte {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(read(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
