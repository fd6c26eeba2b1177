import { describe, expect, it } from "vitest";
import type { UnknownValue } from "../../../../src/model/plan.ts";
import { healthyWorld } from "../../healthy-world.ts";
import { checkIn, oneResult, openStack } from "../../open-stack.ts";

/** The result when the apps' values have these keys without effect. */
async function checked(...unknown: (readonly UnknownValue[] | undefined)[]) {
  await using open = await openStack(healthyWorld());
  const rendered = open.stack.rendered.map((one, index) => ({ ...one, unknownValues: unknown[index] }));
  // It would be tried again, if it weren't final.
  return await oneResult({ ...open.stack, rendered }, "values-known", 10);
}

describe("values-known", () => {
  it("warns about each key without effect, at once, with what was meant", async () => {
    const result = await checked(
      [
        { app: "prometheus", path: ["nodeExporter"], meant: "prometheus-node-exporter" },
        { app: "prometheus", path: ["server", "a.b"], meant: undefined },
      ],
      [{ app: "grafana", path: ["persistence", "storageClass"], meant: "persistence.storageClassName" }],
    );
    expect(result).toMatchObject({
      status: "warn",
      attempts: 1,
      seen:
        "prometheus: nodeExporter (did you mean prometheus-node-exporter?), prometheus: server.a\\.b, " +
        "grafana: persistence.storageClass (did you mean persistence.storageClassName?)",
    });
  });

  it("passes only when it is told of every app", async () => {
    expect(await checked([], [])).toMatchObject({
      status: "pass",
      seen: "every key of the values of 2 apps is known to its chart",
    });
    expect(await checked([], undefined)).toMatchObject({
      status: "skipped",
      reason: "the known values of grafana (chart grafana 1) could not be determined",
    });
  });

  it("is skipped where no chart is deployed", async () => {
    const result = await checkIn(
      "values-known",
      () => {},
      (stack) => ({ ...stack, rendered: [] }),
    );
    expect(result).toMatchObject({ status: "skipped", reason: "no chart is deployed" });
  });
});
