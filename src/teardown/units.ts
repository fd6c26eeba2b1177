import type { Host } from "../host/host.ts";
import type { HostSnapshot } from "../journal/types.ts";
import { formatCount } from "../lib/text.ts";
import { added } from "./iptables.ts";

const patterns = ["kubepods*.slice", "cri-containerd-*.scope", "monstack-*.service"];
const clusterUnit =
  /^(kubepods[\w.:\\-]*\.slice|cri-containerd-[\w.:\\-]+\.scope|monstack-[\w.:\\-]+\.service)$/;

/**
 * Returns the units that a cluster makes. Run by systemd, k3s lets systemd make the pods' cgroups: a slice for each pod
 * and one for each class of them, a scope for each container.
 */
export async function listUnits(host: Host): Promise<string[]> {
  if (!(await host.files.exists("/run/systemd/system"))) return [];
  const options = ["--full", "--plain", "--no-legend", "--no-pager"];
  const { stdout } = await host.exec(["systemctl", "list-units", ...options, ...patterns], {
    allowFailure: true,
  });
  return parseUnits(stdout);
}

/** @param output a unit a line, its name first, which systemd keeps free of spaces and line breaks */
export function parseUnits(output: string): string[] {
  return output
    .split("\n")
    .map((line) => line.trim().split(/\s/, 1)[0] ?? "")
    .filter((name) => clusterUnit.test(name));
}

const stop = `{ systemctl stop "$@"; systemctl reset-failed "$@"; } 2>/dev/null; true`;

/**
 * Stops the units of pods in `now`, the host as it is, that were not there before. A slice without processes stays
 * active: systemd removes only scopes by itself.
 */
export async function stopPodUnits(
  host: Host,
  before: HostSnapshot,
  now: HostSnapshot,
): Promise<string | undefined> {
  const units = added(before.units, now.units).filter((unit) => /\.(slice|scope)$/.test(unit));
  if (units.length === 0) return undefined;
  await host.exec(["sh", "-c", stop, "stop", ...units], { root: true, timeoutMs: 20_000 });
  return `stopped ${formatCount(units.length, "unit")} of pods`;
}
