package main

import (
	"strings"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/matcher/compat"

	_ "time/tzdata" // The time zones of time intervals and templates: no file can be read here.
)

type alertmanagerRequest struct {
	Text     string   `json:"text"`
	Features []string `json:"features"`
}

// judgeAlertmanager judges a configuration as Alertmanager does when it loads one.
func judgeAlertmanager(request alertmanagerRequest) verdict {
	_, errs := loadAlertmanager(request.Text, request.Features)
	return verdictOf(errs)
}

func loadAlertmanager(text string, features []string) (*config.Config, []upstreamError) {
	flags, err := featurecontrol.NewFlags(silent, strings.Join(features, ","))
	if err != nil {
		return nil, []upstreamError{{Message: err.Error(), Field: "enable-feature"}}
	}
	compat.InitFromFlags(silent, flags)
	loaded, err := config.Load(text)
	if err != nil {
		return nil, yamlErrors(text, err)
	}
	return loaded, nil
}
