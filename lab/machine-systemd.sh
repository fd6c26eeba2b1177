# Runs as the first process of a machine with systemd, in its new namespaces: makes its root, then becomes systemd.
# Arguments as for machine-init.sh, and $6: the folder of the root file system.
set -e
LAB=$1 M=$2 NEW=$2/root

mkdir -p "$NEW" "$M"/system/{up,work}
if ! mount -t overlay overlay -o "lowerdir=$6,upperdir=$M/system/up,workdir=$M/system/work" "$NEW" 2>/dev/null; then
  mount -t tmpfs tmpfs "$M/system" # the checkout lies on a file system that can't be an upper layer (an overlay itself)
  mkdir "$M"/system/{up,work}
  mount -t overlay overlay -o "lowerdir=$6,upperdir=$M/system/up,workdir=$M/system/work" "$NEW"
fi

share() { # DIR: the host's folder, under the same path; root's home isn't closed to other users in there
  [ -d "$1" ] && [ ! "$NEW$1" -ef "$1" ] || return 0
  mkdir -p "$NEW$1"
  mount --bind "$1" "$NEW$1"
}
chmod a+rx "$NEW/root"
share "$(dirname "$LAB")"
share "$(readlink -f "$LAB/../node_modules" || true)"
share /tmp
share "${TMPDIR:-/tmp}"

mkdir -p "$NEW/var/lib/rancher"
mount --bind "$M/rancher" "$NEW/var/lib/rancher" # containerd's layers can't lie on an overlay
mount -t proc proc "$NEW/proc"
mount -t sysfs sysfs "$NEW/sys"
mount -t tmpfs -o mode=755 tmpfs "$NEW/run"
mount -t tmpfs -o mode=755 tmpfs "$NEW/dev"
mkdir "$NEW"/dev/{pts,shm,mqueue}
for device in null zero full random urandom tty kmsg fuse; do
  [ -e "/dev/$device" ] || continue
  touch "$NEW/dev/$device"
  mount --bind "/dev/$device" "$NEW/dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$NEW/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$NEW/dev/shm"
mount -t mqueue mqueue "$NEW/dev/mqueue"
ln -s pts/ptmx "$NEW/dev/ptmx"
ln -s /proc/self/fd "$NEW/dev/fd"
for n in stdin:0 stdout:1 stderr:2; do ln -s "/proc/self/fd/${n#*:}" "$NEW/dev/${n%:*}"; done

# The hierarchies begin at the machine's own cgroups, since this is a cgroup namespace.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$NEW/sys/fs/cgroup"
else
  mount -t tmpfs -o mode=755 tmpfs "$NEW/sys/fs/cgroup"
  while IFS=: read -r _ controllers _; do
    case $controllers in
      "") type=cgroup2 name=unified options=() ;;
      name=*) type=cgroup name=${controllers#name=} options=(-o "none,$controllers") ;;
      *) type=cgroup name=$controllers options=(-o "$controllers") ;;
    esac
    mkdir "$NEW/sys/fs/cgroup/$name"
    mount -t "$type" "${options[@]}" cgroup "$NEW/sys/fs/cgroup/$name"
    for each in ${name//,/ }; do [ -e "$NEW/sys/fs/cgroup/$each" ] || ln -s "$name" "$NEW/sys/fs/cgroup/$each"; done
  done </proc/self/cgroup
fi

name=$(uname -n)
echo "$name" >"$NEW/etc/hostname"
printf '127.0.0.1 localhost\n%s %s\n' "$3" "$name" >"$NEW/etc/hosts"
tr -d - </proc/sys/kernel/random/uuid >"$NEW/etc/machine-id"
rm -f "$NEW/etc/resolv.conf"
echo "nameserver $3" >"$NEW/etc/resolv.conf" # no DNS server there: a question is refused at once
touch "$M/ready"

mkdir "$NEW/.host"
cd "$NEW"
pivot_root . .host
umount -l /.host
rmdir /.host
[ "${LAB_ROOT_PROPAGATION:-shared}" = private ] || mount --make-rshared / # as systemd does on a machine of its own
began=$(date +%T)
for variable in $(compgen -e); do unset "$variable"; done
export container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec -a "$5" /lib/systemd/systemd "$LAB" "since $began"
