import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emptyFolder, meet, meetLive } from "../faults/attempt.ts";
import { allFaults } from "../faults/rows/all.ts";
import { live } from "../faults/rows/live.ts";
import { type Machine, startMachine } from "./support/machine.ts";

// One of each kind; `npm run test:faults` has them all.
const some = <T extends { ci?: string }>(faults: readonly T[]) => faults.filter(({ ci }) => ci === "e2e");

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
});
afterAll(async () => await machine[Symbol.asyncDispose]());

describe("a stack that can't come up or doesn't work: says why, soon, and leaves nothing", () => {
  it.each(some(allFaults))("$what", async (fault) => await meet(machine, fault));
});

describe("a stack that breaks later: says why, soon, and is well again when it is fixed", () => {
  beforeAll(async () => {
    await emptyFolder(machine);
    const up = await machine.monstack(["up"]);
    expect(up.exitCode, up.output).toBe(0);
  });
  afterAll(async () => {
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
  });

  it.each(some(live))("$what", async (fault) => await meetLive(machine, fault));
});
