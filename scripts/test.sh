#!/usr/bin/env bash
# What each change is tested with, in rising order of time; `npm run test:e2e` has the rest. Leaves a part out only where the
# host can't do it, says so, and with CI=true fails instead.
set -uo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

# Chromium draws report.html in its tests. Before the lab is built, since two of apt-get can't run at once.
has_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
# shellcheck source=lab/host.sh
install_browser() (source lab/host.sh && apt_knows_debian && install_missing chromium=chromium)
if ! has_browser >/dev/null && ! why=$(install_browser 2>&1); then
  leave_out "tests of report.html in a browser" "no Chromium, and it can't be installed: ${why:-apt is not set up for Debian}"
fi

# The lab's programs take minutes to compile the first time: that fills the pauses of everything before the smoke tests.
lab=no
if why=$(bash lab/lab check 2>&1); then
  lab=yes
  start_part "lab" env LAB_PARTS=core LAB_INIT=systemd bash lab/lab build
else
  leave_out "the lab and the smoke tests in it" "$why"
fi
start_part "dist matches the sources" node scripts/check-dist.ts
start_part "regular expressions" npm run --silent regexes
# The same seed each time, so that a finding comes from the change that is tested. `npm run fuzz` by hand takes a random one.
start_part "fuzz, 15 s" npm run --silent fuzz -- --seconds 15 --seed 20261130
part "lint" npm run --silent lint
part "types" npm run --silent typecheck
part "pure unit tests" vitest_projects pure
finish_part "dist matches the sources"
finish_part "regular expressions"
finish_part "fuzz, 15 s"
part "local unit tests" vitest_projects local
if [ "$lab" = yes ]; then
  finish_part "lab"
  part "smoke tests in the lab" vitest_projects smoke
fi
sum_up
