import { expect, test } from "vitest";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import { gatherEvidence } from "../../src/diagnose/gather/gather.ts";
import { healthyWorld } from "../verify/healthy-world.ts";
import { openStack } from "../verify/open-stack.ts";
import { failing } from "./rules/evidence.ts";

async function causesOf(...checks: ReturnType<typeof failing>[]) {
  await using open = await openStack(healthyWorld());
  const { context, kube, prometheus, alertmanager, grafana, rendered, deployedAt } = open.stack;
  const services = { prometheus, alertmanager, grafana };
  const stack = { kube, rendered, deployedAt, ...services };
  const none = { failure: undefined, findings: undefined, stateDir: undefined };
  return diagnose(await gatherEvidence(context, { ...stack, ...none, checks }));
}

test("a stack that is well has no cause to be red", async () => {
  expect(await causesOf()).toEqual([]);
});

test("nothing of it is taken for the cause of a check that fails for reasons of its own", async () => {
  const own = failing("own/orders", { cause: "no series", fix: "Look at the app." });
  expect(await causesOf(own)).toMatchObject([{ id: "check-failed", explains: ["own/orders"] }]);
});
