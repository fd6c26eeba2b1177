import { cp } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Job, runJob } from "../../src/app/job.ts";
import { Results } from "../../src/report/results-schema.ts";
import { openSession } from "./support/session.ts";
import { createWorld, type World } from "./support/world.ts";

const patient = { timeout: 15_000 };
const job: Job = { mode: "run", verifyAfterUp: false, keepOnFailure: false, replace: false };

async function run(world: World, flags: Record<string, string> = {}, over: Partial<Job> = {}) {
  const { session, log } = await openSession(world, { flags });
  const outcome = await runJob(session, { ...job, ...over });
  return { ...outcome, warnings: log.lines.filter(({ level }) => level === "warn") };
}

it("compares a run with a baseline, and with that of an earlier run in its own folder", patient, async () => {
  await using world = await createWorld();
  const first = await run(world);
  expect(first.results.comparison).toBeUndefined();
  await cp(world.reportDir, join(world.folder, "last"), { recursive: true });

  const second = await run(world, { baseline: "last", profile: "as-is" });
  expect(second.exitCode).toBe(0);
  expect(second.results.comparison).toMatchObject({
    baseline: { from: join(world.folder, "last"), startedAt: first.results.startedAt, verified: true },
  });
  const written = Results.parse(await world.results());
  expect(written.comparison).toEqual(JSON.parse(JSON.stringify(second.results.comparison)));
  expect(await world.read("report/summary.md")).toContain("### What changed");

  const third = await run(world, { baseline: world.reportDir });
  expect(third.results.comparison?.baseline.startedAt).toBe(second.results.startedAt);
});

it("says so and goes on where there is no baseline yet", patient, async () => {
  await using world = await createWorld();
  const { exitCode, results, warnings } = await run(world, { baseline: "last" });
  expect([exitCode, results.comparison]).toEqual([0, undefined]);
  expect(warnings.map(({ message }) => message)).toContainEqual(
    expect.stringContaining("last/results.json does not exist"),
  );
});

it("asks for another earlier run only without a baseline, and not for a teardown", {
  timeout: 30_000,
}, async () => {
  await using world = await createWorld();
  const { results: earlier } = await run(world);
  const asked: string[] = [];
  const findEarlier = async () => {
    asked.push("asked");
    return { results: earlier, from: "GitHub's cache" };
  };
  const { results } = await run(world, {}, { findEarlier });
  expect(results.comparison?.baseline.from).toBe("GitHub's cache");
  await run(world, { baseline: world.reportDir }, { findEarlier });
  await run(world, {}, { findEarlier, mode: "down" });
  expect(asked).toEqual(["asked"]);
});
