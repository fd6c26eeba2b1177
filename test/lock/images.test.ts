import { expect, test } from "vitest";
import type { KubeObject } from "../../src/kube/manifest.ts";
import { UserError } from "../../src/lib/errors.ts";
import { findUnlockedImages, listAppImages } from "../../src/lock/differences.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";
import { hexOf, lockOf } from "./locks.ts";

const pod = (...images: string[]) => ({
  template: { spec: { containers: images.map((image) => ({ image })) } },
});
const metadata = { name: "x" };

function rendered(objects: readonly KubeObject[], hooks: readonly KubeObject[] = []): RenderedApp {
  const chart = { path: "", name: "x", version: "1.0.0", appVersion: "", sha256: undefined, origin: "" };
  const app = { name: "stack", release: "x", namespace: "x", values: {}, dependsOn: [], timeoutMs: 1 };
  return { app: { ...app, chart: { kind: "path", path: "" } }, chart, objects, hooks, images: [] };
}

test("an app's images are those of its pods, its hooks and what the operator starts, by their whole names", () => {
  const reloader = "quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1";
  const operator = {
    template: {
      spec: {
        containers: [
          {
            image: "quay.io/prometheus-operator/prometheus-operator:v0.93.1",
            args: ["--v=2", `--prometheus-config-reloader=${reloader}`],
          },
        ],
      },
    },
  };
  const app = rendered(
    [
      { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: operator },
      { apiVersion: "apps/v1", kind: "DaemonSet", metadata, spec: pod("busybox", "grafana/grafana:13.2.0") },
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "Prometheus",
        metadata,
        spec: { image: "quay.io/prometheus/prometheus:v3.14.0" },
      },
    ],
    [{ apiVersion: "batch/v1", kind: "Job", metadata, spec: pod("registry.k8s.io/kube-webhook-certgen:v1") }],
  );
  expect(listAppImages(app)).toEqual([
    "docker.io/grafana/grafana:13.2.0",
    "docker.io/library/busybox:latest",
    "quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1",
    "quay.io/prometheus-operator/prometheus-operator:v0.93.1",
    "quay.io/prometheus/prometheus:v3.14.0",
    "registry.k8s.io/kube-webhook-certgen:v1",
  ]);
});

test("those that the lock hasn't are named with their app; what is excused in it is not", () => {
  const app = rendered([
    { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: pod("a:1", "b:1", "c:1") },
  ]);
  const lock = lockOf({
    images: [{ image: "docker.io/library/a:1", digest: `sha256:${hexOf("a")}` }],
    unlocked: [{ image: "docker.io/library/b:1", why: "the cluster has it" }],
  });
  expect(findUnlockedImages(lock, [app])).toEqual([{ app: "stack", image: "docker.io/library/c:1" }]);
});

test("a name that is none is a mistake of the app's values", () => {
  const app = rendered([
    { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: pod("grafana/Grafana") },
  ]);
  expect(() => listAppImages(app)).toThrow(UserError);
  expect(() => listAppImages(app)).toThrow(/^app stack: "grafana\/Grafana" is not an image/);
});
