import { describe, expect, it } from "vitest";
import { workloadsHealthy } from "../../../../src/verify/checks/cluster/workloads.ts";
import type { FakeKubeApi } from "../../../support/fake-kube-api.ts";
import { container, podNames } from "../../healthy-world.ts";
import { checkIn, failureOf, faultOf, verdictIn } from "../../open-stack.ts";

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

/** The status of a pod, to be changed. */
function statusOf(kube: FakeKubeApi, name: string): Record<string, unknown> {
  const found = kube.pods.find(({ metadata }) => metadata.name === name);
  return found?.["status"] as Record<string, unknown>;
}

function withContainer(changes: Record<string, unknown>) {
  return checkIn("workloads-healthy", ({ kube }) => {
    statusOf(kube, podNames.grafana)["containerStatuses"] = [container(changes)];
  });
}

function restarted(count: number, endedAgo: number, runningFor: number) {
  return {
    restartCount: count,
    state: { running: { startedAt: ago(runningFor) } },
    lastState: { terminated: { exitCode: 137, reason: "OOMKilled", finishedAt: ago(endedAgo) } },
  };
}

describe("workloads-healthy", () => {
  it("fails on a waiting container, with the cluster's words", async () => {
    const state = {
      waiting: { reason: "ImagePullBackOff", message: 'Back-off pulling image "grafana:bad"' },
    };
    expect(failureOf(await withContainer({ ready: false, state }))?.seen).toBe(
      `pod monitoring/${podNames.grafana}: container main is waiting: ImagePullBackOff: Back-off pulling image "grafana:bad"`,
    );
  });

  it("fails on an init container that can't end", async () => {
    const result = await checkIn("workloads-healthy", ({ kube }) => {
      const state = { waiting: { reason: "CrashLoopBackOff" } };
      statusOf(kube, podNames.grafana)["initContainerStatuses"] = [
        container({ name: "download", ready: false, state }),
      ];
    });
    expect(failureOf(result)?.seen).toContain("init container download is waiting: CrashLoopBackOff");
  });

  it("accepts an init container that has done its work, and a sidecar that goes on", async () => {
    const result = await checkIn("workloads-healthy", ({ kube }) => {
      statusOf(kube, podNames.grafana)["initContainerStatuses"] = [
        container({ state: { terminated: { exitCode: 0, reason: "Completed" } } }),
        container({ name: "sidecar", started: true, state: { running: { startedAt: ago(60) } } }),
      ];
    });
    expect(result.status).toBe("pass");
  });

  it("fails on a container that has just restarted", async () => {
    expect(failureOf(await withContainer(restarted(1, 4, 3)))?.seen).toContain(
      "container main restarted 1 times (last: exit code 137, OOMKilled)",
    );
  });

  it("fails on a container that restarts again and again, however long it has run this time", async () => {
    expect((await withContainer(restarted(3, 60, 59))).status).toBe("fail");
  });

  it("passes with a word about it when a single restart has settled", async () => {
    expect(await withContainer(restarted(1, 60, 59))).toMatchObject({
      status: "pass",
      seen: expect.stringContaining("has restarted 1 times"),
    });
  });

  it("fails on a container that runs but isn't ready", async () => {
    const result = await withContainer({ ready: false, state: { running: { startedAt: ago(60) } } });
    expect(failureOf(result)?.seen).toContain("running but not ready");
  });

  it("fails on an unbound PVC and gives the cluster's warning as the cause", async () => {
    const result = await checkIn("workloads-healthy", ({ kube }) => {
      kube.claims = [
        { metadata: { name: "prometheus-server", namespace: "monitoring" }, status: { phase: "Pending" } },
      ];
      kube.events = [
        {
          metadata: { name: "e", namespace: "monitoring" },
          involvedObject: { name: "prometheus-server" },
          reason: "ProvisioningFailed",
          message: 'storageclass "fast" not found',
        },
      ];
    });
    expect(failureOf(result)).toMatchObject({
      seen: "PVC monitoring/prometheus-server is Pending",
      cause: 'prometheus-server: ProvisioningFailed: storageclass "fast" not found',
    });
  });

  it("finds the cause with the pod when the PVC only waits for it", async () => {
    const result = await checkIn("workloads-healthy", ({ kube }) => {
      kube.claims = [];
      statusOf(kube, podNames.prometheus)["containerStatuses"] = [];
      kube.events = [
        {
          metadata: { name: "e", namespace: "monitoring" },
          involvedObject: { name: podNames.prometheus },
          reason: "FailedScheduling",
          message: "0/1 nodes are available",
        },
      ];
    });
    expect(failureOf(result)?.cause).toBe(
      `${podNames.prometheus}: FailedScheduling: 0/1 nodes are available`,
    );
  });

  it("fails on a PVC of a pod that isn't there", async () => {
    const result = await checkIn("workloads-healthy", ({ kube }) => {
      const pod = kube.pods.find(({ metadata }) => metadata.name === podNames.alertmanager);
      Object.assign(pod?.["spec"] as object, {
        volumes: [{ name: "s", persistentVolumeClaim: { claimName: "gone" } }],
      });
    });
    expect(failureOf(result)?.seen).toBe("PVC monitoring/gone is missing");
  });

  it("fails when a workload has no pod", async () => {
    const result = await checkIn("workloads-healthy", ({ kube }) => {
      kube.pods = kube.pods.filter(({ metadata }) => metadata.name !== podNames.grafana);
    });
    expect(failureOf(result)?.seen).toBe("Deployment monitoring/grafana has 0 of 1 pod");
  });

  it.each<[string, (kube: FakeKubeApi) => void]>([
    ["pvc-unbound", (kube) => kube.claims.splice(0)],
    ["pods-missing", (kube) => kube.pods.splice(0, 1)],
    ["pod-unhealthy", (kube) => Object.assign(statusOf(kube, podNames.grafana), { phase: "Failed" })],
  ])("calls it %s", async (id, change) => {
    const verdict = await verdictIn(workloadsHealthy, ({ kube }) => change(kube));
    expect(faultOf(verdict)).toEqual({ id, graceMs: 12_000 });
  });

  it("leaves the pods of others in the namespace alone", async () => {
    const result = await checkIn("workloads-healthy", ({ kube }) => {
      kube.pods.push({
        metadata: { name: "other", namespace: "monitoring", labels: { app: "x" } },
        status: { phase: "Failed" },
      });
    });
    expect(result.status).toBe("pass");
  });
});
