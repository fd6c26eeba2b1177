import { describe, expect, it } from "vitest";
import type { ClusterEvidence } from "../../../src/diagnose/evidence.ts";
import { findCauses } from "../../../src/diagnose/rule.ts";
import { dnsDown, nameUnknown } from "../../../src/diagnose/rules/network.ts";
import {
  failing,
  inCluster,
  logOf,
  one,
  pod,
  prometheusWith,
  recorded,
  recordedTargets,
} from "./evidence.ts";

const labels = { "k8s-app": "kube-dns" };
const metadata = { namespace: "kube-system", name: "coredns-1", labels };
const ready = pod("kube-system", "coredns-1", true, { metadata });
const service = { metadata: { namespace: "kube-system", name: "kube-dns" } };
const slice = (...addresses: string[]) => ({
  metadata: {
    namespace: "kube-system",
    name: "kube-dns-1",
    labels: { "kubernetes.io/service-name": "kube-dns" },
  },
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
});
const well: Partial<ClusterEvidence> = {
  pods: [ready],
  services: [service],
  endpointSlices: [slice("10.42.0.2")],
};
const asking = { prometheus: prometheusWith({ targets: recordedTargets("dns") }) };

describe("dns-down", () => {
  it("is certain when it isn't there and names can't be resolved", () => {
    expect(one(dnsDown, inCluster({ services: [service] }, asking))).toMatchObject({
      what: "The cluster's DNS is down: no pod of CoreDNS runs",
      sureness: "certain",
      how: [expect.stringContaining("no such host"), expect.any(String)],
    });
    expect(one(dnsDown, inCluster({ services: [service] })).sureness).toBe("likely");
  });

  it.each([
    ["coredns, loop", /resolv\.conf/],
    ["coredns, Corefile", /Corefile/],
  ])("says why from its log: %s", (name, fix) => {
    const crashing = pod("kube-system", "coredns-1", false, {
      metadata,
      status: {
        containerStatuses: [
          {
            name: "coredns",
            ready: false,
            restartCount: 3,
            state: { waiting: { reason: "CrashLoopBackOff" } },
          },
        ],
      },
    });
    const from = inCluster({
      pods: [crashing],
      logs: [logOf("kube-dns", recorded("older-words", name), { previous: true })],
    });
    const found = one(dnsDown, from);
    expect(found.what).toContain("none of its 1 pod is ready (CrashLoopBackOff)");
    expect(found.fix).toMatch(fix);
    expect(found.sureness).toBe("certain");
  });

  it("knows a service without endpoints", () => {
    expect(one(dnsDown, inCluster({ ...well, endpointSlices: [slice()] })).what).toContain(
      "kube-dns has no endpoint",
    );
  });

  it("is no cause while the cluster is starting, but is when it was scaled away or crashes", () => {
    const creationTimestamp = "2026-11-23T20:00:40Z";
    const deployment = (replicas: number) => ({
      kind: "Deployment",
      metadata: { namespace: "kube-system", name: "coredns", creationTimestamp },
      spec: { replicas },
    });
    const at = (replicas: number, takenAt: string) =>
      findCauses(dnsDown, inCluster({ workloads: [deployment(replicas)] }, { takenAt }));
    expect(at(1, "2026-11-23T20:01:00Z")).toEqual([]);
    expect(at(0, "2026-11-23T20:01:00Z")).toHaveLength(1);
    expect(at(1, "2026-11-23T20:02:00Z")).toHaveLength(1);
  });

  it("is no cause of a deployment that ended in its first seconds, unless a name could not be resolved", () => {
    const failure = { message: "Deployment shop/orders: ImagePullBackOff", workloads: [] };
    const takenAt = "2026-11-23T20:00:01.000Z";
    const long = "2026-11-23T20:02:00.000Z";
    const waiting = pod("kube-system", "coredns-1", false, { metadata });
    const at = (more: object) =>
      findCauses(dnsDown, inCluster({ pods: [waiting], services: [service] }, more));
    expect(at({ failure, takenAt })).toEqual([]);
    expect(at({ failure, takenAt: long })).toHaveLength(1);
    expect(at({ failure, takenAt, ...asking })).toHaveLength(1);
    expect(at({ checks: [failing("grafana-query")], takenAt })).toHaveLength(1);
  });

  it("is silent when it is well, though a name is unknown, and where it could not be looked at", () => {
    expect(findCauses(dnsDown, inCluster(well, asking))).toEqual([]);
    expect(findCauses(dnsDown, inCluster({}, asking))).toEqual([]);
  });
});

describe("name-unknown", () => {
  const said =
    'time=2026-11-23T20:00:00Z level=WARN source=notify.go:1 msg="Notify attempt failed" err="Post: dial tcp: lookup prometheus-old.monitoring.svc.cluster.local on 10.43.0.10:53: no such host"';
  const logs = [logOf("alertmanager", said)];

  it("says which services there are instead", () => {
    const services = [service, { metadata: { namespace: "monitoring", name: "prometheus-server" } }];
    const found = one(nameUnknown, inCluster({ ...well, services, logs }));
    expect(found.what).toContain("prometheus-old.monitoring.svc.cluster.local is not known in the cluster");
    expect(found.fix).toContain("there is prometheus-server.monitoring.svc.cluster.local");
    expect(found.sureness).toBe("possible");
  });

  it("leaves it to DNS when that is down", () => {
    expect(findCauses(nameUnknown, inCluster({ services: [service], logs }))).toEqual([]);
  });
});
