package main

import "github.com/prometheus/prometheus/config"

type scrapeRequest struct {
	Text string `json:"text"`
}

// judgeScrape judges a whole prometheus.yml as Prometheus does when it loads one. The files that it names are not read.
func judgeScrape(request scrapeRequest) verdict {
	if _, err := config.Load(request.Text, silent); err != nil {
		return verdictOf(yamlErrors(request.Text, err))
	}
	return verdictOf(nil)
}
