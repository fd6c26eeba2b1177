package main

import (
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
)

// fileManager is how 12 marks what came from provisioning files. Its search looks into that mark as well: a search for
// "file" finds what is provisioned, so a client must compare titles itself.
const fileManager = "classic-file-provisioning"

func (s *server) search(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.RLock()
	defer s.mu.RUnlock()
	folders, boards := []obj{}, []obj{}
	for _, f := range s.folders {
		if kind(q, "dash-folder") && matches(q, f.UID, f.Title, f.Provisioned) && !q.Has("tag") {
			folders = append(folders, hit(f.ID, f.UID, f.Title, f.url(), "dash-folder", []any{}))
		}
	}
	for _, d := range s.boards {
		if kind(q, "dash-db") && matches(q, d.uid(), d.title(), d.Provisioned != "") && tagged(q, d.tags()) {
			boards = append(boards, s.boardHit(d))
		}
	}
	byTitle(folders)
	byTitle(boards)
	reply(w, http.StatusOK, append(folders, boards...))
}

func kind(q url.Values, of string) bool { return q.Get("type") == "" || q.Get("type") == of }

func matches(q url.Values, uid, title string, provisioned bool) bool {
	if uids := q["dashboardUIDs"]; len(uids) > 0 && !slices.Contains(uids, uid) {
		return false
	}
	text := strings.ToLower(title)
	if provisioned {
		text += " " + fileManager
	}
	return strings.Contains(text, strings.ToLower(q.Get("query")))
}

func tagged(q url.Values, tags []any) bool {
	for _, want := range q["tag"] {
		if !slices.Contains(tags, any(want)) {
			return false
		}
	}
	return true
}

func hit(id int64, uid, title, url, kind string, tags []any) obj {
	return obj{
		"id": id, "uid": uid, "orgId": 1, "title": title, "uri": "db/" + slug(title), "url": url, "slug": "", "type": kind,
		"tags": tags, "isStarred": false, "sortMeta": 0, "isDeleted": false,
	}
}

func (s *server) boardHit(d *dashboard) obj {
	o := hit(d.ID, d.uid(), d.title(), d.url(), "dash-db", d.tags())
	if text := d.str("description"); text != "" {
		o["description"] = text
	}
	if f := s.folder(d.FolderUID); f != nil && f != general {
		o["folderId"], o["folderUid"], o["folderTitle"], o["folderUrl"] = f.ID, f.UID, f.Title, f.url()
	}
	return o
}

func byTitle(hits []obj) {
	sort.SliceStable(hits, func(i, j int) bool {
		a, b := hits[i], hits[j]
		if a["title"] != b["title"] {
			return a["title"].(string) < b["title"].(string)
		}
		return a["id"].(int64) < b["id"].(int64)
	})
}
