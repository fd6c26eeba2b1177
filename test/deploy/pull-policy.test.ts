import { expect, test } from "vitest";
import { findAlwaysPulled } from "../../src/deploy/render.ts";
import type { KubeObject } from "../../src/kube/manifest.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";

function appWith(containers: readonly object[], initContainers: readonly object[] = []): RenderedApp {
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "shop" },
    spec: { template: { spec: { containers, initContainers } } },
  };
  return { app: { name: "shop-app" }, objects: [deployment as KubeObject] } as unknown as RenderedApp;
}

test.each([
  ["quay.io/a/b:1", "Always", true],
  ["quay.io/a/b:1", "IfNotPresent", false],
  ["quay.io/a/b:1", undefined, false],
  ["quay.io/a/b:latest", undefined, true],
  ["quay.io/a/b", undefined, true],
  ["quay.io:5000/a/b", undefined, true],
  ["quay.io:5000/a/b:1", undefined, false],
  ["quay.io/a/b:latest", "Never", false],
  [`quay.io/a/b@sha256:${"a".repeat(64)}`, undefined, false],
])("%s with the policy %s: %s", (image, imagePullPolicy, expected) => {
  const found = findAlwaysPulled([appWith([{ name: "main", image, imagePullPolicy }])]);
  expect(found).toEqual(
    expected ? [{ app: "shop-app", object: "Deployment shop", container: "main", image }] : [],
  );
});

test("init containers count", () => {
  const init = { name: "download", image: "curl", imagePullPolicy: "Always" };
  expect(findAlwaysPulled([appWith([], [init])]).map(({ container }) => container)).toEqual(["download"]);
});

test("hooks count", () => {
  const { app, objects } = appWith([{ name: "job", image: "curl" }]);
  const found = findAlwaysPulled([{ app, objects: [], hooks: objects } as unknown as RenderedApp]);
  expect(found.map(({ container }) => container)).toEqual(["job"]);
});
