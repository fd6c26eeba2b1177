package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

type folder struct {
	ID          int64     `json:"id"`
	UID         string    `json:"uid"`
	Title       string    `json:"title"`
	Created     time.Time `json:"created"`
	Provisioned bool      `json:"-"`
}

// general is what has no folder of its own: Grafana's root.
var general = &folder{Title: "General"}

func (f *folder) url() string {
	if f == general {
		return ""
	}
	return "/dashboards/f/" + f.UID + "/" + slug(f.Title)
}

func (f *folder) detailed() obj {
	created := f.Created.Format(time.RFC3339)
	return obj{
		"id": f.ID, "uid": f.UID, "orgId": 1, "title": f.Title, "url": f.url(), "hasAcl": false, "canSave": true, "canEdit": true, "canAdmin": true,
		"canDelete": true, "createdBy": "admin", "created": created, "updatedBy": "Anonymous", "updated": created, "version": 1,
	}
}

// folder finds a folder by uid; the root has none. The caller holds the lock.
func (s *server) folder(uid string) *folder {
	if uid == "" {
		return general
	}
	for _, f := range s.folders {
		if f.UID == uid {
			return f
		}
	}
	return nil
}

// folderByID does so by the number that older clients send; 0 is the root.
func (s *server) folderByID(id int64) *folder {
	if id == 0 {
		return general
	}
	for _, f := range s.folders {
		if f.ID == id {
			return f
		}
	}
	return nil
}

func (s *server) listFolders(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := []obj{}
	for _, f := range s.folders {
		o := obj{"id": f.ID, "uid": f.UID, "title": f.Title}
		if f.Provisioned {
			o["managedBy"] = fileManager
		}
		list = append(list, o)
	}
	reply(w, http.StatusOK, list)
}

func (s *server) showFolder(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f := s.folder(r.PathValue("uid"))
	if text := r.PathValue("id"); text != "" {
		id, _ := strconv.ParseInt(text, 10, 64)
		f = s.folderByID(id)
	}
	if f == nil || f == general {
		noFolder(w)
		return
	}
	reply(w, http.StatusOK, f.detailed())
}

func noFolder(w http.ResponseWriter) {
	reply(w, http.StatusNotFound, obj{"message": "folder not found", "status": "not-found"})
}

// createFolder makes one; a title may be there twice, a uid not.
func (s *server) createFolder(w http.ResponseWriter, r *http.Request) {
	var in struct{ Title, UID string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		fail(w, http.StatusBadRequest, "bad request data")
		return
	}
	if in.Title == "" {
		fail(w, http.StatusBadRequest, "folder title cannot be empty")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.UID != "" && s.folder(in.UID) != nil {
		fail(w, http.StatusPreconditionFailed, "the folder has been changed by someone else")
		return
	}
	if in.UID == "" {
		in.UID = shortUID()
	}
	f := &folder{ID: s.newID(), UID: in.UID, Title: in.Title, Created: time.Now().UTC()}
	s.folders = append(s.folders, f)
	if err := s.save(); err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	reply(w, http.StatusOK, f.detailed())
}

// deleteFolder takes its dashboards along.
func (s *server) deleteFolder(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.folders {
		if f.UID != r.PathValue("uid") {
			continue
		}
		s.folders = append(s.folders[:i], s.folders[i+1:]...)
		for uid, d := range s.boards {
			if d.FolderUID == f.UID {
				delete(s.boards, uid)
			}
		}
		if err := s.save(); err != nil {
			fail(w, http.StatusInternalServerError, err.Error())
			return
		}
		reply(w, http.StatusOK, obj{"message": "Folder deleted"})
		return
	}
	noFolder(w)
}
