//go:build tools

// Package tools pins the programs of the Prometheus family, in the versions that the charts name. They have a module of
// their own: their Kubernetes libraries are not of the version that the cluster's programs are built from.
package tools

import (
	_ "github.com/prometheus/alertmanager/cmd/alertmanager"
	_ "github.com/prometheus/alertmanager/cmd/amtool"
	_ "github.com/prometheus/node_exporter"
	_ "github.com/prometheus/prometheus/cmd/prometheus"
	_ "github.com/prometheus/prometheus/cmd/promtool"
	_ "github.com/prometheus/pushgateway"
)
