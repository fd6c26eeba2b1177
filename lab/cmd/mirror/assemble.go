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
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"
)

// layout is part of every key: raise it when what is written changes, and everything is written anew.
const layout = "2"

// assembly fills OUT/mirror: hosts/ is served over HTTP, registry/ is docker-registry's storage, keys/ tells what each
// part was made from.
type assembly struct {
	out, lab   string
	k3sVersion string
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
	for _, part := range []struct {
		name string
		fill func() error
	}{
		{"k3s", a.k3s}, {"kubectl", a.kubectl}, {"helm", a.helm}, {"charts", a.charts}, {"dashboards", a.dashboards}, {"images", a.images},
	} {
		if err := part.fill(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	fmt.Printf("[mirror] complete after %.1f s\n", time.Since(start).Seconds())
	return nil
}

func (a assembly) host(path ...string) string {
	return filepath.Join(append([]string{a.out, "mirror", "hosts"}, path...)...)
}

// once calls fill unless it was done before with the same key; what is below the folders (of hosts/) goes first.
func (a assembly) once(name, key string, folders []string, fill func() error) error {
	start := time.Now()
	file := filepath.Join(a.out, "mirror", "keys", name)
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

func (a assembly) k3s() error {
	binary := filepath.Join(a.out, "k3s")
	images, err := a.archives()
	if err != nil {
		return err
	}
	key, err := identity(append([]string{binary}, images...)...)
	if err != nil {
		return err
	}
	return a.once("k3s", a.k3sVersion+"\n"+key, []string{"github.com/k3s-io", "update.k3s.io"}, func() error {
		folder := a.host("github.com/k3s-io/k3s/releases/download", a.k3sVersion)
		if err := link(binary, filepath.Join(folder, "k3s")); err != nil {
			return err
		}
		list := ""
		for _, archive := range images {
			name, err := imageName(archive)
			if err != nil {
				return err
			}
			if strings.HasPrefix(name, "docker.io/rancher/") {
				list += name + "\n"
			}
		}
		if err := write(filepath.Join(folder, "k3s-images.txt"), []byte(list)); err != nil {
			return err
		}
		sums := ""
		for _, name := range []string{"k3s", "k3s-images.txt"} {
			sum, err := sha256File(filepath.Join(folder, name))
			if err != nil {
				return err
			}
			sums += sum + "  " + name + "\n"
		}
		if err := write(filepath.Join(folder, "sha256sum-amd64.txt"), []byte(sums)); err != nil {
			return err
		}
		return a.channels()
	})
}

// channels is what k3s' channel server answers: a list, and a redirect to the release for each channel.
func (a assembly) channels() error {
	type channel struct {
		ID     string            `json:"id"`
		Type   string            `json:"type"`
		Links  map[string]string `json:"links"`
		Name   string            `json:"name"`
		Latest string            `json:"latest"`
	}
	const self = "https://update.k3s.io/v1-release/channels"
	tag := "https://github.com/k3s-io/k3s/releases/tag/" + a.k3sVersion
	channels := []channel{}
	for _, name := range []string{"stable", "latest", minor(a.k3sVersion)} {
		channels = append(channels, channel{name, "channel", map[string]string{"self": self + "/" + name}, name, a.k3sVersion})
		if err := write(a.host("update.k3s.io/v1-release/channels", name+redirectSuffix), []byte(tag)); err != nil {
			return err
		}
	}
	return writeAsJSON(a.host("update.k3s.io/v1-release/channels", listingName), map[string]any{
		"type": "collection", "links": map[string]string{"self": self}, "resourceType": "channels", "data": channels,
	})
}

func (a assembly) kubectl() error {
	binaries, err := filepath.Glob(filepath.Join(a.out, "bin", "kubectl*"))
	if err != nil {
		return err
	}
	key, err := identity(binaries...)
	if err != nil {
		return err
	}
	return a.once("kubectl", key, []string{"dl.k8s.io"}, func() error {
		newest := map[string]string{}
		for _, binary := range binaries {
			version, err := versionOf(binary, "version", "--client", "-o", "json")
			if err != nil {
				return err
			}
			file := a.host("dl.k8s.io/release", version, "bin/linux/amd64/kubectl")
			if err := link(binary, file); err != nil {
				return err
			}
			sum, err := sha256File(file)
			if err != nil {
				return err
			}
			if err := write(file+".sha256", []byte(sum)); err != nil {
				return err
			}
			for _, name := range []string{"stable.txt", "stable-" + strings.TrimPrefix(minor(version), "v") + ".txt"} {
				newest[name] = later(newest[name], version)
			}
		}
		for name, version := range newest {
			if err := write(a.host("dl.k8s.io/release", name), []byte(version)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a assembly) helm() error {
	binaries, err := filepath.Glob(filepath.Join(a.out, "bin", "helm*"))
	if err != nil {
		return err
	}
	key, err := identity(binaries...)
	if err != nil {
		return err
	}
	return a.once("helm", key, []string{"get.helm.sh"}, func() error {
		newest := map[string]string{}
		for _, binary := range binaries {
			version, err := versionOf(binary, "version", "--template", `{"clientVersion":{"gitVersion":"{{.Version}}"}}`)
			if err != nil {
				return err
			}
			archive := a.host("get.helm.sh", "helm-"+version+"-linux-amd64.tar.gz")
			if err := tarball(archive, map[string]string{"linux-amd64/helm": binary}); err != nil {
				return err
			}
			sum, err := sha256File(archive)
			if err != nil {
				return err
			}
			if err := errors.Join(write(archive+".sha256", []byte(sum)), write(archive+".sha256sum", []byte(sum+"  "+filepath.Base(archive)+"\n"))); err != nil {
				return err
			}
			for _, name := range []string{"helm-latest-version", "helm" + version[1:strings.Index(version, ".")] + "-latest-version"} {
				newest[name] = later(newest[name], version)
			}
		}
		for name, version := range newest {
			if err := write(a.host("get.helm.sh", name), []byte(version+"\n")); err != nil {
				return err
			}
		}
		return nil
	})
}

// dashboards are served as grafana.com does: what is known of one, and each revision's JSON.
func (a assembly) dashboards() error {
	revisions := map[string]int{"315": 3, "1860": 42, "3662": 2, "6417": 1}
	files, err := filepath.Glob(filepath.Join(a.lab, "dashboards", "*.json"))
	if err != nil {
		return err
	}
	key, err := identity(files...)
	if err != nil {
		return err
	}
	return a.once("dashboards", key, []string{"grafana.com"}, func() error {
		for _, file := range files {
			id := strings.TrimSuffix(filepath.Base(file), ".json")
			folder := a.host("grafana.com/api/dashboards", id)
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			about := struct {
				Title       string `json:"title"`
				Description string `json:"description"`
			}{}
			if err := json.Unmarshal(text, &about); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			newest := max(1, revisions[id])
			names := []string{"latest"}
			for revision := 1; revision <= newest; revision++ {
				names = append(names, strconv.Itoa(revision))
			}
			for _, name := range names {
				if err := link(file, filepath.Join(folder, "revisions", name, "download")); err != nil {
					return err
				}
			}
			number, err := strconv.Atoi(id)
			if err != nil {
				return fmt.Errorf("%s: a dashboard's file is named by its id", file)
			}
			if err := writeAsJSON(filepath.Join(folder, listingName), map[string]any{
				"id": number, "name": about.Title, "description": about.Description, "revision": newest, "status": "published",
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// versionOf asks a program for its version.
func versionOf(program string, args ...string) (string, error) {
	text, err := exec.Command(program, args...).Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", program, strings.Join(args, " "), err)
	}
	said := struct {
		ClientVersion struct {
			GitVersion string `json:"gitVersion"`
		} `json:"clientVersion"`
	}{}
	if err := json.Unmarshal(text, &said); err != nil {
		return "", fmt.Errorf("%s says %q: %w", program, text, err)
	}
	version := said.ClientVersion.GitVersion
	if !strings.HasPrefix(version, "v") || strings.Count(version, ".") < 2 {
		return "", fmt.Errorf("%s says that its version is %q", program, version)
	}
	return version, nil
}

// minor makes v1.36 of v1.36.3+k3s1.
func minor(version string) string {
	return strings.Join(strings.SplitN(version, ".", 3)[:2], ".")
}

// later is the higher of two versions like v1.36.3.
func later(a, b string) string {
	numbers := func(v string) []int {
		var ns []int
		for _, field := range strings.FieldsFunc(v, func(c rune) bool { return c < '0' || c > '9' }) {
			n, _ := strconv.Atoi(field)
			ns = append(ns, n)
		}
		return ns
	}
	x, y := numbers(a), numbers(b)
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			if x[i] > y[i] {
				return a
			}
			return b
		}
	}
	if len(x) > len(y) {
		return a
	}
	return b
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
