import { cp, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checklistPoints } from "../../src/model/checklist-points.ts";
import { points } from "../e2e/support/checklist.ts";
import { secondPrometheus } from "../e2e/support/federation.ts";
import { type Machine, startMachine } from "../e2e/support/machine.ts";
import { writeMyApp } from "../e2e/support/my-app.ts";
import { statuses } from "../e2e/support/results.ts";

const monitors = "monitors: [my-app-monitor.yaml, my-worker-monitor.yaml, my-app-rules.yaml]\n";

const everything = `stack: operator
${monitors}dashboards: [nodes.json]
retention: 12d
storage: {prometheus: 3Gi, alertmanager: 100Mi, grafana: 1Gi}
scrape-interval: 5s
evaluation-interval: 5s
resources:
  prometheus: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 1Gi}}
  grafana: {limits: {memory: 512Mi}}
apps:
  my-app: {chart: ./my-app}
${secondPrometheus(", external_labels: {cluster: other}", "source")}federate:
  - targets: ["source-prometheus-server.other.svc.cluster.local:80"]
    match: ['{job="source"}']
    interval: 2s
`;

describe("the operator's flavour", () => {
  let machine: Machine;
  const seenOf = async (id: string) =>
    (await machine.results()).checks.find((check) => check.id === id)?.seen;
  beforeAll(async () => {
    machine = await startMachine();
    await writeMyApp(machine.folder);
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it("takes the settings, federation, dashboards, a backup and the checklist together", async () => {
    await cp(
      resolve(import.meta.dirname, "../../lab/dashboards/1860.json"),
      join(machine.folder, "nodes.json"),
    );
    await writeFile(join(machine.folder, "monstack.yaml"), everything);
    const up = await machine.monstack(["up"]);
    expect(up.exitCode, up.output).toBe(0);
    const verify = await machine.monstack(["verify"]);
    expect(verify.exitCode, verify.output).toBe(0);
    for (const status of ["fail", "warn", "error"])
      expect(statuses(await machine.results(), status), verify.output).toEqual([]);
    expect(await seenOf("prometheus-retention")).toContain("storage.tsdb.retention.time is 12d");
    const volumes = await seenOf("storage-effective");
    expect(volumes).toMatch(/^3 PVCs bound and mounted: /);
    for (const size of ["3Gi", "100Mi", "1Gi"]) expect(volumes).toContain(size);
    expect(await seenOf("resources-effective")).toMatch(/^\d+ containers as requested$/);
    expect(await seenOf("federation-arrives")).toMatch(/ samples a scrape from 1 source/);
    expect(await seenOf("monitors-scraped")).toContain("PodMonitor monitoring/my-worker 1 target");
    const boards = (await machine.results()).dashboards.map(({ uid }) => uid);
    expect(boards).toContain("lab-1860");

    const archive = join(machine.folder, "backups", "first.tar.gz");
    const backup = await machine.monstack(["backup", "--output", archive]);
    expect(backup.exitCode, backup.output).toBe(0);
    // Its Prometheus has no shell: both go through a container beside it.
    expect(backup.stderr).toContain("has no shell: a container with one, of docker.io/grafana/grafana:");
    const restore = await machine.monstack(["restore", archive]);
    expect(restore.exitCode, restore.output).toBe(0);
    const judged = await machine.monstack(["checklist", "--backups", "backups"]);
    // No receiver of anybody's, and not every container has limits.
    expect(judged.exitCode, judged.output).toBe(1);
    const found = await points(machine);
    expect([...found.keys()]).toEqual(checklistPoints.map(({ id }) => id));
    for (const id of ["retention", "dashboards", "backup"])
      expect(found.get(`production-${id}`)?.status, judged.stdout).toBe("met");
    // The server beside it has no volume, and is named.
    expect(found.get("production-persistence")?.status, judged.stdout).toBe("unmet");
    expect(judged.stdout).toMatch(
      /- Prometheus \(pod other\/source-prometheus-server-\S+\) keeps \/data in the volume storage-volume/,
    );
    expect(judged.stdout).toMatch(/\+ Prometheus \(pod \S+\) keeps \/prometheus on PVC \S+: Bound, 3Gi/);
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await machine.results()).toMatchObject({ teardown: { leaks: [] } });
  }, 400_000);

  it("left out, monitors are offered as values of the plain chart, which work", async () => {
    const app = "apps: {my-app: {chart: ./my-app}}\n";
    await writeFile(join(machine.folder, "monstack.yaml"), `${monitors}${app}`);
    const refused = await machine.monstack(["run"]);
    expect(refused.exitCode, refused.output).toBe(2);
    const said = refused.stderr.replaceAll(/^(?: *[\d.]+s {3}error: ?| {13})/gm, "");
    const [, offered = ""] = /as part of monstack.yaml:\n\n(.*?)\nto fix it/s.exec(said) ?? [];
    const values = offered.replaceAll(/^ {4}/gm, "");
    await writeFile(join(machine.folder, "monstack.yaml"), `${values}\n  my-app: {chart: ./my-app}\n`);
    const run = await machine.monstack(["run"]);
    expect(run.exitCode, run.output).toBe(0);
    expect(await seenOf("targets-up")).toContain("monitoring/my-app-monitor 1");
    expect(await machine.results()).toMatchObject({ verified: true, teardown: { leaks: [] } });
  });
});
