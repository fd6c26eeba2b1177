package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sort"
)

const (
	clockPanel    = "lab-clock-panel"
	unsignedPanel = "lab-unsigned-panel"
)

// plugins is grafana.com's catalogue with two made-up plugins: one in two versions, and one without a signature, which Grafana
// downloads and then refuses. A Grafana whose GF_GRAFANA_COM_API_URL is http://203.0.113.1/grafana.com/api installs them.
func (a assembly) plugins() error {
	newestFirst := map[string][]string{clockPanel: {"1.2.0", "1.0.0"}, unsignedPanel: {"1.0.0"}}
	return a.once("plugins", "1", []string{"grafana.com/api/plugins"}, func() error {
		for id, versions := range newestFirst {
			folder := a.host("grafana.com/api/plugins", id, "versions")
			items := []map[string]any{}
			for _, version := range versions {
				archive, err := pluginArchive(id, version, id != unsignedPanel)
				if err != nil {
					return err
				}
				if err := write(filepath.Join(folder, version, "download"), archive); err != nil {
					return err
				}
				sum := map[string]string{"sha256": fmt.Sprintf("%x", sha256.Sum256(archive))}
				items = append(items, map[string]any{"version": version, "isCompatible": true, "packages": map[string]any{"any": sum}})
			}
			if err := writeAsJSON(filepath.Join(folder, listingName), map[string]any{"items": items}); err != nil {
				return err
			}
		}
		return nil
	})
}

// pluginArchive is a zip as grafana.com has them: one folder, named after the plugin. The manifest of a signed one has the
// files' checksums; it is not signed with a key of Grafana's.
func pluginArchive(id, version string, signed bool) ([]byte, error) {
	about, err := json.Marshal(map[string]any{"id": id, "name": "Clock of the lab", "type": "panel", "info": map[string]string{"version": version, "updated": "2026-08-20"}})
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"plugin.json": about, "module.js": []byte("define([], () => ({}));\n"), "README.md": []byte("A plugin of the monstack lab without a function.\n")}
	if signed {
		sums := map[string]string{}
		for name, content := range files {
			sums[name] = fmt.Sprintf("%x", sha256.Sum256(content))
		}
		manifest := map[string]any{"plugin": id, "version": version, "signatureType": "community", "files": sums}
		if files["MANIFEST.txt"], err = json.Marshal(manifest); err != nil {
			return nil, err
		}
	}
	names := []string{}
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	b := &bytes.Buffer{}
	z := zip.NewWriter(b)
	for _, name := range names {
		w, err := z.Create(id + "/" + name)
		if err == nil {
			_, err = w.Write(files[name])
		}
		if err != nil {
			return nil, err
		}
	}
	err = z.Close()
	return b.Bytes(), err
}
