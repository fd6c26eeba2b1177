import { expect, it } from "vitest";
import { startMachine } from "./support/machine.ts";
import { seconds, statuses } from "./support/results.ts";

it("helm 3 deploys the same stack, verified, and nothing is left", async () => {
  await using machine = await startMachine();
  const run = await machine.monstack(["run", "--helm-version", "v3"]);
  expect(run.exitCode, run.output).toBe(0);
  const results = await machine.results();
  expect(results).toMatchObject({ verified: true, teardown: { leaks: [] } });
  for (const status of ["fail", "warn", "error"]) expect(statuses(results, status)).toEqual([]);
  const helm = results.versions.tools.find(({ name }) => name === "helm");
  expect(helm?.version).toMatch(/^v3\.\d+\.\d+/);
  console.log(`helm ${helm?.version}: ${run.seconds.toFixed(1)} s, ${seconds(results)}`);
});
