import { describe, expect, test } from "vitest";
import { judgeWorkload } from "../../src/deploy/judge.ts";
import { createAges } from "../../src/deploy/watch.ts";
import type { KubeEvent, WorkloadView } from "../../src/kube/objects.ts";
import { claim, deployment, event, pod, storageClass, unscheduled, view } from "./recorded.ts";

/** Looks at a workload once a second, as the watch does. @returns the second in which it failed; undefined: never. */
function failsAt(viewAt: (second: number) => WorkloadView, seconds = 130): number | undefined {
  let now = 0;
  const ages = createAges(() => now);
  for (let second = 0; second <= seconds; second += 1) {
    now = second * 1_000;
    const { state } = judgeWorkload(viewAt(second), ages.of);
    ages.endRound();
    if (state === "failed") return second;
  }
  return undefined;
}

/** Recorded at these seconds, and in between as it was then. */
function recurs(one: KubeEvent, seconds: readonly number[]): (second: number) => KubeEvent[] {
  return (second) => {
    const count = seconds.filter((at) => at <= second).length;
    return count === 0 ? [] : [{ ...one, count }];
  };
}

const notFound = event("ProvisioningFailed", 'storageclass.storage.k8s.io "local-path" not found');
const noDefault = event("FailedBinding", "no persistent volumes available and no storage class is set", {
  type: "Normal",
});
const mount = (words: string) => event("FailedMount", `MountVolume.SetUp failed for volume "v" : ${words}`);
const localPath = [storageClass("local-path", true)];

/** The kubelet's attempts at a mount. */
const mounts = [0, 1, 2, 4, 8, 16, 32, 64, 128];
const sts = { of: "sts-uid" };

/** A workload whose events were recorded at these seconds. */
function seen(build: (events: KubeEvent[]) => WorkloadView, one: KubeEvent, seconds: readonly number[]) {
  const events = recurs(one, seconds);
  return (second: number) => build(events(second));
}

const creating = (events: readonly KubeEvent[]) => view({ pods: [pod({})], events });
const running = (events: readonly KubeEvent[]) => {
  const one = pod({ state: { running: { startedAt: "2026-11-01T12:00:05Z" } } });
  return view({ pods: [{ ...one, spec: { containers: [{ name: "grafana" }] } }], events });
};
const lacksSecret = (events: readonly KubeEvent[]) => {
  const waiting = { reason: "CreateContainerConfigError", message: 'secret "s" not found' };
  return view({ pods: [pod({ state: { waiting } })], events });
};
const refusedSet = (events: readonly KubeEvent[]) => {
  const object = {
    kind: "StatefulSet",
    metadata: { name: "alertmanager", uid: "sts-uid", generation: 1 },
    spec: { replicas: 1 },
    status: { observedGeneration: 1, replicas: 0 },
  };
  return view({ kind: "StatefulSet", object, creators: [object], events });
};
const rejected = event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404");
const everySecond = Array.from({ length: 25 }, (_, second) => second);

describe("an event whose cause has gone is not a verdict", () => {
  test.each<[string, (second: number) => WorkloadView]>([
    ["the class is there by now", () => ({ ...claim([notFound]), classes: localPath })],
    ["the default class is there by now", () => ({ ...claim([noDefault]), classes: localPath })],
    ["classes can't be read, and the controller doesn't say it again", seen(claim, notFound, [0])],
    [
      "nothing provisions, said once",
      seen(claim, event("ExternalProvisioning", "waiting for a volume"), [0]),
    ],
    ["a provisioner failed once", seen(claim, event("ProvisioningFailed", "failed to provision"), [0])],
    ["a ConfigMap that came", seen(creating, mount('configmap "c" not found'), [0, 1, 2, 4, 8])],
    ["a folder that came", seen(creating, mount("hostPath type check failed: /x"), [0, 1, 2, 4])],
    ["a sandbox", seen(creating, event("FailedCreatePodSandBox", "oom_score_adj: permission denied"), [0])],
    ["a pod that was refused", seen(refusedSet, event("FailedCreate", "violates PodSecurity", sts), [0])],
    [
      "a claim that the scheduler missed, and that is there by now",
      () => {
        const claims = [{ metadata: { name: "data", uid: "c" }, status: { phase: "Bound" } }];
        return view({ pods: [unscheduled('persistentvolumeclaim "data" not found')], claims });
      },
    ],
  ])("%s", (_, viewAt) => {
    expect(failsAt(viewAt)).toBeUndefined();
  });

  test("a probe's first answer is none: only a container that stays not ready for long has its cause in it", () => {
    expect(failsAt(seen(running, rejected, [0]))).toBe(60);
  });
});

describe("a verdict takes two observations, the last one begun after the grace period", () => {
  const missing = (events: KubeEvent[]) => ({ ...claim(events), classes: [storageClass("nfs")] });
  const sandboxes = [0, 12, 24].map((at) => ({
    at,
    one: event("FailedCreatePodSandBox", `sandbox ${at}: oom_score_adj: permission denied`),
  }));
  test.each<[string, (second: number) => WorkloadView, number]>([
    ["a class that stays missing", seen(missing, notFound, [0]), 16],
    [
      "classes that can't be read: the volume controller's rounds",
      seen(claim, notFound, [0, 15, 30, 45]),
      30,
    ],
    ["a ConfigMap", seen(creating, mount('configmap "c" not found'), mounts), 16],
    ["a folder of the host", seen(creating, mount("hostPath type check failed"), mounts), 8],
    [
      "a sandbox: each attempt is an event of its own, since the message names the sandbox",
      (second) => creating(sandboxes.filter(({ at }) => at <= second).map(({ one }) => one)),
      12,
    ],
    [
      "a container's Secret",
      seen(lacksSecret, event("Failed", 'Error: secret "s" not found'), [0, 12, 24]),
      12,
    ],
    ["a container's Secret, where events get lost", seen(lacksSecret, event("Failed", "x"), [0]), 30],
    ["a quota", seen(refusedSet, event("FailedCreate", "exceeded quota: small", sts), [0, 1, 3, 5, 10]), 5],
    ["a probe", seen(running, rejected, everySecond), 9],
  ])("%s", (_, viewAt, second) => {
    expect(failsAt(viewAt)).toBe(second);
  });

  test("a condition of a Deployment is its ReplicaSet's, whose events recur", () => {
    const refused = (kind: string, uid: string) => ({
      ...deployment({ replicas: 0, updatedReplicas: 0 }),
      kind,
      metadata: { ...deployment().metadata, uid },
      status: {
        observedGeneration: 1,
        replicas: 0,
        conditions: [{ type: "ReplicaFailure", status: "True" as const, message: "exceeded quota: small" }],
      },
    });
    const creators = [refused("ReplicaSet", "rs-uid"), refused("Deployment", "dep-uid")];
    const said = event("FailedCreate", "exceeded quota: small", { of: "rs-uid" });
    const build = (events: KubeEvent[]) => view({ creators, events });
    expect(failsAt(seen(build, said, [0, 1, 3, 5, 10]))).toBe(5);
    expect(failsAt(seen(build, said, [0, 1]))).toBe(20);
  });
});
