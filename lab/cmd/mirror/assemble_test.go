package main

import (
	"archive/tar"
	"archive/zip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// built is an out folder with programs that know their version and one image; charts and dashboards are the real ones.
func built(t *testing.T) assembly {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	for name, text := range map[string]string{
		"k3s":              "k3s",
		"bin/kubectl":      "#!/bin/sh\necho '{\"clientVersion\":{\"gitVersion\":\"v1.36.3\"}}'\n",
		"bin/helm":         "#!/bin/sh\necho '{\"clientVersion\":{\"gitVersion\":\"v4.10.1\"}}'\n",
		"crds/Chart.yaml":  "apiVersion: v2\nname: crds\nversion: 0.0.0\n",
		"crds/crds/x.yaml": "kind: CustomResourceDefinition\n",
		"bin/helm3":        "#!/bin/sh\necho '{\"clientVersion\":{\"gitVersion\":\"v3.9.0\"}}'\n",
	} {
		if err := write(filepath.Join(out, name), []byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(out, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	imageArchive(t, filepath.Join(out, "images", "00-pause.tar"), "docker.io/rancher/mirrored-pause:3.10.2", "the layer")
	here, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return assembly{out: out, lab: here, k3sVersion: "v1.36.3+k3s1", folder: "mirror"}
}

func imageArchive(t *testing.T, file, name, layer string) {
	t.Helper()
	config := `{"architecture":"amd64","os":"linux"}`
	manifest, _ := json.Marshal([]archiveManifest{{Config: "c.json", RepoTags: []string{name}, Layers: []string{"l/layer.tar"}}})
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tw := tar.NewWriter(f)
	for _, part := range [][2]string{{"c.json", config}, {"manifest.json", string(manifest)}, {"l/layer.tar", layer}} {
		if err := tw.WriteHeader(&tar.Header{Name: part[0], Size: int64(len(part[1])), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(tw, part[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAssembleLaysOutTheHosts(t *testing.T) {
	a := built(t)
	if err := a.run(); err != nil {
		t.Fatal(err)
	}
	k3s := fmt.Sprintf("%x  k3s\n", sha256.Sum256([]byte("k3s")))
	archive := read(t, a.host("get.helm.sh/helm-v4.10.1-linux-amd64.tar.gz"))
	for path, want := range map[string]string{
		"github.com/k3s-io/k3s/releases/download/v1.36.3+k3s1/k3s":            "k3s",
		"github.com/k3s-io/k3s/releases/download/v1.36.3+k3s1/k3s-images.txt": "docker.io/rancher/mirrored-pause:3.10.2\n",
		"update.k3s.io/v1-release/channels/stable.redirect":                   "https://github.com/k3s-io/k3s/releases/tag/v1.36.3+k3s1",
		"get.helm.sh/helm-latest-version":                                     "v4.10.1\n",
		"get.helm.sh/helm4-latest-version":                                    "v4.10.1\n",
		"get.helm.sh/helm3-latest-version":                                    "v3.9.0\n",
		"get.helm.sh/helm-v4.10.1-linux-amd64.tar.gz.sha256sum":               fmt.Sprintf("%x  helm-v4.10.1-linux-amd64.tar.gz\n", sha256.Sum256([]byte(archive))),
		"dl.k8s.io/release/stable.txt":                                        "v1.36.3",
		"dl.k8s.io/release/stable-1.36.txt":                                   "v1.36.3",
	} {
		if got := read(t, a.host(path)); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if sums := read(t, a.host("github.com/k3s-io/k3s/releases/download/v1.36.3+k3s1/sha256sum-amd64.txt")); !strings.HasPrefix(sums, k3s) {
		t.Errorf("checksums: %s", sums)
	}
	arm := read(t, a.host("dl.k8s.io/release/v1.36.3/bin/linux/arm64/kubectl"))
	if got, want := read(t, a.host("dl.k8s.io/release/v1.36.3/bin/linux/arm64/kubectl.sha256")), fmt.Sprintf("%x", sha256.Sum256([]byte(arm))); got != want || !strings.Contains(arm, "stand-in") {
		t.Errorf("kubectl for arm64: checksum %q, want %q; bytes %q", got, want, arm)
	}
	if text := read(t, a.host("grafana.com/api/dashboards/1860/revisions/latest/download")); !strings.Contains(text, "stand-in") {
		t.Errorf("dashboard 1860 does not say that it is a stand-in")
	}
}

// What the catalogue says of a plugin's archive is so, and only the unsigned one has no manifest.
func TestPluginsAreArchivesOfTheCatalogue(t *testing.T) {
	a := built(t)
	if err := a.plugins(); err != nil {
		t.Fatal(err)
	}
	for id, signed := range map[string]bool{clockPanel: true, unsignedPanel: false} {
		folder := a.host("grafana.com/api/plugins", id, "versions")
		var list struct {
			Items []struct {
				Version  string
				Packages map[string]struct{ SHA256 string }
			}
		}
		if err := json.Unmarshal([]byte(read(t, filepath.Join(folder, listingName))), &list); err != nil || len(list.Items) == 0 {
			t.Fatal(list, err)
		}
		for _, item := range list.Items {
			archive := read(t, filepath.Join(folder, item.Version, "download"))
			if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(archive))); sum != item.Packages["any"].SHA256 {
				t.Errorf("%s %s: checksum %s, the catalogue has %v", id, item.Version, sum, item.Packages)
			}
			z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
			if err != nil {
				t.Fatal(err)
			}
			_, err = z.Open(id + "/MANIFEST.txt")
			if about, aboutErr := z.Open(id + "/plugin.json"); aboutErr != nil || (err == nil) != signed {
				t.Errorf("%s: plugin.json %v (%v), manifest %v", id, about, aboutErr, err)
			}
		}
	}
}

func TestIndexNamesTheArchives(t *testing.T) {
	a := built(t)
	if err := a.charts(); err != nil {
		t.Fatal(err)
	}
	for repo, wants := range map[string]map[string]string{
		"prometheus-community.github.io/helm-charts": {
			"prometheus":            "https://github.com/prometheus-community/helm-charts/releases/download/prometheus-29.27.0/prometheus-29.27.0.tgz",
			"kube-prometheus-stack": "https://github.com/prometheus-community/helm-charts/releases/download/kube-prometheus-stack-88.5.3/kube-prometheus-stack-88.5.3.tgz",
		},
		"grafana-community.github.io/helm-charts": {"grafana": "https://github.com/grafana-community/helm-charts/releases/download/grafana-12.11.1/grafana-12.11.1.tgz"},
		"grafana.github.io/helm-charts":           {"grafana": "https://github.com/grafana/helm-charts/releases/download/grafana-10.5.15/grafana-10.5.15.tgz"},
		"charts.example.com/private":              {"grafana": "grafana-12.11.1/grafana-12.11.1.tgz"},
	} {
		index := struct {
			Entries map[string][]struct {
				Version, Digest string
				URLs            []string
			}
		}{}
		if err := yaml.Unmarshal([]byte(read(t, a.host(repo, "index.yaml"))), &index); err != nil {
			t.Fatal(err)
		}
		if len(index.Entries) != len(wants) {
			t.Errorf("%s: %d charts, want %d", repo, len(index.Entries), len(wants))
		}
		for name, entries := range index.Entries {
			entry := entries[0]
			if entry.URLs[0] != wants[name] {
				t.Errorf("%s %s: %s, want %s", repo, name, entry.URLs[0], wants[name])
			}
			file, absolute := strings.CutPrefix(entry.URLs[0], "https://")
			if !absolute {
				file = repo + "/" + file
			}
			archive := read(t, a.host(file))
			if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(archive))); sum != entry.Digest {
				t.Errorf("%s %s: digest %s, the archive has %s", repo, name, entry.Digest, sum)
			}
		}
	}
}

func TestAssembleAgainTouchesOnlyWhatChanged(t *testing.T) {
	a := built(t)
	if err := a.run(); err != nil {
		t.Fatal(err)
	}
	sums := a.host("get.helm.sh/helm-latest-version")
	before, _ := os.Stat(sums)
	if err := write(filepath.Join(a.out, "bin", "kubectl"), []byte("#!/bin/sh\necho '{\"clientVersion\":{\"gitVersion\":\"v1.37.0\"}}'\n")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(a.out, "bin", "kubectl"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := a.run(); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(sums); !after.ModTime().Equal(before.ModTime()) {
		t.Error("helm was written again though nothing of it had changed")
	}
	if got := read(t, a.host("dl.k8s.io/release/stable.txt")); got != "v1.37.0" {
		t.Errorf("stable.txt: %q", got)
	}
	if _, err := os.Stat(a.host("dl.k8s.io/release/v1.36.3")); err == nil {
		t.Error("the old kubectl is still served")
	}
}

func TestLater(t *testing.T) {
	for _, c := range [][3]string{{"v1.9.0", "v1.10.0", "v1.10.0"}, {"v4.1.4", "v3.22.0", "v4.1.4"}, {"", "v1.0.0", "v1.0.0"}} {
		if got := later(c[0], c[1]); got != c[2] {
			t.Errorf("later(%s, %s) = %s", c[0], c[1], got)
		}
	}
}

// The storage that we write ourselves is one that docker-registry understands.
func TestRegistryServesTheImages(t *testing.T) {
	program, err := exec.LookPath("../../out/bin/docker-registry") // from the lab's build, else the host's own
	if err != nil {
		program, err = exec.LookPath("docker-registry")
	}
	if err != nil {
		t.Skip("docker-registry (Debian's package docker-registry) is not installed")
	}
	a := built(t)
	if err := a.images(); err != nil {
		t.Fatal(err)
	}
	imageArchive(t, filepath.Join(a.out, "images", "00-pause.tar"), "docker.io/rancher/mirrored-pause:3.10.2", "another layer")
	if err := a.images(); err != nil {
		t.Fatal(err)
	}
	blobs, _ := filepath.Glob(filepath.Join(a.out, "mirror/registry/docker/registry/v2/blobs/sha256/*/*"))
	if len(blobs) != 3 {
		t.Errorf("%d blobs after a change, want manifest, config and layer", len(blobs))
	}

	registry, err := startRegistry(program, filepath.Join(a.out, "mirror", "registry"))
	if err != nil {
		t.Fatal(err)
	}
	defer registry.stop()
	for end := time.Now().Add(5 * time.Second); registry.ready() != nil && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	m := newMirror(t.TempDir(), registry.proxy(), registry.ready)
	server := httptest.NewServer(m.registry())
	defer server.Close()
	r, _ := http.NewRequest(http.MethodGet, server.URL+"/v2/docker.io/rancher/mirrored-pause/manifests/3.10.2?ns=docker.io", nil)
	r.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	manifest := struct{ Layers []descriptor }{}
	if err := json.NewDecoder(answer.Body).Decode(&manifest); err != nil || len(manifest.Layers) != 1 {
		t.Fatalf("%s: %v %v", answer.Status, manifest, err)
	}
	layer, body, err := get(t, server.URL+"/v2/docker.io/rancher/mirrored-pause/blobs/"+manifest.Layers[0].Digest)
	if err != nil || layer.StatusCode != 200 || body != "another layer" {
		t.Errorf("layer: %v %q %v", layer, body, err)
	}
	if n := len(m.log()); n != 2 {
		t.Errorf("%d requests logged, want 2", n)
	}
}

// An old version is today's files and those in which it differs, and is in the same index.
func TestAnOldVersionIsServedBesideTheNewOne(t *testing.T) {
	a := built(t)
	if err := a.charts(); err != nil {
		t.Fatal(err)
	}
	for repo, want := range map[string]string{
		"prometheus-community.github.io/helm-charts": "prometheus-25.3.1/prometheus-25.3.1.tgz",
		"grafana.github.io/helm-charts":              "grafana-7.0.6/grafana-7.0.6.tgz",
	} {
		if index := read(t, a.host(repo, "index.yaml")); !strings.Contains(index, want) {
			t.Errorf("%s: no %s in its index", repo, want)
		}
	}
	archive := a.host("github.com/prometheus-community/helm-charts/releases/download/prometheus-25.3.1/prometheus-25.3.1.tgz")
	text, err := exec.Command("tar", "-xzOf", archive).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"job_name: kubernetes-apiservers", "nodes/proxy", "revisionHistoryLimit: {{ $s"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in %s", want, filepath.Base(archive))
		}
	}
}

// The subcharts come from where the lab keeps them, and helm finds the chart's own Chart.yaml first.
func TestAChartIsPutTogetherOfItsParts(t *testing.T) {
	a := built(t)
	if err := a.charts(); err != nil {
		t.Fatal(err)
	}
	archive := a.host("github.com/prometheus-community/helm-charts/releases/download/kube-prometheus-stack-88.5.3/kube-prometheus-stack-88.5.3.tgz")
	packed, err := exec.Command("tar", "-tzf", archive).Output()
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(string(packed))
	if names[0] != "kube-prometheus-stack/Chart.yaml" {
		t.Errorf("first is %s", names[0])
	}
	for _, want := range []string{"charts/crds/crds/x.yaml", "charts/grafana/Chart.yaml", "charts/kube-state-metrics/templates/servicemonitor.yaml", "charts/prometheus-node-exporter/values.yaml"} {
		if !strings.Contains(string(packed), "kube-prometheus-stack/"+want+"\n") {
			t.Errorf("%s is not in it", want)
		}
	}
}

func TestOneRepositoryCanHaveSeveralTags(t *testing.T) {
	a := built(t)
	imageArchive(t, filepath.Join(a.out, "images", "00-pause-other.tar"), "docker.io/rancher/mirrored-pause:other", "another layer")
	if err := a.run(); err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"3.10.2", "other"} {
		read(t, filepath.Join(a.out, "mirror/registry/docker/registry/v2/repositories/docker.io/rancher/mirrored-pause/_manifests/tags", tag, "current/link"))
	}
}
