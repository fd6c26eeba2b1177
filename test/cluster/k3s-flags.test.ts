import { expect, test } from "vitest";
import {
  buildK3sFlags,
  listHostPaths,
  parseMinor,
  resolveK3sSettings,
} from "../../src/cluster/k3s-settings.ts";
import { buildSystemdArgv, formatEnvironment } from "../../src/cluster/launch.ts";
import { buildSubnetEnv } from "../../src/cluster/prepare.ts";
import { splitSecretArguments } from "../../src/config/secrets.ts";
import type { HostFacts } from "../../src/model/cluster.ts";
import { testConfig } from "./support/config.ts";

const facts: HostFacts = {
  systemd: false,
  cgroups: "hybrid",
  sysResource: true,
  rootPropagation: "shared",
  overlayfs: true,
  podMtu: 1450,
  uplink: undefined,
  serviceRoute: undefined,
  sysctls: [],
  diskNearlyFull: false,
};

function flags(
  version: string,
  options: { args?: string[]; profile?: "ci" | "as-is"; facts?: Partial<HostFacts> } = {},
) {
  const k3s = { version, path: undefined, images: [], args: options.args ?? [] };
  const config = testConfig("/s", { k3s, profile: options.profile ?? "ci" });
  return buildK3sFlags(config, version, { ...facts, ...options.facts });
}

const cgroupFlag = "--kubelet-arg=fail-cgroupv1=false";

test("cgroup v1 is allowed only where the kubelet asks for it: older ones don't know the flag", () => {
  expect(flags("v1.36.3+k3s1")).toContain(cgroupFlag);
  expect(flags("v1.35.0+k3s1")).toContain(cgroupFlag);
  expect(flags("v1.34.9+k3s2")).not.toContain(cgroupFlag);
  expect(flags("v1.36.3+k3s1", { facts: { cgroups: "v2" } })).not.toContain(cgroupFlag);
});

test("the user's arguments come last, and replace what would only add up", () => {
  const all = flags("v1.36.3+k3s1", { args: ["--disable=traefik", "--write-kubeconfig-mode=644"] });
  expect(all.slice(-2)).toEqual(["--disable=traefik", "--write-kubeconfig-mode=644"]);
  expect(all.filter((flag) => flag.startsWith("--disable="))).toEqual(["--disable=traefik"]);
});

test("only the profile ci samples every second and drops network policies", () => {
  expect(flags("v1.36.3+k3s1")).toContain("--disable-network-policy");
  const asIs = flags("v1.36.3+k3s1", { profile: "as-is" });
  expect(asIs).not.toContain("--disable-network-policy");
  expect(asIs.join(" ")).not.toContain("housekeeping");
  expect(asIs).toContain("--disable-cloud-controller");
});

test("without a default route k3s is told the node's address and flannel's link; the user's own win", () => {
  const without = (...args: string[]) =>
    flags("v1.36.3+k3s1", { args, facts: { uplink: { device: "eth0", address: "192.0.2.10" } } }).filter(
      (flag) => /^(--node-ip|-i|--flannel-iface)/.test(flag),
    );
  expect(without()).toEqual(["--node-ip=192.0.2.10", "--flannel-iface=eth0"]);
  expect(without("--node-ip=192.0.2.11")).toEqual(["--flannel-iface=eth0", "--node-ip=192.0.2.11"]);
  expect(without("-i", "192.0.2.11")).toEqual(["--flannel-iface=eth0", "-i"]);
  expect(without("--flannel-iface=eth1")).toEqual(["--node-ip=192.0.2.10", "--flannel-iface=eth1"]);
  expect(flags("v1.36.3+k3s1").join(" ")).not.toMatch(/node-ip|flannel-iface/);
});

test("the user's flags tell where things are", () => {
  const settings = resolveK3sSettings(
    ["-d", "/srv/k3s", "--https-listen-port=7443", "--cluster-cidr", "10.1.0.0/16"],
    listHostPaths(),
  );
  expect(settings).toMatchObject({ dataDir: "/srv/k3s", apiPort: 7443, clusterCidr: "10.1.0.0/16" });
  // In one spelling, as the journal needs it.
  expect(
    resolveK3sSettings(["--data-dir=/mnt/./k3s/", "-o", "/mnt//k3s.yaml"], listHostPaths()),
  ).toMatchObject({
    dataDir: "/mnt/k3s",
    kubeconfig: "/mnt/k3s.yaml",
  });
  expect(resolveK3sSettings([], listHostPaths())).toMatchObject({
    dataDir: "/var/lib/rancher/k3s",
    kubeconfig: "/etc/rancher/k3s/k3s.yaml",
  });
});

test("flannel's file is written beforehand only where its content is known", () => {
  const of = (...args: string[]) =>
    buildSubnetEnv(resolveK3sSettings(args, listHostPaths()), { podMtu: 1450 });
  expect(of("--cluster-cidr=10.1.0.0/16")).toContain("FLANNEL_SUBNET=10.1.0.1/24\n");
  expect(of("--flannel-backend=none")).toBeUndefined();
  expect(of("--cluster-cidr=fd00::/56")).toBeUndefined();
  expect(of("--cluster-cidr=10.42.0.0/16,fd00::/56")).toBeUndefined();
});

const unitFiles = { logFile: "/s/k3s.log", envFile: "/s/k3s.env" };

test("a unit's environment is a file that it names, since systemd tells everybody the rest; its log is appended to", () => {
  const argv = buildSystemdArgv(["/b/k3s", "server"], unitFiles);
  expect(argv).toContain("--property=EnvironmentFile=/s/k3s.env");
  expect(argv.join(" ")).not.toMatch(/--setenv|Environment=/);
  expect(formatEnvironment({ A: "b c", X: "\"\\`$HOME'" })).toBe('A="b c"\nX="\\"\\\\\\`\\$HOME\'"\n');
  expect(argv).toContain("--property=StandardOutput=append:/s/k3s.log");
  expect(argv).toContain("--property=KillMode=process");
  expect(argv.slice(-3)).toEqual(["--", "/b/k3s", "server"]);
});

test("a unit's arguments reach k3s as they are, since systemd expands variables and $$", () => {
  const argv = buildSystemdArgv(["/b/k3s", "server", "--node-label=a$$b$HOME"], unitFiles);
  expect(argv.at(-1)).toBe("--node-label=a$$$$b$$HOME");
});

test.each([
  ["v1.36.3+k3s1", 36],
  ["1.9.1", 9],
  ["v1.36.3+k3s1-lab", 36],
  ["dev", undefined],
])("the minor of %j is %j", (version, minor) => {
  expect(parseMinor(version)).toBe(minor);
});

test("k3s' secrets are in variables, not in its command line, however they are written", () => {
  const given = [
    "--token=a=b",
    "--agent-token",
    "c",
    "-t",
    "d",
    "-datastore-endpoint=mysql://u:p@h/k",
    "--disable=x",
  ];
  expect(splitSecretArguments(given)).toEqual({
    args: ["--disable=x"],
    env: { K3S_TOKEN: "d", K3S_AGENT_TOKEN: "c", K3S_DATASTORE_ENDPOINT: "mysql://u:p@h/k" },
  });
  const harmless = ["--token-file=/x", "--node-name", "t", "--kubelet-arg=v=2"];
  expect(splitSecretArguments(harmless)).toEqual({ args: harmless, env: {} });
});
