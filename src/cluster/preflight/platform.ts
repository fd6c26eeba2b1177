import type { Host } from "../../host/host.ts";
import type { Finding } from "../../model/cluster.ts";
import type { HostPaths } from "../paths.ts";

/** What has to be so before anything else can be looked at. */
export async function probePlatform(host: Host, paths: HostPaths): Promise<Finding[]> {
  const kernel = (await host.files.read(`${paths.proc}/sys/kernel/ostype`))?.trim();
  if (kernel !== "Linux") {
    return [
      {
        kind: "problem",
        id: "not-linux",
        message: "k3s runs on Linux only, and this machine doesn't",
        fix: "deploy into an existing cluster: set cluster.kubeconfig, or use --kubeconfig",
      },
    ];
  }
  if (host.rights !== "none") return [];
  return [
    {
      kind: "problem",
      id: "no-root",
      message: "k3s needs root, and this user is neither root nor allowed to sudo without a password",
      fix: "run as root, allow this user to sudo without a password, or deploy into an existing cluster",
    },
  ];
}

/** Whether systemd runs this machine, by systemd's own test (sd_booted). */
export function hasSystemd(host: Host, paths: HostPaths): Promise<boolean> {
  return host.files.exists(`${paths.run}/systemd/system`);
}

/** Programs that the kubelet and monstack call by name; k3s brings its own iptables, containerd and CNI plugins. */
export async function probePrograms(host: Host): Promise<Finding[]> {
  const folders = [...(host.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin", "/usr/bin", "/bin"].filter(
    Boolean,
  );
  const findings: Finding[] = [];
  for (const [program, debian] of Object.entries(needed)) {
    const found = await Promise.all(folders.map((folder) => host.files.exists(`${folder}/${program}`)));
    if (found.includes(true)) continue;
    findings.push({
      kind: "problem",
      id: "missing-program",
      message: `the program ${program} is not there`,
      fix: `install it (Debian, Ubuntu: apt-get install ${debian})`,
    });
  }
  return findings;
}

const needed: Readonly<Record<string, string>> = {
  mount: "mount",
  umount: "mount",
  unshare: "util-linux",
  ip: "iproute2",
};
