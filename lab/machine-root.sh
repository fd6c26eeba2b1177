# The root file system of a machine with systemd: a minimal Debian, built once by debootstrap. Sourced by lab/lab.
# It is kept under a checksum of this file, so a change here builds it anew.

readonly ROOT_SUITE=bookworm
# Besides systemd: what a hosted runner has of the programs that monstack and a test call.
readonly ROOT_PACKAGES=systemd,systemd-sysv,dbus,sudo,iptables,iproute2,conntrack,ipset,kmod,procps,ca-certificates,curl,libseccomp2
readonly RUNNER_UID=1001

# Prints the folder of the root; builds it first if there is none of this description.
system_root() {
  local sum dir
  sum=$(sha256sum <"$LAB/machine-root.sh") || return
  dir=$CACHE/systemd-root-${sum:0:16}
  [ -e "$dir/.done" ] || build_root "$dir" || return
  echo "$dir"
}

build_root() { # DIR; two checkouts wait for each other
  mkdir -p "$CACHE" || return
  (
    flock 8
    [ ! -e "$1/.done" ] || exit 0
    say "building the root file system of a machine with systemd (once, about a minute)"
    began=$EPOCHREALTIME
    install_missing debootstrap=debootstrap
    mirror=$(debian_mirror) || exit 1
    rm -rf "$1" "$1.new"
    # In a mount namespace of its own: what debootstrap mounts goes with it, also when it is killed.
    unshare --mount --propagation private debootstrap --variant=minbase --include="$ROOT_PACKAGES" \
      "$ROOT_SUITE" "$1.new" "$mirror" >"$CACHE/debootstrap.log" 2>&1 ||
      { tail -5 "$CACHE/debootstrap.log" >&2; say "debootstrap failed (log: $CACHE/debootstrap.log)"; exit 1; }
    prepare_root "$1.new" || exit
    touch "$1.new/.done"
    mv "$1.new" "$1"
    find "$CACHE" -maxdepth 1 -name 'systemd-root-*' -mtime +30 ! -path "$1" -exec rm -rf {} +
    say "root file system built in $(seconds_since "$began") s"
  ) 8>"$CACHE/systemd-root.lock" >&2
}

prepare_root() ( # DIR: a user with sudo, and no unit that changes the host: its kernel's settings, its clock, its /tmp
  set -e
  cd "$1"
  rm -rf var/cache/apt/archives/*.deb var/lib/apt/lists/*
  chroot . useradd --uid "$RUNNER_UID" --user-group --create-home --shell /bin/bash --groups sudo,adm runner
  # as on a hosted runner
  printf 'Defaults use_pty\nrunner ALL=(ALL) NOPASSWD:ALL\n' >etc/sudoers.d/runner
  chmod 440 etc/sudoers.d/runner
  local unit
  for unit in systemd-sysctl.service systemd-modules-load.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount \
    systemd-timesyncd.service systemd-random-seed.service systemd-udevd.service systemd-tmpfiles-clean.timer \
    systemd-tmpfiles-clean.service systemd-firstboot.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount \
    sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount kmod-static-nodes.service getty.target \
    console-getty.service systemd-remount-fs.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer dpkg-db-backup.timer systemd-pstore.service; do
    ln -sf /dev/null "etc/systemd/system/$unit"
  done
  ln -sf /lib/systemd/system/multi-user.target etc/systemd/system/default.target
  # /tmp is the host's: it is neither emptied at boot nor gets folders of services.
  mkdir -p etc/tmpfiles.d etc/systemd/system/{service.d,systemd-tmpfiles-setup.service.d} etc/systemd/{system.conf.d,journald.conf.d}
  for unit in tmp.conf x11.conf systemd-tmp.conf; do ln -sf /dev/null "etc/tmpfiles.d/$unit"; done
  printf '[Service]\nPrivateTmp=no\n' >etc/systemd/system/service.d/lab.conf
  printf '[Service]\nExecStart=\nExecStart=systemd-tmpfiles --create --boot --exclude-prefix=/dev --exclude-prefix=/tmp --exclude-prefix=/var/tmp\n' \
    >etc/systemd/system/systemd-tmpfiles-setup.service.d/lab.conf
  printf '[Manager]\nLogTarget=journal\nStatusUnitFormat=name\n' >etc/systemd/system.conf.d/lab.conf
  printf '[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\n' >etc/systemd/journald.conf.d/lab.conf
)
