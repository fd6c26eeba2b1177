import { basename } from "node:path";
import type { Context, Host } from "../host/host.ts";
import { isWithin, parseMountPoints, removePaths } from "../host/paths.ts";
import { endProcesses, type ProcessInfo } from "../journal/processes.ts";
import type { HostSnapshot, K3sRun, Leak, Step } from "../journal/types.ts";
import { formatCount } from "../lib/text.ts";
import { findAddedLines } from "./iptables.ts";
import { getKeptVolumesFolder, moveVolumeFolders } from "./keep-claims.ts";
import { removeNetfilter } from "./netfilter.ts";
import { readExecutables } from "./programs.ts";
import { isClusterLink, k3sParents, k3sPaths, takeSnapshot } from "./snapshot.ts";
import { isInPod, isOfK3s, stopPodUnits } from "./units.ts";

/**
 * Removes one k3s completely, as k3s-killall.sh and k3s-uninstall.sh do, and what these scripts leave behind. In
 * order: processes, mounts, then links, cgroups, packet filter and files. What the host had before the run stays. All
 * processes are killed without a grace period, since the whole cluster is deleted.
 * @returns the kept volumes, and what is left in the packet filter
 */
export async function removeK3s(
  context: Context,
  run: K3sRun,
  step: Step,
): Promise<{ kept: string[]; leaks: Leak[] }> {
  const { entry } = run;
  const { unit } = entry;
  // Undefined until the volumes are moved, and if they could not be moved.
  let keptVolumes: readonly string[] | undefined = run.keepData ? undefined : [];
  if (unit !== undefined) await step(`stop ${unit}`, () => stopUnit(context.host, unit));
  await step("end k3s and its pods", () => endK3s(context, run));
  await step("unmount", () => unmount(context.host, run));
  await step("keep the volumes", async () => {
    keptVolumes ??= await moveVolumeFolders(context.host, run);
    return keptVolumes.length === 0
      ? undefined
      : `moved ${formatCount(keptVolumes.length, "volume")} to ${getKeptVolumesFolder(run)}`;
  });
  const keptFolder = findKeptFolder(run, keptVolumes);
  const current = await takeSnapshot(context.host, [entry]);
  const paths = excludeKeptFolder(
    keptFolder,
    keepOutermost([...listPathsToRemove(run), ...listNewPaths(run, current)]),
    entry.dataDir,
  );
  const removeFiles = () => removePaths(context, paths, "k3s' files");
  // The images are most of the files, and nothing needs them.
  const imagesRemoved = step("remove k3s' images", () => removeImages(context.host, entry.dataDir, paths));
  const [leaks] = await Promise.all([
    // k3s' other files hold the programs that the packet filter is read and changed with.
    removeNetfilter(context, run, current, step)
      .finally(() => imagesRemoved)
      .finally(() => step("remove k3s' files", removeFiles)),
    step("remove network namespaces and links", () => removeNetworkLinks(context.host, run)),
    // systemd does not notice that cgroups of its units were removed, so the units are stopped first.
    step("stop the pods' units", async () =>
      isOnlyKubelet(run.before) ? await stopPodUnits(context.host, run.before, current) : undefined,
    ).finally(() => step("remove cgroups", () => removeCgroups(context.host, run.before, current))),
  ]);
  await step("remove empty folders", () => removeSharedFolders(context.host, run));
  return { kept: [...(keptVolumes ?? [])], leaks };
}

/**
 * Removes what containerd unpacked below k3s' data folder, unless the folder stays or something is mounted below it. find
 * follows no links: a folder of k3s' may lead somewhere else.
 */
async function removeImages(host: Host, dataDir: string, removable: readonly string[]): Promise<undefined> {
  if (!removable.some((path) => isWithin(dataDir, path))) return;
  const mounts = parseMountPoints((await host.files.read("/proc/self/mountinfo")) ?? "");
  if (mounts.some((point) => point !== dataDir && isWithin(point, dataDir))) return;
  const argv = [
    "find",
    dataDir,
    "-xdev",
    "-mindepth",
    "3",
    "-path",
    "*/agent/containerd/*",
    "-delete",
  ] as const;
  // What it leaves is removed with k3s' other files, which reports it too.
  await host.exec(argv, { root: host.rights !== "none", allowFailure: true });
}

/**
 * Returns the folder that the removal of k3s' files must keep: the folder of the moved volumes; the whole data folder if the
 * volumes could not be moved; undefined if there are none.
 */
function findKeptFolder(run: K3sRun, keptVolumes: readonly string[] | undefined): string | undefined {
  if (keptVolumes === undefined) return run.entry.dataDir;
  return keptVolumes.length > 0 ? getKeptVolumesFolder(run) : undefined;
}

