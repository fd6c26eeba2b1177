# Cgroups of a machine with systemd: one of its own in each hierarchy, in which everything of it is. Sourced.

readonly MACHINE_CGROUP=monstack-lab

# Prints the mount points of the cgroup hierarchies.
cgroup_hierarchies() { awk '$3 ~ /^cgroup2?$/ && $2 ~ "^/sys/fs/cgroup(/|$)" { print $2 }' /proc/mounts; }

# Moves this shell into the machine's cgroup of each hierarchy.
join_machine_cgroups() {
  local hierarchy own file
  [ ! -e /sys/fs/cgroup/cgroup.controllers ] ||
    sed 's/[^ ]*/+&/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
  for hierarchy in $(cgroup_hierarchies); do
    own=$hierarchy/$MACHINE_CGROUP
    mkdir -p "$own"
    for file in cpuset.cpus cpuset.mems; do # nothing runs in a cgroup of version 1 before it has both
      [ -e "$hierarchy/cgroup.controllers" ] || [ ! -e "$own/$file" ] || cat "$hierarchy/$file" >"$own/$file"
    done
    echo $$ >"$own/cgroup.procs"
  done
}

# Removes empty cgroups: the machine's own, and those of pods that are no more. In a frozen one (runc freezes a container
# while it changes its limits) not even SIGKILL has ended what is in it.
drop_cgroups() {
  local d
  find /sys/fs/cgroup/freezer -maxdepth 1 \( -name kubepods -o -name "$MACHINE_CGROUP" \) \
    -exec find {} -name freezer.state \; 2>/dev/null | while read -r d; do echo THAWED >"$d"; done
  while read -r d; do
    for _ in $(seq 20); do find "$d" -depth -type d -exec rmdir {} + 2>/dev/null && break; sleep 0.05; done
  done < <(find /sys/fs/cgroup -maxdepth 2 -type d \( -name kubepods -o -name "$MACHINE_CGROUP" \) 2>/dev/null)
}
