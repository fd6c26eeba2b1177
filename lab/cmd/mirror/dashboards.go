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
	key += " and plugins"
	if err != nil {
		return err
	}
	return a.once("dashboards", key, []string{"grafana.com"}, func() error {
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
		return a.plugins()
	})
}

// plugins is grafana.com's catalogue of plugins, with one that the lab's stand-in for Grafana can install.
func (a assembly) plugins() error {
	const id = "lab-clock-panel"
	folder := a.host("grafana.com/api/plugins", id, "versions")
	items := []map[string]string{}
	for _, version := range []string{"1.2.0", "1.0.0"} {
		items = append(items, map[string]string{"version": version})
		about := map[string]string{"id": id, "name": "Clock of the lab", "type": "panel", "version": version}
		if err := writeAsJSON(filepath.Join(folder, version, "download"), about); err != nil {
			return err
		}
	}
	return writeAsJSON(filepath.Join(folder, listingName), map[string]any{"items": items})
}
