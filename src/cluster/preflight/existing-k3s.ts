import { join } from "node:path";
import type { Host } from "../../host/host.ts";
import { findExisting } from "../../host/paths.ts";
import { journalName } from "../../journal/journal.ts";
import { isOfRootOrUs, parseUserId } from "../../journal/processes.ts";
import type { Finding } from "../../model/cluster.ts";
import type { HostPaths } from "../k3s-settings.ts";

/**
 * Returns a problem if a k3s runs or is installed on this host, which monstack never touches. The journal in the state
 * folder shows whether an earlier run of monstack left it behind.
 */
export async function probeExistingK3s(
  host: Host,
  paths: HostPaths,
  options: { readonly dataDirs: readonly string[]; readonly kubeconfig: string; readonly stateDir: string },
): Promise<Finding[]> {
  const signs = [
    ...(await findRunningServers(host, paths)),
    ...(await findInstalledFiles(host, paths, options)),
  ];
  if (signs.length === 0) return [];
  if (await isFromEarlierRun(host, options.stateDir)) {
    return [
      {
        kind: "problem",
        id: "not-torn-down",
        message: `a k3s of an earlier run is still here (${signs.join(", ")})`,
        fix: `take it down first: monstack down --state-dir ${options.stateDir}`,
      },
    ];
  }
  return [
    {
      kind: "problem",
      id: "k3s-already-here",
      message: `a k3s is already installed here (${signs.join(", ")}), and monstack doesn't touch it`,
      fix: `use its kubeconfig to deploy into it (cluster.kubeconfig: ${options.kubeconfig}), or uninstall it first (k3s-uninstall.sh)`,
    },
  ];
}

/** Returns the paths of files that an installed k3s has. */
async function findInstalledFiles(
  host: Host,
  paths: HostPaths,
  options: { readonly dataDirs: readonly string[]; readonly kubeconfig: string },
): Promise<string[]> {
  const candidates = [
    options.kubeconfig,
    join(paths.etcRancher, "k3s/k3s.yaml"),
    ...paths.systemdUnits.flatMap((folder) => [
      join(folder, "k3s.service"),
      join(folder, "k3s-agent.service"),
    ]),
    // Not the data folder itself: it can contain only agent/images, prepared for an installation without network.
    ...options.dataDirs.flatMap((dataDir) => [join(dataDir, "server"), join(dataDir, "agent/containerd")]),
  ];
  return filterExisting(host, [...new Set(candidates)]);
}

/** Returns the paths that exist. They are checked as root, since other users can't enter the folders of k3s. */
export async function filterExisting(host: Host, candidates: readonly string[]): Promise<string[]> {
  const existingPaths = new Set(await findExisting(host, candidates));
  return candidates.filter((path) => existingPaths.has(path));
}

/**
 * Returns the k3s servers that root or this user runs. Those of other users are ignored: any user can fake such a
 * command line, and a rootless k3s has its own network.
 */
async function findRunningServers(host: Host, paths: HostPaths): Promise<string[]> {
  const pids = (await host.files.list(paths.proc)).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map(async (pid) => {
      const read = (name: string) => host.files.read(`${paths.proc}/${pid}/${name}`).catch(() => undefined);
      const [command, status] = await Promise.all([read("cmdline"), read("status")]);
      return { pid, command: command?.replaceAll("\0", " ").trim() ?? "", uid: parseUserId(status ?? "") };
    }),
  );
  const servers = commands.filter((info) => isOfRootOrUs(info) && isK3sServer(info.command));
  const areInThisNetwork = await Promise.all(servers.map(({ pid }) => isInOurNetwork(host, paths, pid)));
  return servers
    .filter((_, index) => areInThisNetwork[index])
    .map(({ pid, command }) => `process ${pid}: ${command.slice(0, 60)}`);
}

/**
 * True for the command line of a k3s server or agent, `/usr/local/bin/k3s server ...`, but not for `k3s kubectl` or an
 * editor on k3s.yaml. A running k3s sets its title to such a line too.
 */
export function isK3sServer(command: string): boolean {
  return /^(\S*\/)?k3s\s+(server|agent)\b/.test(command);
}

/**
 * True if a process has the same network namespace as monstack, or if that can't be read. k3d runs k3s in containers
 * with their own ports and addresses, so that it does not disturb a k3s on this host.
 */
async function isInOurNetwork(host: Host, paths: HostPaths, pid: string): Promise<boolean> {
  const links = await host.exec(["readlink", `${paths.proc}/${pid}/ns/net`, `${paths.proc}/self/ns/net`], {
    root: host.rights !== "none",
    allowFailure: true,
  });
  const [processNetwork, ownNetwork] = links.stdout.trim().split("\n");
  return processNetwork === undefined || ownNetwork === undefined || processNetwork === ownNetwork;
}

/** True if a run of monstack started a k3s, according to the journal. */
async function isFromEarlierRun(host: Host, stateDir: string): Promise<boolean> {
  const journal = await host.files.read(join(stateDir, journalName)).catch(() => undefined);
  return journal?.includes('"kind":"k3s"') ?? false;
}
