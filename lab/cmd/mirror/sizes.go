package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// genuineSize is what a registry sends of an image, and what its layers unpack to.
type genuineSize struct {
	compressed, unpacked int64
	layers               int // of padding; containerd fetches several at once and unpacks one after the other
}

// genuineSizes: compressed as measured. Of what they unpack to, only Grafana's was measured; the others are programs
// written in Go, which compress to two fifths. k3s' small images are as they are.
var genuineSizes = map[string]genuineSize{
	"docker.io/grafana/grafana":                              {348e6, 1400e6, 3},
	"quay.io/prometheus/prometheus":                          {153e6, 385e6, 2},
	"quay.io/prometheus/alertmanager":                        {31e6, 78e6, 1},
	"docker.io/rancher/mirrored-coredns-coredns":             {21e6, 78e6, 1},
	"registry.k8s.io/kube-state-metrics/kube-state-metrics":  {19e6, 62e6, 1},
	"docker.io/rancher/local-path-provisioner":               {19e6, 52e6, 1},
	"quay.io/prometheus-operator/prometheus-config-reloader": {14e6, 42e6, 1},
	"quay.io/prometheus/node-exporter":                       {13e6, 26e6, 1},
}

const unitSize = 4 << 20

// unit is a piece of a layer, compressed as a gzip member of its own: pieces can follow each other in any order.
type unit struct{ raw, packed []byte }

// filler is what padding is made of, in falling order of what it compresses to: bytes of no order, programs, text, zeros.
type filler [4][]unit

func packUnit(raw []byte) (unit, error) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write(raw)
	err = errors.Join(err, w.Close())
	return unit{raw, packed.Bytes()}, err
}

// filler reads the lab's own programs and the project's bundle: padding is unpacked as fast as what it stands for.
func (a assembly) filler() (filler, error) {
	random := make([]byte, unitSize)
	source := rand.NewChaCha8([32]byte{})
	_, _ = source.Read(random)
	raws := [4][][]byte{{random}, nil, nil, {make([]byte, unitSize)}}
	chunks, err := filepath.Glob(filepath.Join(a.lab, "..", "dist", "chunks", "*.js"))
	if err != nil {
		return filler{}, err
	}
	for kind, files := range map[int][]string{1: {filepath.Join(a.out, "k3s"), filepath.Join(a.out, "bin", "prometheus")}, 2: chunks} {
		var text []byte
		for _, file := range files {
			f, err := os.Open(file)
			if err != nil {
				return filler{}, err
			}
			part, err := io.ReadAll(io.LimitReader(f, 8*unitSize))
			if err := errors.Join(err, f.Close()); err != nil {
				return filler{}, err
			}
			text = append(text, part...)
		}
		for ; len(text) >= unitSize; text = text[unitSize:] {
			raws[kind] = append(raws[kind], text[:unitSize])
		}
		if raws[kind] == nil {
			return filler{}, fmt.Errorf("too little to make padding of: %s", strings.Join(files, ", "))
		}
	}
	var all filler
	for kind, pieces := range raws {
		for _, raw := range pieces {
			one, err := packUnit(raw)
			if err != nil {
				return filler{}, err
			}
			all[kind] = append(all[kind], one)
		}
	}
	return all, nil
}

// next is the piece that brings a layer with so much left nearer to both of its sizes.
func (f filler) next(left genuineSize, number int) unit {
	ratio := float64(left.unpacked) / float64(max(left.compressed, 1))
	for _, pieces := range f {
		one := pieces[number%len(pieces)]
		if ratio <= float64(len(one.raw))/float64(len(one.packed)) {
			return one
		}
	}
	return f[len(f)-1][0]
}

// paddedParts stores an archive's layers compressed, and layers of padding after them; the configuration names all.
func (a assembly) paddedParts(s storage, archive string, image archiveManifest, size genuineSize) (config descriptor, layers []descriptor, err error) {
	var document map[string]any
	err = eachFile(archive, func(name string, r io.Reader) error {
		if name == image.Config {
			return json.NewDecoder(r).Decode(&document)
		}
		if !strings.HasSuffix(name, "/layer.tar") {
			return nil
		}
		layer, unpacked, err := s.packedLayer(r)
		layers = append(layers, layer)
		size.compressed -= layer.Size
		size.unpacked -= unpacked
		return err
	})
	if err != nil {
		return config, nil, err
	}
	padding, err := a.filler()
	if err != nil {
		return config, nil, err
	}
	root, ok := document["rootfs"].(map[string]any)
	if !ok {
		root = map[string]any{"type": "layers"}
		document["rootfs"] = root
	}
	ids, _ := root["diff_ids"].([]any)
	history, _ := document["history"].([]any)
	for number := range size.layers {
		share := genuineSize{size.compressed / int64(size.layers), size.unpacked / int64(size.layers), 1}
		layer, id, err := s.paddingLayer(padding, share, number)
		if err != nil {
			return config, nil, err
		}
		layers, ids = append(layers, layer), append(ids, id)
		history = append(history, map[string]string{"created": "1970-01-01T00:00:00Z", "comment": "padding to upstream's size"})
	}
	root["diff_ids"], document["history"] = ids, history
	text, err := json.Marshal(document)
	if err != nil {
		return config, nil, err
	}
	config, err = s.blob(bytes.NewReader(text))
	return config, layers, err
}

// packedLayer stores a layer compressed; it also says how much it unpacks to.
func (s storage) packedLayer(r io.Reader) (layer descriptor, unpacked int64, err error) {
	pr, pw := io.Pipe()
	go func() {
		w := gzip.NewWriter(pw)
		var err error
		unpacked, err = io.Copy(w, r)
		pw.CloseWithError(errors.Join(err, w.Close()))
	}()
	layer, err = s.blob(pr)
	layer.MediaType = layerType + "+gzip"
	return layer, unpacked, err
}

// paddingLayer stores a layer with one file of about these sizes; it also says the layer's diff id.
func (s storage) paddingLayer(from filler, left genuineSize, number int) (layer descriptor, id string, err error) {
	pieces := left.unpacked / unitSize
	var head bytes.Buffer
	header := tar.Header{Typeflag: tar.TypeReg, Name: fmt.Sprintf("padding-%d", number), Size: pieces * unitSize, Mode: 0o444, Format: tar.FormatGNU}
	if err := tar.NewWriter(&head).WriteHeader(&header); err != nil {
		return layer, "", err
	}
	pr, pw := io.Pipe()
	sum := sha256.New()
	go func() { pw.CloseWithError(writePadding(pw, sum, head.Bytes(), from, left, int(pieces))) }()
	layer, err = s.blob(pr)
	layer.MediaType = layerType + "+gzip"
	return layer, fmt.Sprintf("sha256:%x", sum.Sum(nil)), err
}

func writePadding(w io.Writer, sum hash.Hash, head []byte, from filler, left genuineSize, pieces int) error {
	send := func(one unit) error {
		left.compressed -= int64(len(one.packed))
		left.unpacked -= int64(len(one.raw))
		sum.Write(one.raw)
		_, err := w.Write(one.packed)
		return err
	}
	first, err := packUnit(head)
	last, other := packUnit(make([]byte, 1024)) // a tar ends in two blocks of zeros
	if err := errors.Join(err, other); err != nil {
		return err
	}
	if err := send(first); err != nil {
		return err
	}
	for number := range pieces {
		if err := send(from.next(left, number)); err != nil {
			return err
		}
	}
	return send(last)
}
