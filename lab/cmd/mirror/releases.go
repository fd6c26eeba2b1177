package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

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
		if err := notHere(filepath.Join(folder, "k3s-arm64")); err != nil {
			return err
		}
		// Upstream's files have the checksums of the programs and of the image archives, not of the list of images.
		for arch, name := range map[string]string{"amd64": "k3s", "arm64": "k3s-arm64"} {
			sum, err := sha256File(filepath.Join(folder, name))
			if err != nil {
				return err
			}
			if err := write(filepath.Join(folder, "sha256sum-"+arch+".txt"), []byte(sum+"  "+name+"\n")); err != nil {
				return err
			}
		}
		return a.channels()
	})
}

// notHere stands in for a download that the lab has no use for: its checksum is published, and its bytes say what it is.
func notHere(file string) error {
	return write(file, []byte("lab stand-in: there is no "+filepath.Base(file)+" here, only its checksum counts\n"))
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
			other := a.host("dl.k8s.io/release", version, "bin/linux/arm64/kubectl")
			if err := errors.Join(link(binary, file), notHere(other)); err != nil {
				return err
			}
			for _, file := range []string{file, other} {
				sum, err := sha256File(file)
				if err != nil {
					return err
				}
				if err := write(file+".sha256", []byte(sum)); err != nil {
					return err
				}
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
			other := a.host("get.helm.sh", "helm-"+version+"-linux-arm64.tar.gz")
			if err := errors.Join(tarball(archive, map[string]string{"linux-amd64/helm": binary}), notHere(other)); err != nil {
				return err
			}
			for _, file := range []string{archive, other} {
				sum, err := sha256File(file)
				if err != nil {
					return err
				}
				if err := errors.Join(write(file+".sha256", []byte(sum)), write(file+".sha256sum", []byte(sum+"  "+filepath.Base(file)+"\n"))); err != nil {
					return err
				}
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
