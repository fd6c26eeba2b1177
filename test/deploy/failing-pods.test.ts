import { describe, expect, test } from "vitest";
import { judgeWorkload } from "../../src/deploy/judge.ts";
import type { Node, Pod, WorkloadView } from "../../src/kube/objects.ts";
import { expectFinal, expectWaiting } from "./judging.ts";
import { event, pod, unscheduled, view } from "./recorded.ts";

describe("a pod that can't start", () => {
  const creating = (...events: ReturnType<typeof event>[]) => view({ pods: [pod({})], events });

  test("a missing ConfigMap can't be mounted", () => {
    expectFinal(
      creating(
        event("FailedMount", 'MountVolume.SetUp failed for volume "config" : configmap "grafana" not found'),
      ),
      "FailedMount",
      { after: 9, fix: /ConfigMap/ },
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
      fix: /flannel/,
    });
  });

  test("a node without CAP_SYS_RESOURCE is final as soon as the kubelet has seen it twice", () => {
    const message = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox "7c": failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: can't get final child's PID from pipe: write /proc/self/oom_score_adj: permission denied: unknown`;
    expectFinal(creating(event("FailedCreatePodSandBox", message)), "FailedCreatePodSandBox", {
      after: 1,
      fix: /restrict_oom_score_adj/,
    });
  });

  test("a pause image that doesn't exist", () => {
    const message = `Failed to create pod sandbox: rpc error: code = NotFound desc = failed to start sandbox "7c": failed to get sandbox image "rancher/mirrored-pause:9": failed to pull image "rancher/mirrored-pause:9": docker.io/rancher/mirrored-pause:9: not found`;
    expectFinal(creating(event("FailedCreatePodSandBox", message)), "FailedCreatePodSandBox", {
      after: 1,
      fix: /no such image/,
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
  ])("is final after 12 s, the scheduler's longest pause: %s", (message, fix) => {
    expectFinal(pending(message), "Unschedulable", { after: 12, fix });
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
    expectFinal(pending(unnamed), "Unschedulable", { after: 12, fix: /tolerations/ });
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

  const tooMuch = "0/1 nodes are available: 1 Insufficient cpu.";
  const node = (parts: Partial<Node>): Node => ({
    metadata: { name: "node-1", labels: { disk: "ssd" } },
    status: { allocatable: { cpu: "2", memory: "4027860Ki" } },
    ...parts,
  });
  const demanding = (spec: NonNullable<Pod["spec"]>, message = tooMuch) => ({
    ...unscheduled(message),
    spec,
  });
  const requesting = (...cpus: string[]) => ({
    containers: cpus.map((cpu, index) => ({ name: `c${index}`, resources: { requests: { cpu } } })),
  });

  const insufficient = (resource: string) => `0/1 nodes are available: 1 Insufficient ${resource}.`;
  const unmatched = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
  const reserved: Partial<Node> = {
    spec: { taints: [{ key: "reserved", value: "gpu", effect: "NoExecute" }] },
  };
  const bigInit = { initContainers: [{ resources: { requests: { memory: "8Gi" } } }] };

  test.each<[string, string, NonNullable<Pod["spec"]>, Partial<Node>]>([
    ["a request for more than an empty node has", insufficient("cpu"), requesting("64"), {}],
    ["containers that together request more", insufficient("cpu"), requesting("1500m", "0.6"), {}],
    ["an init container", insufficient("memory"), bigInit, {}],
    ["a label that no node has", unmatched, { nodeSelector: { disk: "nvme" } }, {}],
    ["a taint", unnamed, {}, reserved],
    ["a taint with another value", unnamed, { tolerations: [{ key: "reserved", value: "ci" }] }, reserved],
  ])("is final at once where no node can join: %s", (_name, message, spec, parts) => {
    const seen = view({ pods: [demanding(spec, message)], fixedNodes: [node(parts)] });
    expectFinal(seen, "Unschedulable");
    expectFinal({ ...seen, fixedNodes: undefined }, "Unschedulable", { after: 12 });
    // One of two nodes is enough.
    const open = node({
      metadata: { name: "node-2" },
      status: { allocatable: { cpu: "96", memory: "1Ti" } },
    });
    const labelled = { ...open, metadata: { name: "node-2", labels: { disk: "nvme" } } };
    expectFinal({ ...seen, fixedNodes: [node(parts), labelled] }, "Unschedulable", { after: 12 });
  });

  test("near miss: the scheduler's last attempt met a node that was starting, and says so", () => {
    const seen = view({ pods: [demanding(requesting("64"), unnamed)], fixedNodes: [node({})] });
    expectFinal(seen, "Unschedulable", { after: 12 });
  });

  test.each<[string, NonNullable<Pod["spec"]>, Partial<Node>]>([
    ["a request that the node could fulfil if others ended", requesting("1500m", "0.5"), {}],
    ["a node that reports no resources", requesting("64"), { status: {} }],
    ["a label that the node has", { nodeSelector: { disk: "ssd" } }, {}],
    [
      "a taint that heals",
      {},
      { spec: { taints: [{ key: "node.kubernetes.io/disk-pressure", effect: "NoSchedule" }] } },
    ],
    ["a taint that only advises", {}, { spec: { taints: [{ key: "a", effect: "PreferNoSchedule" }] } }],
    [
      "a taint that is tolerated, with its effect",
      { tolerations: [{ key: "a", operator: "Exists", effect: "NoSchedule" }] },
      { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } },
    ],
    [
      "all taints are tolerated",
      { tolerations: [{ operator: "Exists" }] },
      { spec: { taints: [{ key: "a", effect: "NoExecute" }] } },
    ],
  ])("near miss, where no node can join: %s", (_name, spec, parts) => {
    expectFinal(view({ pods: [demanding(spec)], fixedNodes: [node(parts)] }), "Unschedulable", { after: 12 });
  });

  test("near miss: no node is there yet, or the only one is starting", () => {
    expectFinal(view({ pods: [demanding(requesting("64"))], fixedNodes: [] }), "Unschedulable", {
      after: 12,
    });
    expectWaiting(
      view({ pods: [demanding(requesting("64"))], fixedNodes: [node({})], usableNodes: 0, startingNodes: 1 }),
      60,
    );
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
