import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseMountPoints } from "../../src/host/paths.ts";
import type { HostSnapshot } from "../../src/journal/types.ts";
import { buildRemovalScripts, parseSave } from "../../src/teardown/iptables.ts";
import { findLeaks } from "../../src/teardown/snapshot.ts";

const none: HostSnapshot = {
  mounts: [],
  links: [],
  netns: [],
  iptables: [],
  ipsets: [],
  nftTables: [],
  paths: [],
  processes: [],
  cgroups: [],
  units: [],
};
const recorded = (name: string) => readFileSync(new URL(`recorded/${name}`, import.meta.url), "utf8");
const docker = parseSave("iptables-nft", recorded("docker-before.txt"));
const both = parseSave("iptables-nft", recorded("docker-and-k3s.txt"));

describe("what is left", () => {
  it("is nothing on a host that is as before", () => {
    const host = { ...none, links: ["lo", "cni0"], iptables: both, processes: ["12 k3s"] };
    expect(findLeaks(host, host)).toEqual([]);
  });

  it("is each thing of a cluster's that was not there before", () => {
    const after: HostSnapshot = {
      mounts: ["/run/k3s/containerd/x/shm"],
      links: ["lo", "cni0", "flannel.1", "veth0a1b2c3d"],
      netns: ["cni-1f0e"],
      iptables: ["iptables-nft -t nat -N KUBE-SERVICES"],
      ipsets: ["KUBE-SRC-3WSDIRD4ZQ6KQ2DQ"],
      nftTables: ["ip kube-proxy"],
      paths: ["/run/k3s"],
      processes: ["77 containerd-shim"],
      cgroups: ["/sys/fs/cgroup/kubepods"],
      units: ["kubepods-burstable.slice"],
    };
    const kinds = findLeaks({ ...none, links: ["lo"] }, after).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(
      [
        "cgroup",
        "ipset",
        "iptables",
        "link",
        "link",
        "link",
        "mount",
        "netns",
        "nft",
        "path",
        "process",
        "unit",
      ].sort(),
    );
  });

  it("is not what a container engine on the host did meanwhile", () => {
    const after = {
      ...none,
      links: ["docker0", "br-0123456789ab", "veth0a1b2c3"],
      netns: ["mine"],
      iptables: docker,
    };
    expect(findLeaks(none, after)).toEqual([]);
  });

  it("counts a rule that stands there once more than before", () => {
    const rule = "iptables-nft -t nat -A POSTROUTING -j KUBE-POSTROUTING";
    expect(findLeaks({ ...none, iptables: [rule] }, { ...none, iptables: [rule, rule] })).toEqual([
      { kind: "iptables", what: rule },
    ]);
  });
});

describe("what was lost", () => {
  it("is what was there when teardown began and is gone", () => {
    const before = { ...none, processes: ["12 k3s"], iptables: docker, links: ["cni0"] };
    const after = { ...before, processes: [], iptables: docker.slice(2), links: [] };
    expect(findLeaks(before, after)).toEqual([
      { kind: "lost", what: "process 12 k3s" },
      { kind: "lost", what: "link cni0" },
      { kind: "lost", what: `iptables ${docker[1]}` },
    ]);
  });

  it("is not what its owner took away before teardown began, but for what nobody does in passing", () => {
    const before = { ...none, links: ["cni0", "veth0a1b2c3d"], iptables: docker };
    expect(findLeaks(before, none, none)).toEqual([{ kind: "lost", what: "link cni0" }]);
  });
});

describe("iptables", () => {
  it("reads the same from any counters and order, and nothing from empty built-in chains", () => {
    const other = recorded("docker-before.txt").replaceAll(/\[\d+:\d+\]/g, "[5:6]");
    expect(parseSave("iptables-nft", other)).toEqual(docker);
    expect(
      parseSave("iptables-nft", "*raw\n:PREROUTING ACCEPT [1:2]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"),
    ).toEqual(["iptables-nft -t raw"]);
    expect(docker).toContain("iptables-nft -t filter -P FORWARD DROP");
  });

  it("takes away every rule and chain of k3s' and names none of the host's", () => {
    const script = buildRemovalScripts(docker, both).get("iptables-nft") ?? "";
    expect(script).not.toMatch(/DOCKER|OWN-FIREWALL|dport 22|172\.17/);
    expect(script.match(/^-X /gm)).toHaveLength(
      both.filter((line) => / -N (KUBE|CNI|FLANNEL)-/.test(line)).length,
    );
    expect(script.match(/^-D .*$/gm)).toEqual([
      "-D INPUT -j KUBE-FIREWALL",
      '-D FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
      '-D FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-D FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD',
      "-D OUTPUT -j KUBE-FIREWALL",
      '-D PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-D OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-D POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
      '-D POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
      '-D POSTROUTING -s 10.42.0.12/32 -m comment --comment "name: \\"cbr0\\" id: \\"0f2d\\"" -j CNI-3a1d6d4c4a0f0d0c1b2a3e4f',
    ]);
  });

  it("keeps the rules of a cluster that was there before", () => {
    expect(buildRemovalScripts(both, both).size).toBe(0);
    const extra = "iptables-nft -t nat -A KUBE-SERVICES -j KUBE-SVC-NEW";
    expect(buildRemovalScripts(both, [...both, extra]).get("iptables-nft")).toBe(
      "*nat\n-D KUBE-SERVICES -j KUBE-SVC-NEW\nCOMMIT\n",
    );
  });
});

describe("mounts", () => {
  it("are read with the kernel's escapes", () => {
    const line = "36 35 98:0 / /var/lib/kubelet/a\\040b rw,noatime shared:1 - ext4 /dev/root rw";
    expect(parseMountPoints(`${line}\n`)).toEqual(["/var/lib/kubelet/a b"]);
  });
});
