import { basename } from "node:path";
import type { Context, Host } from "../host/host.ts";
import { isWithin, mountPoints, removePaths } from "../host/paths.ts";
import { endProcesses, type ProcessInfo } from "../journal/processes.ts";
import type { HostSnapshot, K3sRun, Leak, Step } from "../journal/types.ts";
import { formatCount } from "../lib/text.ts";
import { findAddedLines } from "./iptables.ts";
import { moveVolumeFolders, toKeptFolder } from "./keep-claims.ts";
import { removeNetfilter } from "./netfilter.ts";
import { readExecutables } from "./programs.ts";
import { isClusterLink, k3sParents, k3sPaths, takeSnapshot } from "./snapshot.ts";
import { isInPod, isOfK3s, stopPodUnits } from "./units.ts";

/**
 * What k3s-killall.sh and k3s-uninstall.sh do, for this one k3s, and what these leave behind: processes, mounts, then
 * links, cgroups, the packet filter and files. What was on the host before stays. Everything in the cluster goes with
 * it, so that nothing in it is asked to end: the processes are killed outright.
 * @returns the volumes that stay, and what is left in the packet filter
 */
export async function removeK3s(
  context: Context,
  run: K3sRun,
  step: Step,
): Promise<{ kept: string[]; leaks: Leak[] }> {
  const { entry } = run;
  let kept: readonly string[] | undefined = run.keepData ? undefined : [];
  if (entry.unit !== undefined)
    await step(`stop ${entry.unit}`, () => stopUnit(context.host, entry.unit ?? ""));
  await step("end k3s and its pods", () => endK3s(context, run));
  await step("unmount", () => unmount(context.host, run));
  await step("keep the volumes", async () => {
    kept ??= await moveVolumeFolders(context.host, run);
    return kept.length === 0
      ? undefined
      : `moved ${formatCount(kept.length, "volume")} to ${toKeptFolder(run)}`;
  });
  // What could not be brought to safety stays where it is.
  const stays = kept === undefined ? entry.dataDir : kept.length > 0 ? toKeptFolder(run) : undefined;
  const now = await takeSnapshot(context.host, [entry]);
  const removeFiles = () =>
    removePaths(
      context,
      excludeKeptFolder(
        stays,
        keepOutermost([...listPathsToRemove(run), ...listNewPaths(run, now)]),
        entry.dataDir,
      ),
      "k3s' files",
    );
  const [leaks] = await Promise.all([
    // k3s' files hold the programs that the packet filter is read and changed with.
    removeNetfilter(context, run, now, step).finally(() => step("remove k3s' files", removeFiles)),
    step("remove network namespaces and links", () => removeLinks(context.host, run)),
    // systemd would not know of cgroups of its units that were removed under it.
    step("stop the pods' units", async () =>
      isOnlyKubelet(run.before) ? await stopPodUnits(context.host, run.before, now) : undefined,
    ).finally(() => step("remove cgroups", () => removeCgroups(context.host, run.before, now))),
  ]);
  await step("remove empty folders", () => removeParents(context.host, run));
  return { kept: [...(kept ?? [])], leaks };
}

/** Returns k3s' paths that did not exist, or were empty, before k3s was installed. */
export function listPathsToRemove({ entry, before }: Pick<K3sRun, "entry" | "before">): string[] {
  return [...new Set([...entry.paths, ...k3sPaths])].filter(
    (path) => !before.paths.some((there) => isWithin(there, path)),
  );
}

/** Returns the new paths in folders that existed before. */
function listNewPaths({ before }: K3sRun, now: HostSnapshot): string[] {
  if (!isOnlyKubelet(before)) return [];
  return findAddedLines(before.paths, now.paths).filter(
    (path) => !(k3sParents as readonly string[]).includes(path),
  );
}

/** Returns the paths without the kept one. A path that contains the kept one is replaced by k3s' data folder. */
function excludeKeptFolder(stays: string | undefined, paths: readonly string[], dataDir: string): string[] {
  if (stays === undefined) return [...paths];
  const instead = (path: string) => (isWithin(dataDir, path) && !isWithin(stays, dataDir) ? [dataDir] : []);
  return paths.flatMap((path) => {
    if (isWithin(path, stays)) return [];
    return isWithin(stays, path) ? instead(path) : [path];
  });
}

function keepOutermost(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)];
  return unique.filter((path) => !unique.some((other) => other !== path && isWithin(path, other)));
}

/** Pods of another kubelet would be in the same cgroups and folders as ours. An earlier k3s leaves empty cgroups behind. */
function isOnlyKubelet(before: HostSnapshot): boolean {
  return before.processes.length === 0 || !before.cgroups.some((path) => path.includes("kubepods"));
}

/** A queued stop keeps systemd from starting it again while it is killed. */
const stopUnitScript = `
systemctl stop --no-block "$1"; systemctl kill --signal=SIGKILL "$1"
systemctl stop "$1"; systemctl reset-failed "$1"
true`;

