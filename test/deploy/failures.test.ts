import { describe, expect, test } from "vitest";
import { judgeWorkload } from "../../src/deploy/judge.ts";
import type { WorkloadView } from "../../src/deploy/objects.ts";
import { claim, deployment, event, pod, unscheduled, view } from "./recorded.ts";

const judgeAfter = (seconds: number, seen: WorkloadView) => judgeWorkload(seen, () => seconds * 1_000);

/** Final after so many seconds, and still waiting shortly before (0: at once). */
function expectFinal(
  seen: WorkloadView,
  reason: string,
  { after = 0, mend }: { after?: number; mend?: RegExp } = {},
) {
  const final = judgeAfter(after, seen);
  expect(final).toMatchObject({ state: "failed", reason });
  if (mend && final.state === "failed") expect(final.mend).toMatch(mend);
  if (after > 0) expect(judgeAfter(after - 1, seen).state).toBe("waiting");
}

const expectWaiting = (seen: WorkloadView, seconds: number, missing?: RegExp) => {
  const status = judgeAfter(seconds, seen);
  expect(status.state).toBe("waiting");
  if (missing && status.state === "waiting") expect(status.missing).toMatch(missing);
};

const waitingPod = (reason: string, message: string) => pod({ state: { waiting: { reason, message } } });
const pulls = (reason: string, message: string) => view({ pods: [waitingPod(reason, message)] });

