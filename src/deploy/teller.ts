import type { WorkloadStatus } from "../model/rendered.ts";
import type { Target } from "./views.ts";

/** How one workload stands in one round of looking. */
export interface Standing {
  readonly target: Target;
  readonly status: WorkloadStatus;
}

export interface Told {
  /** One line for what somebody who waits wants to know: what it hangs on, once it does; ready; failed. */
  readonly onProgress?: (line: string) => void;
  /** One line for each change. */
  readonly onChange?: (line: string) => void;
}

/** Most states of a rollout are over in a moment; one that lasts this long, in milliseconds, is worth a line. */
const tellingMs = 2_000;

/** @returns what is called in each round; it tells nothing twice. */
export function createTeller(now: () => number, told: Told): (standings: readonly Standing[]) => void {
  const current = new Map<Target, { readonly line: string; readonly since: number }>();
  const said = new Set<string>();
  return (standings) => {
    for (const { target, status } of standings) {
      const what = target.kind === "PersistentVolumeClaim" ? `volume claim ${target.name}` : target.name;
      const line = `${what}: ${describe(status)}`;
      const known = current.get(target);
      const since = known?.line === line ? known.since : now();
      if (known?.line !== line) told.onChange?.(line);
      current.set(target, { line, since });
      const isDue = status.state !== "waiting" || now() - since >= tellingMs;
      if (!isDue || said.has(line)) continue;
      said.add(line);
      told.onProgress?.(line);
    }
  };
}

/** One line of bounded length. */
export function describe(status: WorkloadStatus): string {
  if (status.state === "ready") return "ready";
  const text = status.state === "waiting" ? status.missing : `failed: ${status.reason}`;
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}
