# Runs as the machine's first process, in its new namespaces: sets it up, then becomes its init.
# $1 lab folder, $2 machine folder, $3 node address, $4 mirror address, $5 init's name, $6 root file system (with systemd only)
set -e
LAB=$1 M=$2
ip link set lo up
ip addr add "$4/32" dev lo                     # the mirror's
ip link add eth0 type veth peer name uplink    # both ends stay in here: no packet leaves
ip link set uplink up
ip addr add "$3/24" dev eth0
ip link set eth0 up
ip route add default via 198.51.100.1 dev eth0 # nobody there; k3s takes its node address from the default route

if [ -n "${6:-}" ]; then
  source "$LAB/machine-cgroups.sh"
  join_machine_cgroups
  exec unshare --cgroup --uts --ipc bash "$LAB/machine-systemd.sh" "$@"
fi

overlay() { # DIR NAME: what is written below DIR stays in the machine
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$M/$2,workdir=$M/$2-work" "$1" 2>/dev/null && return
  mount -t tmpfs tmpfs "$M/$2" # the checkout lies on a file system that can't be an upper layer (an overlay itself)
  mkdir "$M/$2/up" "$M/$2/work"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$M/$2/up,workdir=$M/$2/work" "$1"
}
mkdir -p /var/lib/rancher # before the overlay: a mount point is needed that is no overlay itself
overlay /etc etc
overlay /usr/local/bin bin
overlay /var/lib lib
overlay /var/log log
# A cluster of the host's own and keys of its journals are not seen in here. Everything below is the overlay's, never the host's.
[ "$(stat -f -c %T /etc /var/lib /var/log | sort -u)" = overlayfs ]
rm -rf /etc/rancher /etc/cni /var/lib/kubelet /var/lib/cni /var/lib/monstack /var/log/pods /var/log/containers
mount --bind "$M/rancher" /var/lib/rancher # containerd's layers can't lie on an overlay
mount -t tmpfs -o mode=755 tmpfs /run
mount -t proc proc /proc
mkdir "$M/cgroup" # a /sys of this network namespace, with the host's cgroups
mount --rbind /sys/fs/cgroup "$M/cgroup"
mount -t sysfs sysfs /sys
mount --move "$M/cgroup" /sys/fs/cgroup
[ "${LAB_ROOT_PROPAGATION:-private}" = private ] || mount --make-rshared /
rm -f /etc/resolv.conf
echo "nameserver $3" >/etc/resolv.conf # no DNS server there: a question is refused at once
touch "$M/ready"
exec -a "$5" "$LAB/out/bin/pause" "$LAB" "since $(date +%T)"
