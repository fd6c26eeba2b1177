#!/usr/bin/env bash
# Everything that is tested, in rising order of time. Leaves a part out only where the host can't do it, says so, and
# with CI=true fails instead.
set -uo pipefail
cd "$(dirname "$0")/.."
left_out=() failed=() results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

part() { # NAME COMMAND...
  local name=$1 began=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then printf '== %s: ok, %s s\n' "$name" $((SECONDS - began)); else
    failed+=("$name")
    printf '== %s: FAILED, %s s\n' "$name" $((SECONDS - began))
  fi
}
leave_out() { left_out+=("$1: $2"); }

vitest_project() { vitest run --project "$1" --reporter=default --reporter=json --outputFile.json="$results/$1.json"; }
dist_matches() { node scripts/check-dist.ts; }
workflows() { go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 -color .github/workflows/*.yml examples/*/.github/workflows/*.yml; }
# with the flags of lab/build.sh: with others, all of Kubernetes would be compiled a second time
# with the flags of scripts/build-upstream.ts
upstream_go_tests() {
  (cd upstream && export CGO_ENABLED=0 && GOFLAGS=-mod=readonly go run ./prune .pruned &&
    GOFLAGS="-mod=readonly -modfile=.pruned/go.mod -tags=hashicorpmetrics -trimpath" go test ./... &&
    test -z "$(gofmt -l ./*.go prune)")
}
lab_go_tests() { (cd lab && CGO_ENABLED=0 GOFLAGS="-mod=readonly -buildvcs=false -trimpath" go test ./cmd/...); }

part "lint" npm run --silent lint
part "types" npm run --silent typecheck
part "dist matches the sources" dist_matches
part "regular expressions" npm run --silent regexes
# The same seed each time, so that a finding comes from the change that is tested. `npm run fuzz` by hand takes a random one.
part "fuzz, a minute" npm run --silent fuzz -- --seconds 60 --seed 20261130
if command -v go >/dev/null; then
  part "workflows (actionlint)" workflows
  part "upstream's judge, its own tests" upstream_go_tests
else
  leave_out "workflows (actionlint), upstream's judge" "needs Go"
fi
# The lab first: tests of charts use the genuine helm that is built there.
lab=no
if why=$(bash lab/lab check 2>&1); then
  lab=yes
  part "lab" env LAB_INIT=systemd bash lab/lab build
fi
part "unit and integration tests" vitest_project unit
if [ "$lab" = yes ]; then
  part "lab's own tests" lab_go_tests
  part "lab's conformance" bash lab/lab run bash "$PWD/lab/conformance.sh"
  part "conformance of Grafana's stand-in" bash lab/lab run bash "$PWD/lab/conformance-grafana.sh"
  part "end to end in the lab" vitest_project e2e
else
  leave_out "lab, its conformance and end to end in it" "$why"
fi

printf '\n'
for line in ${left_out[@]+"${left_out[@]}"}; do printf 'left out: %s\n' "$line"; done
for name in ${failed[@]+"${failed[@]}"}; do printf 'failed: %s\n' "$name"; done
node scripts/count-tests.ts "$results" "${#failed[@]}"
if [ "${CI:-}" = true ] && [ ${#left_out[@]} -gt 0 ]; then
  echo "CI=true: nothing may be left out"
  exit 1
fi
[ ${#failed[@]} -eq 0 ]
