package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// dashboards are served as grafana.com does: what is known of one, and each revision's JSON.
func (a assembly) dashboards() error {
	revisions := map[string]int{"315": 3, "1860": 42, "3662": 2, "6417": 1}
	files, err := filepath.Glob(filepath.Join(a.lab, "dashboards", "*.json"))
	if err != nil {
		return err
	}
	key, err := identity(files...)
	if err != nil {
		return err
	}
	return a.once("dashboards", key, []string{"grafana.com/api/dashboards"}, func() error {
		for _, file := range files {
			id := strings.TrimSuffix(filepath.Base(file), ".json")
			folder := a.host("grafana.com/api/dashboards", id)
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			about := struct {
				Title       string `json:"title"`
				Description string `json:"description"`
			}{}
			if err := json.Unmarshal(text, &about); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			newest := max(1, revisions[id])
			names := []string{"latest"}
			for revision := 1; revision <= newest; revision++ {
				names = append(names, strconv.Itoa(revision))
			}
			for _, name := range names {
				if err := link(file, filepath.Join(folder, "revisions", name, "download")); err != nil {
					return err
				}
			}
			number, err := strconv.Atoi(id)
			if err != nil {
				return fmt.Errorf("%s: a dashboard's file is named by its id", file)
			}
			if err := writeAsJSON(filepath.Join(folder, listingName), map[string]any{
				"id": number, "name": about.Title, "description": about.Description, "revision": newest, "status": "published",
			}); err != nil {
				return err
			}
		}
		return nil
	})
}
