import { describe, expect, it } from "vitest";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import type { ClusterEvidence, NamespaceObject } from "../../src/diagnose/evidence.ts";
import { findCauses } from "../../src/diagnose/rule.ts";
import {
  namespaceTerminating,
  nodeDown,
  nodePressure,
  podNetworkMissing,
} from "../../src/diagnose/rules/cluster.ts";
import { noEndpoints } from "../../src/diagnose/rules/network.ts";
import {
  evicted,
  livenessFailing,
  volumeDeadlock,
  workloadShort,
} from "../../src/diagnose/rules/workload-states.ts";
import { provisionerDown } from "../../src/diagnose/rules/workloads.ts";
import type { KubeEvent, Pod } from "../../src/kube/objects.ts";
import { broken, checks, deployment, pulling } from "./broken.ts";
import { failing, inCluster, one, pod } from "./rules/evidence.ts";

describe("a k3s that can have no pod network", () => {
  const message = [
    "node lab-1 never gets ready: k3s runs with --flannel-backend=none, and nothing brings another pod network (CNI)",
    "kubelet, on node lab-1: cni plugin not initialized",
  ].join("\n");
  const ready = { type: "Ready", status: "False" as const, message: "cni plugin not initialized" };
  const nodes = [{ metadata: { name: "lab-1" }, status: { conditions: [ready] } }];
  const evidence = inCluster({ nodes }, { failure: { message, workloads: [] } });

  it("is the only cause, with the argument", () => {
    expect(one(podNetworkMissing, evidence)).toMatchObject({
      what: expect.stringMatching(/^Node lab-1 never gets ready: k3s runs with --flannel-backend=none/),
      how: ["kubelet, on node lab-1: cni plugin not initialized"],
      blame: { keys: ["k3s.args"], values: ["--flannel-backend=none"] },
    });
    expect(diagnose(evidence).map(({ id }) => id)).toEqual(["pod-network-missing"]);
  });

  it("near miss: a node that is not ready for whatever reason", () => {
    expect(findCauses(podNetworkMissing, inCluster({ nodes }))).toEqual([]);
    expect(one(nodeDown, inCluster({ nodes })).what).toBe("Node lab-1 is not ready");
  });
});

describe("workloads that are not there", () => {
  it("one that is scaled to nothing", () => {
    const found = one(workloadShort, inCluster({ workloads: [deployment("grafana", 0)] }, { checks }));
    expect(found).toMatchObject({
      what: "Deployment monitoring/grafana is scaled to 0, so nothing of it runs",
    });
    expect(found.fix).toMatch(/^kubectl -n monitoring scale deployment grafana --replicas=1/);
  });

  it("a DaemonSet that fits no node", () => {
    const set = {
      ...deployment("prometheus-node-exporter", 1),
      kind: "DaemonSet",
      status: { desiredNumberScheduled: 0 },
    };
    expect(one(workloadShort, inCluster({ workloads: [set] }, { checks })).what).toMatch(/runs on no node/);
  });

  it("near miss: nobody misses it, or it is somebody else's", () => {
    expect(findCauses(workloadShort, inCluster({ workloads: [deployment("grafana", 0)] }))).toEqual([]);
    const other = { ...deployment("grafana", 0), metadata: { name: "grafana", namespace: "other" } };
    expect(findCauses(workloadShort, inCluster({ workloads: [other] }, { checks }))).toEqual([]);
  });
});

describe("states that are past", () => {
  const owned = { ownerReferences: [{ kind: "StatefulSet", name: "x", uid: "set", controller: true }] };
  const gone: Pod = {
    metadata: { name: "x-0", namespace: "monitoring", uid: "gone", ...owned },
    status: { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." },
  };
  const well = pod("monitoring", "x-1", true, {
    metadata: { name: "x-1", namespace: "monitoring", ...owned },
  });

  it("a pod that was evicted and replaced is only a guess", () => {
    expect(one(evicted, inCluster({ pods: [gone] }))).toMatchObject({ sureness: "certain" });
    expect(one(evicted, inCluster({ pods: [gone, well] }))).toMatchObject({ sureness: "possible" });
  });

  it("a liveness probe that failed once is none", () => {
    const kill: KubeEvent = {
      metadata: { name: "e", namespace: "monitoring" },
      involvedObject: { kind: "Pod", name: "x-1", uid: "x" },
      reason: "Killing",
      message: "Container x failed liveness probe, will be restarted",
    };
    const at = (ready: boolean) => ({
      ...pod("monitoring", "x-1", ready),
      metadata: { name: "x-1", namespace: "monitoring", uid: "x" },
    });
    expect(findCauses(livenessFailing, inCluster({ pods: [at(false)], events: [kill] }))).toHaveLength(1);
    expect(findCauses(livenessFailing, inCluster({ pods: [at(true)], events: [kill] }))).toEqual([]);
  });

  it("two pods may share a volume that is made for it", () => {
    const metadata = (name: string) => ({ name, namespace: "monitoring", ...owned });
    const spec = { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] };
    const pods = [true, false].map((ready) =>
      pod("monitoring", `x-${ready}`, ready, { metadata: metadata(`x-${ready}`), spec }),
    );
    const claim = (mode: string) => ({
      metadata: { name: "data", namespace: "monitoring" },
      spec: { accessModes: [mode] },
    });
    expect(findCauses(volumeDeadlock, inCluster({ pods, claims: [claim("ReadWriteOnce")] }))).toMatchObject([
      { what: expect.stringMatching(/^StatefulSet monitoring\/x: its new pod waits/), sureness: "likely" },
    ]);
    expect(findCauses(volumeDeadlock, inCluster({ pods, claims: [claim("ReadWriteMany")] }))).toEqual([]);
  });
});

