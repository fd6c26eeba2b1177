import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deployApps } from "../../src/deploy/deploy.ts";
import { findLastGoodRevision } from "../../src/deploy/release.ts";
import { WorkloadsFailed } from "../../src/deploy/workloads-failed.ts";
import { createHost } from "../../src/host/create.ts";
import type { Context } from "../../src/host/host.ts";
import type { JournalEntry } from "../../src/journal/types.ts";
import { describeError, InstallError, UserError } from "../../src/lib/errors.ts";
import { createTracer } from "../../src/lib/trace.ts";
import type { PlannedApp } from "../../src/model/plan.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";
import { createRecordingLogger, type RecordingLogger } from "../support/recording-logger.ts";
import { fakeHelm, tinyApp, tinyChart } from "./helms.ts";
import { type KubeApi, startKubeApi } from "./kube-api.ts";
import { available, deployment, node, pod } from "./recorded.ts";

let api: KubeApi;
let log: RecordingLogger;
let context: Context;
/** Journal entries and requests that change the cluster, in the order in which they came. */
let journal: JournalEntry[];
beforeEach(async () => {
  api = await startKubeApi();
  log = createRecordingLogger();
  const env = { ...process.env, HELM_KUBECONTEXT: "the-users-own", HELM_NAMESPACE: "elsewhere" };
  context = { host: await createHost(env), log, signal: new AbortController().signal };
  journal = [];
  api.set("nodes", node());
  api.set("namespaces", { metadata: { name: "monitoring" }, status: { phase: "Active" } });
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

function rendered(name: string, more: Partial<PlannedApp> = {}): RenderedApp {
  const metadata = { name, namespace: more.namespace ?? "monitoring" };
  return {
    app: tinyApp({ name, release: name, ...more }),
    chart: tinyChart,
    objects: [{ apiVersion: "apps/v1", kind: "Deployment", metadata }],
    images: [],
  };
}

function deploy(
  helm: { tool: Parameters<typeof deployApps>[1]["helm"] },
  apps: RenderedApp[],
  timeoutMs = 10_000,
  cluster = api.cluster,
) {
  const append = async (entry: JournalEntry) => {
    journal.push(entry);
  };
  return deployApps(context, { cluster, helm: helm.tool, apps, journal: { append }, timeoutMs });
}

function makeReady(name: string) {
  const { metadata } = deployment();
  api.set("deployments", { ...deployment(available), metadata: { ...metadata, name, uid: `${name}-uid` } });
}

const upgrades = (calls: string[]) =>
  calls.filter((call) => call.startsWith("upgrade")).map((call) => call.split(" ")[1]);

describe("deployApps", () => {
  test("installs without waiting, journals first, and says when each was ready", async () => {
    await using helm = await fakeHelm("");
    makeReady("grafana");
    const apps = await deploy(helm, [rendered("grafana", { values: { adminPassword: "s3cr3t" } })]);
    expect(apps).toEqual([
      {
        name: "grafana",
        release: "grafana",
        namespace: "monitoring",
        chart: tinyChart,
        readyAfterMs: expect.any(Number),
      },
    ]);
    const [call] = await helm.calls();
    expect(call).toMatch(
      /^upgrade grafana \S+ --install -n monitoring -f \S+ --timeout 10s --kubeconfig \/nonexistent\/kubeconfig --kube-context test$/,
    );
    expect(await helm.values("grafana")).toBe('values 600\n{"adminPassword":"s3cr3t"}');
    expect(journal).toMatchObject([
      { kind: "release", name: "grafana", namespace: "monitoring", helm: helm.tool.path },
    ]);
    expect(log.lines.map(({ message }) => message)).toContain("grafana: ready");
  });

  test("makes a missing namespace and journals it; one that was there is left out of the journal", async () => {
    await using helm = await fakeHelm("");
    makeReady("grafana");
    makeReady("other");
    await deploy(helm, [rendered("grafana"), rendered("other", { namespace: "fresh" })]);
    expect(journal[0]).toMatchObject({ kind: "namespace", name: "fresh" });
    expect(journal.filter(({ kind }) => kind === "namespace")).toHaveLength(1);
    expect(api.requests.filter((request) => request.startsWith("POST"))).toEqual(["POST /api/v1/namespaces"]);
  });

  test("a namespace that an app brings along itself is made as that app's, so that helm takes it over", async () => {
    await using helm = await fakeHelm("");
    makeReady("web");
    const web = rendered("web", { namespace: "shop" });
    const own = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", labels: { team: "a" } } };
    await deploy(helm, [{ ...web, objects: [...web.objects, own] }]);
    expect(api.made).toMatchObject([
      {
        metadata: {
          name: "shop",
          labels: { team: "a", "app.kubernetes.io/managed-by": "Helm" },
          annotations: { "meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop" },
        },
      },
    ]);
  });

  test("waits for a namespace that is being deleted", async () => {
    await using helm = await fakeHelm("");
    makeReady("grafana");
    api.set("namespaces", { metadata: { name: "monitoring" }, status: { phase: "Terminating" } });
    const done = deploy(helm, [rendered("grafana")]);
    await delay(300);
    expect(journal).toEqual([]);
    api.remove("namespaces", "monitoring");
    await done;
    expect(journal[0]).toMatchObject({ kind: "namespace", name: "monitoring" });
  });

  test("apps go side by side; one that needs another ready waits for it, one that needs it applied doesn't", async () => {
    await using helm = await fakeHelm("");
    const apps = [
      rendered("prometheus"),
      rendered("grafana", { dependsOn: [{ app: "prometheus", until: "applied" }] }),
      rendered("rules", { dependsOn: [{ app: "prometheus", until: "ready" }] }),
    ];
    const done = deploy(helm, apps);
    await expect
      .poll(async () => upgrades(await helm.calls()), { timeout: 5_000 })
      .toEqual(["prometheus", "grafana"]);
    await delay(300);
    expect(upgrades(await helm.calls())).toEqual(["prometheus", "grafana"]);
    for (const name of ["prometheus", "grafana", "rules"]) makeReady(name);
    expect((await done).map(({ name }) => name)).toEqual(["prometheus", "grafana", "rules"]);
    expect(upgrades(await helm.calls())).toEqual(["prometheus", "grafana", "rules"]);
  });

  test("says when all apps are installed, and once of each workload that it is ready", async () => {
    await using helm = await fakeHelm("");
    const ready: string[] = [];
    let installs = 0;
    const append = async () => undefined;
    const done = deployApps(context, {
      ...{ cluster: api.cluster, helm: helm.tool, journal: { append }, timeoutMs: 10_000 },
      apps: [rendered("prometheus"), rendered("grafana")],
      onInstalled: () => {
        installs += 1;
      },
      onReady: ({ name }) => ready.push(name),
    });
    await expect.poll(() => installs).toBe(1);
    expect(ready).toEqual([]);
    makeReady("prometheus");
    await expect.poll(() => ready).toEqual(["prometheus"]);
    makeReady("grafana");
    await done;
    expect(ready).toEqual(["prometheus", "grafana"]);
    expect(installs).toBe(1);
  });

  test("records each installation, and the workloads that waited for it", async () => {
    await using helm = await fakeHelm("");
    makeReady("grafana");
    const tracer = createTracer(context.host.now);
    context = { ...context, span: tracer.root };
    await deploy(helm, [rendered("grafana")]);
    expect(tracer.read().spans.slice(1)).toMatchObject([
      { kind: "release", name: "install grafana", attributes: { version: tinyChart.version } },
      { kind: "workload", name: "Deployment monitoring/grafana", after: [2] },
    ]);
  });

  test("independent apps are installed at the same time", async () => {
    await using helm = await fakeHelm("sleep 2");
    makeReady("a");
    makeReady("b");
    const beganAt = Date.now();
    await deploy(helm, [rendered("a"), rendered("b")]);
    // One after the other they would take four seconds.
    expect(Date.now() - beganAt).toBeLessThan(3_900);
  });

  test("a broken app ends it at once, names the cause first, and says how the others stand", async () => {
    await using helm = await fakeHelm("");
    const apps = [
      rendered("prometheus"),
      rendered("grafana"),
      rendered("rules", { dependsOn: [{ app: "grafana", until: "ready" }] }),
    ];
    const message = "docker.io/grafana/grafana:99.9: not found";
    api.set("deployments", deployment());
    api.set("replicasets", {
      metadata: {
        name: "grafana-1",
        uid: "rs-uid",
        annotations: { "deployment.kubernetes.io/revision": "1" },
        ownerReferences: [{ kind: "Deployment", name: "grafana", uid: "dep-uid" }],
      },
    });
    api.set("pods", pod({ state: { waiting: { reason: "ErrImagePull", message } } }));
    const beganAt = Date.now();
    const error = await deploy(helm, apps).catch((thrown: unknown) => thrown);
    // Its time is ten seconds.
    expect(Date.now() - beganAt).toBeLessThan(3_000);
    expect(error).toBeInstanceOf(WorkloadsFailed);
    const lines = (error as Error).message.split("\n");
    expect(lines[0]).toMatch(/^Deployment monitoring\/grafana is not ready: ErrImagePull .*not found$/);
    expect(lines).toContain(
      "  app prometheus: installed, its workloads not yet ready (Deployment monitoring/prometheus: does not exist yet)",
    );
    expect(lines).toContain("  app rules: not yet installed (it comes after grafana)");
    expect(upgrades(await helm.calls())).not.toContain("rules");
    expect(api.openWatches()).toBe(0);
  });

  test("what a starting API server refuses is tried again", async () => {
    await using helm = await fakeHelm(
      `[ "$calls" -lt 3 ] && { echo 'Error: Kubernetes cluster unreachable: the server is currently unable to handle the request' >&2; exit 1; }; exit 0`,
    );
    makeReady("grafana");
    await deploy(helm, [rendered("grafana")]);
    expect(await helm.calls()).toHaveLength(3);
  });

  test("what stays wrong is not tried again, and is the user's mistake where it is one", async () => {
    await using broken = await fakeHelm(
      `echo 'Error: values don'"'"'t meet the specifications of the schema(s) in the following chart(s): tiny: replicas: wrong' >&2; exit 1`,
    );
    await expect(deploy(broken, [rendered("grafana")])).rejects.toBeInstanceOf(UserError);
    expect(await broken.calls()).toHaveLength(1);
    await using owned = await fakeHelm(
      `echo 'Error: Unable to continue with install: ServiceAccount "x" in namespace "monitoring" exists and cannot be imported into the current release: invalid ownership metadata' >&2; exit 1`,
    );
    const error = await deploy(owned, [rendered("grafana")]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InstallError);
    expect((error as Error).message).toMatch(
      /^installing app grafana \(chart tiny 0\.1\.0\): Unable to continue/,
    );
    expect((error as InstallError).fix).toMatch(/belongs to something else/);
    expect(describeError(error).match(/Unable to continue/g)).toHaveLength(1);
  });

  const pendingUntil = (condition: string, history: string) => `
folder=$(dirname "$0")
case "$1" in
  upgrade) ${condition} && exit 0; echo 'Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress' >&2; exit 1 ;;
  history) echo '${history}' ;;
  uninstall) touch "$folder/uninstalled" ;;
  rollback) touch "$folder/rolled-back" ;;
esac`;

  test("a release that a killed run left half installed is removed and installed anew, and said", async () => {
    await using helm = await fakeHelm(
      pendingUntil('[ -e "$folder/uninstalled" ]', '[{"revision":1,"status":"pending-install"}]'),
    );
    makeReady("grafana");
    await deploy(helm, [rendered("grafana")]);
    expect((await helm.calls()).map((call) => call.split(" ")[0])).toEqual([
      "upgrade",
      "history",
      "uninstall",
      "upgrade",
    ]);
    expect(log.lines).toContainEqual({
      level: "warn",
      message: expect.stringContaining("half installed by an earlier run"),
    });
  });

  test("one left half upgraded is rolled back to what was deployed last", async () => {
    const history =
      '[{"revision":1,"status":"superseded"},{"revision":2,"status":"deployed"},{"revision":3,"status":"pending-upgrade"}]';
    await using helm = await fakeHelm(pendingUntil('[ -e "$folder/rolled-back" ]', history));
    makeReady("grafana");
    await deploy(helm, [rendered("grafana")]);
    expect((await helm.calls())[2]).toMatch(/^rollback grafana 2 -n monitoring /);
    expect(findLastGoodRevision(history)).toBe(2);
  });

  describe("into an existing cluster", () => {
    const existing = () => ({ ...api.cluster, kind: "existing" as const });
    const history = (found: string) => `
case "$1 $2" in
  ${found}
  history*) echo 'Error: release: not found' >&2; exit 1 ;;
esac`;
    const theirs =
      '[{"revision":3,"updated":"2026-10-02T09:12:01.123456Z","status":"deployed","chart":"grafana-10.5.15"}]';

    test("a release of somebody else is refused, named, and nothing is changed or journaled", async () => {
      await using helm = await fakeHelm(history(`"history grafana") echo '${theirs}'; exit 0 ;;`));
      const apps = [
        rendered("prometheus", { namespace: "fresh" }),
        rendered("prometheus"),
        rendered("grafana"),
      ];
      const error = await deploy(helm, apps, 10_000, existing()).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InstallError);
      expect((error as Error).message.split("\n")[0]).toBe(
        "release grafana is in namespace monitoring already (grafana-10.5.15, deployed, since 2026-10-02T09:12:01Z), and it is not this run's",
      );
      expect((error as InstallError).fix).toMatch(
        /apps\.grafana\.release.*helm uninstall grafana -n monitoring/,
      );
      expect(journal).toEqual([]);
      expect(api.requests.filter((request) => !request.startsWith("GET"))).toEqual([]);
      expect((await helm.calls()).filter((call) => !call.startsWith("history"))).toEqual([]);
    });

    test("a name that is free is installed", async () => {
      await using helm = await fakeHelm(history(""));
      makeReady("grafana");
      await deploy(helm, [rendered("grafana")], 10_000, existing());
      expect(upgrades(await helm.calls())).toEqual(["grafana"]);
      expect(journal).toMatchObject([{ kind: "release", name: "grafana" }]);
    });

    test("not being able to look is no leave to go on", async () => {
      await using helm = await fakeHelm(
        `echo 'Error: query: failed to query with labels: secrets is forbidden: User "x" cannot list resource "secrets"' >&2; exit 1`,
      );
      const done = deploy(helm, [rendered("grafana")], 10_000, existing());
      await expect(done).rejects.toThrow(/already can't be found out: .*secrets is forbidden/);
      expect(journal).toEqual([]);
    });
  });
});
