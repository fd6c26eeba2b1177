import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { persistentApps } from "../e2e/support/apps.ts";
import { manifestOf } from "../e2e/support/backup.ts";
import { startForeignCluster } from "../e2e/support/cluster.ts";
import { type ResultsFile, startMachine } from "../e2e/support/machine.ts";
import { contents, kubectl, settled } from "../e2e/support/rbac.ts";

type KeptResults = Omit<ResultsFile, "teardown"> & {
  backup?: { path: string; bytes: number; series: number; from: string; to: string };
  teardown?: { leaks: unknown[]; kept: string[] };
};

it("claims in an existing cluster stay with what is in them, and the next run takes them over", async () => {
  await using machine = await startMachine({ LAB_ROOT_PROPAGATION: "shared" });
  await startForeignCluster(machine);
  const kubeconfig = "/etc/rancher/k3s/k3s.yaml";
  const before = await settled(machine);
  const config = join(machine.folder, "monstack.yaml");
  await writeFile(config, persistentApps);
  const run = await machine.monstack(["run", "--kubeconfig", kubeconfig, "--keep-data", "true"]);
  expect(run.exitCode, run.output).toBe(0);
  const results = await machine.results();
  expect(results).toMatchObject({ verified: true, teardown: { leaks: [] } });
  const kept = (await contents(machine)).filter((one) => !before.includes(one));
  const kinds = kept.map((one) => one.split("/")[0]);
  expect(kinds.filter((kind) => kind === "persistentvolumeclaim")).toHaveLength(3);
  expect(kinds.filter((kind) => kind === "persistentvolume")).toHaveLength(3);
  expect(kept).toContain("namespace/monitoring");
  const oldest = async () => {
    const query = "http://localhost:9090/api/v1/query?query=prometheus_tsdb_lowest_timestamp_seconds";
    const answer = await machine.run(["curl", "-fsS", "--retry", "20", "--retry-all-errors", query]);
    expect(answer.exitCode, answer.output).toBe(0);
    const { data } = JSON.parse(answer.stdout) as { data: { result: { value: [number, string] }[] } };
    return Number(data.result[0]?.value[1]);
  };
  const ended = Date.now() / 1_000;
  const up = await machine.monstack(["up", "--kubeconfig", kubeconfig]);
  expect(up.exitCode, up.output).toBe(0);
  // Samples of the first run are in the second one's Prometheus.
  await expect.poll(oldest, { timeout: 30_000, interval: 1_000 }).toBeLessThan(ended);
  const down = await machine.monstack(["down"]);
  expect(down.exitCode, down.output).toBe(0);
  await kubectl(machine, "delete", "namespace", "monitoring");
  expect(await contents(machine)).toEqual(before);
});

it("a new k3s starts beside volumes that were kept, and leaves them", async () => {
  await using machine = await startMachine();
  await writeFile(join(machine.folder, "monstack.yaml"), persistentApps);
  const run = await machine.monstack(["run", "--keep-data", "true"]);
  expect(run.exitCode, run.output).toBe(0);
  const next = await machine.monstack(["run"]);
  expect(next.exitCode, next.output).toBe(0);
  expect(await machine.results()).toMatchObject({ verified: true, teardown: { leaks: [], kept: [] } });
  expect((await machine.run(["ls", "-A", "/var/lib/rancher"])).stdout).toBe("k3s-kept\n");
  const volumes = await machine.run(["bash", "-c", "ls -d /var/lib/rancher/k3s-kept/*/pvc-* | wc -l"]);
  expect(volumes.stdout.trim()).toBe("3");
});

it("what keep-metrics keeps of a run is told, and whole; volumes go or stay as keep-data says", async () => {
  await using machine = await startMachine();
  await writeFile(join(machine.folder, "monstack.yaml"), persistentApps);
  const archive = join(machine.folder, "report", "backup.tar.gz");
  const run = await machine.monstack(["run", "--keep-metrics", "true", "--keep-data", "true"]);
  expect(run.exitCode, run.output).toBe(0);
  const results = (await machine.results()) as KeptResults;
  const made = await manifestOf(machine, archive);
  const { series, from, to } = made.prometheus;
  expect(results.backup).toEqual({
    path: archive,
    bytes: (await readFile(archive)).length,
    series,
    from,
    to,
  });
  expect(series).toBeGreaterThan(1_000);
  expect(results.teardown?.leaks).toEqual([]);
  const folder = "/var/lib/rancher/k3s-kept";
  const volumes = (results.teardown?.kept ?? []).map((one) => one.split(": "));
  expect(volumes.map(([what]) => what).sort()).toEqual([
    "volume of claim monitoring/grafana",
    "volume of claim monitoring/prometheus-server",
    "volume of claim monitoring/storage-prometheus-alertmanager-0",
  ]);
  for (const [, path] of volumes) expect(path?.startsWith(`${folder}/`)).toBe(true);
  const samples = volumes.find(([what]) => what?.endsWith("prometheus-server"))?.[1];
  const wal = await machine.run(["bash", "-c", `find ${samples} -path '*/wal/0*' -size +1k | wc -l`]);
  expect(Number(wal.stdout), wal.output).toBeGreaterThan(0);
  expect((await machine.run(["ls", "-A", "/var/lib/rancher"])).stdout).toBe("k3s-kept\n");
});
