import { describe, expect, test } from "vitest";
import { judgeWorkload } from "../../src/deploy/judge.ts";
import { listResources, listTargets } from "../../src/deploy/views.ts";
import { type KubeObject, listImages } from "../../src/kube/manifest.ts";
import type { Workload } from "../../src/kube/objects.ts";
import { predictOperatorObjects } from "../../src/kube/operator-made.ts";
import { view } from "./recorded.ts";

const apiVersion = "monitoring.coreos.com/v1";
const object = (kind: string, spec: Record<string, unknown> = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "kps", namespace: "monitoring" },
  spec,
});

describe("what the operator makes", () => {
  test("is waited for by its name, beside the object that it makes it of", () => {
    const objects = [object("Prometheus"), object("Alertmanager"), object("ServiceMonitor")];
    const targets = listTargets(objects);
    expect(targets.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "Prometheus kps",
      "Alertmanager kps",
      "StatefulSet prometheus-kps",
      "StatefulSet alertmanager-kps",
    ]);
    expect(listResources(objects)).toEqual(
      expect.arrayContaining(["prometheuses", "alertmanagers", "statefulsets"]),
    );
  });

  test("has a StatefulSet for each shard", () => {
    expect(predictOperatorObjects([object("Prometheus", { shards: 2, replicas: 3 })])).toMatchObject([
      { name: "prometheus-kps", replicas: 3, podLabels: { "operator.prometheus.io/shard": "0" } },
      { name: "prometheus-kps-shard-1", replicas: 3, podLabels: { "operator.prometheus.io/shard": "1" } },
    ]);
  });

  test("is nothing of a paused object, nor of another group's kind of the same name", () => {
    const other = { ...object("Prometheus"), apiVersion: "example.org/v1" };
    expect(listTargets([object("Prometheus", { paused: true }), other])).toEqual([]);
  });

  test("runs the images that the objects name", () => {
    expect(listImages([object("Prometheus", { image: "quay.io/prometheus/prometheus:v3" })])).toEqual([
      "quay.io/prometheus/prometheus:v3",
    ]);
  });
});

describe("an object of the operator's", () => {
  const judged = (conditions: NonNullable<Workload["status"]>["conditions"], ageMs = 0) =>
    judgeWorkload(
      view({
        kind: "Prometheus",
        object: {
          kind: "Prometheus",
          metadata: { name: "kps", generation: 2 },
          status: { conditions: conditions ?? [] },
        },
        creators: [],
        pods: [],
      }),
      () => ageMs,
    );

  test("waits until the operator has taken it up as it is now", () => {
    expect(judged([])).toEqual({ state: "waiting", missing: "not yet seen by the operator" });
    expect(judged([{ type: "Reconciled", status: "True", observedGeneration: 1 }]).state).toBe("waiting");
    expect(judged([{ type: "Reconciled", status: "True", observedGeneration: 2 }])).toEqual({
      state: "ready",
    });
  });

  test("that is refused fails in the operator's words, once they have lasted", () => {
    const refused = [
      {
        type: "Reconciled",
        status: "False" as const,
        reason: "ReconciliationFailed",
        message: "creating config failed: secret nowhere not found",
        observedGeneration: 2,
      },
    ];
    expect(judged(refused)).toMatchObject({
      state: "waiting",
      missing: expect.stringContaining("secret nowhere"),
    });
    expect(judged(refused, 11_000)).toMatchObject({
      state: "failed",
      rule: "operator-refused",
      reason: "ReconciliationFailed",
      message: "creating config failed: secret nowhere not found",
      fix: expect.stringContaining("prometheus.prometheusSpec"),
    });
  });
});
