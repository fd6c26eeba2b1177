package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// Grafana's own words; the file's name in them is fixed.
var errTwoDefaults = errors.New("datasource.yaml config is invalid. Only one datasource per organization can be marked as default")

// yamlFiles decodes every yaml of a folder, environment variables expanded.
func yamlFiles[T any](dir string, each func(T) error) error {
	entries, _ := os.ReadDir(dir) // a missing folder is fine
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".yaml") && !strings.HasSuffix(e.Name(), ".yml") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		var content T
		if err := yaml.Unmarshal([]byte(os.Expand(string(b), variable)), &content); err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
		if err := each(content); err != nil {
			return err
		}
	}
	return nil
}

func variable(name string) string {
	if name == "$" {
		return "$"
	}
	return os.Getenv(name)
}

type sourcesFile struct {
	Datasources []*datasource `json:"datasources"`
}

func (s *server) provisionSources(dir string) error {
	defaults := 0
	err := yamlFiles(dir, func(f sourcesFile) error {
		for _, d := range f.Datasources {
			if d.Name == "" || d.Type == "" {
				return errors.New("datasource with no name or type")
			}
			if d.IsDefault {
				if defaults++; defaults > 1 {
					return errTwoDefaults
				}
			}
			s.addSource(d)
		}
		return nil
	})
	if err != nil {
		logLine("provisioning.datasources", "error", "Failed to provision data sources", "error", err)
		return fmt.Errorf("Datasource provisioning error: %w", err) //nolint:staticcheck // Grafana's own words
	}
	return nil
}

func (s *server) addSource(d *datasource) {
	if d.UID == "" {
		sum := sha256.Sum256([]byte(d.Name)) // Grafana's rule: a client may know the uid before
		d.UID = strings.ToUpper(fmt.Sprintf("P%x", sum[:8]))
	}
	if d.Access == "" {
		d.Access = "proxy"
	}
	if d.JSONData == nil {
		d.JSONData = obj{}
	}
	s.sourcesMu.Lock()
	defer s.sourcesMu.Unlock()
	all := append([]*datasource{}, s.sources...) // whoever reads the old ones may go on
	for i, old := range all {
		if old.Name == d.Name {
			d.ID, all[i], s.sources = old.ID, d, all
			logLine("provisioning.datasources", "info", "updating datasource from configuration", "name", d.Name, "uid", d.UID)
			return
		}
	}
	d.ID = int64(len(all) + 1)
	s.sources = append(all, d)
	logLine("provisioning.datasources", "info", "inserting datasource from configuration", "name", d.Name, "uid", d.UID)
}

func (s *server) currentSources() []*datasource {
	s.sourcesMu.RLock()
	defer s.sourcesMu.RUnlock()
	return s.sources
}

// reloadRoutes read the provisioning files again; the sidecar of the chart asks for it.
func (s *server) reloadRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /api/admin/provisioning/datasources/reload", func(w http.ResponseWriter, r *http.Request) {
		if err := s.provisionSources(filepath.Join(s.provisioning, "datasources")); err != nil {
			fail(w, http.StatusInternalServerError, err.Error())
			return
		}
		reply(w, http.StatusOK, obj{"message": "Datasources config reloaded"})
	})
	mux.HandleFunc("POST /api/admin/provisioning/dashboards/reload", func(w http.ResponseWriter, r *http.Request) {
		s.mu.RLock()
		providers := s.providers
		s.mu.RUnlock()
		for _, p := range providers {
			s.readBoards(p)
		}
		reply(w, http.StatusOK, obj{"message": "Dashboards config reloaded"})
	})
}

type provider struct {
	Name                  string `json:"name"`
	Folder                string `json:"folder"`
	FolderUID             string `json:"folderUid"`
	UpdateIntervalSeconds int    `json:"updateIntervalSeconds"`
	Options               struct {
		Path string `json:"path"`
	} `json:"options"`
}

type providersFile struct {
	Providers []provider `json:"providers"`
}

func (s *server) provisionBoards() error {
	err := yamlFiles(filepath.Join(s.provisioning, "dashboards"), func(f providersFile) error {
		for _, p := range f.Providers {
			if p.UpdateIntervalSeconds == 0 {
				p.UpdateIntervalSeconds = 10
			}
			s.mu.Lock()
			s.providers = append(s.providers, p)
			s.mu.Unlock()
			s.readBoards(p)
			go func() {
				for range time.Tick(time.Duration(p.UpdateIntervalSeconds) * time.Second) {
					s.readBoards(p)
				}
			}()
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("Dashboard provisioning error: %w", err) //nolint:staticcheck // as above
	}
	return nil
}

// readBoards takes over a provider's folder of dashboards: new, changed and gone ones.
func (s *server) readBoards(p provider) {
	dir, seen := p.Options.Path, map[string]bool{}
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if e.IsDir() && strings.HasPrefix(e.Name(), "..") { // a ConfigMap mount's own folders
			return filepath.SkipDir
		}
		if e.IsDir() || filepath.Ext(path) != ".json" {
			return nil
		}
		d, err := readBoard(dir, path)
		if err != nil {
			logLine("provisioning.dashboard", "error", "failed to load dashboard from ", "type", "file", "name", p.Name, "file", path, "error", err)
			return nil
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		d.FolderUID = s.provisionedFolder(p)
		s.put(d, "")
		seen[d.uid()] = true
		return nil
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for uid, d := range s.boards {
		if strings.HasPrefix(d.Provisioned, dir+"/") && !seen[uid] {
			delete(s.boards, uid)
		}
	}
}

func readBoard(dir, path string) (*dashboard, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d := &dashboard{Provisioned: path}
	if err := json.NewDecoder(f).Decode(&d.Model); err != nil {
		return nil, err // "EOF" for an empty file
	}
	if d.title() == "" {
		return nil, errors.New("Dashboard title cannot be empty") //nolint:staticcheck // Grafana's own words
	}
	if d.uid() == "" {
		sum := sha256.Sum256([]byte(path)) // the same at the next look
		d.Model["uid"] = fmt.Sprintf("%x", sum)[:14]
	}
	d.ExternalID, _ = filepath.Rel(dir, path)
	return d, nil
}

// provisionedFolder is the folder that a provider names, made if need be; the caller holds the lock.
func (s *server) provisionedFolder(p provider) string {
	if p.Folder == "" {
		return ""
	}
	for _, f := range s.folders {
		if f.Provisioned && f.Title == p.Folder {
			return f.UID
		}
	}
	if p.FolderUID == "" {
		p.FolderUID = shortUID()
	}
	f := &folder{ID: s.newID(), UID: p.FolderUID, Title: p.Folder, Provisioned: true, Created: time.Now().UTC()}
	s.folders = append(s.folders, f)
	return f.UID
}
