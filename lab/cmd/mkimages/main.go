// Command mkimages packs the lab's programs into docker archives that carry the
// names the charts and k3s ask for. Nothing is pulled: a layer is a handful of
// files. What is really inside each image is said in its labels.
package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

// image describes one archive. Files maps a path in the image to one here:
// "deb:" is the unpacked Debian packages, "bin:" our builds.
type image struct {
	Archive, Name, Content string
	Files                  map[string]string
	Text                   map[string]string // small generated files
	Dirs                   map[string]int    // path -> owner
	Busybox                bool
	Entrypoint, Cmd        []string
	User, Workdir          string
}

var (
	debs = flag.String("debs", "", "unpacked Debian packages")
	bin  = flag.String("bin", "", "folder of built programs")
	out  = flag.String("out", "", "where the archives go")
	core = flag.Bool("core", false, "leave out programs that were not built, and images of nothing else")
)

// debVersion reads the version of a package from the list build.sh leaves.
func debVersion(pkg string) string {
	b, err := os.ReadFile(filepath.Join(*debs, "VERSIONS"))
	check(err)
	for _, l := range strings.Split(string(b), "\n") {
		if f := strings.Fields(l); len(f) == 3 && f[0] == pkg {
			return f[1]
		}
	}
	log.Fatalf("no version of %s", pkg)
	return ""
}

func images() []image {
	mod := func(path, v string) string { return path + " " + v + " built from the Go module" }
	bb := "busybox-static " + debVersion("busybox-static") + " from Debian sid"
	return []image{
		{Archive: "00-pause", Name: "docker.io/rancher/mirrored-pause:3.10.2", Content: "a pause program of the lab's own",
			Files: map[string]string{"/pause": "bin:pause"}, Entrypoint: []string{"/pause"}, User: "65535:65535"},
		{Archive: "01-coredns", Name: "docker.io/rancher/mirrored-coredns-coredns:1.14.6", Content: mod("github.com/coredns/coredns", "v1.14.6") + ", with the plugins of k3s' Corefile",
			Files: map[string]string{"/coredns": "bin:coredns"}, Entrypoint: []string{"/coredns"}},
		{Archive: "02-local-path-provisioner", Name: "docker.io/rancher/local-path-provisioner:v0.0.37", Content: mod("github.com/rancher/local-path-provisioner", "v0.0.30"),
			Files: map[string]string{"/usr/bin/local-path-provisioner": "bin:local-path-provisioner"}, Entrypoint: []string{"local-path-provisioner"}},
		{Archive: "03-helper-busybox", Name: "docker.io/rancher/mirrored-library-busybox:1.37.0", Content: bb, Busybox: true, Cmd: []string{"sh"}},
		{Archive: "04-metrics-server", Name: "docker.io/rancher/mirrored-metrics-server:v0.9.0", Content: mod("sigs.k8s.io/metrics-server", "v0.9.0"),
			Files: map[string]string{"/metrics-server": "bin:metrics-server"}, Entrypoint: []string{"/metrics-server"}, User: "65534"},
		{Archive: "10-prometheus", Name: "quay.io/prometheus/prometheus:v3.14.0", Content: mod("github.com/prometheus/prometheus", "v0.314.0") + ", without its web interface; service discoveries: static, file, http, dns, kubernetes", Busybox: true,
			Files: map[string]string{"/bin/prometheus": "bin:prometheus", "/bin/promtool": "bin:promtool"}, Dirs: map[string]int{"/prometheus": 65534, "/etc/prometheus": 0},
			Entrypoint: []string{"/bin/prometheus"}, User: "65534", Workdir: "/prometheus",
			Cmd: []string{"--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"}},
		{Archive: "11-alertmanager", Name: "quay.io/prometheus/alertmanager:v0.34.0", Content: mod("github.com/prometheus/alertmanager", "v0.34.0") + ", without its web interface", Busybox: true,
			Files: map[string]string{"/bin/alertmanager": "bin:alertmanager", "/bin/amtool": "bin:amtool"},
			Dirs:  map[string]int{"/alertmanager": 65534, "/etc/alertmanager": 0}, Entrypoint: []string{"/bin/alertmanager"}, User: "65534", Workdir: "/alertmanager",
			Cmd: []string{"--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"}},
		{Archive: "12-node-exporter", Name: "quay.io/prometheus/node-exporter:v1.12.1", Content: mod("github.com/prometheus/node_exporter", "v1.12.1"),
			Files: map[string]string{"/bin/node_exporter": "bin:node_exporter"}, Entrypoint: []string{"/bin/node_exporter"}, User: "65534"},
		{Archive: "13-pushgateway", Name: "quay.io/prometheus/pushgateway:v1.11.3", Content: mod("github.com/prometheus/pushgateway", "v1.11.3"),
			Files: map[string]string{"/bin/pushgateway": "bin:pushgateway"}, Dirs: map[string]int{"/pushgateway": 65534}, Entrypoint: []string{"/bin/pushgateway"}, User: "65534"},
		{Archive: "14-kube-state-metrics", Name: "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0", Content: mod("k8s.io/kube-state-metrics/v2", "v2.20.0"),
			Files: map[string]string{"/kube-state-metrics": "bin:kube-state-metrics"}, Entrypoint: []string{"/kube-state-metrics"}, User: "65534"},
		{Archive: "15-config-reloader", Name: "quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1", Content: mod("github.com/prometheus-operator/prometheus-operator", "v0.93.1"),
			Files: map[string]string{"/bin/prometheus-config-reloader": "bin:prometheus-config-reloader"}, Entrypoint: []string{"/bin/prometheus-config-reloader"}, User: "65534"},
		{Archive: "18-prometheus-operator", Name: "quay.io/prometheus-operator/prometheus-operator:v0.93.1", Content: mod("github.com/prometheus-operator/prometheus-operator", "v0.93.1"),
			Files: map[string]string{"/bin/operator": "bin:prometheus-operator"}, Entrypoint: []string{"/bin/operator"}, User: "65534"},
		{Archive: "21-k8s-sidecar", Name: "quay.io/kiwigrid/k8s-sidecar:2.10.1", Content: "a STAND-IN for k8s-sidecar of the lab's own; not k8s-sidecar",
			Files: map[string]string{"/bin/sidecar-standin": "bin:sidecar-standin"}, Entrypoint: []string{"/bin/sidecar-standin"}, User: "65534"},
		{Archive: "16-busybox", Name: "docker.io/library/busybox:1.38.0", Content: bb, Busybox: true, Cmd: []string{"sh"}},
		{Archive: "17-curl", Name: "docker.io/curlimages/curl:8.21.0", Content: "curl " + debVersion("curl") + " from Debian bookworm; " + bb, Busybox: true,
			Files: map[string]string{"/usr/bin/curl": "deb:usr/bin/curl"}, Entrypoint: []string{"curl"}, User: "100"},
		{Archive: "20-grafana", Name: "docker.io/grafana/grafana:13.2.0", Content: "a STAND-IN for Grafana of the lab's own; not Grafana", Busybox: true,
			Files: map[string]string{"/usr/share/grafana/bin/grafana-standin": "bin:grafana-standin"},
			Text:  map[string]string{"/run.sh": "#!/bin/sh\nexec /usr/share/grafana/bin/grafana-standin \"$@\"\n"},
			Dirs: map[string]int{"/var/lib/grafana": 472, "/var/lib/grafana/dashboards": 472, "/var/log/grafana": 472, "/etc/grafana/provisioning": 472,
				"/etc/grafana/provisioning/datasources": 472, "/etc/grafana/provisioning/dashboards": 472},
			Entrypoint: []string{"/run.sh"}, User: "472", Workdir: "/usr/share/grafana"},
	}
}

