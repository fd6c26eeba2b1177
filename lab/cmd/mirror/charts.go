package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"sigs.k8s.io/yaml"
)

// chartRepos are the repositories and what they hold. GitHub Pages has the index, GitHub Releases has the archives.
var chartRepos = []struct {
	index, releases string
	charts          []chartSource
}{
	{"prometheus-community.github.io/helm-charts", "github.com/prometheus-community/helm-charts/releases/download", []chartSource{{folder: "prometheus"}, {folder: "prometheus", over: "prometheus-25.3.1"}, kubePrometheusStack}},
	{"grafana-community.github.io/helm-charts", "github.com/grafana-community/helm-charts/releases/download", []chartSource{{folder: "grafana"}}},
	// where the Grafana chart was until it moved: the last one there, and one of 2023
	{"grafana.github.io/helm-charts", "github.com/grafana/helm-charts/releases/download", []chartSource{{folder: "grafana", version: "10.5.15", deprecated: true}, {folder: "grafana", over: "grafana-7.0.6"}}},
	// a company's own, behind a login: the archives lie beside the index, which names them relatively
	{privateHost + "/private", privateHost + "/private", []chartSource{{folder: "grafana"}}},
}

// chartSource is a chart in lab/charts, or the same one under another version.
type chartSource struct {
	folder, version string
	// a folder of lab/charts with the files in which an old version differs
	over       string
	deprecated bool
	// name -> folder of lab/charts that goes into the archive's charts/
	subcharts map[string]string
	// the operator's definitions, which lab/build.sh takes from its Go module, go into the subchart crds
	withCRDs bool
}

var kubePrometheusStack = chartSource{folder: "kube-prometheus-stack", withCRDs: true, subcharts: map[string]string{
	"grafana":                  "grafana",
	"kube-state-metrics":       "prometheus/charts/kube-state-metrics",
	"prometheus-node-exporter": "prometheus/charts/prometheus-node-exporter",
}}

func (a assembly) charts() error {
	folder := filepath.Join(a.lab, "charts")
	files, err := filesBelow(folder)
	if err != nil {
		return err
	}
	definitions, err := filesBelow(a.definitions())
	if err != nil {
		return err
	}
	key, err := identity(append(files, definitions...)...)
	if err != nil {
		return err
	}
	folders := []string{}
	for _, repo := range chartRepos {
		folders = append(folders, repo.index, repo.releases)
	}
	return a.once("charts", key, folders, func() error {
		for _, repo := range chartRepos {
			entries := map[string]any{}
			for _, source := range repo.charts {
				entry, err := a.packageChart(filepath.Join(folder, source.folder), source, repo.releases)
				if err != nil {
					return err
				}
				versions, _ := entries[source.folder].([]any)
				entries[source.folder] = append(versions, entry)
			}
			index, err := yaml.Marshal(map[string]any{"apiVersion": "v1", "entries": entries, "generated": created})
			if err != nil {
				return err
			}
			if err := write(a.host(repo.index, "index.yaml"), index); err != nil {
				return err
			}
		}
		return nil
	})
}

// definitions is a chart of nothing but the operator's custom resource definitions.
func (a assembly) definitions() string { return filepath.Join(a.out, "crds") }

// created is no real date, so that the same charts make the same bytes.
const created = "2026-08-20T00:00:00Z"

// packageChart writes the archive and returns its entry in index.yaml.
func (a assembly) packageChart(folder string, source chartSource, releases string) (map[string]any, error) {
	first := folder
	if source.over != "" {
		first = filepath.Join(a.lab, "charts", source.over)
	}
	text, err := os.ReadFile(filepath.Join(first, "Chart.yaml"))
	if err != nil {
		return nil, err
	}
	chart := map[string]any{}
	if err := yaml.Unmarshal(text, &chart); err != nil {
		return nil, err
	}
	if source.version != "" {
		chart["version"], chart["deprecated"] = source.version, source.deprecated
		if text, err = yaml.Marshal(chart); err != nil {
			return nil, err
		}
	}
	tag := fmt.Sprintf("%s-%s", chart["name"], chart["version"])
	archive := a.host(releases, tag, tag+".tgz")
	url := "https://" + releases + "/" + tag + "/" + tag + ".tgz"
	if strings.HasPrefix(releases, privateHost) {
		url = tag + "/" + tag + ".tgz"
	}
	content := map[string]string{}
	add := func(folder, as string) error {
		files, err := filesBelow(folder)
		for _, file := range files {
			name, relErr := filepath.Rel(folder, file)
			err = errors.Join(err, relErr)
			content[as+"/"+filepath.ToSlash(name)] = file
		}
		return err
	}
	err = add(folder, source.folder)
	if source.over != "" {
		err = errors.Join(err, add(first, source.folder))
	}
	for name, subchart := range source.subcharts {
		err = errors.Join(err, add(filepath.Join(a.lab, "charts", subchart), source.folder+"/charts/"+name))
	}
	if source.withCRDs {
		err = errors.Join(err, add(a.definitions(), source.folder+"/charts/crds"))
	}
	if err != nil {
		return nil, err
	}
	// helm wants Chart.yaml's text from the archive, which for another version is not the one in the folder
	own := filepath.Join(a.out, "mirror", "Chart.yaml.tmp")
	if err := write(own, text); err != nil {
		return nil, err
	}
	defer os.Remove(own)
	content[source.folder+"/Chart.yaml"] = own
	if err := tarball(archive, content); err != nil {
		return nil, err
	}
	digest, err := sha256File(archive)
	if err != nil {
		return nil, err
	}
	chart["digest"], chart["created"] = digest, created
	chart["urls"] = []string{url}
	return chart, nil
}

// tarball writes a .tar.gz: name in it -> file here. The same files make the same bytes.
func tarball(archive string, content map[string]string) error {
	if err := os.MkdirAll(filepath.Dir(archive), 0o755); err != nil {
		return err
	}
	out, err := os.Create(archive + ".tmp")
	if err != nil {
		return err
	}
	defer os.Remove(archive + ".tmp")
	zip, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return err
	}
	tw := tar.NewWriter(zip)
	names := make([]string, 0, len(content))
	for name := range content {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { // Chart.yaml first: that is where helm looks for the name
		if x, y := isChartFile(names[i]), isChartFile(names[j]); x != y {
			return x
		}
		return names[i] < names[j]
	})
	for _, name := range names {
		if err := addFile(tw, name, content[name]); err != nil {
			return err
		}
	}
	if err := errors.Join(tw.Close(), zip.Close(), out.Close()); err != nil {
		return err
	}
	return os.Rename(archive+".tmp", archive)
}

func isChartFile(name string) bool {
	return strings.HasSuffix(name, "/Chart.yaml") && strings.Count(name, "/") == 1
}

func addFile(tw *tar.Writer, name, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	mode := int64(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	if err := tw.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: info.Size(), Mode: mode, ModTime: time.Unix(0, 0)}); err != nil {
		return err
	}
	_, err = io.Copy(tw, f)
	return err
}

func filesBelow(folder string) ([]string, error) {
	files := []string{}
	err := filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, file)
		}
		return err
	})
	return files, err
}
