import { beforeAll, expect, it } from "vitest";
import { installAct } from "./support/act.ts";
import { lockedRepository, runJob } from "./support/cache-job.ts";
import { startMachine } from "./support/machine.ts";

beforeAll(installAct, 500_000);

it("the second job of a lock fetches no tool, chart or image again", async () => {
  await using machine = await startMachine();
  const { lock, repository } = await lockedRepository(machine);
  const items = Object.keys(lock.tools).length + lock.charts.length + lock.images.length;

  const first = await runJob(machine, repository);
  expect(first.output).toContain("CACHE HIT false");
  expect(first.output).toMatch(/cache: saved as monstack-linux-amd64-[0-9a-f]{64}/);
  expect(first.files.length).toBeGreaterThan(4);
  expect(first.layers.length).toBeGreaterThan(lock.images.length);

  const second = await runJob(machine, repository);
  expect(second.output).toContain("CACHE HIT true");
  expect(second.output).toContain(`cache: ${items} of ${items} downloads restored`);
  expect(second.output).not.toContain("cache: saved as");
  expect([second.files, second.layers]).toEqual([[], []]);
}, 300_000);
