import { expect } from "vitest";
import type { Machine } from "./machine.ts";

/** What the manifest of a backup says, as far as the tests read it. */
interface Manifest {
  format: number;
  prometheus: { series: number; samples: number; from: string; to: string; blocks: unknown[] };
  grafana: { dashboards: number; folders: number; datasources: number };
  alertmanager: { silences: number };
}

/** Returns the manifest of a backup. */
export async function manifestOf(machine: Machine, file: string): Promise<Manifest> {
  const text = await machine.run(["tar", "-xzOf", file, "manifest.json"]);
  expect(text.exitCode, text.output).toBe(0);
  return JSON.parse(text.stdout) as Manifest;
}
