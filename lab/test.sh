#!/bin/bash
# Tests the lab itself: its Go programs, and the conformance of the stand-ins for k3s and Grafana in a machine. Exit 69: this host can't run a lab.
set -euo pipefail
LAB=$(dirname "$(readlink -f "$0")")
cd "$LAB"
"$LAB/build.sh"
PATH=$PATH:/usr/local/go/bin
GOFLAGS="-mod=readonly -buildvcs=false -trimpath" CGO_ENABLED=0 go test ./cmd/...
"$LAB/lab" run bash "$LAB/conformance-grafana.sh"
exec "$LAB/lab" run bash "$LAB/conformance.sh"