describe("an image that can't be pulled", () => {
  test.each([
    [
      "not found",
      'failed to pull and unpack image "docker.io/grafana/grafana:99.9": failed to resolve reference "docker.io/grafana/grafana:99.9": docker.io/grafana/grafana:99.9: not found',
      /no such image/,
    ],
    [
      "denied",
      'failed to pull and unpack image "docker.io/library/grafna:latest": failed to resolve reference "docker.io/library/grafna:latest": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
      /refuses/,
    ],
    [
      "rate limit",
      'failed to pull and unpack image "docker.io/grafana/grafana:13.2.0": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/grafana/grafana/manifests/sha256:aa: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
      /mirrors/,
    ],
    [
      "other architecture",
      'failed to pull and unpack image "docker.io/x/y:1": no match for platform in manifest: not found',
      /architecture/,
    ],
    [
      "plain HTTP registry",
      'failed to pull and unpack image "10.9.8.7:5000/y:1": failed to resolve reference "10.9.8.7:5000/y:1": failed to do request: Head "https://10.9.8.7:5000/v2/y/manifests/1": http: server gave HTTP response to HTTPS client',
      /plain HTTP/,
    ],
  ])("%s is final at once", (_, message, mend) => {
    expectFinal(pulls("ErrImagePull", message), "ErrImagePull", { mend });
    expectFinal(
      pulls("ImagePullBackOff", `Back-off pulling image "x": ErrImagePull: ${message}`),
      "ImagePullBackOff",
      { mend },
    );
  });

  test.each([
    'failed to pull and unpack image "docker.io/grafana/grafana:13.2.0": failed to resolve reference "docker.io/grafana/grafana:13.2.0": failed to do request: Head "https://registry-1.docker.io/v2/grafana/grafana/manifests/13.2.0": dial tcp: lookup registry-1.docker.io: no such host',
    'failed to do request: Head "https://quay.io/v2/prometheus/prometheus/manifests/v3.14.0": dial tcp 34.225.41.113:443: i/o timeout',
    "failed to copy: httpReadSeeker: failed open: unexpected status code https://quay.io/v2/x/blobs/sha256:1: 503 Service Unavailable",
    'failed to do request: Head "https://quay.io/v2/": dial tcp 10.0.0.1:443: connect: connection refused',
  ])("a network error may heal for 20 s: %s", (message) => {
    expectFinal(pulls("ErrImagePull", message), "ErrImagePull", { after: 20, mend: /mirror/ });
  });

  test("the cause is taken from the event where the back-off names only the image", () => {
    const seen = view({
      pods: [waitingPod("ImagePullBackOff", 'Back-off pulling image "docker.io/grafana/grafana:13.2.0"')],
      events: [
        event(
          "Failed",
          'Failed to pull image "docker.io/grafana/grafana:13.2.0": rpc error: code = NotFound desc = failed to resolve reference: docker.io/grafana/grafana:13.2.0: not found',
        ),
        event("Failed", "Error: ImagePullBackOff", { at: 20 }),
      ],
    });
    expectFinal(seen, "ImagePullBackOff", { mend: /no such image/ });
  });

  test("a name that is none, and an image that may not be pulled", () => {
    expectFinal(
      pulls(
        "InvalidImageName",
        `Failed to apply default image tag "Grafana:13": couldn't parse image name "Grafana:13": invalid reference format: repository name (library/Grafana) must be lowercase`,
      ),
      "InvalidImageName",
      { mend: /not an image's name/ },
    );
    expectFinal(
      pulls(
        "ErrImageNeverPull",
        'Container image "docker.io/x/y:1" is not present with pull policy of Never',
      ),
      "ErrImageNeverPull",
      { mend: /import/ },
    );
  });

  test("near miss: pulling takes as long as it takes", () => {
    const seen = view({
      pods: [pod({})],
      events: [event("Pulling", 'Pulling image "docker.io/grafana/grafana:13.2.0"', { type: "Normal" })],
    });
    expectWaiting(seen, 300, /^pulling image docker.io\/grafana\/grafana:13\.2\.0$/);
  });
});

const ended = (exitCode: number, reason = "Error") => ({ terminated: { exitCode, reason } });
const backOff = {
  waiting: {
    reason: "CrashLoopBackOff",
    message: "back-off 20s restarting failed container=grafana pod=grafana-7d9c5b8f6d-x2x7p_monitoring(9c9f)",
  },
};

describe("a crash loop", () => {
  test("is final at the third end, with the exit code", () => {
    const seen = view({ pods: [pod({ state: backOff, lastState: ended(1), restartCount: 2 })] });
    expectFinal(seen, "CrashLoopBackOff", { after: 8 });
    expect(judgeAfter(8, seen)).toMatchObject({
      container: "grafana",
      message: expect.stringContaining("exit code 1"),
    });
  });

  test("names an OOM kill", () => {
    const seen = view({
      pods: [pod({ state: backOff, lastState: ended(137, "OOMKilled"), restartCount: 1 })],
    });
    expectFinal(seen, "CrashLoopBackOff", { mend: /limits\.memory/ });
  });

  test("of an init container is one too", () => {
    const seen = view({ pods: [pod({ state: backOff, lastState: ended(22), restartCount: 3, init: true })] });
    expect(judgeAfter(10, seen)).toMatchObject({ state: "failed", container: "download-dashboards" });
  });

  test("a command that isn't there is final at once", () => {
    expectFinal(
      view({ pods: [pod({ state: backOff, lastState: ended(127), restartCount: 1 })] }),
      "CrashLoopBackOff",
    );
  });

  test("near miss: one crash while the cluster starts, and it runs again", () => {
    expectWaiting(view({ pods: [pod({ state: backOff, lastState: ended(1), restartCount: 1 })] }), 15);
    const again = pod({
      state: { running: { startedAt: "2026-11-01T12:00:30Z" } },
      lastState: ended(1),
      restartCount: 4,
    });
    expectWaiting(view({ pods: [again] }), 300);
  });

  test("its third end is enough: the kubelet names the back-off only much later", () => {
    const seen = (restartCount: number, exitCode = 1) =>
      view({ pods: [pod({ state: ended(exitCode), lastState: ended(1), restartCount })] });
    expectFinal(seen(2), "CrashLoopBackOff", { after: 8 });
    expectFinal(seen(1, 127), "CrashLoopBackOff");
    expectWaiting(seen(1), 300);
    expectWaiting(seen(2, 0), 300);
  });

  test("near miss: a container that ended well is not crashing", () => {
    expectWaiting(view({ pods: [pod({ state: ended(0, "Completed"), restartCount: 1 })] }), 300);
  });
});

describe("a container that can't be made", () => {
  test("a missing Secret or key is final after 10 s", () => {
    expectFinal(
      pulls("CreateContainerConfigError", 'secret "grafana-admin" not found'),
      "CreateContainerConfigError",
      { after: 10, mend: /Secret/ },
    );
    expectFinal(
      pulls(
        "CreateContainerConfigError",
        "couldn't find key admin-password in Secret monitoring/grafana-admin",
      ),
      "CreateContainerConfigError",
      { after: 10 },
    );
  });

  test("near miss: the kubelet's cache is only late", () => {
    expectWaiting(
      pulls("CreateContainerConfigError", "failed to sync secret cache: timed out waiting for the condition"),
      20,
    );
  });

  test("a private / under node-exporter", () => {
    const message =
      'failed to generate container "5d1e" spec: failed to generate spec: path "/" is mounted on "/" but it is not a shared or slave mount';
    expectFinal(pulls("CreateContainerError", message), "CreateContainerError", { mend: /make-rshared/ });
    expectFinal(pulls("RunContainerError", message), "RunContainerError", { mend: /hostRootFsMount/ });
  });

  test("a command that isn't in the image", () => {
    const message =
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/bin/grafna": stat /bin/grafna: no such file or directory: unknown';
    expectFinal(pulls("RunContainerError", message), "RunContainerError", { mend: /command/ });
  });

  test("near miss: containerd's name is still reserved by an attempt before", () => {
    expectWaiting(
      pulls(
        "CreateContainerError",
        'failed to reserve container name "grafana_grafana-x_monitoring_9c9f_0": name is reserved for "77aa"',
      ),
      20,
    );
  });
});

describe("a pod that can't start", () => {
  const creating = (...events: ReturnType<typeof event>[]) => view({ pods: [pod({})], events });

  test("a missing ConfigMap can't be mounted", () => {
    expectFinal(
      creating(
        event("FailedMount", 'MountVolume.SetUp failed for volume "config" : configmap "grafana" not found'),
      ),
      "FailedMount",
      { after: 10, mend: /ConfigMap/ },
    );
  });

  test("near miss: the mount failed before and the image is being pulled now", () => {
    const seen = creating(
      event("FailedMount", 'MountVolume.SetUp failed for volume "config" : configmap "grafana" not found', {
        at: 5,
      }),
      event("Pulling", 'Pulling image "x"', { type: "Normal", at: 6 }),
    );
    expectWaiting(seen, 300);
  });

  test("near miss: a ConfigMap cache that is late", () => {
    expectWaiting(
      creating(
        event(
          "FailedMount",
          'MountVolume.SetUp failed for volume "config" : failed to sync configmap cache: timed out waiting for the condition',
        ),
      ),
      20,
    );
  });

  test("near miss: flannel's file is not there yet, for up to 45 s", () => {
    const message = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "3b": plugin type="flannel" failed (add): failed to load flannel 'subnet.env' file: open /run/flannel/subnet.env: no such file or directory. Check the flannel pod log for this node.`;
    expectWaiting(creating(event("FailedCreatePodSandBox", message)), 40, /subnet\.env/);
    expectFinal(creating(event("FailedCreatePodSandBox", message)), "FailedCreatePodSandBox", {
      after: 45,
      mend: /flannel/,
    });
  });

  test("a node without CAP_SYS_RESOURCE is final at once", () => {
    const message = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox "7c": failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: can't get final child's PID from pipe: write /proc/self/oom_score_adj: permission denied: unknown`;
    expectFinal(creating(event("FailedCreatePodSandBox", message)), "FailedCreatePodSandBox", {
      mend: /restrict_oom_score_adj/,
    });
  });

  test("a pause image that doesn't exist", () => {
    const message = `Failed to create pod sandbox: rpc error: code = NotFound desc = failed to start sandbox "7c": failed to get sandbox image "rancher/mirrored-pause:9": failed to pull image "rancher/mirrored-pause:9": docker.io/rancher/mirrored-pause:9: not found`;
    expectFinal(creating(event("FailedCreatePodSandBox", message)), "FailedCreatePodSandBox", {
      mend: /no such image/,
    });
  });

  test("near miss: events of a pod that runs don't count any more", () => {
    const seen = view({
      pods: [pod({ state: { running: { startedAt: "2026-11-01T12:00:30Z" } } })],
      events: [
        event("FailedMount", 'MountVolume.SetUp failed for volume "config" : configmap "grafana" not found', {
          at: 50,
        }),
      ],
    });
    expectWaiting(seen, 300, /runs, not ready yet/);
  });
});

describe("a pod that no node takes", () => {
  const pending = (message: string, more: Partial<WorkloadView> = {}) =>
    view({ pods: [unscheduled(message)], ...more });

  test.each([
    [
      "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
      /requests/,
    ],
    [
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
      /nodeSelector/,
    ],
    ["0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.", /host port/],
  ])("is final after 5 s: %s", (message, mend) => {
    expectFinal(pending(message), "Unschedulable", { after: 5, mend });
  });

  test.each([
    "0/1 nodes are available: 1 node(s) had untolerated taint {node.cloudprovider.kubernetes.io/uninitialized: true}. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    "0/1 nodes are available: 1 node(s) had untolerated taint(s) {node.kubernetes.io/not-ready: }.",
    "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.",
    "no nodes available to schedule pods",
  ])("near miss: a node that is starting: %s", (message) => {
    expectWaiting(pending(message), 60);
  });

  const unnamed =
    "0/1 nodes are available: 1 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";

  test("a taint is final after 12 s, since the scheduler looks again only some seconds after one has gone", () => {
    expectFinal(pending(unnamed), "Unschedulable", { after: 12, mend: /tolerations/ });
  });

  test("near miss: the message doesn't name the taint, but the node's is one that heals", () => {
    expectWaiting(pending(unnamed, { usableNodes: 0, startingNodes: 1 }), 60);
    expectWaiting(pending(unnamed, { usableNodes: 1, startingNodes: 1 }), 60);
    expectWaiting(pending(unnamed, { usableNodes: undefined }), 60);
  });

  test("the time without a node doesn't count once there is one", () => {
    const keys: string[] = [];
    const remember = (key: string) => {
      keys.push(key);
      return 0;
    };
    judgeWorkload(pending(unnamed, { usableNodes: 0 }), remember);
    judgeWorkload(pending(unnamed), remember);
    expect(new Set(keys).size).toBe(2);
  });

  test("near miss: the scheduler has chosen a node and waits for the volume there", () => {
    const claims = (annotations: Record<string, string>) => [
      { metadata: { name: "grafana", uid: "pvc-uid", annotations }, status: { phase: "Pending" } },
    ];
    expectWaiting(
      pending(unnamed, { claims: claims({ "volume.kubernetes.io/selected-node": "node-1" }) }),
      300,
    );
    expectFinal(pending(unnamed, { claims: claims({}) }), "Unschedulable", { after: 12 });
  });

  test("near miss: pods are going, or nodes are coming", () => {
    const message = "0/1 nodes are available: 1 Insufficient cpu.";
    expectWaiting(pending(message, { terminating: true }), 30);
    expectWaiting(
      pending(message, {
        events: [
          event("TriggeredScaleUp", "pod triggered scale-up: [{ng 1->2 (max: 3)}]", { type: "Normal" }),
        ],
      }),
      120,
    );
  });
});

describe("a claim without a volume", () => {
  test("its class doesn't exist", () => {
    expectFinal(
      claim([event("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found')]),
      "ProvisioningFailed",
      { after: 3, mend: /StorageClass/ },
    );
  });

  test("there is no default class; near miss: k3s makes its own some seconds later", () => {
    expectFinal(
      claim([
        event("FailedBinding", "no persistent volumes available for this claim and no storage class is set", {
          type: "Normal",
        }),
      ]),
      "FailedBinding",
      { after: 20, mend: /persistence off/ },
    );
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
    expectFinal(seen, "ProvisioningFailed", { after: 3 });
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
      { after: 5, mend: /ResourceQuota/ },
    );
  });

  test("Pod Security and webhooks that say no, at once", () => {
    expectFinal(
      refused(
        'pods "node-exporter-" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true, hostPID=true)',
      ),
      "FailedCreate",
      { mend: /Pod Security/ },
    );
    expectFinal(
      refused('admission webhook "validate.policy.example.com" denied the request: no latest tag'),
      "FailedCreate",
      { mend: /policy/ },
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
