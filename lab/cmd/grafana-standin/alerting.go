package main

import (
	"fmt"
	"net/http"
	"path/filepath"
)

// alertingFile is a file of alerting's provisioning: each list as Grafana reads it, of which the API gives back what is
// in it. The stand-in evaluates nothing and sends nothing.
type alertingFile struct {
	ContactPoints []struct {
		Name      string `json:"name"`
		Receivers []obj  `json:"receivers"`
	} `json:"contactPoints"`
	Policies  []obj `json:"policies"`
	Templates []obj `json:"templates"`
	MuteTimes []obj `json:"muteTimes"`
	Groups    []struct {
		Name   string `json:"name"`
		Folder string `json:"folder"`
		Rules  []obj  `json:"rules"`
	} `json:"groups"`
}

// alerting is what Grafana has without any file, and then what the files add.
type alerting struct {
	contactPoints, templates, muteTimings, rules []obj
	policy                                       obj
}

func (s *server) readAlerting() (alerting, error) {
	const standard = "grafana-default-email"
	found := alerting{
		contactPoints: []obj{{"uid": "", "name": standard, "type": "email", "settings": obj{"addresses": "<example@email.com>"}}},
		templates:     []obj{}, muteTimings: []obj{}, rules: []obj{},
		policy: obj{"receiver": standard, "group_by": []string{"grafana_folder", "alertname"}},
	}
	err := yamlFiles(filepath.Join(s.provisioning, "alerting"), func(f alertingFile) error {
		for _, point := range f.ContactPoints {
			for _, receiver := range point.Receivers {
				if receiver["uid"] == nil || receiver["type"] == nil {
					return fmt.Errorf("%s: contact point is not valid: uid and type are required", point.Name)
				}
				receiver["name"], receiver["provenance"] = point.Name, "file"
				found.contactPoints = append(found.contactPoints, receiver)
			}
		}
		for _, policy := range f.Policies {
			found.policy = policy
		}
		found.templates = append(found.templates, f.Templates...)
		found.muteTimings = append(found.muteTimings, f.MuteTimes...)
		for _, group := range f.Groups {
			for _, rule := range group.Rules {
				rule["ruleGroup"], rule["folderUID"], rule["provenance"] = group.Name, group.Folder, "file"
				found.rules = append(found.rules, rule)
			}
		}
		return nil
	})
	if err != nil {
		return found, fmt.Errorf("Alerting provisioning error: %w", err) //nolint:staticcheck // Grafana's own words
	}
	return found, nil
}

func (s *server) alertingRoutes(mux *http.ServeMux) {
	for path, of := range map[string]func(alerting) any{
		"contact-points": func(a alerting) any { return a.contactPoints },
		"policies":       func(a alerting) any { return a.policy },
		"templates":      func(a alerting) any { return a.templates },
		"mute-timings":   func(a alerting) any { return a.muteTimings },
		"alert-rules":    func(a alerting) any { return a.rules },
	} {
		mux.HandleFunc("GET /api/v1/provisioning/"+path, func(w http.ResponseWriter, r *http.Request) {
			reply(w, http.StatusOK, of(s.alerting))
		})
	}
}
