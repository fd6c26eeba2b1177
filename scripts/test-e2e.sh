#!/usr/bin/env bash
# All that `npm test` leaves out and that is neither long, faults nor soak: Go, the lab's conformance, and end to end all else.
# Leaves a part out only where the host can't do it, says so, and with CI=true fails instead.
set -uo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

lint_workflows() { go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 -color .github/workflows/*.yml examples/*/.github/workflows/*.yml; }
# with the flags of scripts/build-upstream.ts
test_upstream() {
  (cd upstream && export CGO_ENABLED=0 && GOFLAGS=-mod=readonly go run ./prune .pruned &&
    GOFLAGS="-mod=readonly -modfile=.pruned/go.mod -tags=hashicorpmetrics -trimpath" go test ./... &&
    test -z "$(gofmt -l ./*.go prune)")
}
# with the flags of lab/build.sh: with others, all of Kubernetes would be compiled a second time
test_lab() { (cd lab && CGO_ENABLED=0 GOFLAGS="-mod=readonly -buildvcs=false -trimpath" go test ./cmd/...); }

lab=no
if why=$(bash lab/lab check 2>&1); then
  lab=yes
  start_part "lab" env LAB_INIT=systemd bash lab/lab build
else
  leave_out "lab, its conformance and end to end in it" "$why"
fi
part "fuzz, a minute" npm run --silent fuzz -- --seconds 60 --seed 20261130
part "slow unit tests" vitest_projects slow
if command -v go >/dev/null; then
  part "workflows (actionlint)" lint_workflows
  part "upstream's judge, its own tests" test_upstream
else
  leave_out "workflows (actionlint), upstream's judge" "needs Go"
fi
if [ "$lab" = yes ]; then
  finish_part "lab"
  part "lab's own tests" test_lab
  part "lab's conformance" bash lab/lab run bash "$PWD/lab/conformance.sh"
  part "conformance of Grafana's stand-in" bash lab/lab run bash "$PWD/lab/conformance-grafana.sh"
  part "end to end in the lab" vitest_projects e2e
fi
sum_up