func main() {
	flag.Parse()
	for _, im := range withDistroless(images()) {
		if *core && !dropMissing(im.Files) {
			continue
		}
		check(build(im))
	}
}

// dropMissing drops the programs that were not built; it says whether the image still has a purpose.
func dropMissing(files map[string]string) bool {
	before := len(files)
	for p, s := range files {
		if _, err := os.Stat(source(s)); errors.Is(err, fs.ErrNotExist) {
			delete(files, p)
		}
	}
	return before == 0 || len(files) > 0
}

// withDistroless adds the names under which kube-prometheus-stack asks for some of them; there is no shell in those.
func withDistroless(all []image) []image {
	for _, im := range all {
		if im.Archive == "10-prometheus" || im.Archive == "12-node-exporter" {
			im.Archive, im.Name, im.Busybox = im.Archive+"-distroless", im.Name+"-distroless", false
			all = append(all, im)
		}
	}
	return all
}

func source(s string) string {
	kind, path, _ := strings.Cut(s, ":")
	return map[string]string{"deb": filepath.Join(*debs, path), "bin": filepath.Join(*bin, path)}[kind]
}

// build writes one archive, unless one of the same inputs is there.
func build(im image) error {
	if im.Files == nil {
		im.Files = map[string]string{}
	}
	links := map[string]string{}
	for _, p := range sorted(im.Files) {
		if err := addLibraries(im.Files, source(im.Files[p])); err != nil {
			return err
		}
	}
	if im.Busybox {
		im.Files["/bin/busybox"] = "deb:usr/bin/busybox"
		applets, err := exec.Command(source("deb:usr/bin/busybox"), "--list").Output()
		if err != nil {
			return err
		}
		for _, a := range strings.Fields(string(applets)) {
			if p := "/bin/" + a; im.Files[p] == "" {
				links[p] = "busybox"
			}
		}
	}
	text := map[string]string{
		"/etc/passwd":        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\ngrafana:x:472:472::/usr/share/grafana:/bin/false\ncurl_user:x:100:101::/:/bin/sh\n",
		"/etc/group":         "root:x:0:\nnogroup:x:65534:\ngrafana:x:472:\n",
		"/etc/nsswitch.conf": "hosts: files dns\n",
	}
	for k, v := range im.Text {
		text[k] = v
	}
	key := fmt.Sprintf("%+v", im)
	for _, p := range sorted(im.Files) {
		st, err := os.Stat(source(im.Files[p]))
		if err != nil {
			return err
		}
		key += fmt.Sprintf("\n%s %d %d", p, st.Size(), st.ModTime().UnixNano())
	}
	file := filepath.Join(*out, im.Archive+".tar")
	if old, err := os.ReadFile(filepath.Join(*out, "."+im.Archive+".key")); err == nil && string(old) == key {
		return nil
	}

	layer, err := os.CreateTemp(*out, ".layer-")
	if err != nil {
		return err
	}
	defer os.Remove(layer.Name())
	defer layer.Close()
	sum := sha256.New()
	t := tree{tar.NewWriter(io.MultiWriter(layer, sum)), map[string]bool{}}
	t.dir("/tmp", 0o1777, 0)
	for _, d := range sorted(im.Dirs) {
		t.dir(d, 0o777, im.Dirs[d])
	}
	for _, p := range sorted(im.Files) {
		f, err := os.Open(source(im.Files[p]))
		if err != nil {
			return err
		}
		st, _ := f.Stat()
		t.file(p, f, st.Size(), 0o755)
		f.Close()
	}
	for _, p := range sorted(text) {
		mode := int64(0o644)
		if strings.HasSuffix(p, ".sh") {
			mode = 0o755
		}
		t.file(p, strings.NewReader(text[p]), int64(len(text[p])), mode)
	}
	for _, p := range sorted(links) {
		t.add(&tar.Header{Typeflag: tar.TypeSymlink, Name: p, Linkname: links[p], Mode: 0o777})
	}
	check(t.w.Close())

	diffID := fmt.Sprintf("%x", sum.Sum(nil))
	workdir := im.Workdir
	if workdir == "" {
		workdir = "/"
	}
	cfg, _ := json.Marshal(map[string]any{
		"architecture": "amd64", "os": "linux",
		"config": map[string]any{
			"Env": []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, "Entrypoint": im.Entrypoint, "Cmd": im.Cmd,
			"User": im.User, "WorkingDir": workdir,
			"Labels": map[string]string{
				"org.opencontainers.image.title":       im.Name,
				"org.opencontainers.image.description": "monstack hermetic lab: " + im.Content,
				"monstack.lab/content":                 im.Content,
			}},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + diffID}},
		"history": []map[string]string{{"created": "1970-01-01T00:00:00Z", "comment": im.Content}},
	})
	cfgName := fmt.Sprintf("%x.json", sha256.Sum256(cfg))
	manifest, _ := json.Marshal([]map[string]any{{"Config": cfgName, "RepoTags": []string{im.Name}, "Layers": []string{diffID + "/layer.tar"}}})
	f, err := os.Create(file + ".tmp")
	if err != nil {
		return err
	}
	a := tree{tar.NewWriter(f), map[string]bool{"/": true}}
	a.file(cfgName, bytes.NewReader(cfg), int64(len(cfg)), 0o644)
	a.file("manifest.json", bytes.NewReader(manifest), int64(len(manifest)), 0o644)
	size, err := layer.Seek(0, io.SeekCurrent)
	check(err)
	_, err = layer.Seek(0, io.SeekStart)
	check(err)
	a.file(diffID+"/layer.tar", layer, size, 0o644)
	check(a.w.Close())
	check(f.Close())
	if err := os.Rename(file+".tmp", file); err != nil {
		return err
	}
	fmt.Printf("[image] %-70s %6.1f MB  %s\n", im.Name, float64(size)/1e6, im.Content)
	return os.WriteFile(filepath.Join(*out, "."+im.Archive+".key"), []byte(key), 0o644)
}

