import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectClean, killed } from "../e2e/support/killed.ts";
import { type Machine, startMachine } from "../e2e/support/machine.ts";

describe("a run that is killed", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it.each([1, 2, 4, 6, 12, 16])("after %i s is cleared by `down` from the journal alone", async (seconds) => {
    await killed(machine, seconds);
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await machine.results()).toMatchObject({ teardown: { leaks: [] } });
    await expectClean(machine);
  });
});
