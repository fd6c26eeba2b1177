import { describe, expect, it } from "vitest";
import type { KubeEvent } from "../../src/deploy/objects.ts";
import { brokenBy } from "../../src/diagnose/dependents.ts";
import { workloadRules } from "../../src/diagnose/rules/workload.ts";
import { troublesOf } from "../../src/diagnose/troubles.ts";
import { broken, checks, deployment, pulling } from "./broken.ts";
import { evidence, inCluster, one, pod } from "./rules/evidence.ts";

describe("what several workloads have in common", () => {
  it("is one cause that names them all", () => {
    const rule = workloadRules.find(({ id }) => id === "image-network");
    if (rule === undefined) throw new Error("no rule");
    const found = one(
      rule,
      inCluster({ pods: [broken("grafana", pulling), broken("pushgateway", pulling)] }, { checks }),
    );
    expect(found.what).toMatch(/^Pod monitoring\/grafana-1, .* \(and Pod monitoring\/pushgateway-1\)$/);
    expect(found.explains).toEqual(["workloads-healthy", "grafana-query", "targets-up"]);
  });

  it("is as many causes as there are images that don't exist", () => {
    const rule = workloadRules.find(({ id }) => id === "image-not-found");
    const missing = (image: string) => ({
      state: { waiting: { reason: "ErrImagePull", message: `image "${image}": not found` } },
    });
    const pods = [broken("grafana", missing("x/a:1")), broken("pushgateway", missing("x/b:2"))];
    expect(rule?.find(inCluster({ pods }))).toHaveLength(2);
  });
});

describe("troubles", () => {
  const failure = (rule: string | undefined) => ({
    message: "not ready",
    workloads: [
      { workload: "Pod monitoring/grafana-1", rule, reason: "Timeout", message: "after 300 s", mend: "" },
    ],
  });

  it("of a workload that ran out of time are those that it has now", () => {
    const now = inCluster({ pods: [broken("grafana", pulling)] }, { failure: failure(undefined) });
    expect(troublesOf(now).map(({ rule }) => rule)).toEqual(["image-network"]);
    const rule = workloadRules.find(({ id }) => id === "image-network");
    expect(rule?.find(now)[0]?.how.at(-1)).toBe("its time was up after 300 s");
  });

  it("of a workload that nothing is known of stay what they were", () => {
    expect(troublesOf(evidence({ failure: failure(undefined) }))).toMatchObject([{ rule: "timeout" }]);
  });

  it("that ended the deployment are not mixed with those of what was just starting", () => {
    const now = inCluster({ pods: [broken("pushgateway", pulling)] }, { failure: failure("crash") });
    expect(troublesOf(now).map(({ rule }) => rule)).toEqual(["crash"]);
  });

  it("are also what helm was refused", () => {
    const message =
      'installing app prometheus (chart prometheus 29.27.0): admission webhook "validate.kyverno.svc-fail" denied the request: no';
    const refused = troublesOf(evidence({ failure: { message, workloads: [] } }));
    expect(refused).toMatchObject([{ workload: "App prometheus", rule: "webhook-denied" }]);
  });

  it("are none in a cluster that is well, or is just starting", () => {
    const starting = broken("grafana", { state: { waiting: { reason: "ContainerCreating" } } });
    expect(troublesOf(inCluster({ pods: [pod("monitoring", "grafana-1", true), starting] }))).toEqual([]);
  });

  it("of somebody else's pods don't count", () => {
    const other = { ...broken("x", pulling), metadata: { name: "x-1", namespace: "kube-system", uid: "x" } };
    expect(troublesOf(inCluster({ pods: [other] }))).toEqual([]);
  });

  it("that may heal for long are only likely the cause", () => {
    const claim = {
      metadata: { name: "data", namespace: "monitoring", uid: "c" },
      status: { phase: "Pending" },
    };
    const event: KubeEvent = {
      metadata: { name: "e", namespace: "monitoring" },
      involvedObject: { kind: "PersistentVolumeClaim", name: "data", uid: "c" },
      reason: "ExternalProvisioning",
      message: "Waiting for a volume to be created either by the external provisioner 'x' or manually",
    };
    const now = inCluster({ claims: [claim], events: [event] });
    const rule = workloadRules.find(({ id }) => id === "no-provisioner");
    expect(rule?.find(now)).toMatchObject([{ sureness: "likely" }]);
  });

  it("of a pod that is being deleted don't count", () => {
    const leaving = broken("grafana", pulling, { deletionTimestamp: "2026-11-23T20:00:30Z" });
    expect(troublesOf(inCluster({ pods: [leaving] }))).toEqual([]);
  });
});

describe("what a workload that does not run breaks", () => {
  it.each([
    [
      "Deployment monitoring/x",
      { "app.kubernetes.io/name": "grafana" },
      ["workloads-healthy", "grafana-query"],
    ],
    [
      "Deployment monitoring/prometheus-prometheus-pushgateway",
      { "app.kubernetes.io/name": "prometheus-pushgateway" },
      ["workloads-healthy", "targets-up"],
    ],
    [
      "Deployment monitoring/x",
      { "app.kubernetes.io/name": "prometheus", "app.kubernetes.io/component": "server" },
      ["workloads-healthy", "targets-up", "grafana-query"],
    ],
    [
      "Deployment monitoring/prometheus-server",
      undefined,
      ["workloads-healthy", "targets-up", "grafana-query"],
    ],
    ["Deployment monitoring/prometheus-alertmanager", undefined, ["workloads-healthy"]],
  ])("%s with the labels %o: %j", (workload, labels, ids) => {
    const name = workload.split("/")[1] ?? "";
    const workloads = labels === undefined ? [] : [deployment(name, 1, labels)];
    expect(brokenBy(inCluster({ workloads }, { checks }), workload)).toEqual(ids);
  });
});