// tree writes a tar and adds missing parents by itself.
type tree struct {
	w    *tar.Writer
	seen map[string]bool
}

func (t tree) add(h *tar.Header) {
	for d := filepath.Dir(h.Name); d != "/" && d != "." && !t.seen[d]; d = filepath.Dir(d) {
		t.dir(d, 0o755, 0)
	}
	h.Name = strings.TrimPrefix(h.Name, "/")
	h.Format = tar.FormatGNU
	check(t.w.WriteHeader(h))
}

func (t tree) dir(p string, mode int64, owner int) {
	if t.seen[p] || p == "/" || p == "." {
		return
	}
	t.dir(filepath.Dir(p), 0o755, 0)
	t.seen[p] = true
	t.add(&tar.Header{Typeflag: tar.TypeDir, Name: p + "/", Mode: mode, Uid: owner, Gid: owner})
}

func (t tree) file(p string, r io.Reader, size, mode int64) {
	t.add(&tar.Header{Typeflag: tar.TypeReg, Name: p, Size: size, Mode: mode})
	_, err := io.Copy(t.w, r)
	check(err)
}

func sorted[V any](m map[string]V) []string {
	var ks []string
	for k := range m {
		ks = append(ks, k)
	}
	sort.Strings(ks)
	return ks
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
