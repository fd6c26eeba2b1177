import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Machine, startMachine } from "../e2e/support/machine.ts";
import { emptyFolder, meet, meetLive } from "./attempt.ts";
import { allFaults } from "./rows/all.ts";
import { live } from "./rows/live.ts";

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
});
afterAll(async () => await machine[Symbol.asyncDispose]());

describe("a stack that can't come up or doesn't work", () => {
  it.each(allFaults)("$what", async (fault) => await meet(machine, fault));
});

describe("a stack that breaks later", () => {
  beforeAll(async () => {
    await emptyFolder(machine);
    const up = await machine.monstack(["up"]);
    expect(up.exitCode, up.output).toBe(0);
    const verified = await machine.monstack(["verify"]);
    expect(verified.exitCode, verified.output).toBe(0);
  });
  afterAll(async () => {
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
  });

  it.each(live)("$what", async (fault) => await meetLive(machine, fault));
});