/**
 * Returns the paths of k3s that contained nothing before k3s was installed, so that everything below them belongs to
 * k3s. A snapshot does not list empty folders.
 */
function listPathsToRemove({ entry, before }: Pick<K3sRun, "entry" | "before">): string[] {
  return [...new Set([...entry.paths, ...k3sPaths])].filter(
    (path) => !before.paths.some((existingPath) => isWithin(existingPath, path)),
  );
}

/**
 * Returns the new paths in folders that existed before, without the folders that other programs use too. Empty if
 * another kubelet may have created them.
 */
function listNewPaths({ before }: K3sRun, now: HostSnapshot): string[] {
  if (!isOnlyKubelet(before)) return [];
  return findAddedLines(before.paths, now.paths).filter(
    (path) => !(k3sParents as readonly string[]).includes(path),
  );
}

/** Returns the paths without the kept one. A path that contains the kept one is replaced by k3s' data folder. */
function excludeKeptFolder(
  keptFolder: string | undefined,
  paths: readonly string[],
  dataDir: string,
): string[] {
  if (keptFolder === undefined) return [...paths];
  const replaceParent = (path: string) =>
    isWithin(dataDir, path) && !isWithin(keptFolder, dataDir) ? [dataDir] : [];
  return paths.flatMap((path) => {
    if (isWithin(path, keptFolder)) return [];
    return isWithin(keptFolder, path) ? replaceParent(path) : [path];
  });
}

/** Returns the paths that are not inside another path of the list. */
function keepOutermost(paths: readonly string[]): string[] {
  const uniquePaths = [...new Set(paths)];
  return uniquePaths.filter(
    (path) => !uniquePaths.some((otherPath) => otherPath !== path && isWithin(path, otherPath)),
  );
}

/**
 * True if no other kubelet ran on the host before. Its pods would use the same cgroups and folders as those of this
 * run. Empty cgroups of an earlier k3s do not count.
 */
function isOnlyKubelet(before: HostSnapshot): boolean {
  return before.processes.length === 0 || !before.cgroups.some((path) => path.includes("kubepods"));
}

/** Kills and stops the systemd unit $1. The queued stop prevents systemd from restarting the unit while it is killed. */
const stopUnitScript = `
systemctl stop --no-block "$1"; systemctl kill --signal=SIGKILL "$1"
systemctl stop "$1"; systemctl reset-failed "$1"
true`;

/** Stops a systemd unit and returns the line for the log. */
async function stopUnit(host: Host, unit: string): Promise<string> {
  await host.exec(["sh", "-c", `{ ${stopUnitScript}; } 2>/dev/null`, "stop", unit], {
    root: true,
    timeoutMs: 20_000,
  });
  return `stopped ${unit}`;
}

/** Ends k3s, its containers and all their child processes; undefined if none was running. */
async function endK3s(context: Context, { entry, processes, before }: K3sRun): Promise<string | undefined> {
  const { host } = context;
  const earlierProcesses = new Set(before.processes);
  const arePodsOfThisRun = isOnlyKubelet(before);
  let executableOf = await readExecutables(host);
  const isOfThisRun = (info: ProcessInfo) => {
    if (earlierProcesses.has(`${info.pid} ${info.name}`)) return false;
    if (arePodsOfThisRun && isInPod(info)) return true;
    const executable = executableOf(info);
    // A wrapper that the user set as k3s executes another file. So the recorded pid counts if it now runs a k3s.
    const isRecorded = processes.some(
      ({ pid, startTime }) => pid === info.pid && startTime === info.startTime,
    );
    if (isRecorded && /^k3s/.test(basename(executable ?? info.argv[0] ?? ""))) return true;
    return isOfK3s(info, executable, entry);
  };
  const endedFirst = await endProcesses(context, isOfThisRun, { graceMs: 0 });
  // A process that was just starting while the others were killed is found in a second pass.
  executableOf = await readExecutables(host);
  const endedSecond = await endProcesses(context, isOfThisRun, { graceMs: 0 });
  const endedCount = endedFirst.length + endedSecond.length;
  return endedCount === 0
    ? undefined
    : `ended k3s, its containers and all below them (${endedCount} processes)`;
}

/**
 * Unmounts everything that k3s and its pods mounted; undefined if there was nothing. @throws Error naming what is
 * still mounted
 */
