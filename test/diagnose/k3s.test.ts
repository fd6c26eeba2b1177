import { describe, expect, it } from "vitest";
import { k3sCauses } from "../../src/cluster/diagnosis.ts";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import type { Evidence } from "../../src/diagnose/evidence.ts";
import { findCauses } from "../../src/diagnose/rule.ts";
import { k3sRules } from "../../src/diagnose/rules/host.ts";
import { evidence, inCluster } from "./rules/evidence.ts";

function ended(log: string): Evidence {
  const message = "k3s v1.36.3+k3s1 ended: its last lines were\n  ...";
  return evidence({ failure: { message, workloads: [] }, host: { k3sLog: log, disk: undefined } });
}

const fatal = (text: string) => `time="2026-11-23T20:00:05Z" level=fatal msg="${text}"`;

/** Last words of the genuine k3s, and of what it starts. */
const rows: readonly (readonly [cause: string, line: string, what: RegExp])[] = [
  [
    "port-in-use",
    fatal(
      "Error: preparing server: failed to start supervisor listener: listen tcp :6443: bind: address already in use",
    ),
    /port 6443 is in use/,
  ],
  [
    "cgroup-v1",
    'time="2026-11-23T20:00:09Z" level=info msg="Shutdown request received: \\"kubelet exited: failed to validate kubelet configuration, error: kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported and will be removed in a future release, path: &TypeMeta{}\\""',
    /cgroup v1/,
  ],
  ["k3s-flag", "Incorrect Usage: flag provided but not defined: -no-such-flag", /--no-such-flag/],
  [
    "k3s-flag",
    fatal("kubelet exited: failed to parse kubelet flag: unknown flag: --no-such-flag"),
    /--no-such-flag/,
  ],
  ["cgroup-missing", fatal("failed to find memory cgroup (v2)"), /controller memory is not available/],
  [
    "overlay-missing",
    fatal(
      `\\"overlayfs\\" snapshotter cannot be enabled for \\"/var/lib/rancher/k3s/agent/containerd\\", try using \\"fuse-overlayfs\\" or \\"native\\": failed to mount overlay: invalid argument`,
    ),
    /overlayfs doesn't work/,
  ],
  [
    "kernel-module",
    fatal("Error: failed to load kernel module br_netfilter with modprobe"),
    /br_netfilter can't be loaded/,
  ],
  [
    "no-default-route",
    fatal('Error: no default routes found in \\"/proc/net/route\\" or \\"/proc/net/ipv6_route\\"'),
    /no default route/,
  ],
  ["file-limits", fatal("Failed to start cAdvisor: inotify_init: too many open files"), /inotify instances/],
  [
    "file-limits",
    fatal(
      "Failed to start ContainerManager: inotify_add_watch /sys/fs/cgroup/kubepods: no space left on device",
    ),
    /inotify watches/,
  ],
  [
    "host-disk-full",
    fatal("Error: extracting data: write /var/lib/rancher/k3s/data/.lock: no space left on device"),
    /the disk is full/,
  ],
  [
    "other-cluster-data",
    fatal("Error: preparing server: bootstrap data already found and encrypted with different token"),
    /another cluster's data/,
  ],
  [
    "wrong-architecture",
    "/usr/local/bin/k3s: cannot execute binary file: Exec format error",
    /not for this machine's architecture/,
  ],
  ["not-root", fatal("must run as root unless --disable-agent is specified"), /not run as root/],
  [
    "ip-forward",
    fatal(
      "Error: failed to set net/ipv4/ip_forward: open /proc/sys/net/ipv4/ip_forward: read-only file system",
    ),
    /IP forwarding can't be turned on/,
  ],
  [
    "cni-conflict",
    fatal('failed to set bridge addr: \\"cni0\\" already has an IP address different from 10.42.0.1/24'),
    /network plugin's link cni0/,
  ],
];

describe("k3s that does not start", () => {
  it.each(rows.map(([cause, line, what]) => ({ cause, line, what })))(
    "$cause: $line",
    ({ cause, line, what }) => {
      const [first, ...others] = diagnose(
        ended(`time="2026-11-23T20:00:01Z" level=info msg="Starting k3s v1.36.3+k3s1"\n${line}\n`),
      );
      expect(first).toMatchObject({
        id: cause,
        what: expect.stringMatching(/^k3s does not start: /),
        sureness: "certain",
      });
      expect(first?.what).toMatch(what);
      expect(first?.fix).toMatch(/^[A-Z].*\.$/s);
      expect(others).toEqual([]);
    },
  );

  it("has a row for each cause that is known", () => {
    expect(k3sCauses.filter((id) => !rows.some(([cause]) => cause === id))).toEqual([]);
  });

  it("names the program that has a port", () => {
    const message = "port 9090, which Prometheus' forward needs, is in use by node (pid 4711)";
    const [first] = diagnose(evidence({ failure: { message, workloads: [] } }));
    expect(first).toMatchObject({ id: "port-in-use", what: message });
  });

  it("near miss: its API answers, so what the log complains of is no reason", () => {
    const log = fatal("too many open files");
    const failure = { message: "k3s' node was not ready", workloads: [] };
    const found = k3sRules.flatMap((rule) =>
      findCauses(rule, inCluster({}, { failure, host: { k3sLog: log, disk: undefined } })),
    );
    expect(found).toEqual([]);
  });

  it("is told in its own words where nothing is known of it", () => {
    const [first] = diagnose(ended(fatal("something quite new")));
    expect(first).toMatchObject({ id: "run-failed", what: "k3s v1.36.3+k3s1 ended: its last lines were" });
  });
});
