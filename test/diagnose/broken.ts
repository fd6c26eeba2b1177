import type { Pod, Workload } from "../../src/kube/objects.ts";
import { failing } from "./rules/evidence.ts";

export const checks = [failing("workloads-healthy"), failing("targets-up"), failing("grafana-query")];
export const denied =
  'failed to pull and unpack image "docker.io/a/b:1": failed to do request: Head "https://registry-1.docker.io/v2/a/b/manifests/1": dial tcp: lookup registry-1.docker.io: no such host';

/** A pod of a Deployment with that name, whose ReplicaSet is left out. */
export function broken(name: string, container: object, more: Partial<Pod["metadata"]> = {}): Pod {
  const status = { name, ready: false, restartCount: 0, ...container };
  return {
    metadata: { name: `${name}-1`, namespace: "monitoring", uid: name, ...more },
    status: { phase: "Pending", containerStatuses: [status] },
  };
}

export function deployment(name: string, replicas: number, labels: Record<string, string> = {}): Workload {
  return {
    kind: "Deployment",
    metadata: { name, namespace: "monitoring", uid: name, labels },
    spec: { replicas },
  };
}

export const pulling = { state: { waiting: { reason: "ErrImagePull", message: denied } } };
