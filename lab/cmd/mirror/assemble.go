package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// layout is part of every key: raise it when what is written changes, and everything is written anew.
const layout = "4"

// assembly fills OUT/mirror: hosts/ is served over HTTP, registry/ is docker-registry's storage, keys/ tells what each
// part was made from.
type assembly struct {
	out, lab   string
	k3sVersion string
	sizes      string // genuine: see sizes.go
	folder     string // below out
}

func (a assembly) run() error {
	start := time.Now()
	for _, folder := range []*string{&a.out, &a.lab} { // keys hold paths
		absolute, err := filepath.Abs(*folder)
		if err != nil {
			return err
		}
		*folder = absolute
	}
	type part struct {
		name string
		fill func() error
	}
	parts := []part{
		{"k3s", a.k3s}, {"kubectl", a.kubectl}, {"helm", a.helm}, {"charts", a.charts}, {"dashboards", a.dashboards}, {"plugins", a.plugins}, {"images", a.images},
	}
	if a.sizes != "" {
		parts = []part{{"images", a.images}}
	}
	for _, part := range parts {
		if err := part.fill(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	fmt.Printf("[mirror] complete after %.1f s\n", time.Since(start).Seconds())
	return nil
}

func (a assembly) host(path ...string) string {
	return filepath.Join(append([]string{a.out, a.folder, "hosts"}, path...)...)
}

// once calls fill unless it was done before with the same key; what is below the folders (of hosts/) goes first.
func (a assembly) once(name, key string, folders []string, fill func() error) error {
	start := time.Now()
	file := filepath.Join(a.out, a.folder, "keys", name)
	key = layout + "\n" + key
	if old, err := os.ReadFile(file); err == nil && string(old) == key {
		return nil
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, folder := range folders {
		if err := os.RemoveAll(a.host(folder)); err != nil {
			return err
		}
	}
	if err := fill(); err != nil {
		return err
	}
	fmt.Printf("[mirror] %-40s %5.1f s\n", name, time.Since(start).Seconds())
	return write(file, []byte(key))
}

// identity changes when one of the files does.
func identity(files ...string) (string, error) {
	lines := make([]string, 0, len(files))
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return "", err
		}
		lines = append(lines, fmt.Sprintf("%s %d %d", file, info.Size(), info.ModTime().UnixNano()))
	}
	return strings.Join(lines, "\n"), nil
}

// link makes to the same file as from: a hard link, or a copy where that can't be.
func link(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// write makes missing folders; whoever reads sees the old content or the new.
func write(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file+".tmp", content, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".tmp", file)
}

func writeAsJSON(file string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return write(file, append(text, '\n'))
}

func sha256File(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (a assembly) archives() ([]string, error) {
	files, err := filepath.Glob(filepath.Join(a.out, "images", "*.tar"))
	sort.Strings(files)
	return files, err
}
