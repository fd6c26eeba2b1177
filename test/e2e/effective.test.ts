import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { effectiveSettings } from "./support/apps.ts";
import { expectClean } from "./support/killed.ts";
import { type Machine, startMachine } from "./support/machine.ts";
import { seconds, statuses } from "./support/results.ts";

const kubectl = `${process.cwd()}/lab/out/bin/kubectl`;

/** Name, phase and capacity of every claim. */
async function claims(machine: Machine): Promise<unknown[]> {
  const kubeconfig = join(machine.folder, "state", "kubeconfig");
  const get = await machine.run([kubectl, "--kubeconfig", kubeconfig, "get", "pvc", "-A", "-o", "json"]);
  expect(get.exitCode, get.output).toBe(0);
  const { items } = JSON.parse(get.stdout) as {
    items: { metadata: { name: string }; status: { phase: string; capacity?: { storage: string } } }[];
  };
  return items.map(({ metadata, status }) => [metadata.name, status.phase, status.capacity?.storage]).sort();
}

it("what is asked is in effect, volumes too; a second `up` refuses; after `down` they are gone, and another `down` is fine", async () => {
  await using machine = await startMachine();
  await writeFile(join(machine.folder, "monstack.yaml"), effectiveSettings);
  const up = await machine.monstack(["up"]);
  expect(up.exitCode, up.output).toBe(0);
  expect(await claims(machine)).toEqual([
    ["grafana", "Bound", "1Gi"],
    ["prometheus-server", "Bound", "3Gi"],
    ["storage-prometheus-alertmanager-0", "Bound", "100Mi"],
  ]);
  const folders = await machine.run(["ls", "/var/lib/rancher/k3s/storage"]);
  expect(folders.stdout.trim().split("\n")).toHaveLength(3);

  const second = await machine.monstack(["up"]);
  expect(second.exitCode).toBe(3);
  expect(second.stderr).toMatch(/is here already/);

  const verify = await machine.monstack(["verify"]);
  expect(verify.exitCode, verify.output).toBe(0);
  const query = "http://localhost:9090/api/v1/query?query=count(up==1)";
  const running = await machine.run(["curl", "-fsS", query]);
  expect(JSON.parse(running.stdout).data.result[0].value[1]).toMatch(/^[4-9]|\d\d/);
  const results = await machine.results();
  for (const status of ["fail", "warn", "error"]) expect(statuses(results, status)).toEqual([]);
  const seen = (id: string) => results.checks.find((check) => check.id === id)?.seen;
  expect(seen("prometheus-retention")).toBe(
    "storage.tsdb.retention.time is 30d, storage.tsdb.retention.size is 2GiB",
  );
  expect(seen("scrape-settings-effective")).toBe(
    "scrape_interval is 5s, scrape_timeout is 4s, evaluation_interval is 6s",
  );
  expect(seen("storage-effective")).toMatch(/^3 PVCs bound and mounted: /);
  for (const claim of ["prometheus-server 3Gi", "storage-prometheus-alertmanager-0 100Mi", "grafana 1Gi"])
    expect(seen("storage-effective")).toContain(claim);
  expect(seen("workloads-healthy")).toContain("3 PVCs");
  expect(seen("resources-effective")).toMatch(/^\d+ containers as requested$/);
  const again = await machine.monstack(["plan"]);
  expect(again.stdout).toMatch(/server\.retention: "30d"\n +retention\n/);

  const down = await machine.monstack(["down"]);
  expect(down.exitCode, down.output).toBe(0);
  expect(await machine.results()).toMatchObject({ teardown: { leaks: [] } });
  const left = await machine.run(["ls", "-d", "/var/lib/rancher/k3s", "/opt/local-path-provisioner"]);
  expect(left.stdout).toBe("");
  await expectClean(machine);
  const nothing = await machine.monstack(["down"]);
  expect(nothing.exitCode, nothing.output).toBe(0);
  console.log(`asked = effective: up ${up.seconds.toFixed(1)} s, ${seconds(results)}`);
});
