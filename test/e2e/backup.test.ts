import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { manifestOf } from "./support/backup.ts";
import { type Machine, startMachine } from "./support/machine.ts";

const prometheus = "http://localhost:9090/api/v1";
const grafana = "http://tester:correct-horse@localhost:3000/api";
const alertmanager = "http://localhost:9093/api/v2";
const login = ["--grafana-user", "tester", "--grafana-password", "correct-horse"];

async function get<T>(machine: Machine, url: string, body?: unknown): Promise<T> {
  const post = ["-H", "content-type: application/json", "-d", JSON.stringify(body)];
  // A service leads to its pod a little after the pod is ready.
  const patient = ["--retry", "20", "--retry-all-errors", "--retry-delay", "1"];
  const answer = await machine.run(["curl", "-fsS", ...(body === undefined ? patient : post), url]);
  expect(answer.exitCode, answer.output).toBe(0);
  return JSON.parse(answer.stdout) as T;
}

interface Vector {
  data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

/** Every series of a few metrics at one time, with its value. */
async function samplesAt(machine: Machine, time: number): Promise<string[]> {
  const query = '{__name__=~"up|node_cpu_seconds_total|kube_pod_info|process_start_time_seconds"}';
  const url = `${prometheus}/query?time=${time}&query=${encodeURIComponent(query)}`;
  const { data } = await get<Vector>(machine, url);
  return data.result.map(({ metric, value }) => JSON.stringify([metric, value])).sort();
}

it("what is backed up is in a fresh stack again after a restore, sample for sample", async () => {
  await using machine = await startMachine();
  const up = () => machine.monstack(["up", ...login]);
  const first = await up();
  expect(first.exitCode, first.output).toBe(0);
  await get(machine, `${grafana}/folders`);
  await get(machine, `${grafana}/folders`, { uid: "kept-folder", title: "Kept" });
  const dashboard = { uid: "kept-board", title: "Kept board", panels: [] };
  await get(machine, `${grafana}/dashboards/db`, { dashboard, folderUid: "kept-folder", overwrite: true });
  const silence = {
    matchers: [{ name: "alertname", value: "Kept", isRegex: false, isEqual: true }],
    startsAt: new Date().toISOString(),
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    createdBy: "test",
    comment: "kept",
  };
  await get(machine, `${alertmanager}/status`);
  await get(machine, `${alertmanager}/silences`, silence);
  // Until a sample of then can't come any more.
  await expect
    .poll(async () => (await samplesAt(machine, Date.now() / 1_000)).length, { timeout: 30_000 })
    .toBeGreaterThan(10);
  const then = Math.floor(Date.now() / 1_000) - 5;
  const before = await samplesAt(machine, then);

  const archive = join(machine.folder, "stack.tar.gz");
  // The machine shares /tmp with the host, where other tests have folders of snapshots.
  const marker = join(machine.folder, "before-backup");
  await machine.run(["touch", marker]);
  const backup = await machine.monstack(["backup", "--output", archive]);
  expect(backup.exitCode, backup.output).toBe(0);
  const made = await manifestOf(machine, archive);
  expect(made.prometheus.series).toBeGreaterThan(1_000);
  expect(Date.parse(made.prometheus.to)).toBeGreaterThan(then * 1_000);
  expect(made).toMatchObject({
    format: 1,
    grafana: { dashboards: 1, folders: 1 },
    alertmanager: { silences: 1 },
  });
  const held = await machine.run(["bash", "-c", `tar -xzOf ${archive} | grep -c correct-horse`]);
  expect(held.stdout.trim()).toBe("0");
  const snapshots = await machine.run([
    "bash",
    "-c",
    `find / -path '*/snapshots/*' -name meta.json -not -path '/proc/*' -newercm ${marker} 2>/dev/null`,
  ]);
  expect(snapshots.stdout).toBe("");
  expect((await machine.monstack(["down"])).exitCode).toBe(0);

  const second = await up();
  expect(second.exitCode, second.output).toBe(0);
  expect(await samplesAt(machine, then)).toEqual([]);
  const damaged = join(machine.folder, "damaged.tar.gz");
  await machine.run(["cp", archive, damaged]);
  const file = await open(damaged, "r+");
  const { size } = await file.stat();
  await file.write(Buffer.from("!"), 0, 1, Math.floor(size / 2));
  await file.close();
  const refused = await machine.monstack(["restore", damaged]);
  expect(refused.exitCode, refused.output).toBe(2);
  expect(refused.stderr).toMatch(/damaged\.tar\.gz is not a whole backup, and nothing was changed/);
  expect(await get(machine, `${grafana}/folders`)).toEqual([]);
  expect(await get(machine, `${alertmanager}/silences`)).toEqual([]);

  const restore = await machine.monstack(["restore", archive]);
  expect(restore.exitCode, restore.output).toBe(0);
  expect(await samplesAt(machine, then)).toEqual(before);
  const board = await get<{ meta: unknown; dashboard: unknown }>(
    machine,
    `${grafana}/dashboards/uid/kept-board`,
  );
  expect(board).toMatchObject({ meta: { folderUid: "kept-folder" }, dashboard: { title: "Kept board" } });
  expect(await get(machine, `${alertmanager}/silences`)).toMatchObject([
    { comment: "kept", endsAt: silence.endsAt, status: { state: "active" } },
  ]);
  // Once more: what is there already stays as it is.
  const again = await machine.monstack(["restore", archive]);
  expect(again.exitCode, again.output).toBe(0);
  expect(again.stdout).toMatch(/0 blocks into pod .*, 1 were there already/);
  expect(await samplesAt(machine, then)).toEqual(before);
  console.log(
    `${backup.stdout}${restore.stdout}backup ${backup.seconds.toFixed(1)} s, restore ${restore.seconds.toFixed(1)} s, archive ${(await readFile(archive)).length} bytes`,
  );
});
