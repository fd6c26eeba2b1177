import { resolve } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { act, checkOutAction, installAct } from "../e2e/support/act.ts";
import { type ResultsFile, startMachine } from "../e2e/support/machine.ts";

beforeAll(installAct, 500_000);

it("the action is up for the next steps, and gone after the job but for its metrics", async () => {
  await using machine = await startMachine();
  const repository = await checkOutAction(machine, resolve(import.meta.dirname, "job.yml"));
  const job = await act(machine, repository);
  expect(job.exitCode, job.output).toBe(0);
  expect(job.output).toMatch(/ANSWER .*"value":\[[\d.]+,"[1-9]\d*"\]/);
  expect(job.output).toContain("VERIFIED true");
  expect(job.output).toContain("PASSWORD ***");
  expect(job.output).not.toContain("correct-horse-battery\n");
  expect(job.output).toMatch(/control-plane/);
  expect(job.output).toContain("torn down, nothing left");
  const left = await machine.run(["bash", "-c", "ls -d /var/lib/rancher/k3s; pgrep -f [f]orward.js; true"]);
  expect(left.stdout).toBe("");
  const results = (await machine.results()) as ResultsFile & { backup?: { path: string; series: number } };
  const archive = `${machine.folder}/report/backup.tar.gz`;
  expect(job.output).toContain(`BACKUP ${archive}`);
  expect(results).toMatchObject({ verified: true, backup: { path: archive }, teardown: { leaks: [] } });
  expect(results.backup?.series).toBeGreaterThan(1_000);
  const manifest = await machine.run(["tar", "-xzOf", archive, "manifest.json"]);
  expect(JSON.parse(manifest.stdout)).toMatchObject({ prometheus: { series: results.backup?.series } });
});
