# What the lab needs of the host. Sourced by lab/lab and lab/build.sh.

CACHE=${MONSTACK_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/monstack-lab}

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
  as_root unshare --net --mount --pid --fork mount -t tmpfs tmpfs /run 2>/dev/null ||
    { say "this host doesn't let root make network, mount and PID namespaces and mount in them (unshare failed)"; return 1; }
  local cgroups=/sys/fs/cgroup
  [ -e $cgroups/cgroup.controllers ] || cgroups=/sys/fs/cgroup/memory # version 1
  as_root mkdir "$cgroups/monstack-lab-check.$$" 2>/dev/null || { say "root can't make a cgroup below $cgroups on this host"; return 1; }
  as_root rmdir "$cgroups/monstack-lab-check.$$"
  case ${LAB_INIT:-plain} in
    plain | systemd) ;;
    *) say "unknown LAB_INIT \"$LAB_INIT\": expected plain or systemd"; return 1 ;;
  esac
}

# Whether the lab can be built here; says what is missing that can't be installed.
host_can_build() {
  PATH=$PATH:/usr/local/go/bin
  command -v go >/dev/null || { say "Go is missing (1.26 or newer)"; return 1; }
  command -v npm >/dev/null || { say "npm is missing"; return 1; }
  local missing
  missing=$(missing_packages)
  if command -v apt-get >/dev/null; then
    apt_knows_debian || { say "apt isn't set up with a mirror of Debian's here; name one in LAB_DEBIAN_MIRROR"; return 1; }
  else
    say "missing on this host: apt-get, with which the lab gets Debian's packages${missing:+; and $missing}"
    return 1
  fi
}

apt_knows_debian() {
  [ -n "${LAB_DEBIAN_MIRROR:-}" ] || grep -qsx 'ID=debian' /etc/os-release ||
    grep -qx Debian <<<"$(apt-get indextargets --format '$(ORIGIN)' 'Created-By: Packages' 'Component: main' 2>/dev/null)"
}

# command=package: what a minimal Debian (debootstrap's minbase) lacks of what is called on the host
readonly HOST_COMMANDS="ip=iproute2 iptables=iptables conntrack=conntrack ipset=ipset nft=nftables modprobe=kmod pgrep=procps zstd=zstd unzip=unzip
  strip=binutils curl=curl unshare=util-linux setpriv=util-linux mount=mount sudo=sudo"

# Prints the Debian packages that are missing on the host, on one line. Arguments: further command=package.
missing_packages() {
  local pair missing=()
  for pair in $HOST_COMMANDS "$@"; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%=*}" >/dev/null || missing+=("${pair##*=}")
  done
  grep -q libseccomp.so.2 <<<"$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p)" || missing+=(libseccomp2) # runc's only library
  [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
  [ -n "${SSL_CERT_FILE:-}" ] || [ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates) # for Go's and npm's downloads
  echo "${missing[*]}"
}

# Installs Debian packages that are missing on the host, and says so. Arguments: further command=package.
install_missing() {
  local missing
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  say "installing Debian packages: $missing"
  refresh_apt
  # shellcheck disable=SC2086 # one word per package
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing >/dev/null ||
    { say "apt-get install $missing failed"; exit 1; }
}

# apt's lists are empty on a fresh container
refresh_apt() {
  compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null && return 0
  say "apt-get update (its lists are empty)"
  as_root apt-get -qq update
}

# Prints the address of the Debian mirror: LAB_DEBIAN_MIRROR, else the one that apt is set up with.
debian_mirror() {
  local mirror=${LAB_DEBIAN_MIRROR:-}
  refresh_apt
  [ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' 'Component: main' |
    awk '$2 == "Debian" && !/security/ { print $1; exit }')
  [ -n "$mirror" ] || { say "apt isn't set up with a mirror of Debian's here; name one in LAB_DEBIAN_MIRROR"; return 1; }
  echo "$mirror"
}
