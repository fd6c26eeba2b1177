import type { Host } from "../host/host.ts";
import { isWithin } from "../host/paths.ts";
import { isOfRootOrUs, type ProcessInfo } from "../journal/processes.ts";
import type { HostSnapshot, K3sTraces, Step } from "../journal/types.ts";
import { formatCount, shorten } from "../lib/text.ts";
import { type Api, type Leftover, readObject, toLeftovers } from "./cluster-objects.ts";
import { findAddedLines } from "./iptables.ts";

/** systemd's patterns for the units that a cluster creates. */
const unitPatterns = ["kubepods*.slice", "cri-containerd-*.scope", "monstack-*.service"];
const clusterUnitPattern =
  /^(kubepods[\w.:\\-]*\.slice|cri-containerd-[\w.:\\-]+\.scope|monstack-[\w.:\\-]+\.service)$/;

/**
 * Returns the systemd units that a cluster creates; empty if systemd does not run. For k3s, systemd creates the pods'
 * cgroups: a slice for each pod and for each class of pods, a scope for each container.
 */
export async function listUnits(host: Host): Promise<string[]> {
  if (!(await host.files.exists("/run/systemd/system"))) return [];
  const options = ["--full", "--plain", "--no-legend", "--no-pager"];
  const { stdout } = await host.exec(["systemctl", "list-units", ...options, ...unitPatterns], {
    allowFailure: true,
  });
  return parseUnits(stdout);
}

/**
 * Returns the cluster's units in the output of `systemctl list-units`.
 * @param output one unit per line; the first word is its name, which has no spaces
 */
export function parseUnits(output: string): string[] {
  return output
    .split("\n")
    .map((line) => line.trim().split(/\s/, 1)[0] ?? "")
    .filter((name) => clusterUnitPattern.test(name));
}

/** Stops the units $@ and clears their failed state. */
const stopUnitsScript = `{ systemctl stop "$@"; systemctl reset-failed "$@"; } 2>/dev/null; true`;

/**
 * Stops the pods' units in `now` that did not exist before; undefined if there are none. systemd removes a scope by
 * itself, but a slice without processes stays active.
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

/** A Service that an operator created and that no release owns. */
interface Service {
  readonly namespace: string;
  readonly name: string;
}

/** Milliseconds for one request. */
const requestMs = 15_000;

/** Deletes the Services, with their endpoints, that an operator created and left behind. */
export async function removeServices({ raw }: Api, services: readonly Service[], step: Step): Promise<void> {
  await Promise.all(
    services.map((service) => {
      const { namespace, name } = service;
      return step(`delete service ${namespace}/${name}`, async () => {
        const path = buildServicePath(service);
        const { status, body } = await raw.send(path, AbortSignal.timeout(requestMs), { method: "DELETE" });
        if (status === 404) return undefined;
        if (status >= 300) throw new Error(`${path}: HTTP ${status}: ${shorten(body, 600)}`);
        return `deleted service ${namespace}/${name}, which the operator had made`;
      });
    }),
  );
}

/** Returns which of these Services still exist. */
export async function findRemainingServices({ raw }: Api, services: readonly Service[]): Promise<Leftover[]> {
  const objects = await Promise.all(services.map((service) => readObject(raw, buildServicePath(service))));
  return toLeftovers(
    "cluster-object",
    objects.flatMap((service) => service ?? []),
  ).map((service) => ({ ...service, what: `Service ${service.what}` }));
}

/** Returns the path of a Service in the API. */
function buildServicePath({ namespace, name }: Service): string {
  return `/api/v1/namespaces/${namespace}/services/${name}`;
}

/**
 * True if a process is a k3s (the default one or one in `traces`), its containerd, one of its shims, or runs in a pod.
 */
export function belongsToCluster(
  info: ProcessInfo,
  executable: string | undefined,
  traces: readonly K3sTraces[],
): boolean {
  if (isInPod(info)) return true;
  // Without a program, only the default data folder identifies this k3s.
  const defaultK3s = { binary: "", dataDir: "/var/lib/rancher/k3s" };
  return [defaultK3s, ...traces].some((k3s) => isOfK3s(info, executable, k3s));
}

/**
 * True if a process was started from this k3s: by its executable, as a wrapper (sudo, unshare) that will execute it,
 * or as a program that it unpacked. The executable counts because k3s overwrites its own command line.
 * Processes of users other than root and this user never match: any user can choose a command line and, in a mount
 * namespace, the path of an executable.
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
 * True if a process runs in a pod of this host's kubelet. A cluster in a container (kind, k3d) has its pods below that
 * container's cgroup. Only root can create a cgroup at the top, so other users can't imitate one.
 */
export function isInPod({ cgroup }: ProcessInfo): boolean {
  return cgroup.split("\n").some((line) => /^\d+:[^:]*:\/kubepods(\.slice)?(\/|$)/.test(line));
}