describe("nodes", () => {
  const node = (name: string, type: string, status: "True" | "False" | "Unknown", message: string) => ({
    metadata: { name },
    status: { conditions: [{ type, status, reason: "KubeletHas", message }] },
  });
  const full = node("node-1", "DiskPressure", "True", "kubelet has disk pressure");

  it("a pressure that keeps pods away", () => {
    const found = one(
      nodePressure,
      inCluster({ nodes: [full], pods: [pod("monitoring", "grafana-1", false)] }, { checks }),
    );
    expect(found.what).toMatch(/^Node node-1: its disk is nearly full \(DiskPressure\)/);
    expect(found).toMatchObject({ sureness: "certain", explains: checks.map(({ id }) => id) });
  });

  it("near miss: a pressure that no pod feels explains nothing", () => {
    const found = one(
      nodePressure,
      inCluster({ nodes: [full], pods: [pod("monitoring", "grafana-1", true)] }, { checks }),
    );
    expect(found).toMatchObject({ sureness: "possible", explains: [] });
    expect(
      findCauses(nodePressure, inCluster({ nodes: [node("node-1", "DiskPressure", "False", "no")] })),
    ).toEqual([]);
  });

  it("one of one, and one of two that is not ready", () => {
    const down = node(
      "node-1",
      "Ready",
      "False",
      "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
    );
    const up = node("node-2", "Ready", "True", "kubelet is posting ready status");
    const found = one(nodeDown, inCluster({ nodes: [down] }));
    expect(found).toMatchObject({ sureness: "certain", fix: expect.stringMatching(/CNI/) });
    expect(found.how[0]).toMatch(/^kubelet, on node node-1: KubeletHas: .*cni plugin not initialized/);
    expect(one(nodeDown, inCluster({ nodes: [down, up] }))).toMatchObject({ sureness: "likely" });
    expect(findCauses(nodeDown, inCluster({ nodes: [up] }))).toEqual([]);
  });
});

describe("a namespace that does not go", () => {
  const ending = (
    conditions: NonNullable<NamespaceObject["status"]>["conditions"] = [],
  ): NamespaceObject => ({
    metadata: { name: "monitoring", deletionTimestamp: "2026-11-23T20:00:00Z" },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Terminating", conditions },
  });

  it("is held by a finalizer, which is named with what has it", () => {
    const namespace = ending([
      {
        type: "NamespaceContentRemaining",
        status: "True",
        reason: "SomeResourcesRemain",
        message: "Some resources are remaining: persistentvolumeclaims. has 1 resource instances",
      },
      {
        type: "NamespaceFinalizersRemaining",
        status: "True",
        reason: "SomeFinalizersRemain",
        message:
          "Some content in the namespace has finalizers remaining: kubernetes.io/pvc-protection in 1 resource instances",
      },
      {
        type: "NamespaceDeletionDiscoveryFailure",
        status: "False",
        message: "All resources successfully discovered",
      },
    ]);
    const found = one(namespaceTerminating, inCluster({ namespaceObjects: [namespace] }));
    expect(found.what).toBe(
      "Namespace monitoring is being deleted since 2026-11-23T20:00:00Z, and nothing can be made in it: held by persistentvolumeclaims has 1 resource instances, the finalizer kubernetes.io/pvc-protection in 1 resource instances",
    );
    expect(found.how).toHaveLength(2);
  });

  it("is held by an API that nobody serves", () => {
    const namespace = ending([
      {
        type: "NamespaceDeletionDiscoveryFailure",
        status: "True",
        reason: "DiscoveryFailed",
        message:
          "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1",
      },
    ]);
    const found = one(namespaceTerminating, inCluster({ namespaceObjects: [namespace] }));
    expect(found.what).toMatch(/held by the API metrics\.k8s\.io\/v1beta1, which does not answer$/);
    expect(found.fix).toMatch(/APIService/);
  });

  it("is gone by now, and was why something was refused", () => {
    const message =
      'installing app grafana (chart grafana 12.11.1): secrets "grafana" is forbidden: unable to create new content in namespace monitoring because it is being terminated';
    const found = one(namespaceTerminating, inCluster({}, { failure: { message, workloads: [] } }));
    expect(found.what).toBe("Namespace monitoring is being deleted, and nothing can be made in it");
    const still = inCluster({ namespaceObjects: [ending()] }, { failure: { message, workloads: [] } });
    expect(findCauses(namespaceTerminating, still)).toHaveLength(1);
    expect(
      findCauses(
        namespaceTerminating,
        inCluster({ namespaceObjects: [{ metadata: { name: "monitoring" } }] }),
      ),
    ).toEqual([]);
  });
});

