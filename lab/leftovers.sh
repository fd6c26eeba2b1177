# Run in the machine: what is in it besides what it is made of. Prints one line for each kind; exit 1 if there is any.
found=0
tell() { # KIND LINES
  if [ -z "$2" ]; then echo "[lab] left in the machine: no $1"; return; fi
  found=1
  echo "[lab] left in the machine: $1:"
  sed 's/^/[lab]   /' <<<"$2"
}
# Of systemd and what it starts at boot, if it is the init here.
systemd_processes='^/(usr/)?lib/systemd/|^/usr/bin/dbus-daemon --system'
systemd_mounts='^/run/(lock|credentials/|user/)'
own=$(pgrep -d, -f '/out/bin/(mirror|docker-registry)|^/usr/bin/docker-registry')
all=$(ps -eo pid,ppid,stat,args --no-headers --cols 160)
all=$(awk -v own="$systemd_processes" '{ args = $0; sub(/^ *[^ ]+ +[^ ]+ +[^ ]+ +/, "", args) } args !~ own' <<<"$all")
tell processes "$(awk -v me=$$ -v own=",$own," '$1 != 1 && $1 != me && $3 !~ /^Z/ && $4 != "ps" && $2 != me && index(own, "," $1 ",") == 0' <<<"$all")"
tell mounts "$(awk '$2 ~ "^/((run|var/lib/rancher|var/lib/cni)/|var/lib/kubelet(/|$))" { print $2, $3 }' /proc/mounts | grep -vE "$systemd_mounts")"
tell links "$(ip -o link | awk -F': ' '{ print $2 }' | grep -vE '^(lo|eth0@uplink|uplink@eth0)$')"
tell "network namespaces" "$(ls /run/netns 2>/dev/null)"
tell "iptables rules" "$( (iptables-save; ip6tables-save) 2>/dev/null | grep -E 'KUBE|CNI|FLANNEL' | head -20)"
tell ipsets "$(ipset list -name 2>/dev/null | head -20)"
[ ! -d /run/systemd/system ] || tell units "$(systemctl list-units --all --plain --no-legend 'monstack*' 'kubepods*' 'cri-containerd*' 'k3s*' | awk '{ print $1, $3, $4 }')"
entries=$(conntrack -L 2>/dev/null | grep -cE '=10\.4[23]\.')
tell "conntrack entries of pods and services" "$([ "$entries" = 0 ] || echo "$entries")"
tell cgroups "$(find /sys/fs/cgroup \( -name 'kubepods*' -o -name 'monstack*' -o -name k3s \) 2>/dev/null)"
exit $found
