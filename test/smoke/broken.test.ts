import { afterAll, beforeAll, describe, it } from "vitest";
import { type Machine, startMachine } from "../e2e/support/machine.ts";
import { meet } from "../faults/attempt.ts";
import { allFaults } from "../faults/rows/all.ts";

describe("a stack that can't come up or doesn't work: says why, soon, and leaves nothing", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it.each(allFaults.filter(({ ci }) => ci === "smoke"))("$what", async (fault) => await meet(machine, fault));
});
