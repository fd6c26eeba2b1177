import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findNeeds } from "../../src/deploy/claims.ts";
import { deployApps } from "../../src/deploy/deploy.ts";
import { createHost } from "../../src/host/create.ts";
import type { Context } from "../../src/host/host.ts";
import type { KubeObject } from "../../src/kube/manifest.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";
import { createRecordingLogger, type RecordingLogger } from "../support/recording-logger.ts";
import { fakeHelm, tinyApp, tinyChart } from "./helms.ts";
import { type KubeApi, startKubeApi } from "./kube-api.ts";
import { available, deployment, node, storageClass } from "./recorded.ts";

let api: KubeApi;
let log: RecordingLogger;
let context: Context;
beforeEach(async () => {
  api = await startKubeApi();
  log = createRecordingLogger();
  context = { host: await createHost(), log, signal: new AbortController().signal };
  api.set("nodes", node());
  api.set("namespaces", { metadata: { name: "monitoring" }, status: { phase: "Active" } });
  api.set("deployments", deployment(available));
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

const object = (kind: string, name: string, spec: unknown = {}, apiVersion = "v1"): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: "monitoring" },
  spec,
});
const grafana = object("Deployment", "grafana", {}, "apps/v1");
const claimOf = (storageClassName?: string) =>
  object("PersistentVolumeClaim", "data", storageClassName === undefined ? {} : { storageClassName });

function app(...more: KubeObject[]): RenderedApp {
  const objects = [grafana, ...more];
  return { app: tinyApp({ name: "grafana", release: "grafana" }), chart: tinyChart, objects, images: [] };
}

