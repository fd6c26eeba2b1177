package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

var (
	catalogClient  = &http.Client{Timeout: 10 * time.Second}
	downloadClient = &http.Client{}
)

func (s settings) pluginsDir() string {
	return s.get("paths", "plugins", filepath.Join(s.dataDir(), "plugins"))
}

// catalogURL is grafana.com's API, or what stands in its place.
func catalogURL(conf settings) string {
	return strings.TrimRight(conf.get("grafana_com", "api_url", "https://grafana.com/api"), "/")
}

// archivePackage is what the catalogue says of a plugin's archive for one architecture.
type archivePackage struct {
	SHA256 string `json:"sha256"`
}

type catalogVersion struct {
	Version  string                    `json:"version"`
	Packages map[string]archivePackage `json:"packages"` // by "any" or "linux-amd64"
}

// findArchive asks the catalogue for a plugin's version, or its newest one, and says where its archive is.
func findArchive(conf settings, p requestedPlugin) (address, version, sum string, err error) {
	base := catalogURL(conf) + "/plugins/" + url.PathEscape(p.id) + "/versions"
	body, err := get(catalogClient, base)
	if err != nil {
		return "", "", "", err
	}
	var list struct {
		Items []catalogVersion `json:"items"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return "", "", "", err
	}
	if len(list.Items) == 0 {
		return "", "", "", errors.New("404: Plugin not found")
	}
	for _, item := range list.Items {
		if p.version != "" && p.version != item.Version {
			continue
		}
		found, ok := item.Packages[runtime.GOOS+"-"+runtime.GOARCH]
		if !ok {
			found = item.Packages["any"]
		}
		return base + "/" + item.Version + "/download", item.Version, found.SHA256, nil
	}
	return "", "", "", fmt.Errorf("[plugin.versionNotFound] %s v%s either does not exist or is not supported on your system %s-%s", p.id, p.version, runtime.GOOS, runtime.GOARCH)
}

// download brings a plugin's archive from its address, or from where the catalogue says, into the folder of plugins and
// returns the plugin's own folder there.
func download(conf settings, p requestedPlugin) (string, error) {
	address, version, sum := p.url, p.version, ""
	if address == "" {
		var err error
		if address, version, sum, err = findArchive(conf, p); err != nil {
			return "", err
		}
	}
	archive, err := get(downloadClient, address)
	if err != nil {
		return "", fmt.Errorf("failed to download plugin archive: %w", err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(archive)); sum != "" && sum != got {
		return "", fmt.Errorf("[plugin.checksumMismatch] expected SHA256 checksum (%s) does not match the downloaded archive (%s) computed SHA256 checksum (%s) - please contact security@grafana.com", sum, address, got)
	}
	dir := filepath.Join(conf.pluginsDir(), p.id)
	if err := unpack(archive, dir); err != nil {
		return "", fmt.Errorf("failed to extract plugin archive: %w", err)
	}
	logLine("installer.fs", "info", fmt.Sprintf("Downloaded and extracted %s v%s zip successfully to %s", p.id, version, dir))
	return dir, nil
}

// unpack puts an archive's files into a new folder, without the archive's own outermost folder.
func unpack(archive []byte, dir string) error {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for _, entry := range z.File {
		_, name, _ := strings.Cut(entry.Name, "/")
		if name == "" || strings.HasSuffix(name, "/") {
			continue
		}
		if !filepath.IsLocal(name) {
			return fmt.Errorf("archive member %s tries to write outside of plugin directory", entry.Name)
		}
		if err := extract(entry, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func extract(entry *zip.File, file string) error {
	in, err := entry.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	content, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o644)
}

// get returns the body of a response. The errors are Grafana's for its catalogue.
func get(client *http.Client, address string) ([]byte, error) {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "grafana "+version)
	r.Header.Set("grafana-version", version)
	r.Header.Set("grafana-os", runtime.GOOS)
	r.Header.Set("grafana-arch", runtime.GOARCH)
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode/100 == 4:
		return nil, fmt.Errorf("%d: %s", resp.StatusCode, strings.TrimSpace(string(body)))
	case resp.StatusCode/100 != 2:
		return nil, fmt.Errorf("API returned invalid status: %s", resp.Status)
	}
	return body, nil
}
