# The lab's machine: network, mount and PID namespaces with an init of their own. Sourced by lab/lab.
# Ending its init ends everything in it; nothing of it has a name on the host (no `ip netns`), so nothing can stay.
# LAB_INIT=systemd: its init is systemd, in a Debian of its own (machine-root.sh); plain: it shares the host's file system.

# shellcheck source=lab/machine-cgroups.sh
source "$LAB/machine-cgroups.sh"
# shellcheck source=lab/machine-root.sh
source "$LAB/machine-root.sh"

M=$LAB/out/machine
readonly NODE_ADDRESS=198.51.100.10 MIRROR_ADDRESS=203.0.113.1
readonly INIT_NAME=monstack-lab-machine
MACHINE_OURS=no

mirrors() { # what the product gets as its mirror settings: from=to,...
  local m="https://=http://$MIRROR_ADDRESS/" r
  for r in docker.io quay.io registry.k8s.io ghcr.io; do m+=",$r=http://$MIRROR_ADDRESS:5000/$r"; done
  echo "$m"
}

# Prints the pid of this checkout's machine's init.
machine_pid() {
  local p
  p=$(cat "$M/init.pid" 2>/dev/null)
  if [ -n "$p" ] && tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline" | grep -q "^$INIT_NAME $LAB "; then echo "$p"; return 0; fi
  say "no machine runs (start one with: lab/lab up)"
  return 1
}

# One kubelet at a time on a host: pods' cgroups aren't namespaced. The lock is on a folder that every checkout sees,
# it is held by the machine's init and so it ends with it, however that ends.
take_host_lock() {
  exec 9</sys/fs/cgroup
  flock -n 9 && return 0
  say "another machine runs on this host: $(lock_holder); waiting up to ${LAB_WAIT:-600} s for it to end"
  flock -w "${LAB_WAIT:-600}" 9 && return 0
  say "gave up after ${LAB_WAIT:-600} s: $(lock_holder) still runs (LAB_WAIT sets how long to wait)"
  return 75
}

lock_holder() {
  local p
  for p in $(pgrep -f "^$INIT_NAME "); do
    [ "$(readlink "/proc/$p/exe")" ] && { echo "pid $p ($(tr '\0' ' ' <"/proc/$p/cmdline"))"; return 0; }
  done
  echo "pid unknown (something else holds a lock on /sys/fs/cgroup)"
}

# machine_up with-caller|"" yes|no: starts the machine and, with yes, the mirror in it.
# with-caller: the machine ends with this shell even when that is killed outright.
machine_up() {
  local began wrap=() root=""
  [ -x "$LAB/out/bin/pause" ] || { say "not built yet: lab/lab build"; return 1; }
  if [ "${LAB_INIT:-plain}" = systemd ]; then root=$(system_root) || return; fi
  take_host_lock || return
  began=$EPOCHREALTIME
  foreign_kubelet && return 69
  MACHINE_OURS=yes # from here on $M is this shell's to make and to end
  drop_cgroups
  rm -rf "$M" && mkdir -p "$M"/{rancher,etc,etc-work,bin,bin-work,lib,lib-work,log,log-work,home,tmp} || return
  [ "$1" = with-caller ] && wrap=(setpriv --pdeathsig KILL)
  setsid "${wrap[@]}" unshare --net --mount --pid --fork --kill-child --propagation private \
    bash "$LAB/machine-init.sh" "$LAB" "$M" "$NODE_ADDRESS" "$MIRROR_ADDRESS" "$INIT_NAME" "$root" </dev/null >"$M/init.log" 2>&1 &
  echo $! >"$M/unshare.pid"
  disown
  exec 9<&- # from here on only the machine's own processes hold the lock
  if ! wait_for_init "${root:+/usr/lib/systemd/systemd}" || ! wait_for_boot "$root"; then
    kill -9 "$(cat "$M/unshare.pid")" 2>/dev/null
    cat "$M/init.log" >&2
    say "the machine did not start"
    return 1
  fi
  if [ "$2" = yes ]; then mirror_up || { machine_end; return 1; }; fi
  say "machine up in $(seconds_since "$began") s (init $(machine_pid), node address $NODE_ADDRESS)"
}

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'; }

wait_for_init() { # [PROGRAM]: up to 5 s, until the first process has become the init
  local u p init=${1:-}
  [ -n "$init" ] || init=$(readlink -f "$LAB/out/bin/pause")
  u=$(cat "$M/unshare.pid")
  for _ in $(seq 250); do
    p=$(pgrep -P "$u" | head -1)
    if [ -n "$p" ] && [ -e "$M/ready" ] && [ "$(readlink "/proc/$p/exe")" = "$init" ]; then echo "$p" >"$M/init.pid"; return 0; fi
    [ -d "/proc/$u" ] || return 1
    sleep 0.02
  done
  return 1
}

# Up to 60 s, until systemd has started everything; with a plain init there is nothing to wait for.
wait_for_boot() { # ROOT
  local state="" p
  [ -n "$1" ] || return 0
  p=$(machine_pid) || return
  for _ in $(seq 300); do
    state=$(nsenter -t "$p" --mount --pid --net -- /usr/bin/systemctl is-system-running 2>/dev/null)
    case $state in
      running) return 0 ;;
      degraded | maintenance) break ;;
    esac
    sleep 0.2
  done
  say "systemd did not start everything; its state: ${state:-unknown}"
  nsenter -t "$p" --mount --pid --net -- /usr/bin/systemctl --failed --no-legend --plain >&2
  return 1
}

