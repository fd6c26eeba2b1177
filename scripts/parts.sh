# The parts of a test command: each is run to its end and timed, and the sum comes last. Sourced by test.sh and test-e2e.sh.
# Counts and failures of both commands are added up in $MONSTACK_TEST_RESULTS, if that names a folder.
# shellcheck shell=bash
# The second folder is the place of Go's own installer, which a PATH may lack.
export PATH="$PWD/node_modules/.bin:$PATH:/usr/local/go/bin"
left_out=() results=${MONSTACK_TEST_RESULTS:-}
if [ -z "$results" ]; then
  results=$(mktemp -d)
  remove_results() { rm -rf "$results"; }
else
  remove_results() { :; }
fi
trap 'end_background; remove_results' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
touch "$results/failed"
failed_before=$(wc -l <"$results/failed")

part() { # NAME COMMAND...
  local name=$1 began=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then printf '== %s: ok, %s s\n' "$name" $((SECONDS - began)); else
    echo "$name" >>"$results/failed"
    printf '== %s: FAILED, %s s\n' "$name" $((SECONDS - began))
  fi
}

leave_out() { left_out+=("$1: $2"); }

# start_part NAME COMMAND...: begins a part with what the others leave of the processor; finish_part NAME waits for it.
declare -A background
start_part() {
  local name=$1
  shift
  setsid nice -n 19 "$@" >"$results/$name.log" 2>&1 </dev/null &
  background[$name]=$!
}
end_background() {
  local pid
  for pid in "${background[@]}"; do kill -- "-$pid" 2>/dev/null; done
}
finish_part() { part "$1" await_part "$1"; }
await_part() {
  local code=0
  wait "${background[$1]}" || code=$?
  unset "background[$1]"
  cat "$results/$1.log"
  return $code
}

vitest_projects() { # PROJECT...
  local flags=() project
  for project in "$@"; do flags+=(--project "$project"); done
  vitest run "${flags[@]}" --reporter=default --reporter=json --outputFile.json="$results/$1.json"
}

# Prints what was left out, what failed and how many tests passed; fails if anything did, and with CI=true if anything was
# left out.
sum_up() {
  local line
  printf '\n'
  for line in ${left_out[@]+"${left_out[@]}"}; do printf 'left out: %s\n' "$line"; done
  sed 's/^/failed: /' "$results/failed"
  node scripts/count-tests.ts "$results" "$(wc -l <"$results/failed")"
  if [ "${CI:-}" = true ] && [ ${#left_out[@]} -gt 0 ]; then
    echo "CI=true: nothing may be left out"
    return 1
  fi
  [ "$(wc -l <"$results/failed")" = "$failed_before" ]
}