describe("a service", () => {
  const service = (more: object = {}): ClusterEvidence["services"][number] => ({
    metadata: { name: "my-app", namespace: "monitoring" },
    spec: {
      selector: { app: "my-app" },
      ports: [{ name: "http", port: 80, targetPort: "metrics" }],
      ...more,
    },
  });
  const missing = [failing("targets-up", { seen: "job my-app: nothing answers at my-app.monitoring" })];
  const container = (name: string): Pod => ({
    metadata: { name: "my-app-1", namespace: "monitoring", labels: { app: "my-app" } },
    spec: { containers: [{ name: "app", ports: [{ name, containerPort: 8080 }] }] },
  });
  const slice = (ready: boolean): ClusterEvidence["endpointSlices"][number] => ({
    metadata: {
      name: "my-app-x",
      namespace: "monitoring",
      labels: { "kubernetes.io/service-name": "my-app" },
    },
    ports: [{ name: "http", port: 8080 }],
    endpoints: [{ addresses: ["10.42.0.9"], conditions: { ready } }],
  });

  it("selects no pod", () => {
    const found = one(noEndpoints, inCluster({ services: [service()] }, { checks: missing }));
    expect(found.what).toBe(
      "Service monitoring/my-app leads to no pod: no pod has the labels that it selects (app=my-app)",
    );
    expect(found.explains).toEqual(["targets-up"]);
    const unready = { services: [service()], endpointSlices: [slice(false)] };
    expect(findCauses(noEndpoints, inCluster(unready, { checks: missing }))).toHaveLength(1);
  });

  it("names a port that its pods don't have", () => {
    const cluster = { services: [service()], pods: [container("web")] };
    expect(one(noEndpoints, inCluster(cluster, { checks: missing })).what).toMatch(
      /its port is called "metrics"/,
    );
    const right = { services: [service()], pods: [container("metrics")], endpointSlices: [slice(false)] };
    expect(findCauses(noEndpoints, inCluster(right, { checks: missing }))).toEqual([]);
  });

  it("near miss: it leads somewhere, has no selector, or nobody speaks of it", () => {
    const found = (cluster: Partial<ClusterEvidence>, red = missing) =>
      findCauses(noEndpoints, inCluster(cluster, { checks: red }));
    expect(found({ services: [service()], endpointSlices: [slice(true)] })).toEqual([]);
    expect(found({ services: [service({ selector: {} })] })).toEqual([]);
    expect(found({ services: [service()] }, [failing("targets-up", { seen: "my-app-2 is down" })])).toEqual(
      [],
    );
  });
});

describe("a provisioner", () => {
  const claim = (phase: string) => ({
    metadata: { name: "prometheus-server", namespace: "monitoring" },
    status: { phase },
  });
  const provisioner = {
    ...broken("local-path-provisioner", pulling),
    metadata: { name: "local-path-provisioner-7c9", namespace: "kube-system", uid: "p" },
  };

  it("that does not run keeps claims pending", () => {
    const found = one(
      provisionerDown,
      inCluster({ claims: [claim("Pending")], pods: [provisioner] }, { checks }),
    );
    expect(found.what).toMatch(
      /^Pod kube-system\/local-path-provisioner-7c9, which makes the volumes, does not run/,
    );
    expect(found.how[0]).toMatch(/ErrImagePull, .*no such host/);
  });

  it("near miss: nobody waits for it, or it runs", () => {
    expect(findCauses(provisionerDown, inCluster({ claims: [claim("Bound")], pods: [provisioner] }))).toEqual(
      [],
    );
    const running = pod("kube-system", "local-path-provisioner-7c9", true);
    expect(findCauses(provisionerDown, inCluster({ claims: [claim("Pending")], pods: [running] }))).toEqual(
      [],
    );
  });
});
