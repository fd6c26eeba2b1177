import { expect, it } from "vitest";
import { refusePulls } from "../../src/app/downloads/bundle.ts";
import type { KubeObject } from "../../src/kube/manifest.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";
import { openSupply } from "../../src/sources/web/web.ts";

function job(name: string, image: string): KubeObject {
  const containers = [{ name: "main", image }];
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: { template: { spec: { containers } } },
  };
}

const app = {
  app: { name: "shop" },
  objects: [job("pinned", "quay.io/a/b:1"), job("moving", "quay.io/a/b:latest")],
  hooks: [job("before", "quay.io/a/c")],
} as unknown as RenderedApp;

it("with a bundle, containers for which a registry would be asked are named before anything is deployed", () => {
  const supply = { ...openSupply, offline: "--bundle stack.tar" };
  expect(() => refusePulls({ supply }, [app])).toThrow(`\
--bundle stack.tar allows no request, and with the pull policy Always the kubelet would make one for
  app shop: container main of Job moving (quay.io/a/b:latest)
  app shop: container main of Job before (quay.io/a/c)`);
  expect(() => refusePulls({ supply: openSupply }, [app])).not.toThrow();
});