async function unmount(host: Host, { entry, before }: K3sRun): Promise<string | undefined> {
  const shared = isOnlyKubelet(before) ? ["/run/k3s", "/var/lib/kubelet"] : [];
  const folders = [...listPathsToRemove({ entry, before }), ...shared, entry.dataDir];
  const isOfThisRun = (point: string) =>
    folders.some((folder) => isWithin(point, folder)) || point.startsWith("/run/netns/cni-");
  const findNewMounts = async () => {
    const current = parseMountPoints((await host.files.read("/proc/self/mountinfo")) ?? "").filter(
      isOfThisRun,
    );
    return findAddedLines(before.mounts, current).reverse();
  };
  const newMounts = await findNewMounts();
  if (newMounts.length === 0) return undefined;
  await host.exec(["umount", "--", ...newMounts], { root: true, allowFailure: true });
  // A lazy unmount hides a busy mount at once. The kernel frees the mount when its last user ends.
  const busyMounts = await findNewMounts();
  if (busyMounts.length > 0)
    await host.exec(["umount", "--lazy", "--", ...busyMounts], { root: true, allowFailure: true });
  const remaining = await findNewMounts();
  if (remaining.length > 0) throw new Error(`still mounted: ${remaining.join(", ")}`);
  return `unmounted ${formatCount(newMounts.length, "mount")}`;
}

/** Removes the network namespaces and links that k3s' network created; undefined if there were none. */
async function removeNetworkLinks(host: Host, { before }: K3sRun): Promise<string | undefined> {
  const namespaces = findAddedLines(before.netns, await host.files.list("/run/netns")).filter((name) =>
    name.startsWith("cni-"),
  );
  const links = findAddedLines(before.links, await host.files.list("/sys/class/net")).filter(isClusterLink);
  if (namespaces.length > 0) {
    await host.exec(["rm", "-f", "--", ...namespaces.map((name) => `/run/netns/${name}`)], { root: true });
  }
  if (links.length > 0) {
    // The kernel removes a veth with its namespace at any moment. `-force` continues after a missing link.
    const batch = links.map((name) => `link delete dev ${name}\n`).join("");
    await host.exec(["ip", "-force", "-batch", "-"], { root: true, input: batch, allowFailure: true });
  }
  await waitUntilLinksGone(host, links);
  if (namespaces.length + links.length === 0) return undefined;
  const parts = [
    ...(namespaces.length > 0 ? [formatCount(namespaces.length, "network namespace")] : []),
    ...(links.length > 0 ? [formatCount(links.length, "link")] : []),
  ];
  return `removed ${parts.join(" and ")}`;
}

/**
 * Waits up to 3 s until the kernel has removed these links, which it does shortly after their namespace. @throws Error
 * naming the links that remain
 */
async function waitUntilLinksGone(host: Host, links: readonly string[]): Promise<void> {
  const deadline = host.now() + 3_000;
  for (;;) {
    const existingLinks = await host.files.list("/sys/class/net");
    const remaining = links.filter((name) => existingLinks.includes(name));
    if (remaining.length === 0) return;
    if (host.now() > deadline) throw new Error(`still there: ${remaining.join(", ")}`);
    await host.sleep(50);
  }
}

/** The time, in milliseconds, in which the parents of killed processes should reap them. */
const reapTimeoutMs = 4_000;

/** True if at least one of the paths exists. */
async function hasExistingPath(host: Host, paths: readonly string[]): Promise<boolean> {
  const results = await Promise.all(paths.map((path) => host.files.exists(path)));
  return results.includes(true);
}

/**
 * Removes the new cgroups; undefined if there were none. Retries until `reapTimeoutMs`, since a killed process keeps
 * its cgroup busy until its parent has reaped it.
 */
async function removeCgroups(
  host: Host,
  before: HostSnapshot,
  current: HostSnapshot,
): Promise<string | undefined> {
  const cgroups = findAddedLines(before.cgroups, current.cgroups);
  if (cgroups.length === 0) return undefined;
  const deadline = host.now() + reapTimeoutMs;
  for (;;) {
    const { exitCode, stderr } = await host.exec(["find", ...cgroups, "-depth", "-type", "d", "-delete"], {
      root: true,
      allowFailure: true,
    });
    if (exitCode === 0 || !(await hasExistingPath(host, cgroups))) break;
    if (host.now() >= deadline) throw new Error(`still in use: ${stderr.trim().split("\n").at(-1)}`);
    await host.sleep(50);
  }
  return `removed ${formatCount(cgroups.length, "cgroup")}`;
}

/** Removes the folders $@ that are empty, in this order. */
const removeEmptyFoldersScript = 'for path; do rmdir "$path"; done 2>/dev/null; true';

/** Removes the folders that k3s shares with other programs, if they are empty and did not exist before. */
async function removeSharedFolders(host: Host, { before }: K3sRun): Promise<undefined> {
  const newFolders = k3sParents.filter((path) => !before.paths.includes(path));
  await host.exec(["sh", "-c", removeEmptyFoldersScript, "rmdir", ...newFolders], {
    root: true,
  });
}
