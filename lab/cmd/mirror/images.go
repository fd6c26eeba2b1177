package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// oldTags are what the old charts ask for; behind each is the same program as behind today's tag.
var oldTags = map[string]string{
	"quay.io/prometheus/prometheus":                          "v2.47.0",
	"quay.io/prometheus/alertmanager":                        "v0.26.0",
	"quay.io/prometheus/node-exporter":                       "v1.6.1",
	"quay.io/prometheus/pushgateway":                         "v1.6.2",
	"registry.k8s.io/kube-state-metrics/kube-state-metrics":  "v2.10.0",
	"quay.io/prometheus-operator/prometheus-config-reloader": "v0.67.0",
	"docker.io/grafana/grafana":                              "10.1.5",
}

// images fills docker-registry's storage from docker archives, without a registry: its layout is blobs by digest and
// small files that name them. Layers stay uncompressed: the way to whoever pulls is a loopback, unpacking costs more
// than it saves. An image docker.io/library/busybox:1.38.0 is in the repository docker.io/library/busybox, so that one
// mirror address serves every registry: /v2/docker.io/library/busybox/manifests/1.38.0.
func (a assembly) images() error {
	archives, err := a.archives()
	if err != nil {
		return err
	}
	s := storage(filepath.Join(a.out, a.folder, "registry", "docker", "registry", "v2"))
	err = a.once("images", strings.Join(archives, "\n"), nil, func() error { // other images: none of the old ones stays
		old, err := filepath.Glob(filepath.Join(a.out, a.folder, "keys", "image-*"))
		for _, key := range old {
			err = errors.Join(err, os.Remove(key))
		}
		return errors.Join(err, os.RemoveAll(string(s)))
	})
	if err := errors.Join(err, os.MkdirAll(string(s), 0o755)); err != nil {
		return err
	}
	repositories, err := byRepository(archives)
	if err != nil {
		return err
	}
	for repository, own := range repositories { // as one, so that what an image of before has left goes
		key, err := identity(own...)
		if err != nil {
			return err
		}
		key += oldTags[repository]
		fill := func() error {
			err := os.RemoveAll(filepath.Join(string(s), "repositories", repository))
			for _, archive := range own {
				err = errors.Join(err, a.add(s, archive))
			}
			if old, known := oldTags[repository]; known {
				err = errors.Join(err, s.again(own[0], old))
			}
			return err
		}
		if err := a.once("image-"+filepath.Base(own[0]), key, nil, fill); err != nil {
			return fmt.Errorf("%s: %w", repository, err)
		}
	}
	return s.dropUnused()
}

// byRepository groups archives of the same image under several tags.
func byRepository(archives []string) (map[string][]string, error) {
	repositories := map[string][]string{}
	for _, archive := range archives {
		name, err := imageName(archive)
		if err != nil {
			return nil, err
		}
		repository, _ := cutTag(name)
		repositories[repository] = append(repositories[repository], archive)
	}
	return repositories, nil
}

func cutTag(name string) (repository, tag string) {
	at := strings.LastIndex(name, ":")
	return name[:at], name[at+1:]
}

type archiveManifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// readManifest reads manifest.json, wherever it is in the archive.
func readManifest(archive string) (archiveManifest, error) {
	images := []archiveManifest{}
	err := eachFile(archive, func(name string, r io.Reader) error {
		if name != "manifest.json" {
			return nil
		}
		return json.NewDecoder(r).Decode(&images)
	})
	if err == nil && (len(images) != 1 || len(images[0].RepoTags) != 1) {
		err = errors.New("not an archive of one image with one name")
	}
	if err != nil {
		return archiveManifest{}, err
	}
	return images[0], nil
}

func imageName(archive string) (string, error) {
	manifest, err := readManifest(archive)
	if err != nil {
		return "", err
	}
	return manifest.RepoTags[0], nil
}

func eachFile(archive string, visit func(name string, r io.Reader) error) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	tr := tar.NewReader(f) // skips by seeking, as the file is one
	for {
		header, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := visit(header.Name, tr); err != nil {
			return err
		}
	}
}

type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

// storage is docker/registry/v2 in a docker-registry's root directory.
type storage string

