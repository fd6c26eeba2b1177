import { afterAll, beforeAll, expect, it } from "vitest";
import { type Machine, startMachine } from "../e2e/support/machine.ts";
import { seconds, statuses } from "../e2e/support/results.ts";

const runs = Number(process.env.SOAK_RUNS ?? 20);

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
});
afterAll(async () => await machine[Symbol.asyncDispose]());

// Ten seconds of idleness between two runs would hide what the one leaves to the next.
it.each(Array.from({ length: runs }, (_, index) => index + 1))("good run %i raises no alarm", async (run) => {
  const done = await machine.monstack(["run"]);
  expect(done.exitCode, done.output).toBe(0);
  const results = await machine.results();
  for (const status of ["fail", "warn", "error"]) expect(statuses(results, status), done.output).toEqual([]);
  expect(results.causes).toEqual([]);
  expect(results.teardown?.leaks).toEqual([]);
  console.log(
    `run ${run}: ${done.seconds.toFixed(1)} s, ${statuses(results, "pass").length} checks; ${seconds(results)}`,
  );
});
