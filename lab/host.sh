# What the lab needs of the host. Sourced by lab/lab and lab/build.sh.

say() { echo "[lab] $*" >&2; }

# As root already, or once more through sudo. The caller's PATH must survive it: npm puts Node 24 there.
need_root() {
  [ "$(id -u)" = 0 ] && return 0
  if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
    say "needs root (namespaces, mounts), or sudo without a password"
    exit 69
  fi
  exec sudo -n --preserve-env env PATH="$PATH" "$LAB/lab" "$@"
}

# As root, for single commands (apt-get install).
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Whether this host can run the lab at all; says why not.
host_can() {
  [ "$(uname -s)/$(uname -m)" = Linux/x86_64 ] || { say "runs on Linux on x86_64 only; this is $(uname -s) on $(uname -m)"; return 1; }
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || { say "needs root (namespaces, mounts), or sudo without a password"; return 1; }
  fi
  as_root unshare --net --mount --pid --fork true 2>/dev/null || { say "this host doesn't let root make network, mount and PID namespaces (unshare failed)"; return 1; }
  [ -d /sys/fs/cgroup ] || { say "no cgroups are mounted at /sys/fs/cgroup"; return 1; }
}

# command=package: what is called on the host, and Debian's package that has it
readonly HOST_COMMANDS="ip=iproute2 iptables=iptables conntrack=conntrack modprobe=kmod unshare=util-linux setpriv=util-linux mount=mount
  pgrep=procps zstd=zstd unzip=unzip strip=binutils curl=curl"

# Installs Debian packages that are missing on the host, and says so.
install_missing() {
  local pair missing=()
  for pair in $HOST_COMMANDS; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%=*}" >/dev/null || missing+=("${pair##*=}")
  done
  ldconfig_has libseccomp.so.2 || missing+=(libseccomp2) # runc's only library
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null || { say "missing on this host: ${missing[*]} (install them; there is no apt-get here)"; exit 69; }
  say "installing Debian packages: ${missing[*]}"
  refresh_apt
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}" >/dev/null ||
    { say "apt-get install ${missing[*]} failed"; exit 1; }
}

ldconfig_has() { PATH=$PATH:/usr/sbin:/sbin ldconfig -p | grep -q "$1"; }

# apt's lists are empty on a fresh container
refresh_apt() {
  compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null && return 0
  say "apt-get update (its lists are empty)"
  as_root apt-get -qq update
}
