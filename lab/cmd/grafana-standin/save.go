package main

import (
	"encoding/json"
	"net/http"
	"regexp"
)

// saving is what a client sends to save a dashboard, or to import one.
type saving struct {
	Dashboard obj     `json:"dashboard"`
	Overwrite bool    `json:"overwrite"`
	Message   string  `json:"message"`
	FolderUID string  `json:"folderUid"`
	FolderID  int64   `json:"folderId"`
	Inputs    []input `json:"inputs"`
}

type input struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

// refusal is an answer to a dashboard that is not taken. Some of Grafana's carry a status in words.
type refusal struct {
	code            int
	message, status string
}

func (f *refusal) send(w http.ResponseWriter) {
	o := obj{"message": f.message}
	if f.status != "" {
		o["status"] = f.status
	}
	reply(w, f.code, o)
}

func (s *server) saveBoard(w http.ResponseWriter, r *http.Request) {
	var in saving
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Dashboard == nil {
		fail(w, http.StatusBadRequest, "bad request data")
		return
	}
	d, refused := s.store(in, shortUID)
	if refused != nil {
		refused.send(w)
		return
	}
	reply(w, http.StatusOK, obj{"folderUid": d.FolderUID, "id": d.ID, "slug": slug(d.title()), "status": "success", "uid": d.uid(), "url": d.url(), "version": d.Version})
}

func (s *server) importBoard(w http.ResponseWriter, r *http.Request) {
	var in saving
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		fail(w, http.StatusBadRequest, "bad request data")
		return
	}
	if in.Dashboard == nil {
		fail(w, http.StatusUnprocessableEntity, "Dashboard must be set")
		return
	}
	values, missing := inputValues(in)
	if missing != "" {
		fail(w, http.StatusBadRequest, "dashboard import failed: missing dashboard input variable "+missing)
		return
	}
	delete(in.Dashboard, "__inputs")
	in.Dashboard = filled(in.Dashboard, values).(obj)
	d, refused := s.store(in, importUID)
	if refused != nil {
		refused.send(w)
		return
	}
	reply(w, http.StatusOK, obj{
		"uid": d.uid(), "pluginId": "", "title": d.title(), "imported": true, "importedUri": "db/" + slug(d.title()), "importedUrl": d.url(),
		"slug": slug(d.title()), "dashboardId": d.ID, "folderId": 0, "folderUid": d.FolderUID, "description": "", "path": "", "removed": false,
	})
}

// inputValues are the values of the inputs that the dashboard declares, by their placeholder; an input that it doesn't
// declare changes nothing. A declared one without a value of its type is missing.
func inputValues(in saving) (values map[string]string, missing string) {
	values = map[string]string{}
	declared, _ := in.Dashboard["__inputs"].([]any)
	for _, item := range declared {
		def, _ := item.(obj)
		name, _ := def["name"].(string)
		kind, _ := def["type"].(string)
		found := false
		for _, given := range in.Inputs {
			if given.Type == kind && (given.Name == name || given.Name == "*") {
				values["${"+name+"}"], found = given.Value, true
				break
			}
		}
		if !found {
			return nil, name
		}
	}
	return values, ""
}

var placeholder = regexp.MustCompile(`\$\{.+?\}`)

// filled is a JSON value with the placeholders in its strings replaced.
func filled(v any, values map[string]string) any {
	switch v := v.(type) {
	case string:
		return placeholder.ReplaceAllStringFunc(v, func(found string) string {
			if value, ok := values[found]; ok {
				return value
			}
			return found
		})
	case []any:
		for i := range v {
			v[i] = filled(v[i], values)
		}
	case obj:
		for k := range v {
			v[k] = filled(v[k], values)
		}
	}
	return v
}

const longestUID = 40

var uidForm = regexp.MustCompile(`^[a-zA-Z0-9_-]*$`)

// store checks and saves a dashboard that a client sent; newUID names it if it has no uid.
func (s *server) store(in saving, newUID func() string) (*dashboard, *refusal) {
	d := &dashboard{Model: in.Dashboard, FolderUID: in.FolderUID}
	if d.title() == "" {
		return nil, &refusal{http.StatusBadRequest, "Dashboard title cannot be empty", "empty-name"}
	}
	if !uidForm.MatchString(d.uid()) {
		return nil, &refusal{http.StatusBadRequest, "uid contains illegal characters", ""}
	}
	if len(d.uid()) > longestUID {
		return nil, &refusal{http.StatusBadRequest, "uid too long, max 40 characters", ""}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if refused := s.place(d, in, newUID); refused != nil {
		return nil, refused
	}
	s.put(d, in.Message)
	if err := s.save(); err != nil {
		return nil, &refusal{http.StatusInternalServerError, err.Error(), ""}
	}
	return d, nil
}

// place finds the folder and the dashboard of before, and says whether that may be replaced. The caller holds the lock.
func (s *server) place(d *dashboard, in saving, newUID func() string) *refusal {
	f := s.folder(in.FolderUID)
	if in.FolderUID == "" {
		f = s.folderByID(in.FolderID)
	}
	if f == nil {
		return &refusal{http.StatusBadRequest, "folder not found", ""}
	}
	d.FolderUID = f.UID
	if id, _ := in.Dashboard["id"].(float64); id != 0 && !s.adopt(d, int64(id)) {
		return &refusal{http.StatusNotFound, "Dashboard not found", "not-found"}
	}
	if d.uid() == "" {
		d.Model["uid"] = newUID()
	}
	old := s.boards[d.uid()]
	if old == nil {
		return nil
	}
	if old.Provisioned != "" {
		return &refusal{http.StatusBadRequest, "Cannot save provisioned dashboard", ""}
	}
	if sent, _ := in.Dashboard["version"].(float64); !in.Overwrite && int(sent) != old.Version {
		return &refusal{http.StatusPreconditionFailed, "The dashboard has been changed by someone else", "version-mismatch"}
	}
	return nil
}

// adopt gives a dashboard that was sent with a numeric id and no uid the uid of the one that has this id.
func (s *server) adopt(d *dashboard, id int64) bool {
	for _, old := range s.boards {
		if old.ID != id {
			continue
		}
		if d.uid() == "" {
			d.Model["uid"] = old.uid()
		}
		return true
	}
	return false
}
