package main

import (
	"regexp"
	"slices"
	"strconv"
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

// judgeAlertmanager judges a configuration as Alertmanager does when it loads one, and finds where it is wrong. Upstream
// stops at its first error, so what is wrong is left out and the rest is judged again.
func judgeAlertmanager(request alertmanagerRequest) verdict {
	_, errs := loadAlertmanager(request.Text, request.Features)
	if len(errs) == 0 {
		return verdictOf(nil)
	}
	// The same text may be beyond this program's own reading: then there is the error without its place.
	whole := readTree(request.Text)
	if whole == nil {
		return verdictOf(errs)
	}
	var found []upstreamError
	for round := 0; round < mostRounds; round++ {
		written := whole.write()
		_, errs := loadAlertmanager(written.text.String(), request.Features)
		placed := placeErrors(whole, written, errs)
		found = append(found, placed...)
		if len(placed) == 0 || !leaveOut(whole, placed) {
			break
		}
	}
	if len(found) == 0 {
		return verdictOf(errs)
	}
	return verdictOf(found)
}

// mostRounds is how often a configuration is judged again without what was wrong.
const mostRounds = 20

func loadAlertmanager(text string, features []string) (*config.Config, []upstreamError) {
	known := slices.DeleteFunc(slices.Clone(features), func(name string) bool {
		return !slices.Contains(featurecontrol.AllowedFlags, name)
	})
	flags, err := featurecontrol.NewFlags(silent, strings.Join(known, ","))
	if err != nil {
		return nil, []upstreamError{{Message: err.Error(), Field: "enable-feature"}}
	}
	compat.InitFromFlags(silent, flags)
	loaded, err := config.Load(text)
	if err == nil && !flags.ClassicMode() {
		err = blankLabelName(text)
	}
	if err != nil {
		return nil, yamlErrors(text, err)
	}
	return loaded, nil
}

var badName = regexp.MustCompile(`^invalid label name ("(?:[^"\\]|\\.)*")`)

// blankLabelName refuses names of labels that only the classic mode refuses, where they are no names but several, or a matcher:
// any text is valid as UTF-8, and groups or compares nothing.
func blankLabelName(text string) error {
	classic, _ := featurecontrol.NewFlags(silent, featurecontrol.FeatureClassicMode)
	compat.InitFromFlags(silent, classic)
	_, err := config.Load(text)
	if err == nil {
		return nil
	}
	if match := badName.FindStringSubmatch(err.Error()); match != nil {
		if name, _ := strconv.Unquote(match[1]); strings.ContainsAny(name, " \t\n,;=~\"'{}") {
			return err
		}
	}
	return nil
}
