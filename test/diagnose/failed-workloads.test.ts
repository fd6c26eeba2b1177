import { describe, expect, it } from "vitest";
import { listBrokenChecks } from "../../src/diagnose/checks.ts";
import { findFailedWorkloads } from "../../src/diagnose/failed-workloads.ts";
import { type DiagnosisRule, findCauses } from "../../src/diagnose/rule.ts";
import { evicted } from "../../src/diagnose/rules/workload-states.ts";
import { workloadRules } from "../../src/diagnose/rules/workloads.ts";
import type { KubeEvent } from "../../src/kube/objects.ts";
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
    expect(findCauses(rule as DiagnosisRule, inCluster({ pods }))).toHaveLength(2);
  });
});

describe("troubles", () => {
  const failure = (rule: string | undefined) => ({
    message: "not ready",
    workloads: [
      { workload: "Pod monitoring/grafana-1", rule, reason: "Timeout", message: "after 300 s", fix: "" },
    ],
  });

  it("of a workload that ran out of time are those that it has now", () => {
    const now = inCluster({ pods: [broken("grafana", pulling)] }, { failure: failure(undefined) });
    expect(findFailedWorkloads(now).map(({ rule }) => rule)).toEqual(["image-network"]);
    const rule = workloadRules.find(({ id }) => id === "image-network");
    expect(findCauses(rule as DiagnosisRule, now)[0]?.how.at(-1)).toBe("its time was up after 300 s");
  });

  it("of a workload that nothing is known of stay what they were", () => {
    expect(findFailedWorkloads(evidence({ failure: failure(undefined) }))).toMatchObject([
      { rule: "timeout" },
    ]);
  });

  it("that ended the deployment are not mixed with those of what was just starting", () => {
    const now = inCluster({ pods: [broken("pushgateway", pulling)] }, { failure: failure("crash") });
    expect(findFailedWorkloads(now).map(({ rule }) => rule)).toEqual(["crash"]);
  });

  it("are also what helm was refused", () => {
    const message =
      'installing app prometheus (chart prometheus 29.27.0): admission webhook "validate.kyverno.svc-fail" denied the request: no';
    const refused = findFailedWorkloads(evidence({ failure: { message, workloads: [] } }));
    expect(refused).toMatchObject([{ workload: "App prometheus", rule: "admission-denied" }]);
  });

  it("are none in a cluster that is well, or is just starting", () => {
    const starting = broken("grafana", { state: { waiting: { reason: "ContainerCreating" } } });
    expect(
      findFailedWorkloads(inCluster({ pods: [pod("monitoring", "grafana-1", true), starting] })),
    ).toEqual([]);
  });

  it("of somebody else's pods don't count", () => {
    const other = { ...broken("x", pulling), metadata: { name: "x-1", namespace: "kube-system", uid: "x" } };
    expect(findFailedWorkloads(inCluster({ pods: [other] }))).toEqual([]);
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
    expect(findCauses(rule as DiagnosisRule, now)).toMatchObject([{ sureness: "likely" }]);
  });

  it("of a pod that is being deleted don't count", () => {
    const leaving = broken("grafana", pulling, { deletionTimestamp: "2026-11-23T20:00:30Z" });
    expect(findFailedWorkloads(inCluster({ pods: [leaving] }))).toEqual([]);
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
    expect(listBrokenChecks(inCluster({ workloads }, { checks }), workload)).toEqual(ids);
  });
});

describe("an event whose cause has gone is not a cause", () => {
  const claim = {
    metadata: { name: "data", namespace: "monitoring", uid: "c" },
    spec: { storageClassName: "local-path" },
    status: { phase: "Pending" },
  };
  const about = (uid: string, reason: string, message: string, more: Partial<KubeEvent> = {}): KubeEvent => ({
    metadata: { name: reason, namespace: "monitoring", uid: reason },
    involvedObject: { kind: "Pod", name: uid, uid },
    type: "Warning",
    reason,
    message,
    lastTimestamp: "2026-11-23T20:00:30Z",
    ...more,
  });
  const notFound = about("c", "ProvisioningFailed", 'storageclass.storage.k8s.io "local-path" not found');
  const noClass = workloadRules.find(({ id }) => id === "no-class");
  const there = { metadata: { name: "local-path" }, provisioner: "rancher.io/local-path" };

  it("a claim's class counts as missing only when the class itself is", () => {
    const at = (storageClasses: (typeof there)[]) =>
      inCluster({ claims: [claim], events: [notFound], storageClasses });
    expect(findCauses(noClass as DiagnosisRule, at([there]))).toEqual([]);
    expect(findCauses(noClass as DiagnosisRule, at([]))).toMatchObject([
      { sureness: "certain", what: expect.stringContaining('"local-path" does not exist') },
    ]);
    const unread = { ...at([]), unread: [{ what: "storage classes", why: "HTTP 403" }] };
    expect(findCauses(noClass as DiagnosisRule, unread)).toMatchObject([{ sureness: "likely" }]);
  });

  it("a class that was waited for in vain names the app whose value it is", () => {
    const message = 'a volume claim of app grafana: StorageClass "fast" not found; StorageClasses: none';
    const failure = { workload: "PersistentVolumeClaim monitoring/grafana", rule: "no-class", message };
    const workloads = [{ ...failure, reason: "NoStorageClass", fix: "" }];
    expect(findCauses(noClass as DiagnosisRule, evidence({ failure: { message, workloads } }))).toMatchObject(
      [
        {
          blame: { app: "grafana", values: ["fast"] },
          what: expect.stringContaining('"fast" does not exist'),
        },
      ],
    );
  });

  const starting = broken("grafana", { state: { waiting: { reason: "ContainerCreating" } } });
  const mount = 'MountVolume.SetUp failed for volume "v" : configmap "c" not found';
  it.each([
    ["once", { count: 1 }, ["likely"]],
    ["again and again", { count: 5 }, ["certain"]],
    ["long ago", { count: 5, lastTimestamp: "2026-11-23T19:50:00Z" }, []],
  ])("a mount that failed %s: %o", (_, more, sureness) => {
    const rule = workloadRules.find(({ id }) => id === "config-missing");
    const now = inCluster({ pods: [starting], events: [about("grafana", "FailedMount", mount, more)] });
    expect(findCauses(rule as DiagnosisRule, now).map((cause) => cause.sureness)).toEqual(sureness);
  });

  it("a claim that the scheduler missed and that is there by now", () => {
    const message = 'persistentvolumeclaim "data" not found';
    const unschedulable = {
      ...starting,
      spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }] },
      status: {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False" as const, reason: "Unschedulable", message }],
      },
    };
    expect(findFailedWorkloads(inCluster({ pods: [unschedulable] })).map(({ rule }) => rule)).toEqual([
      "claim-missing",
    ]);
    expect(findFailedWorkloads(inCluster({ pods: [unschedulable], claims: [claim] }))).toEqual([]);
  });

  it("a pod that was evicted before the deployment, or that has gone since", () => {
    const evictedAt = (lastTimestamp: string) =>
      inCluster({ events: [about("gone", "Evicted", "low on memory", { lastTimestamp })] });
    expect(findCauses(evicted, evictedAt("2026-11-23T19:58:00Z"))).toEqual([]);
    expect(findCauses(evicted, evictedAt("2026-11-23T20:00:30Z"))).toMatchObject([{ sureness: "likely" }]);
  });
});
