package main

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// versionArgs has the programs whose version is the one of their image's tag, and the arguments that print it.
// local-path-provisioner isn't one of them: the module of the tag's version is not available.
var versionArgs = map[string]string{
	"bin/prometheus":                 "--version",
	"bin/promtool":                   "--version",
	"bin/alertmanager":               "--version",
	"bin/amtool":                     "--version",
	"bin/node_exporter":              "--version",
	"bin/pushgateway":                "--version",
	"bin/operator":                   "--version",
	"bin/prometheus-config-reloader": "--version",
	"kube-state-metrics":             "version",
	"metrics-server":                 "--version",
	"coredns":                        "--version",
}

// The images that each program must be in.
var expectedPrograms = map[string][]string{
	"quay.io/prometheus/prometheus:v3.14.0":            {"bin/prometheus", "bin/promtool"},
	"quay.io/prometheus/prometheus:v3.14.0-distroless": {"bin/prometheus", "bin/promtool"},
	"quay.io/prometheus/alertmanager:v0.34.0":          {"bin/alertmanager", "bin/amtool"},
}

func TestProgramsReportTheVersionOfTheirTag(t *testing.T) {
	images := unpackImages(t)
	for name, programs := range expectedPrograms {
		for _, program := range programs {
			if images[name][program] == "" {
				t.Errorf("image %s has no %s", name, program)
			}
		}
	}
	for name, programs := range images {
		_, tag, _ := strings.Cut(name, ":")
		version := strings.TrimSuffix(strings.TrimPrefix(tag, "v"), "-distroless")
		for program, file := range programs {
			out, err := exec.Command(file, versionArgs[program]).CombinedOutput()
			if err != nil {
				t.Errorf("%s in %s: %v\n%s", program, name, err, out)
			}
			line, _, _ := strings.Cut(string(out), "\n")
			if !regexp.MustCompile(`(^|[ v-])` + regexp.QuoteMeta(version) + `( |$)`).MatchString(line) {
				t.Errorf("%s in %s reports %q, expected the version %s", program, name, line, version)
			}
		}
	}
}

func TestServersOfImages(t *testing.T) {
	images := unpackImages(t)
	prometheus := images["quay.io/prometheus/prometheus:v3.14.0"]["bin/prometheus"]
	alertmanager := images["quay.io/prometheus/alertmanager:v0.34.0"]["bin/alertmanager"]
	t.Run("Prometheus", func(t *testing.T) {
		base := startServer(t, "global: {}", prometheus, "--storage.tsdb.path="+t.TempDir())
		expectPage(t, base+"/")
		var info struct{ Data struct{ Version string } }
		if err := getJSON(base+"/api/v1/status/buildinfo", &info); err != nil || info.Data.Version != "3.14.0" {
			t.Errorf("build info: %+v, %v; expected the version 3.14.0", info, err)
		}
	})
	t.Run("Alertmanager", func(t *testing.T) {
		base := startServer(t, "{route: {receiver: a}, receivers: [{name: a}]}", alertmanager, "--storage.path="+t.TempDir(), "--cluster.listen-address=")
		expectPage(t, base+"/")
		var status struct{ VersionInfo struct{ Version string } }
		if err := getJSON(base+"/api/v2/status", &status); err != nil || status.VersionInfo.Version != "0.34.0" {
			t.Errorf("status: %+v, %v; expected the version 0.34.0", status, err)
		}
	})
}

// startServer starts a program with a configuration, waits until it is ready and returns its address.
func startServer(t *testing.T, config, program string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yml")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	cmd := exec.Command(program, append(args, "--config.file="+file, "--web.listen-address="+address)...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait(); log.Close() })
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		_, err := get("http://"+address+"/-/ready", "")
		if err == nil {
			return "http://" + address
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("not ready after 30 s: %v\n%s", err, text)
		}
	}
}

// expectPage expects the page in each encoding: "" is gzip, which the kubelet's probes accept.
func expectPage(t *testing.T, url string) {
	t.Helper()
	for _, encoding := range []string{"", "identity", "br"} {
		if page, err := get(url, encoding); err != nil || len(page) == 0 {
			t.Errorf("%s with the encoding %q: %d bytes, %v", url, encoding, len(page), err)
		}
	}
}

func getJSON(url string, into any) error {
	body, err := get(url, "")
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

func get(url, encoding string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	if encoding != "" {
		request.Header.Set("Accept-Encoding", encoding)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %.200s", url, response.Status, body)
	}
	return body, err
}

func freeAddress(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// unpackImages unpacks the programs of versionArgs from the images that lab/build.sh made: by image and path, the file.
func unpackImages(t *testing.T) map[string]map[string]string {
	t.Helper()
	archives, _ := filepath.Glob("../../out/images/*.tar")
	if len(archives) == 0 {
		t.Fatal("no images in lab/out: run lab/build.sh first")
	}
	images := map[string]map[string]string{}
	for _, archive := range archives {
		name, programs, err := unpackImage(archive, t.TempDir())
		if err != nil {
			t.Fatalf("%s: %v", archive, err)
		}
		images[name] = programs
	}
	return images
}

func unpackImage(archive, folder string) (name string, programs map[string]string, err error) {
	file, err := os.Open(archive)
	if err != nil {
		return "", nil, err
	}
	defer file.Close()
	programs = map[string]string{}
	for reader := tar.NewReader(file); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return name, programs, nil
		} else if err != nil {
			return "", nil, err
		}
		switch {
		case header.Name == "manifest.json":
			var manifest []struct{ RepoTags []string }
			if err := json.NewDecoder(reader).Decode(&manifest); err != nil {
				return "", nil, err
			}
			name = manifest[0].RepoTags[0]
		case strings.HasSuffix(header.Name, "/layer.tar"):
			if err := unpackLayer(reader, folder, programs); err != nil {
				return "", nil, err
			}
		}
	}
}

func unpackLayer(layer io.Reader, folder string, programs map[string]string) error {
	for reader := tar.NewReader(layer); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if versionArgs[header.Name] == "" {
			continue
		}
		path := filepath.Join(folder, filepath.Base(header.Name))
		file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
		if err != nil {
			return err
		}
		if _, err := io.Copy(file, reader); err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
		programs[header.Name] = path
	}
}
