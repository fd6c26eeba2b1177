import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runsWithoutFlannel, watchPodNetwork } from "../../src/deploy/pod-network.ts";
import { createHost } from "../../src/host/create.ts";
import type { KubeObject } from "../../src/kube/manifest.ts";
import { InstallError } from "../../src/lib/errors.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { tinyApp, tinyChart } from "./helms.ts";
import { type KubeApi, startKubeApi } from "./kube-api.ts";

let api: KubeApi;
beforeEach(async () => {
  api = await startKubeApi();
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

const said =
  "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";

function setNode(status: "True" | "False", message = said, annotations: Record<string, string> = {}) {
  const conditions = [{ type: "Ready", status, reason: "KubeletNotReady", message }];
  api.set("nodes", { metadata: { name: "lab-1", annotations }, status: { conditions } });
}

function rendered(objects: KubeObject[]): RenderedApp {
  return { app: tinyApp({ name: "a", release: "a" }), chart: tinyChart, objects, images: [] };
}

function daemonSet(spec: Record<string, unknown>, labels: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "d" },
    spec: { template: { metadata: { labels }, spec: { containers: [], ...spec } } },
  };
}

/** Twenty times as fast as the clock on the wall, and at most a minute of it. */
async function watch(
  objects: KubeObject[] = [],
  withoutFlannel = true,
  during: (now: number) => void = () => {},
) {
  const host = await createHost();
  const start = host.now();
  const now = () => start + (host.now() - start) * 20;
  const end = new AbortController();
  const sleep = async (ms: number, signal?: AbortSignal) => {
    during(now() - start);
    if (now() - start > 60_000) end.abort();
    await host.sleep(ms / 20, signal);
  };
  const context = { host: { ...host, now, sleep }, log: createRecordingLogger(), signal: end.signal };
  await watchPodNetwork(context, api.cluster, [rendered(objects)], withoutFlannel);
  return now() - start;
}

const exporter = daemonSet({ hostNetwork: true }, { "app.kubernetes.io/name": "prometheus-node-exporter" });

describe("a k3s without flannel", () => {
  test("ends the deployment early when nothing brings a pod network, with the node's own words", async () => {
    setNode("False");
    const error = await watch([exporter]).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(InstallError);
    expect((error as Error).message).toBe(
      `node lab-1 never gets ready: k3s runs with --flannel-backend=none, and nothing brings another pod network (CNI)\nkubelet, on node lab-1: ${said}`,
    );
  });

  test("is also known by the arguments that k3s writes into its node", async () => {
    setNode("False", said, { "k3s.io/node-args": '["server","--flannel-backend","none","--debug"]' });
    await expect(watch([], false)).rejects.toThrow("never gets ready");
  });

  test.each([
    ["by an app with a DaemonSet in the host's network", daemonSet({ hostNetwork: true })],
    [
      "by an app that writes into the CNI's folder",
      daemonSet({ volumes: [{ hostPath: { path: "/etc/cni/net.d" } }] }),
    ],
    [
      "by a HelmChart of k3s",
      { apiVersion: "helm.cattle.io/v1", kind: "HelmChart", metadata: { name: "c" } },
    ],
  ])("gets its network %s: nothing is said", async (_, object) => {
    setNode("False");
    expect(await watch([object as KubeObject])).toBeLessThan(5_000);
  });

  test("gets its network from a pod that is in the cluster already: nothing is said", async () => {
    setNode("False");
    api.set("pods", {
      metadata: { name: "calico-node-x", namespace: "kube-system", labels: { "k8s-app": "calico-node" } },
      spec: { hostNetwork: true, containers: [] },
    });
    expect(await watch()).toBeLessThan(40_000);
  });

  test("gets its network from the host after some seconds: nothing is said", async () => {
    setNode("False");
    expect(await watch([], true, (now) => now > 9_000 && setNode("True", "ready"))).toBeLessThan(20_000);
  });
});

describe("any other cluster", () => {
  test("whose node is not ready yet is left alone: flannel may be slow, the reason another", async () => {
    setNode("False");
    await watch([], false);
    setNode("False", "PLEG is not healthy");
    await watch([], true);
  });

  test("whose nodes this user may not list is left alone", async () => {
    api.fail("nodes", 403);
    expect(await watch()).toBeLessThan(20_000);
  });

  test.each([
    ['["server","--flannel-backend","none"]', true],
    ['["server","--flannel-backend=none"]', true],
    ['["server","--flannel-backend","host-gw","--disable-network-policy"]', false],
    ['["server","--disable","none"]', false],
    ["", false],
  ])("has flannel or not by k3s' arguments: %s", (args, expected) => {
    expect(runsWithoutFlannel({ "k3s.io/node-args": args })).toBe(expected);
  });
});
