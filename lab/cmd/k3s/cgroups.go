package main

import (
	"os"
	"regexp"
)

// A line of /proc/self/cgroup (version 1) or /sys/fs/cgroup/cgroup.controllers (version 2) that names the cpuset controller.
var cpuset = regexp.MustCompile(`(?m)(^|[:, ])cpuset([:, ]|$)`)

// cgroupDriver returns who makes the pods' cgroups: systemd if it started this k3s as a unit, as with k3s, else the kubelet.
func cgroupDriver() string {
	if os.Getenv("INVOCATION_ID") == "" {
		return "cgroupfs"
	}
	for _, file := range []string{"/proc/self/cgroup", "/sys/fs/cgroup/cgroup.controllers"} {
		if text, err := os.ReadFile(file); err == nil && cpuset.Match(text) {
			return "systemd"
		}
	}
	return "cgroupfs"
}
