import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { persistentApps } from "./support/apps.ts";
import { startMachine } from "./support/machine.ts";
import { seconds, statuses } from "./support/results.ts";

const kubectl = `${process.cwd()}/lab/out/bin/kubectl`;

it("volumes that were asked for are bound, verified with the rest, and gone afterwards", async () => {
  await using machine = await startMachine();
  await writeFile(join(machine.folder, "monstack.yaml"), persistentApps);
  const up = await machine.monstack(["up"]);
  expect(up.exitCode, up.output).toBe(0);

  const kubeconfig = join(machine.folder, "state", "kubeconfig");
  const get = await machine.run([kubectl, "--kubeconfig", kubeconfig, "get", "pvc", "-A", "-o", "json"]);
  expect(get.exitCode, get.output).toBe(0);
  const claims = JSON.parse(get.stdout) as {
    items: { metadata: { name: string }; status: { phase: string; capacity?: { storage: string } } }[];
  };
  const standing = claims.items.map(({ metadata, status }) => [
    metadata.name,
    status.phase,
    status.capacity?.storage,
  ]);
  expect(standing.sort()).toEqual([
    ["grafana", "Bound", "1Gi"],
    ["prometheus-server", "Bound", "3Gi"],
    ["storage-prometheus-alertmanager-0", "Bound", "100Mi"],
  ]);
  const folders = await machine.run(["ls", "/var/lib/rancher/k3s/storage"]);
  expect(folders.stdout.trim().split("\n")).toHaveLength(3);

  const verify = await machine.monstack(["verify"]);
  expect(verify.exitCode, verify.output).toBe(0);
  const results = await machine.results();
  for (const status of ["fail", "warn", "error"]) expect(statuses(results, status)).toEqual([]);
  expect(results.checks.find(({ id }) => id === "workloads-healthy")?.seen).toContain("3 PVCs");

  const down = await machine.monstack(["down"]);
  expect(down.exitCode, down.output).toBe(0);
  expect(await machine.results()).toMatchObject({ teardown: { leaks: [] } });
  const left = await machine.run(["ls", "-d", "/var/lib/rancher/k3s", "/opt/local-path-provisioner"]);
  expect(left.stdout).toBe("");
  console.log(`with volumes: up ${up.seconds.toFixed(1)} s, ${seconds(results)}`);
});
