package main

import "github.com/prometheus/prometheus/config"

type scrapeRequest struct {
	Text string `json:"text"`
}

type scrapeVerdict struct {
	Errors []upstreamError `json:"errors"`
	// NotJudged are keys of service discoveries whose contents nobody looked at.
	NotJudged []string `json:"notJudged,omitempty"`
}

// judgeScrape judges a whole prometheus.yml as Prometheus does when it loads one. The files that it names are not read.
func judgeScrape(request scrapeRequest) scrapeVerdict {
	unjudged = nil
	_, err := config.Load(request.Text, silent)
	if err != nil {
		return scrapeVerdict{Errors: yamlErrors(request.Text, err), NotJudged: unjudged}
	}
	return scrapeVerdict{Errors: []upstreamError{}, NotJudged: unjudged}
}