async function deploy(apps: RenderedApp[], cluster = api.cluster, bound = true) {
  await using helm = await fakeHelm(
    '[ "$1" = history ] && { echo "Error: release: not found" >&2; exit 1; }; true',
  );
  if (bound) api.set("persistentvolumeclaims", { metadata: { name: "data" }, status: { phase: "Bound" } });
  const journal = { append: async () => undefined };
  const options = { cluster, helm: helm.tool, apps, journal, timeoutMs: 15_000 };
  const began = Date.now();
  const error = await deployApps(context, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const calls = await helm.calls().catch(() => []);
  return {
    error,
    seconds: (Date.now() - began) / 1000,
    isApplied: calls.some((call) => /^upgrade/.test(call)),
  };
}

/** An Addon as k3s has it; with a checksum it is applied. */
const addon = (name: string, checksum = "c0ffee") =>
  api.set("addons", { metadata: { name }, spec: { checksum } } as { metadata: { name: string } });
const askedFor = (resource: string) => api.requests.filter((request) => request.includes(resource));

describe("what k3s brings is waited for before what needs it is applied", () => {
  test.each([
    ["the class that a claim names", claimOf("local-path")],
    ["the default class of a claim without one", claimOf()],
    ["of a StatefulSet's template", object("StatefulSet", "am", { volumeClaimTemplates: [{ spec: {} }] })],
    ["of an operator's object", object("Thing", "p", { storage: { volumeClaimTemplate: { spec: {} } } })],
  ])("%s, which comes a second late", async (_, claims) => {
    let isLate = true;
    const { app: planned, ...rest } = app(claims);
    const late = delay(1_000).then(() => {
      isLate = false;
      api.set("storageclasses", storageClass("local-path", true));
      api.set("statefulsets", {
        metadata: { name: "am", uid: "am", generation: 1 },
        spec: { replicas: 0 },
        status: { observedGeneration: 1, replicas: 0 },
      } as { metadata: { name: string } });
    });
    const { error, seconds, isApplied } = await deploy([{ app: planned, ...rest }]);
    expect(isLate).toBe(false);
    await late;
    expect(error).toBeUndefined();
    expect(isApplied).toBe(true);
    expect(seconds).toBeLessThan(5);
  });

  test("a release without a claim waits for nothing, and asks for nothing", async () => {
    expect(await deploy([app()])).toMatchObject({ error: undefined, isApplied: true });
    expect([...askedFor("storageclasses"), ...askedFor("addons")]).toEqual([]);
  });

  test("nor does a release in somebody else's cluster: there the claims are judged by their objects", async () => {
    const there = { ...api.cluster, kind: "existing" as const };
    expect(await deploy([app(claimOf("nfs"))], there)).toMatchObject({ isApplied: true });
    expect(askedFor("addons")).toEqual([]);
  });

  test("what an app brings itself, and a claim that wants no class, are not needed", () => {
    const own = [
      claimOf("mine"),
      { ...object("StorageClass", "mine"), metadata: { name: "mine" } },
      claimOf(""),
      object("PersistentVolumeClaim", "bound", { volumeName: "pv-1", storageClassName: "nowhere" }),
      object("PersistentVolumeClaim", "static", { storageClassName: "manual" }),
      object("PersistentVolume", "pv-2", { storageClassName: "manual" }),
    ];
    expect(findNeeds(app(...own), [app(...own)])).toEqual([]);
  });

  test("RuntimeClasses and k3s' own kinds are needed too", () => {
    const own = [
      object("DaemonSet", "gpu", { template: { spec: { runtimeClassName: "nvidia" } } }, "apps/v1"),
      object("HelmChart", "x", {}, "helm.cattle.io/v1"),
    ];
    expect(findNeeds(app(...own), [app(...own)])).toEqual([
      { kind: "RuntimeClass", name: "nvidia", object: "DaemonSet monitoring/gpu" },
      { kind: "API", name: "helm.cattle.io/v1", object: "HelmChart monitoring/x" },
    ]);
  });
});

describe("a missing StorageClass is final only when the object is missing", () => {
  test("and k3s has applied its manifests: then before anything is applied, with claim, app, class and classes", async () => {
    addon("coredns");
    addon("local-storage");
    addon("rolebindings", "");
    let appliedAt = Number.POSITIVE_INFINITY;
    const late = delay(1_500).then(() => {
      appliedAt = Date.now();
      api.set("storageclasses", storageClass("local-path", true));
      addon("rolebindings");
    });
    const ended = await deploy([app(claimOf("fast"))]);
    // 2 s of patience after the manifests; Node's timers may be some milliseconds early.
    expect(Date.now() - appliedAt).toBeGreaterThan(1_950);
    await late;
    expect(ended.isApplied).toBe(false);
    expect(ended.seconds).toBeLessThan(8);
    expect(ended.error).toMatchObject({
      message:
        'PersistentVolumeClaim monitoring/data is not ready: NoStorageClass: a volume claim of app grafana: StorageClass "fast" not found; ' +
        "StorageClasses of this cluster: local-path (default)",
      failures: [{ rule: "no-class", workload: "PersistentVolumeClaim monitoring/data" }],
    });
  });

  test("no default class in a k3s that doesn't bring one", async () => {
    addon("rolebindings");
    const { error, isApplied } = await deploy([app(claimOf())]);
    expect(isApplied).toBe(false);
    expect(error).toMatchObject({
      message: expect.stringMatching(/the cluster has no default StorageClass; .*: none$/),
      failures: [{ rule: "no-class" }],
    });
  });

  test("a manifest that k3s could not apply yet may still bring it", async () => {
    addon("local-storage", "");
    addon("rolebindings");
    const late = delay(4_000).then(() => api.set("storageclasses", storageClass("local-path", true)));
    expect(await deploy([app(claimOf())])).toMatchObject({ error: undefined, isApplied: true });
    await late;
  });

  test("a volume of that class that is there already needs no class", async () => {
    addon("rolebindings");
    api.set("persistentvolumes", { metadata: { name: "pv" }, spec: { storageClassName: "manual" } } as {
      metadata: { name: string };
    });
    expect(await deploy([app(claimOf("manual"))])).toMatchObject({ error: undefined, isApplied: true });
  });

  test("a k3s without Addons may still bring it while its provisioner is not there", async () => {
    api.fail("addons", 404);
    const late = delay(4_000).then(() => api.set("storageclasses", storageClass("local-path", true)));
    expect(await deploy([app(claimOf())])).toMatchObject({ error: undefined, isApplied: true });
    await late;
  });

  test("a k3s without Addons has applied them when its provisioner is there", async () => {
    api.fail("addons", 404);
    const metadata = { ...deployment().metadata, name: "local-path-provisioner", uid: "provisioner" };
    api.set("deployments", { ...deployment(available), metadata });
    const { error, isApplied } = await deploy([app(claimOf("fast"))]);
    expect(isApplied).toBe(false);
    expect(error).toMatchObject({ failures: [{ rule: "no-class" }] });
  });

  test("in the watch, a class that comes after the claim ends the claim's trouble", async () => {
    const there = { ...api.cluster, kind: "existing" as const };
    const claim = {
      metadata: { name: "data", namespace: "monitoring", uid: "pvc-uid" },
      spec: { storageClassName: "fast" },
      status: { phase: "Pending" },
    };
    api.set("persistentvolumeclaims", claim);
    api.set("events", {
      metadata: { name: "e", uid: "e" },
      involvedObject: { kind: "PersistentVolumeClaim", name: "data", uid: "pvc-uid" },
      reason: "ProvisioningFailed",
      message: 'storageclass.storage.k8s.io "fast" not found',
    } as { metadata: { name: string } });
    const healed = delay(6_000).then(() => api.set("storageclasses", storageClass("fast")));
    let isBound = false;
    const bound = delay(9_000).then(() => {
      isBound = true;
      api.set("persistentvolumeclaims", { ...claim, status: { phase: "Bound" } });
    });
    const { error } = await deploy([app(claimOf("fast"))], there, false);
    expect(isBound).toBe(true);
    await Promise.all([healed, bound]);
    expect(error).toBeUndefined();
  });
});

test("a deployment that takes longer than 5 s reports what it is waiting for", async () => {
  api.remove("deployments", "grafana");
  api.set("deployments", deployment());
  const late = delay(5_500).then(() => api.set("deployments", deployment(available)));
  await deploy([app()]);
  await late;
  const lines = log.lines.map(({ message }) => message).filter((line) => line.startsWith("waiting for "));
  expect(lines).toEqual([expect.stringMatching(/^waiting for Deployment monitoring\/grafana: .* \(5 s\)$/)]);
});
