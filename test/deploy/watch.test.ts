import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { waitForWorkloads } from "../../src/deploy/watch.ts";
import { WorkloadsFailed } from "../../src/deploy/workloads-failed.ts";
import { createHost } from "../../src/host/create.ts";
import type { Context } from "../../src/host/host.ts";
import type { KubeObject } from "../../src/kube/manifest.ts";
import type { Pod } from "../../src/kube/objects.ts";
import { InstallError, Interrupted } from "../../src/lib/errors.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { clusterAt, type KubeApi, startKubeApi } from "./kube-api.ts";
import { available, deployment, event, node, pod, unscheduled } from "./recorded.ts";

const grafana: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "grafana", namespace: "monitoring" },
};
const notFound = "failed to resolve reference: docker.io/grafana/grafana:99.9: not found";

let api: KubeApi;
let context: Context;
let stop: AbortController;
beforeEach(async () => {
  api = await startKubeApi();
  stop = new AbortController();
  context = { host: await createHost(), log: createRecordingLogger(), signal: stop.signal };
  api.set("nodes", node());
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

function wait(timeoutMs = 10_000, lines: string[] = [], workloads = [grafana]) {
  const onChange = (line: string) => lines.push(line);
  return waitForWorkloads(context, { cluster: api.cluster, workloads, timeoutMs, onChange });
}

const replicaSet = {
  metadata: {
    name: "grafana-7d9c5b8f6d",
    uid: "rs-uid",
    annotations: { "deployment.kubernetes.io/revision": "1" },
    ownerReferences: [{ kind: "Deployment", name: "grafana", uid: "dep-uid", controller: true }],
  },
  spec: { replicas: 1 },
  status: { replicas: 1 },
};

function rollOut(seen: Pod) {
  api.set("deployments", deployment());
  api.set("replicasets", replicaSet);
  api.set("pods", seen);
}

async function until(condition: () => boolean) {
  const deadline = Date.now() + 5_000;
  while (!condition() && Date.now() < deadline) await delay(5);
  expect(condition()).toBe(true);
}

describe("waitForWorkloads", () => {
  test("follows a rollout to ready, tells each step once, and leaves no connection", async () => {
    const lines: string[] = [];
    const done = wait(10_000, lines);
    await until(() => lines.length === 1);
    rollOut(pod({}));
    api.set(
      "events",
      event("Pulling", 'Pulling image "docker.io/grafana/grafana:13.2.0"', { type: "Normal" }),
    );
    await until(() => lines.some((line) => line.includes("pulling image")));
    api.set("deployments", deployment(available));
    await done;
    expect(lines[0]).toBe("grafana: does not exist yet");
    expect(lines).toContain("grafana: pulling image docker.io/grafana/grafana:13.2.0");
    expect(lines.at(-1)).toBe("grafana: ready");
    expect(new Set(lines).size).toBe(lines.length);
    await until(() => api.openWatches() === 0);
  });

  test("lists and watches each kind once", async () => {
    api.set("deployments", deployment(available));
    await wait();
    const lists = api.requests.filter((request) => !request.includes("watch=true"));
    expect(lists.sort()).toEqual([
      "GET /api/v1/namespaces/monitoring/events",
      "GET /api/v1/namespaces/monitoring/persistentvolumeclaims",
      "GET /api/v1/namespaces/monitoring/pods",
      "GET /api/v1/nodes",
      "GET /apis/apps/v1/namespaces/monitoring/deployments",
      "GET /apis/apps/v1/namespaces/monitoring/replicasets",
    ]);
  });

  test("ends at once when the image doesn't exist, naming workload, container, reason and message", async () => {
    rollOut(pod({}));
    const lines: string[] = [];
    const done = wait(10_000, lines).catch((error: unknown) => error);
    await until(() => lines.length > 0);
    const brokenAt = Date.now();
    api.set("pods", pod({ state: { waiting: { reason: "ErrImagePull", message: notFound } } }));
    const error = await done;
    expect(Date.now() - brokenAt).toBeLessThan(3_000);
    expect(error).toBeInstanceOf(WorkloadsFailed);
    expect(error).toBeInstanceOf(InstallError);
    expect((error as WorkloadsFailed).exitCode).toBe(3);
    expect((error as WorkloadsFailed).failures).toEqual([
      {
        workload: "Deployment monitoring/grafana",
        pod: "grafana-7d9c5b8f6d-x2x7p",
        container: "grafana",
        rule: "image-not-found",
        reason: "ErrImagePull",
        message: notFound,
        fix: expect.stringContaining("no such image"),
      },
    ]);
    expect((error as Error).message.split("\n")[0]).toBe(
      `Deployment monitoring/grafana is not ready: ErrImagePull (container grafana of pod grafana-7d9c5b8f6d-x2x7p): ${notFound}`,
    );
    await until(() => api.openWatches() === 0);
  });

  const crashed = pod({
    state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container" } },
    lastState: { terminated: { exitCode: 127, reason: "Error" } },
    restartCount: 1,
  });
  const words = 'level=info msg=starting\nlevel=error msg="bad flag --web.foo"\nUsage: grafana\n';
  const removed = "unable to retrieve container logs for containerd://3137dc211f82eed048d214dad7228eb2";

  test.each([
    ["of the container that ended", words, removed],
    ["of the one before, when it runs again", "level=info msg=starting", words],
  ])("a crash loop brings the last words %s", async (_, log, previousLog) => {
    Object.assign(api, { log, previousLog });
    rollOut(crashed);
    await expect(wait()).rejects.toThrow(
      /exit code 127.*last log line: level=error msg="bad flag --web.foo"/,
    );
    const asked = api.requests.find((request) => request.includes("/log"));
    expect(asked).toContain("/api/v1/namespaces/monitoring/pods/grafana-7d9c5b8f6d-x2x7p/log?");
    expect(asked).toContain("container=grafana");
  });

  test("a log that is gone is no last word", async () => {
    Object.assign(api, { log: removed, previousLog: removed });
    rollOut(crashed);
    const error = await wait().catch((thrown: unknown) => thrown);
    expect((error as Error).message).toMatch(/exit code 127/);
    expect((error as Error).message).not.toMatch(/last log line|unable to retrieve/);
  });

  test("a symptom becomes final by lasting, without any further change", async () => {
    const message = 'Usage of EmptyDir volume "data" exceeds the limit "1Mi".';
    rollOut({ ...pod({}), status: { phase: "Failed", reason: "Evicted", message } });
    const beganAt = Date.now();
    await expect(wait()).rejects.toMatchObject({ failures: [{ reason: "Evicted" }] });
    expect(Date.now() - beganAt).toBeGreaterThanOrEqual(5_000);
    expect(Date.now() - beganAt).toBeLessThan(8_000);
  });

  test("what heals in time is no failure", async () => {
    rollOut(unscheduled("0/1 nodes are available: 1 Insufficient memory."));
    const done = wait();
    await delay(1_500);
    api.set("deployments", deployment(available));
    await done;
  });

  test("pods of an older revision don't count", async () => {
    rollOut(pod({ state: { waiting: { reason: "ErrImagePull", message: notFound } } }));
    const next = deployment({}, {});
    next.metadata.annotations = { "deployment.kubernetes.io/revision": "2" };
    api.set("deployments", next);
    const done = wait();
    await delay(300);
    api.set("deployments", deployment(available));
    await done;
  });

  test("a timeout names what is missing, and how the others stand", async () => {
    rollOut(pod({ state: { running: { startedAt: "2026-11-01T12:00:30Z" } } }));
    const ready = {
      ...deployment(available),
      metadata: { ...deployment().metadata, name: "other", uid: "other" },
    };
    api.set("deployments", ready);
    const other: KubeObject = { ...grafana, metadata: { name: "other", namespace: "monitoring" } };
    const error = await wait(700, [], [grafana, other]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      failures: [{ workload: "Deployment monitoring/grafana", reason: "Timeout" }],
    });
    expect((error as Error).message).toContain("container grafana runs, not ready yet");
    expect((error as Error).message).toContain("Deployment monitoring/other: ready");
  });

  test("goes on after its watches broke, and doesn't miss what happened meanwhile", async () => {
    rollOut(pod({}));
    const lines: string[] = [];
    const done = wait(10_000, lines);
    await until(() => lines.length > 0 && api.openWatches() === 6);
    api.breakWatches();
    api.set("deployments", deployment(available));
    await done;
  });

  test("lists anew after 410 Gone, and forgets what was deleted meanwhile", async () => {
    rollOut(pod({}));
    const lines: string[] = [];
    const done = wait(10_000, lines);
    await until(() => lines.length > 0 && api.openWatches() === 6);
    api.expireWatches();
    api.remove("pods", "grafana-7d9c5b8f6d-x2x7p");
    await until(() => lines.at(-1) === "grafana: 0/1 ready");
    api.set("deployments", deployment(available));
    await done;
  });

  test("an API server that isn't ready yet is tried again", async () => {
    api.fail("deployments", 503);
    const done = wait();
    await delay(300);
    api.set("deployments", deployment(available));
    api.fail("deployments", undefined);
    await done;
  });

  test("a user who may not watch Deployments hears so at once; events it can do without", async () => {
    api.fail("events", 403);
    api.set("deployments", deployment(available));
    await wait();
    api.fail("deployments", 403);
    await expect(wait()).rejects.toThrow(/readiness can't be watched: .*deployments fails/);
  });

  test("an API server that is gone is named at the timeout", async () => {
    const cluster = clusterAt("http://127.0.0.1:9");
    const done = waitForWorkloads(context, { cluster, workloads: [grafana], timeoutMs: 600 });
    await expect(done).rejects.toThrow(/the API server does not answer/);
  });

  test("an interrupted run ends its wait", async () => {
    const done = wait().catch((error: unknown) => error);
    await until(() => api.openWatches() === 6);
    stop.abort();
    expect(await done).toBeInstanceOf(Interrupted);
    await until(() => api.openWatches() === 0);
  });

  test("nothing to wait for is nothing to watch", async () => {
    await wait(1_000, [], [{ apiVersion: "v1", kind: "Service", metadata: { name: "x" } }]);
    expect(api.requests).toEqual([]);
  });
});

describe("objects whose kind is defined by the release itself", () => {
  test("are waited for through the time in which there is no such kind", async () => {
    const prometheus: KubeObject = {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "Prometheus",
      metadata: { name: "kps", namespace: "monitoring" },
      spec: { replicas: 0 },
    };
    api.fail("prometheuses", 404);
    const lines: string[] = [];
    const waited = wait(10_000, lines, [prometheus]);
    await delay(300);
    api.fail("prometheuses", undefined);
    api.set("prometheuses", {
      metadata: { name: "kps", uid: "p", generation: 1 },
      status: { conditions: [{ type: "Reconciled", status: "True", observedGeneration: 1 }] },
    });
    api.set("statefulsets", {
      metadata: { name: "prometheus-kps", uid: "s", generation: 1 },
      spec: { replicas: 0 },
      status: { observedGeneration: 1, replicas: 0 },
    });
    await waited;
    expect(lines).toContain("kps: does not exist yet");
  });
});
