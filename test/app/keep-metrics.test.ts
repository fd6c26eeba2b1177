import { describe, expect, it } from "vitest";
import { type Job, runJob } from "../../src/app/job.ts";
import { openSession } from "./support/session.ts";
import { createWorld, type World } from "./support/world.ts";

const run: Job = { mode: "run", verifyAfterUp: false, keepOnFailure: false, replace: false };

async function runKeeping(world: World) {
  const { session, log } = await openSession(world, { flags: { "keep-metrics": "true" } });
  const { results } = await runJob(session, run);
  return { results, log: log.lines.map(({ level, message }) => `${level} ${message}`).join("\n") };
}

describe.concurrent("a run whose metrics are to be kept", () => {
  it("is torn down all the same when they can't be, and the report says why", async () => {
    await using world = await createWorld("mute");
    const { results, log } = await runKeeping(world);
    expect(results.backup).toBeUndefined();
    expect(results.warnings).toEqual([
      expect.stringMatching(/^the metrics could not be kept: Prometheus does not answer: /),
    ]);
    expect(log).toContain("warn the metrics could not be kept");
    expect(results.teardown?.leaks).toEqual([]);
    expect(await world.read("state/journal.jsonl")).toBeUndefined();
  });

  it("that never came up has none, and says no more than that", async () => {
    await using world = await createWorld();
    await world.breakHelm("upgrade", "Error: no");
    const { results, log } = await runKeeping(world);
    expect(results.warnings).toEqual([]);
    expect(log).toContain("info no stack is up, so there are no metrics to keep");
    expect(results.teardown?.leaks).toEqual([]);
  });
});
