import { expect } from "vitest";
import type { Machine } from "./machine.ts";

/** Runs a script in a machine with systemd, and returns what it prints. */
export async function shell(machine: Machine, script: string): Promise<string> {
  return (await machine.run(["bash", "-c", script])).stdout.trim();
}

/** Returns the names of the units that match, one on a line. */
export function listUnits(machine: Machine, ...patterns: string[]): Promise<string> {
  const quoted = patterns.map((pattern) => `'${pattern}'`).join(" ");
  return shell(machine, `systemctl list-units --plain --no-legend ${quoted} | cut -d' ' -f1`);
}

/** Besides what `expectClean` checks: no unit, no cgroup, nothing that failed. */
export async function expectNoUnits(machine: Machine): Promise<void> {
  expect(await listUnits(machine, "monstack*", "kubepods*", "cri-containerd*")).toBe("");
  expect(await shell(machine, "find /sys/fs/cgroup -name 'kubepods*' -o -name 'monstack*'")).toBe("");
  expect(await shell(machine, "systemctl is-system-running")).toBe("running");
}