# A kubelet that isn't ours would share the pods' cgroups with ours.
foreign_kubelet() {
  local procs
  procs=$(find /sys/fs/cgroup -maxdepth 6 -path '*kubepods*' -name cgroup.procs -exec cat {} + 2>/dev/null | head -1)
  [ -n "$procs" ] && say "pods run on this host already (a process of theirs: $procs); the lab needs a host without a kubelet"
}

# Runs a command in the machine in place of this shell.
machine_exec() {
  local command
  machine_command command "$@" || return
  exec "${command[@]}"
}

# machine_command NAME CMD...: puts the command line that runs CMD in the machine into the array NAME.
machine_command() {
  local -n into=$1
  local p node login
  shift
  p=$(machine_pid) || return
  node=$LAB/../node_modules/.bin # npm's node (24); the host's own may be older
  [ -x "$node/node" ] || node=$(dirname "$(command -v node || echo /usr/bin/node)")
  into=(nsenter -t "$p" --mount --pid --net)
  if has_systemd "$p"; then
    # in a cgroup of its own below the machine's, as a session is; systemd moves it in the hierarchies that it uses
    into+=(--uts --ipc --cgroup -- /bin/bash -c "$JOIN_HIERARCHIES" join /usr/bin/systemd-run --quiet --collect --scope)
  else
    into+=(--)
  fi
  login=(HOME="$M/home")
  if [ "${LAB_USER:-root}" != root ]; then
    has_systemd "$p" || { say "only a machine with LAB_INIT=systemd has a user $LAB_USER"; return 64; }
    into+=(/usr/bin/setpriv --reuid "$LAB_USER" --regid "$LAB_USER" --init-groups)
    login=(HOME="/home/$LAB_USER" USER="$LAB_USER" LOGNAME="$LAB_USER" SHELL=/bin/bash)
  fi
  into+=(env --default-signal=INT,QUIT -C "$PWD" -u KUBECONFIG -u INVOCATION_ID -u LAB_USER -u LAB_INIT -u SUDO_USER -u SUDO_UID -u SUDO_GID -u SUDO_COMMAND
    PATH="$(readlink -f "$node"):/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "${login[@]}" MONSTACK_MIRRORS="$(mirrors)" "$@")
}

readonly JOIN_HIERARCHIES='
[ -e /sys/fs/cgroup/cgroup.controllers ] || for procs in /sys/fs/cgroup/*/cgroup.procs; do echo $$ >"$procs"; done
exec "$@"'

has_systemd() { [ "$(readlink "/proc/$1/exe")" = /usr/lib/systemd/systemd ]; } # INIT

# Runs a command in the machine as a child, hands signals on to it, returns its exit code.
machine_run() {
  local command child code signalled
  machine_command command "$@" || return
  "${command[@]}" <&0 &
  child=$!
  # nsenter doesn't hand signals on, so they go to what it started; Ctrl-C on a terminal reaches that by itself
  trap 'signalled=yes; [ -t 0 ] || pkill -INT -P '"$child" INT
  trap 'signalled=yes; pkill -TERM -P '"$child" TERM HUP
  while :; do # a signal ends `wait` early
    signalled=no
    wait "$child"
    code=$?
    [ "$signalled" = yes ] || break
  done
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  return "$code"
}

mirror_up() {
  local command began=$EPOCHREALTIME images=$LAB/out/mirror
  [ -x "$LAB/out/bin/mirror" ] || { say "no mirror: out/bin/mirror isn't built (going on without one)"; return 0; }
  case ${LAB_SIZES:-} in
    "") ;;
    genuine) images+=-genuine && "$LAB/out/bin/mirror" assemble --out "$LAB/out" --sizes genuine >&2 || return ;;
    *) say "unknown LAB_SIZES \"$LAB_SIZES\": expected genuine or nothing"; return 64 ;;
  esac
  LAB_USER=root machine_command command TMPDIR="$M/tmp" "$LAB/out/bin/mirror" --root "$LAB/out/mirror" --images "$images" --address "$MIRROR_ADDRESS" \
    --registry "$LAB/out/bin/docker-registry" || return
  setsid "${command[@]}" </dev/null >"$M/mirror.log" 2>&1 &
  disown # its end comes with the machine's, and is no news
  LAB_USER=root machine_command command curl -sf -m 1 -o /dev/null "http://$MIRROR_ADDRESS/_lab/ready"
  for _ in $(seq 150); do
    if "${command[@]}"; then say "mirror ready in $(seconds_since "$began") s"; return 0; fi
    sleep 0.05
  done
  tail -20 "$M/mirror.log" >&2
  say "the mirror did not get ready (log: $M/mirror.log)"
  return 1
}

# Says what is left in the machine: processes, mounts, links, iptables rules. Used before it is ended.
machine_leftovers() {
  local command
  LAB_USER=root machine_command command bash "$LAB/leftovers.sh" || return
  "${command[@]}"
}

machine_down() {
  local p
  p=$(machine_pid) || return
  machine_leftovers
  machine_end
  say "machine $p ended"
}

# Ends the machine whatever runs in it: its init goes, and the kernel takes the rest.
machine_end() {
  local p
  p=$(machine_pid 2>/dev/null) || return 0
  kill -9 "$p" 2>/dev/null
  for _ in $(seq 250); do [ -d "/proc/$p" ] || break; sleep 0.02; done
  rm -f "$M/init.pid"
  drop_cgroups
  rmdir /var/lib/rancher 2>/dev/null # a mount point, if nobody else uses it
  return 0
}
