import type { Host } from "../host/host.ts";
import { isWithin } from "../host/paths.ts";
import { isOfRootOrUs, type ProcessInfo } from "../journal/processes.ts";
import type { HostSnapshot, K3sTraces, Step } from "../journal/types.ts";
import { formatCount, shorten } from "../lib/text.ts";
import { type Api, type Leftover, readObject, toLeftovers } from "./cluster-objects.ts";
import { findAddedLines } from "./iptables.ts";

const unitPatterns = ["kubepods*.slice", "cri-containerd-*.scope", "monstack-*.service"];
const clusterUnitPattern =
  /^(kubepods[\w.:\\-]*\.slice|cri-containerd-[\w.:\\-]+\.scope|monstack-[\w.:\\-]+\.service)$/;

/**
 * Returns the units that a cluster makes. Run by systemd, k3s lets systemd make the pods' cgroups: a slice for each pod
 * and one for each class of them, a scope for each container.
 */
export async function listUnits(host: Host): Promise<string[]> {
  if (!(await host.files.exists("/run/systemd/system"))) return [];
  const options = ["--full", "--plain", "--no-legend", "--no-pager"];
  const { stdout } = await host.exec(["systemctl", "list-units", ...options, ...unitPatterns], {
    allowFailure: true,
  });
  return parseUnits(stdout);
}

/** @param output a unit a line, its name first, which systemd keeps free of spaces and line breaks */
export function parseUnits(output: string): string[] {
  return output
    .split("\n")
    .map((line) => line.trim().split(/\s/, 1)[0] ?? "")
    .filter((name) => clusterUnitPattern.test(name));
}

const stopUnitsScript = `{ systemctl stop "$@"; systemctl reset-failed "$@"; } 2>/dev/null; true`;

/**
 * Stops the units of pods in `now`, the host as it is, that were not there before. A slice without processes stays
 * active: systemd removes only scopes by itself.
 */
export async function stopPodUnits(
  host: Host,
  before: HostSnapshot,
  now: HostSnapshot,
): Promise<string | undefined> {
  const units = findAddedLines(before.units, now.units).filter((unit) => /\.(slice|scope)$/.test(unit));
  if (units.length === 0) return undefined;
  await host.exec(["sh", "-c", stopUnitsScript, "stop", ...units], { root: true, timeoutMs: 20_000 });
  return `stopped ${formatCount(units.length, "unit")} of pods`;
}

/** A Service that something deployed made without a release owning it. */
interface Service {
  readonly namespace: string;
  readonly name: string;
}

const requestMs = 15_000;

/** Deletes the Services that an operator made and left behind, with their endpoints. */
export async function removeServices({ raw }: Api, services: readonly Service[], step: Step): Promise<void> {
  await Promise.all(
    services.map((service) => {
      const { namespace, name } = service;
      return step(`delete service ${namespace}/${name}`, async () => {
        const path = toServicePath(service);
        const { status, body } = await raw.send(path, AbortSignal.timeout(requestMs), { method: "DELETE" });
        if (status === 404) return undefined;
        if (status >= 300) throw new Error(`${path}: HTTP ${status}: ${shorten(body, 600)}`);
        return `deleted service ${namespace}/${name}, which the operator had made`;
      });
    }),
  );
}

/** Returns the services that still exist. */
export async function findRemainingServices({ raw }: Api, services: readonly Service[]): Promise<Leftover[]> {
  const found = await Promise.all(services.map((service) => readObject(raw, toServicePath(service))));
  return toLeftovers(
    "cluster-object",
    found.flatMap((one) => one ?? []),
  ).map((one) => ({ ...one, what: `Service ${one.what}` }));
}

function toServicePath({ namespace, name }: Service): string {
  return `/api/v1/namespaces/${namespace}/services/${name}`;
}

/** True if a process is k3s (in its usual place, or one of ours), its containerd, a shim of theirs or in a pod. */
export function belongsToCluster(
  info: ProcessInfo,
  executable: string | undefined,
  traces: readonly K3sTraces[],
): boolean {
  if (isInPod(info)) return true;
  const usual = { binary: "", dataDir: "/var/lib/rancher/k3s" };
  return [usual, ...traces].some((k3s) => isOfK3s(info, executable, k3s));
}

/**
 * Whether a process was started from this k3s: its executable, or a wrapper (sudo, unshare) that is about to become
 * it, or a program that it unpacked. k3s overwrites its own command line, hence the look at the executable.
 *
 * A k3s of ours runs as root. Another user's process never counts, whatever its command line is: everybody chooses their own command
 * line, and in a mount namespace of their own also the path of their executable.
 */
export function isOfK3s(info: ProcessInfo, executable: string | undefined, k3s: K3sTraces): boolean {
  if (!isOfRootOrUs(info)) return false;
  const [command = ""] = info.argv;
  const paths = [executable ?? "", command];
  if (paths.some((path) => isWithin(path, k3s.dataDir))) return true;
  if (k3s.binary === "") return false;
  return paths.includes(k3s.binary) || (info.argv.includes(k3s.binary) && info.argv.includes("server"));
}

/**
 * In a pod of this host's kubelet: one in a container (kind, k3d) has its pods below that container's own cgroup. Only
 * root can make a cgroup at the top; a user to whom systemd has delegated one can give those below it any name.
 */
export function isInPod({ cgroup }: ProcessInfo): boolean {
  return cgroup.split("\n").some((line) => /^\d+:[^:]*:\/kubepods(\.slice)?(\/|$)/.test(line));
}
