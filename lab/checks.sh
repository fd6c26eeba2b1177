# Sourced by the conformance scripts: assertions that print one line each and count what fails.
# shellcheck shell=bash
failed=0 began=$EPOCHREALTIME
ok() { awk -v a="$began" -v b="$EPOCHREALTIME" -v t="$1" 'BEGIN { printf "ok   %5.1f s  %s\n", b - a, t }'; }
bad() { awk -v a="$began" -v b="$EPOCHREALTIME" -v t="$1" 'BEGIN { printf "FAIL %5.1f s  %s\n", b - a, t }'; failed=$((failed + 1)); }
check() { # TEXT CMD...
  local text=$1; shift
  if "$@" >/dev/null 2>&1; then ok "$text"; else bad "$text"; fi
}
within() { # SECONDS TEXT CMD...
  local end=$((SECONDS + $1)) text=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { bad "$text"; return 1; }
    sleep 0.2
  done
  ok "$text"
}
gives() { # CODE PATTERN CMD...: ends with that exit code and says that
  local code=$1 pattern=$2 got out; shift 2
  out=$("$@" 2>&1 </dev/null); got=$?
  [ "$got" = "$code" ] && grep -qE -- "$pattern" <<<"$out" || { echo "     exit $got: $(head -c 300 <<<"$out")"; return 1; }
}
between() { # FROM TO TEXT SINCE: so many seconds have passed
  awk -v a="$4" -v b="$EPOCHREALTIME" -v from="$1" -v to="$2" 'BEGIN { exit !(b - a >= from && b - a <= to) }' && ok "$3" && return
  awk -v a="$4" -v b="$EPOCHREALTIME" 'BEGIN { printf "     %.1f s\n", b - a }'
  bad "$3"
}