async function stopUnit(host: Host, unit: string): Promise<string> {
  await host.exec(["sh", "-c", `{ ${stopUnitScript}; } 2>/dev/null`, "stop", unit], {
    root: true,
    timeoutMs: 20_000,
  });
  return `stopped ${unit}`;
}

async function endK3s(context: Context, { entry, processes, before }: K3sRun): Promise<string | undefined> {
  const { host } = context;
  const there = new Set(before.processes);
  const podsAreOurs = isOnlyKubelet(before);
  let executableOf = await readExecutables(host);
  const chosen = (info: ProcessInfo) => {
    if (there.has(`${info.pid} ${info.name}`)) return false;
    if (podsAreOurs && isInPod(info)) return true;
    const executable = executableOf(info);
    // A wrapper that the user named as k3s became another file's program: its pid counts, if that is a k3s.
    const isStarted = processes.some(
      ({ pid, startTime }) => pid === info.pid && startTime === info.startTime,
    );
    if (isStarted && /^k3s/.test(basename(executable ?? info.argv[0] ?? ""))) return true;
    return isOfK3s(info, executable, entry);
  };
  const first = await endProcesses(context, chosen, { graceMs: 0 });
  // One that was just being started as the others were killed.
  executableOf = await readExecutables(host);
  const second = await endProcesses(context, chosen, { graceMs: 0 });
  const ended = first.length + second.length;
  return ended === 0 ? undefined : `ended k3s, its containers and all below them (${ended} processes)`;
}

async function unmount(host: Host, { entry, before }: K3sRun): Promise<string | undefined> {
  const shared = isOnlyKubelet(before) ? ["/run/k3s", "/var/lib/kubelet"] : [];
  const folders = [...listPathsToRemove({ entry, before }), ...shared, entry.dataDir];
  const ours = (point: string) =>
    folders.some((folder) => isWithin(point, folder)) || point.startsWith("/run/netns/cni-");
  const found = async () => {
    const now = mountPoints((await host.files.read("/proc/self/mountinfo")) ?? "").filter(ours);
    return findAddedLines(before.mounts, now).reverse();
  };
  const first = await found();
  if (first.length === 0) return undefined;
  await host.exec(["umount", "--", ...first], { root: true, allowFailure: true });
  // What is still busy is taken out of sight at once and freed by the kernel when its last user is gone.
  const busy = await found();
  if (busy.length > 0)
    await host.exec(["umount", "--lazy", "--", ...busy], { root: true, allowFailure: true });
  const left = await found();
  if (left.length > 0) throw new Error(`still mounted: ${left.join(", ")}`);
  return `unmounted ${formatCount(first.length, "mount")}`;
}

async function removeLinks(host: Host, { before }: K3sRun): Promise<string | undefined> {
  const namespaces = findAddedLines(before.netns, await host.files.list("/run/netns")).filter((name) =>
    name.startsWith("cni-"),
  );
  const links = findAddedLines(before.links, await host.files.list("/sys/class/net")).filter(isClusterLink);
  if (namespaces.length > 0) {
    await host.exec(["rm", "-f", "--", ...namespaces.map((name) => `/run/netns/${name}`)], { root: true });
  }
  if (links.length > 0) {
    // A veth goes with its namespace, at any moment: one that is gone already must not end the batch.
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

/** The kernel removes a namespace's links shortly after the namespace. */
async function waitUntilLinksGone(host: Host, links: readonly string[]): Promise<void> {
  const deadline = host.now() + 3_000;
  for (;;) {
    const now = await host.files.list("/sys/class/net");
    const left = links.filter((name) => now.includes(name));
    if (left.length === 0) return;
    if (host.now() > deadline) throw new Error(`still there: ${left.join(", ")}`);
    await host.sleep(50);
  }
}

/** Milliseconds that an init may take to reap what was killed. */
const reapTimeoutMs = 4_000;

async function hasExistingPath(host: Host, paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => host.files.exists(path)));
  return found.includes(true);
}

async function removeCgroups(
  host: Host,
  before: HostSnapshot,
  now: HostSnapshot,
): Promise<string | undefined> {
  const cgroups = findAddedLines(before.cgroups, now.cgroups);
  if (cgroups.length === 0) return undefined;
  // rmdir of each, from the innermost. A process that was killed keeps its cgroup busy until its parent has reaped it.
  const end = host.now() + reapTimeoutMs;
  for (;;) {
    const { exitCode, stderr } = await host.exec(["find", ...cgroups, "-depth", "-type", "d", "-delete"], {
      root: true,
      allowFailure: true,
    });
    if (exitCode === 0 || !(await hasExistingPath(host, cgroups))) break;
    if (host.now() >= end) throw new Error(`still in use: ${stderr.trim().split("\n").at(-1)}`);
    await host.sleep(50);
  }
  return `removed ${formatCount(cgroups.length, "cgroup")}`;
}

async function removeParents(host: Host, { before }: K3sRun): Promise<undefined> {
  const ours = k3sParents.filter((path) => !before.paths.includes(path));
  await host.exec(["sh", "-c", 'for path; do rmdir "$path"; done 2>/dev/null; true', "rmdir", ...ours], {
    root: true,
  });
}
