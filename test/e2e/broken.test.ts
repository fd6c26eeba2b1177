import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startMachine } from "./support/machine.ts";

it("an image that doesn't exist ends the wait at once, names workload and reason, and leaves nothing", async () => {
  await using machine = await startMachine();
  const config = `apps:
  grafana:
    values:
      image: { tag: "0.0.0-no-such-tag" }
`;
  await writeFile(join(machine.folder, "monstack.yaml"), config);
  const run = await machine.monstack(["run"]);
  expect(run.exitCode, run.output).toBe(3);
  expect(run.stderr).toMatch(/Deployment monitoring\/grafana.*0\.0\.0-no-such-tag/s);
  const results = await machine.results();
  expect(results.verified).toBe(false);
  expect(results.failure?.workloads).toMatchObject([
    {
      workload: "Deployment monitoring/grafana",
      reason: expect.stringMatching(/^(ErrImagePull|ImagePullBackOff)$/),
    },
  ]);
  expect(results.teardown?.leaks).toEqual([]);
  expect(run.seconds).toBeLessThan(60);
});
