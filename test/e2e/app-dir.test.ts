import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checklistPoints } from "../../src/model/checklist-points.ts";
import { points } from "./support/checklist.ts";
import { type Machine, startMachine } from "./support/machine.ts";
import { statuses } from "./support/results.ts";

const seed = resolve(import.meta.dirname, "../../examples/use-case-03");
/** What the document has in its folder; nothing of monstack's. */
const ofTheDocument = [
  "alertmanager-config.yaml",
  "custom-rules.yaml",
  "grafana-values.yaml",
  "prometheus-values.yaml",
  "sbkube.yaml",
];

async function copySeed(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of ofTheDocument) await copyFile(join(seed, file), join(folder, file));
}

describe("an app directory", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
  }, 1_000_000);
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it("of the document is planned, brought up and proven as it is, and is told what in it does nothing", async () => {
    const folder = join(machine.folder, "use-case-03");
    await copySeed(folder);
    expect((await readdir(folder)).sort()).toEqual(ofTheDocument);
    const plan = await machine.monstack(["plan", "--app-dir", "."], { cwd: folder });
    expect(plan.exitCode, plan.output).toBe(0);
    expect(plan.output).toMatch(/alertmanager-config\.yaml:4:18: .* is a placeholder/);
    expect(plan.output).toMatch(/alertmanager-config\.yaml:14:24: .* is a placeholder/);
    expect(plan.stdout).toMatch(/1\.\s+prometheus\s+prometheus-community\/prometheus 25\.3\.1/);
    expect(plan.stdout).toMatch(/2\.\s+grafana\s+grafana\/grafana 7\.0\.6 .*after prometheus is ready/);
    for (const key of [
      "server.enabled",
      "nodeExporter",
      "kubeStateMetrics",
      "pushgateway",
      "persistence.storageClass",
    ])
      expect(plan.output).toContain(key);

    const up = await machine.monstack(["up", "--app-dir", "."], { cwd: folder });
    expect(up.exitCode, up.output).toBe(0);
    const verify = await machine.monstack(["verify", "--app-dir", "."], { cwd: folder });
    expect(verify.exitCode, verify.output).toBe(0);
    const results = await machine.results();
    expect(results).toMatchObject({ verified: true, causes: [] });
    expect(statuses(results, "warn")).toEqual(["values-known"]);
    expect(up.output).toContain("the Grafana chart moved");
    expect(up.output).toContain("kubeconfig has no effect");
    const passed = statuses(results, "pass");
    expect(passed).toEqual(
      expect.arrayContaining(["prometheus-retention", "rules-healthy", "alert-delivery"]),
    );
  }, 600_000);

  it("of the document is judged by the checklist, point by point, and taken away", async () => {
    const folder = join(machine.folder, "use-case-03");
    const judged = await machine.monstack(["checklist", "--app-dir", "."], { cwd: folder });
    // What the document asks for but nobody did: real receivers, dashboards, limits of all parts, a backup.
    expect(judged.exitCode, judged.output).toBe(1);
    console.log(judged.stdout);
    const found = await points(machine);
    expect([...found.keys()]).toEqual(checklistPoints.map(({ id }) => id));
    for (const [id, status, words] of [
      ["persistence", "met", /Prometheus.*50Gi/],
      ["retention", "met", /30d/],
      ["notifications", "unmet", /no receiver of yours/],
      ["rules", "unmet", /no rule watches targets that are down/],
      ["dashboards", "unmet", /no dashboards/],
      ["rbac", "unmet", /ClusterRole prometheus-kube-state-metrics may list and watch secrets/],
      ["limits", "unmet", /has no memory limit/],
      ["backup", "unmet", /no archive is named/],
    ] as const) {
      const point = found.get(`production-${id}`);
      expect(point?.status, judged.stdout).toBe(status);
      expect(point?.evidence.map(({ text }) => text).join("\n")).toMatch(words);
    }
    const down = await machine.monstack(["down", "--app-dir", "."], { cwd: folder });
    expect(down.exitCode, down.output).toBe(0);
    expect(await machine.results()).toMatchObject({ teardown: { leaks: [] } });
  });
});
