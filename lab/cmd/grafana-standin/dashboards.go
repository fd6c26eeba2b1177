package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

type dashboard struct {
	ID          int64      `json:"id"`
	Model       obj        `json:"model"` // without id and version, which are not the sender's
	FolderUID   string     `json:"folderUid"`
	Version     int        `json:"version"`
	Created     time.Time  `json:"created"`
	Updated     time.Time  `json:"updated"`
	History     []revision `json:"history"` // oldest first
	Provisioned string     `json:"-"`       // the file that it came from
	ExternalID  string     `json:"-"`       // that file, as seen from the provider's folder
}

type revision struct {
	Version int       `json:"version"`
	Created time.Time `json:"created"`
	Message string    `json:"message"`
	Model   obj       `json:"model"`
}

const keptRevisions = 20 // Grafana's default

var notInSlug = regexp.MustCompile(`[^a-z0-9]+`)

func slug(title string) string {
	return strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(title), "-"), "-")
}

func (d *dashboard) str(k string) string { s, _ := d.Model[k].(string); return s }
func (d *dashboard) uid() string         { return d.str("uid") }
func (d *dashboard) title() string       { return d.str("title") }
func (d *dashboard) url() string         { return "/d/" + d.uid() + "/" + slug(d.title()) }
func (d *dashboard) tags() []any {
	tags, _ := d.Model["tags"].([]any)
	return append([]any{}, tags...)
}

// withNumbers is a model as Grafana gives it out: its own id and version in it.
func withNumbers(model obj, numbers obj) obj {
	m := obj{}
	for _, from := range []obj{model, numbers} {
		for k, v := range from {
			m[k] = v
		}
	}
	return m
}

// put stores a dashboard; the same content again makes no new version. The caller holds the lock.
func (s *server) put(d *dashboard, message string) {
	delete(d.Model, "id")
	delete(d.Model, "version")
	now := time.Now().UTC()
	old := s.boards[d.uid()]
	switch {
	case old == nil:
		d.ID, d.Version, d.Created, d.Updated = s.newID(), 1, now, now
		if message == "" {
			message = "Initial save"
		}
	case sameJSON(old.Model, d.Model):
		d.ID, d.Version, d.Created, d.Updated, d.History = old.ID, old.Version, old.Created, old.Updated, old.History
	default:
		d.ID, d.Version, d.Created, d.Updated, d.History = old.ID, old.Version+1, old.Created, now, old.History
	}
	if len(d.History) == 0 || d.History[len(d.History)-1].Version != d.Version {
		d.History = append(slices.Clone(d.History), revision{d.Version, now, message, d.Model})
		d.History = d.History[max(0, len(d.History)-keptRevisions):]
	}
	s.boards[d.uid()] = d
}

func sameJSON(a, b any) bool {
	one, _ := json.Marshal(a)
	other, _ := json.Marshal(b)
	return string(one) == string(other)
}

func (s *server) boardRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/search", s.search)
	mux.HandleFunc("GET /api/folders", s.listFolders)
	mux.HandleFunc("POST /api/folders", s.createFolder)
	mux.HandleFunc("GET /api/folders/{uid}", s.showFolder)
	mux.HandleFunc("GET /api/folders/id/{id}", s.showFolder)
	mux.HandleFunc("DELETE /api/folders/{uid}", s.deleteFolder)
	mux.HandleFunc("GET /api/dashboards/uid/{uid}", s.showBoard)
	mux.HandleFunc("GET /api/dashboards/uid/{uid}/versions", s.boardVersions)
	mux.HandleFunc("DELETE /api/dashboards/uid/{uid}", s.deleteBoard)
	mux.HandleFunc("POST /api/dashboards/db", s.saveBoard)
	mux.HandleFunc("POST /api/dashboards/import", s.importBoard)
}

func (s *server) showBoard(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	d := s.boards[r.PathValue("uid")]
	if d == nil {
		fail(w, http.StatusNotFound, "Dashboard not found")
		return
	}
	reply(w, http.StatusOK, obj{"meta": s.meta(d), "dashboard": withNumbers(d.Model, obj{"id": d.ID, "version": d.Version})})
}

func (s *server) meta(d *dashboard) obj {
	f := s.folder(d.FolderUID)
	if f == nil {
		f = general
	}
	may := obj{"canAdd": true, "canEdit": true, "canDelete": true}
	return obj{
		"type": "db", "canSave": true, "canEdit": true, "canAdmin": true, "canStar": true, "canDelete": true,
		"slug": slug(d.title()), "url": d.url(), "expires": "0001-01-01T00:00:00Z", "created": d.Created.Format(time.RFC3339),
		"updated": d.Updated.Format(time.RFC3339), "updatedBy": "Anonymous", "createdBy": "Anonymous", "version": d.Version,
		"hasAcl": false, "isFolder": false, "apiVersion": "v0alpha1", "folderId": f.ID, "folderUid": f.UID, "folderTitle": f.Title,
		"folderUrl": f.url(), "provisioned": d.Provisioned != "", "provisionedExternalId": d.ExternalID,
		"annotationsPermissions": obj{"dashboard": may, "organization": may},
	}
}

func (s *server) boardVersions(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	d := s.boards[r.PathValue("uid")]
	if d == nil {
		fail(w, http.StatusNotFound, "Dashboard not found")
		return
	}
	list := []obj{}
	for _, v := range slices.Backward(d.History) {
		list = append(list, obj{
			"id": v.Version, "dashboardId": d.ID, "uid": d.uid(), "parentVersion": v.Version - 1, "restoredFrom": 0, "version": v.Version,
			"created": v.Created.Format(time.RFC3339), "message": v.Message, "data": withNumbers(v.Model, obj{"version": v.Version}), "createdBy": "admin",
		})
	}
	reply(w, http.StatusOK, obj{"continueToken": "", "versions": list})
}

func (s *server) deleteBoard(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.boards[r.PathValue("uid")]
	if d == nil {
		fail(w, http.StatusNotFound, "Dashboard not found")
		return
	}
	if d.Provisioned != "" {
		fail(w, http.StatusBadRequest, "provisioned dashboard cannot be deleted")
		return
	}
	delete(s.boards, d.uid())
	if err := s.save(); err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	reply(w, http.StatusOK, obj{"title": d.title(), "uid": d.uid(), "message": "Dashboard " + d.title() + " deleted"})
}
