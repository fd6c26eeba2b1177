import { describe, expect, test } from "vitest";
import { expectFinal, expectWaiting, judgeAfter } from "./judging.ts";
import { claim, deployment, event, pod, storageClass, unscheduled, view } from "./recorded.ts";

describe("a claim without a volume", () => {
  test("its class doesn't exist", () => {
    const events = [event("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found')];
    const seen = { ...claim(events), classes: [storageClass("local-path", true)] };
    expectFinal(seen, "ProvisioningFailed", { after: 16, fix: /StorageClass/ });
    expect(judgeAfter(16, seen)).toMatchObject({
      message: expect.stringMatching(
        /"fast" not found; StorageClasses of this cluster: local-path \(default\)$/,
      ),
    });
  });

  test("there is no default class; near miss: k3s makes its own some seconds later", () => {
    const events = [
      event("FailedBinding", "no persistent volumes available for this claim and no storage class is set", {
        type: "Normal",
      }),
    ];
    const seen = { ...claim(events), classes: [storageClass("fast")] };
    expectFinal(seen, "FailedBinding", { after: 16, fix: /persistence off/ });
    expectWaiting({ ...seen, classes: [storageClass("local-path", true)] }, 300);
  });

  test("its provisioner doesn't run", () => {
    expectFinal(
      claim([
        event(
          "ExternalProvisioning",
          `Waiting for a volume to be created either by the external provisioner 'rancher.io/local-path' or manually by the system administrator.`,
          { type: "Normal" },
        ),
      ]),
      "ExternalProvisioning",
      { after: 60 },
    );
  });

  test("near miss: WaitForFirstConsumer is normal, and without a consumer it is all there is", () => {
    const events = [
      event("WaitForFirstConsumer", "waiting for first consumer to be created before binding", {
        type: "Normal",
        of: "pvc-uid",
      }),
    ];
    expectWaiting({ ...claim(events), pods: [pod({})] }, 300);
    expect(judgeAfter(0, claim(events)).state).toBe("ready");
  });

  test("is the cause of what mounts it", () => {
    const seen = view({
      pods: [unscheduled("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.")],
      claims: [{ metadata: { name: "grafana", uid: "pvc-uid" }, status: { phase: "Pending" } }],
      events: [
        event("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found', { of: "pvc-uid" }),
      ],
    });
    expectFinal(seen, "ProvisioningFailed", { after: 16 });
  });
});

describe("a controller that may not create its pods", () => {
  const refused = (message: string) => {
    const object = deployment({
      replicas: 0,
      updatedReplicas: 0,
      conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message }],
    });
    return view({ object, creators: [object] });
  };

  test("quota, after 5 s", () => {
    expectFinal(
      refused(
        'pods "grafana-7d9c5b8f6d-" is forbidden: exceeded quota: small, requested: limits.memory=1Gi, used: limits.memory=0, limited: limits.memory=512Mi',
      ),
      "FailedCreate",
      { after: 5, fix: /ResourceQuota/ },
    );
  });

  test("Pod Security and webhooks that say no, at once", () => {
    expectFinal(
      refused(
        'pods "node-exporter-" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true, hostPID=true)',
      ),
      "FailedCreate",
      { fix: /Pod Security/ },
    );
    expectFinal(
      refused('admission webhook "validate.policy.example.com" denied the request: no latest tag'),
      "FailedCreate",
      { fix: /policy/ },
    );
  });

  test("near miss: the service account comes a moment later; near miss: a webhook that starts", () => {
    expectWaiting(
      refused(
        'pods "grafana-7d9c5b8f6d-" is forbidden: error looking up service account monitoring/grafana: serviceaccount "grafana" not found',
      ),
      14,
    );
    expectWaiting(
      refused(
        'Internal error occurred: failed calling webhook "x.example.com": failed to call webhook: Post "https://x.svc:443/": dial tcp 10.43.0.9:443: connect: connection refused',
      ),
      40,
    );
  });

  test("a StatefulSet has only its events; near miss: it has its pod by now", () => {
    const set = (replicas: number) => {
      const object = {
        kind: "StatefulSet",
        metadata: { name: "alertmanager", uid: "sts-uid", generation: 1 },
        spec: { replicas: 1 },
        status: { observedGeneration: 1, replicas },
      };
      const events = [
        event(
          "FailedCreate",
          'create Pod alertmanager-0 in StatefulSet alertmanager failed error: pods "alertmanager-0" is forbidden: exceeded quota: small',
          { of: "sts-uid" },
        ),
      ];
      return view({
        id: "StatefulSet monitoring/alertmanager",
        kind: "StatefulSet",
        object,
        creators: [object],
        events,
      });
    };
    expectFinal(set(0), "FailedCreate", { after: 5 });
    expectWaiting(set(1), 300);
  });
});