// add stores the image of an archive; with genuine sizes, one that they name is padded to them.
func (a assembly) add(s storage, archive string) error {
	image, err := readManifest(archive)
	if err != nil {
		return err
	}
	repository, tag := cutTag(image.RepoTags[0])
	parts := s.plainParts
	if size, known := genuineSizes[repository]; a.sizes == "genuine" && known && !strings.HasSuffix(tag, "-distroless") {
		parts = func(archive string, image archiveManifest) (descriptor, []descriptor, error) {
			return a.paddedParts(s, archive, image, size)
		}
	}
	config, layers, err := parts(archive, image)
	if err != nil {
		return err
	}
	return s.publish(repository, tag, config, layers)
}

const layerType = "application/vnd.oci.image.layer.v1.tar"

// plainParts stores an archive's configuration and its layers as they are.
func (s storage) plainParts(archive string, image archiveManifest) (config descriptor, layers []descriptor, err error) {
	blobs := map[string]descriptor{}
	err = eachFile(archive, func(name string, r io.Reader) error {
		if name != image.Config && !strings.HasSuffix(name, "/layer.tar") {
			return nil
		}
		blob, err := s.blob(r)
		blobs[name] = blob
		return err
	})
	if err != nil {
		return config, nil, err
	}
	for _, name := range append([]string{image.Config}, image.Layers...) {
		blob, ok := blobs[name]
		if !ok {
			return config, nil, fmt.Errorf("%s is missing", name)
		}
		blob.MediaType = layerType
		layers = append(layers, blob)
	}
	return layers[0], layers[1:], nil
}

// publish writes an image's manifest, and tells its repository of all its parts.
func (s storage) publish(repository, tag string, config descriptor, layers []descriptor) error {
	for _, part := range append([]descriptor{config}, layers...) {
		if err := s.link(repository, "_layers", part.Digest); err != nil {
			return err
		}
	}
	config.MediaType = "application/vnd.oci.image.config.v1+json"
	text, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers,
	})
	if err != nil {
		return err
	}
	manifest, err := s.blob(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return errors.Join(
		s.link(repository, "_manifests/revisions", manifest.Digest),
		s.tag(repository, tag, manifest.Digest),
	)
}

// blob stores what r gives under its digest.
func (s storage) blob(r io.Reader) (descriptor, error) {
	f, err := os.CreateTemp(string(s), "blob-")
	if err != nil {
		return descriptor{}, err
	}
	defer os.Remove(f.Name())
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(f, sum), r)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return descriptor{}, err
	}
	name := hex.EncodeToString(sum.Sum(nil))
	folder := filepath.Join(string(s), "blobs", "sha256", name[:2], name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return descriptor{}, err
	}
	return descriptor{Digest: "sha256:" + name, Size: size}, os.Rename(f.Name(), filepath.Join(folder, "data"))
}

// current is the file that says which manifest has a tag.
func (s storage) current(repository, tag string) string {
	return filepath.Join(string(s), "repositories", repository, "_manifests", "tags", tag, "current", "link")
}

func (s storage) tag(repository, tag, digest string) error {
	return errors.Join(
		s.link(repository, "_manifests/tags/"+tag+"/index", digest),
		write(s.current(repository, tag), []byte(digest)),
	)
}

// again gives an archive's image a second tag.
func (s storage) again(archive, tag string) error {
	name, err := imageName(archive)
	if err != nil {
		return err
	}
	repository, known := cutTag(name)
	digest, err := os.ReadFile(s.current(repository, known))
	return errors.Join(err, s.tag(repository, tag, string(digest)))
}

// link lets a repository know of a blob.
func (s storage) link(repository, kind, digest string) error {
	file := filepath.Join(string(s), "repositories", repository, filepath.FromSlash(kind), strings.Replace(digest, ":", "/", 1), "link")
	return write(file, []byte(digest))
}

// dropUnused removes blobs that no repository knows any more.
func (s storage) dropUnused() error {
	used := map[string]bool{}
	links, err := filesBelow(filepath.Join(string(s), "repositories"))
	if err != nil {
		return err
	}
	for _, link := range links {
		digest, err := os.ReadFile(link)
		if err != nil {
			return err
		}
		used[strings.TrimPrefix(string(digest), "sha256:")] = true
	}
	blobs, err := filepath.Glob(filepath.Join(string(s), "blobs", "sha256", "*", "*"))
	for _, blob := range blobs {
		if !used[filepath.Base(blob)] {
			err = errors.Join(err, os.RemoveAll(blob))
		}
	}
	return err
}
