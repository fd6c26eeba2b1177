import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { endOf } from "../../src/diagnose/gather/logs.ts";
import { type GatherInput, gatherEvidence } from "../../src/diagnose/gather.ts";
import type { Stack } from "../../src/verify/types.ts";
import type { AccessSpec, ApiObject } from "../support/fake-kube-api.ts";
import { kubeConfigFor } from "../support/fake-kube-api.ts";
import { closedUrl, serve } from "../support/local-server.ts";
import {
  container,
  healthyWorld,
  pod,
  podNames,
  serviceObject,
  slice,
  type World,
} from "../verify/healthy-world.ts";
import { openStack } from "../verify/open-stack.ts";
import { renderedStack } from "../verify/rendered-stack.ts";

const nothing: GatherInput = {
  kube: undefined,
  prometheus: undefined,
  alertmanager: undefined,
  grafana: undefined,
  rendered: undefined,
  deployedAt: undefined,
  failure: undefined,
  checks: undefined,
  findings: undefined,
  stateDir: undefined,
};

function inputOf({ kube, prometheus, alertmanager, grafana, rendered, deployedAt }: Stack): GatherInput {
  return { ...nothing, kube, prometheus, alertmanager, grafana, rendered, deployedAt };
}

/** The evidence of a healthy world in which something was changed. */
async function evidenceIn(
  change: (world: World) => void = () => {},
  changeInput: (input: GatherInput) => GatherInput = (input) => input,
) {
  const world = healthyWorld();
  world.kube.logs = logsOf(world.kube.pods);
  world.kube.mayDo = () => true;
  change(world);
  await using open = await openStack(world);
  const evidence = await gatherEvidence(open.stack.context, changeInput(inputOf(open.stack)));
  return { evidence, servers: open.servers };
}

function logsOf(pods: readonly ApiObject[]): Record<string, string> {
  return Object.fromEntries(
    pods.map(({ metadata }) => [`monitoring/${metadata.name}/main`, `${metadata.name} runs`]),
  );
}

function object(
  name: string,
  rest: Record<string, unknown> = {},
  meta: Record<string, unknown> = {},
): ApiObject {
  return { metadata: { name, namespace: "monitoring", ...meta }, ...rest };
}

function podWith(name: string, labels: Record<string, string>, status: Record<string, unknown>): ApiObject {
  return { ...pod(name, labels), status: { phase: "Running", containerStatuses: [container(status)] } };
}

describe("the cluster", () => {
  test("of a healthy one everything is read", async () => {
    const { evidence } = await evidenceIn();
    expect(evidence.unread).toEqual([]);
    expect(evidence.cluster?.namespaces).toEqual(["monitoring"]);
    expect(evidence.cluster?.pods).toHaveLength(5);
    expect(evidence.cluster?.nodes).toHaveLength(1);
    expect(evidence.cluster?.claims).toHaveLength(1);
  });

  test("objects come as they are sent, of the stack's namespaces", async () => {
    const status = { replicas: 1, conditions: [{ type: "Progressing", status: "False", reason: "Why" }] };
    const terminating = {
      ...object("monitoring", {
        spec: { finalizers: ["kubernetes"] },
        status: { phase: "Terminating", conditions: [{ type: "NamespaceContentRemaining", status: "True" }] },
      }),
    };
    const { evidence } = await evidenceIn(({ kube }) => {
      kube.more = {
        namespaces: [terminating],
        deployments: [object("grafana", { status }), object("other", {}, { namespace: "elsewhere" })],
        resourcequotas: [object("compute", { status: { hard: { pods: "3" } } })],
        storageclasses: [object("local-path", { provisioner: "rancher.io/local-path" })],
      };
      kube.events = [
        object("one", { involvedObject: { kind: "Pod", name: "x" }, reason: "Failed" }),
        object("two", { involvedObject: { kind: "Pod", name: "y" } }, { namespace: "kube-system" }),
        object("three", { involvedObject: { kind: "Pod", name: "z" } }, { namespace: "elsewhere" }),
      ];
    });
    const { cluster } = evidence;
    expect(cluster?.namespaceObjects).toEqual([terminating]);
    expect(cluster?.workloads).toEqual([
      { apiVersion: "v1", kind: "Deployment", ...object("grafana", { status }) },
    ]);
    expect(cluster?.quotas[0]?.status?.hard).toEqual({ pods: "3" });
    expect(cluster?.storageClasses[0]?.provisioner).toBe("rancher.io/local-path");
    expect(cluster?.events.map(({ metadata }) => metadata.name)).toEqual(["one", "two"]);
  });

  test("a release stands as its newest revision, and no Secret's content is asked for", async () => {
    const secret = (version: string, status: string, owner = "helm") =>
      object(
        `sh.helm.release.v1.grafana.v${version}`,
        { data: { release: "c2VjcmV0" } },
        { labels: { owner, name: "grafana", version, status } },
      );
    const { evidence, servers } = await evidenceIn(({ kube }) => {
      kube.more = {
        secrets: [secret("10", "pending-upgrade"), secret("9", "deployed"), secret("11", "x", "somebody")],
        customresourcedefinitions: [
          object("servicemonitors.monitoring.coreos.com", { spec: { long: true } }),
        ],
      };
    });
    expect(evidence.cluster?.releases).toEqual([
      { name: "grafana", namespace: "monitoring", revision: 10, status: "pending-upgrade" },
    ]);
    expect(evidence.cluster?.crds).toEqual(["servicemonitors.monitoring.coreos.com"]);
    const asked = servers.kube.received.filter(({ path }) => path.includes("/secrets"));
    expect(asked).toHaveLength(1);
    expect(asked[0]?.accept).toContain("as=PartialObjectMetadataList");
  });

  test("services: those of the stack and those that want to be scraped, with their slices", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      kube.services.push(
        serviceObject("kube-system", "kube-dns", "dns", { "prometheus.io/scrape": "true" }),
        serviceObject("elsewhere", "quiet", "http", {}),
      );
      kube.endpointSlices.push(
        slice("kube-system", "kube-dns", "10.42.0.2"),
        slice("elsewhere", "quiet", "10.1.1.1"),
      );
    });
    const names = (items: readonly { metadata: { name: string } }[] = []) =>
      items.map(({ metadata }) => metadata.name);
    expect(names(evidence.cluster?.services)).toContain("prometheus-server");
    expect(names(evidence.cluster?.services)).toContain("kube-dns");
    expect(names(evidence.cluster?.services)).not.toContain("quiet");
    expect(names(evidence.cluster?.endpointSlices)).toContain("kube-dns-abc");
    expect(names(evidence.cluster?.endpointSlices)).not.toContain("quiet-abc");
  });

  test("pods behind a service of somebody else's that wants to be scraped", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      kube.services.push(serviceObject("my-app", "web", "http", { "prometheus.io/scrape": "true" }));
      kube.pods.push(
        object("web-1", { status: {} }, { namespace: "my-app" }),
        object("x-1", { status: {} }, { namespace: "elsewhere" }),
      );
    });
    const names = evidence.cluster?.pods.map(({ metadata }) => metadata.name);
    expect(names).toContain("web-1");
    expect(names).not.toContain("x-1");
    expect(evidence.cluster?.namespaces).toEqual(["monitoring"]);
  });

  test("who may see only the stack's namespaces sees those, and what is missing is named", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      kube.forbidden = ["services", "endpointslices", "nodes", "kube-system/pods"];
    });
    expect(evidence.cluster?.services.map(({ metadata }) => metadata.namespace)).toEqual(
      Array(3).fill("monitoring"),
    );
    expect(evidence.cluster?.endpointSlices).toHaveLength(2);
    expect(evidence.cluster?.pods).toHaveLength(5);
    const unread = Object.fromEntries(evidence.unread.map(({ what, why }) => [what, why]));
    expect(Object.keys(unread).sort()).toEqual([
      "endpointslices of all namespaces",
      "nodes",
      "pods of kube-system",
      "services of all namespaces",
    ]);
    expect(unread["nodes"]).toBe("/api/v1/nodes: HTTP 403: nodes is forbidden");
  });

  test("a proxy's page is no list", async () => {
    await using page = await serve(() => ({ contentType: "text/html", body: "<html>please log in</html>" }));
    const { evidence } = await evidenceIn(undefined, (input) => ({
      ...input,
      kube: kubeConfigFor(page.url),
    }));
    expect(evidence.cluster).toBeUndefined();
    expect(evidence.unread).toEqual([{ what: "the API server", why: expect.stringContaining("JSON") }]);
  });

  test("one that is gone is told once, and the others are read", async () => {
    const url = await closedUrl();
    const { evidence } = await evidenceIn(undefined, (input) => ({ ...input, kube: kubeConfigFor(url) }));
    expect(evidence.cluster).toBeUndefined();
    expect(evidence.unread).toEqual([
      { what: "the API server", why: expect.stringContaining("ECONNREFUSED") },
    ]);
    expect(evidence.prometheus?.targets).toHaveLength(6);
  });
});

describe("logs", () => {
  const logKeys = (logs: readonly { pod: string; container: string; previous: boolean }[] = []) =>
    logs.map((log) => `${log.pod}/${log.container}${log.previous ? "/previous" : ""}`);

  test("of a healthy stack those of the programs it hinges on, and no others", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      const dns = podWith(
        "coredns-1",
        { "k8s-app": "kube-dns" },
        { name: "coredns", state: { running: {} } },
      );
      kube.pods.push({ ...dns, metadata: { ...dns.metadata, namespace: "kube-system" } });
      kube.logs = { ...kube.logs, "kube-system/coredns-1/coredns": "[ERROR] plugin/errors" };
    });
    const logs = evidence.cluster?.logs;
    expect(logKeys(logs)).toEqual([
      `${podNames.prometheus}/main`,
      `${podNames.alertmanager}/main`,
      `${podNames.stateMetrics}/main`,
      `${podNames.grafana}/main`,
      "coredns-1/coredns",
    ]);
    expect(logs?.at(-1)).toMatchObject({
      app: "kube-dns",
      namespace: "kube-system",
      text: "[ERROR] plugin/errors",
    });
  });

  test("of what has crashed, the run before too; of what never ran, none", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      const waiting = { waiting: { reason: "CrashLoopBackOff" } };
      const ended = { terminated: { exitCode: 2 } };
      const bad = podWith("app-1", { "app.kubernetes.io/name": "app" }, { name: "c" });
      kube.pods = [
        podWith("app-1", bad.metadata["labels"] as Record<string, string>, {
          name: "c",
          ready: false,
          restartCount: 3,
          state: waiting,
          lastState: ended,
        }),
        podWith("new-1", {}, { name: "c", ready: false, state: { waiting: { reason: "ImagePullBackOff" } } }),
        {
          ...podWith("job-1", {}, { name: "c", ready: false, state: ended }),
          status: { phase: "Succeeded" },
        },
      ];
      kube.logs = {
        "monitoring/app-1/c": "flag provided but not defined\n",
        "monitoring/app-1/c/previous": "starting\npanic: no\n",
      };
    });
    expect(evidence.unread).toEqual([]);
    expect(evidence.cluster?.logs).toEqual([
      {
        namespace: "monitoring",
        pod: "app-1",
        app: "app",
        container: "c",
        previous: false,
        text: "flag provided but not defined",
      },
      {
        namespace: "monitoring",
        pod: "app-1",
        app: "app",
        container: "c",
        previous: true,
        text: "starting\npanic: no",
      },
    ]);
  });

  test("of what has come back after a restart both runs count", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      kube.pods = [podWith("app-1", {}, { name: "c", restartCount: 1, state: { running: {} } })];
      kube.logs = { "monitoring/app-1/c": "up", "monitoring/app-1/c/previous": "out of memory" };
    });
    expect(logKeys(evidence.cluster?.logs)).toEqual(["app-1/c", "app-1/c/previous"]);
  });

  test("an init container that fails is read, one that is done is not", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      const init = (name: string, ready: boolean) =>
        container({ name, ready, state: { terminated: { exitCode: ready ? 0 : 1 } } });
      const one = podWith("app-1", {}, { name: "c", ready: false, state: { waiting: {} } });
      const status = {
        ...(one["status"] as object),
        initContainerStatuses: [init("done", true), init("bad", false)],
      };
      kube.pods = [{ ...one, status }];
      kube.logs = { "monitoring/app-1/bad": "download failed", "monitoring/app-1/done": "fine" };
    });
    expect(logKeys(evidence.cluster?.logs)).toEqual(["app-1/bad"]);
  });

  test("a log that can't be read is named; what the kubelet says instead of a log is none", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      kube.logs = {
        ...kube.logs,
        [`monitoring/${podNames.grafana}/main`]: "unable to retrieve container logs for containerd://abc",
      };
      delete kube.logs[`monitoring/${podNames.prometheus}/main`];
    });
    expect(evidence.cluster?.logs).toHaveLength(2);
    expect(evidence.unread.map(({ what }) => what).sort()).toEqual([
      `log of monitoring/${podNames.grafana}, container main`,
      `log of monitoring/${podNames.prometheus}, container main`,
    ]);
  });

  test("long ones are cut at their beginning, and of many the sick ones are kept", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      const many = Array.from({ length: 45 }, (_, at) =>
        podWith(`sick-${at}`, {}, { ready: false, state: { running: {} } }),
      );
      kube.pods.push(...many);
      kube.logs = {
        ...logsOf(kube.pods),
        "monitoring/sick-0/main": [...Array(300).fill("long line ".repeat(200)), "the end"].join("\n"),
      };
    });
    const logs = evidence.cluster?.logs ?? [];
    expect(logs).toHaveLength(40);
    expect(logs.every((log) => log.pod.startsWith("sick-"))).toBe(true);
    expect(evidence.unread).toEqual([{ what: "9 more logs", why: "only the first 40 were read" }]);
    expect(Buffer.byteLength(logs[0]?.text ?? "")).toBeLessThanOrEqual(64 * 1024);
    expect(logs[0]?.text).toMatch(/^long line .*the end$/s);
  });

  test("the end of a text: whole lines, counted in bytes", () => {
    expect(endOf("a\nb\nc\n", 2, 100)).toBe("b\nc");
    expect(endOf("äää\nöö\nc", 9, 7)).toBe("öö\nc");
    expect(endOf("abcdef", 9, 3)).toBe("def");
  });
});

describe("access", () => {
  const withAccount = (world: World) => {
    const [server] = world.kube.pods;
    Object.assign(server?.["spec"] as object, { serviceAccountName: "prometheus-server" });
  };

  test("is asked for the account of Prometheus' pod, with its groups", async () => {
    const asked: AccessSpec[] = [];
    const { evidence } = await evidenceIn((world) => {
      withAccount(world);
      world.kube.mayDo = (spec) => {
        asked.push(spec);
        return spec.resourceAttributes?.resource !== "endpointslices";
      };
    });
    const access = evidence.cluster?.access ?? [];
    const user = "system:serviceaccount:monitoring:prometheus-server";
    expect(access).toHaveLength(12);
    expect(access.filter(({ allowed }) => !allowed)).toEqual(
      ["list", "watch"].map((verb) => ({
        user,
        verb,
        resource: "endpointslices.discovery.k8s.io",
        allowed: false,
        reason: "as it is",
      })),
    );
    expect(asked.map(({ groups }) => groups[1])).toEqual(Array(12).fill("system:serviceaccounts:monitoring"));
    expect(asked.flatMap((spec) => spec.resourceAttributes ?? [])).toContainEqual({
      verb: "get",
      group: "",
      resource: "nodes",
      subresource: "metrics",
    });
    expect(asked.flatMap((spec) => spec.resourceAttributes ?? [])).toContainEqual({
      verb: "watch",
      group: "discovery.k8s.io",
      resource: "endpointslices",
      subresource: "",
    });
    expect(asked.flatMap((spec) => spec.nonResourceAttributes ?? [])).toEqual([
      { verb: "get", path: "/metrics" },
    ]);
  });

  test("is asked for the account that the chart names when no pod runs", async () => {
    const { evidence } = await evidenceIn(
      ({ kube }) => {
        kube.pods = [];
      },
      (input) => {
        const rendered = structuredClone(renderedStack());
        const server = rendered[0]?.objects.find(
          ({ kind, metadata }) => kind === "Deployment" && metadata.name === "prometheus-server",
        );
        const spec = server?.["spec"] as { template: { spec: object } };
        Object.assign(spec.template.spec, { serviceAccountName: "from-chart" });
        return { ...input, rendered };
      },
    );
    expect(evidence.cluster?.access[0]?.user).toBe("system:serviceaccount:monitoring:from-chart");
  });

  test("who may not ask is no denial", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      delete kube.mayDo;
    });
    expect(evidence.cluster?.access).toEqual([]);
    expect(evidence.unread).toEqual([
      {
        what: "what system:serviceaccount:monitoring:default may do",
        why: expect.stringContaining("HTTP 403: subjectaccessreviews.authorization.k8s.io is forbidden"),
      },
    ]);
  });
});

describe("the programs", () => {
  test("Prometheus: targets, configuration, flags and a clock that is right", async () => {
    const { evidence } = await evidenceIn(({ prometheus }) => {
      Object.assign(prometheus.targets[4] ?? {}, { health: "down", lastError: "connection refused" });
    });
    const { targets = [], config, flags, clock, runtime } = evidence.prometheus ?? {};
    expect(targets[0]).toMatchObject({
      job: "prometheus",
      url: "http://localhost:9090/metrics",
      health: "down",
      lastError: "connection refused",
      discovered: { __address__: "localhost:9090" },
    });
    expect(config).toContain("job_name: kubernetes-pods");
    expect(flags?.["storage.tsdb.retention.time"]).toBe("15d");
    expect(runtime?.["reloadConfigSuccess"]).toBe(true);
    expect(Math.abs((clock?.theirs ?? 0) - (clock?.ours ?? 9))).toBeLessThan(2);
  });

  test("Prometheus: its clock as it says it; of one that is starting, by its answer's date", async () => {
    const ahead = await evidenceIn(({ prometheus }) => {
      prometheus.aheadSeconds = 90;
    });
    const { theirs = 0, ours = 0 } = ahead.evidence.prometheus?.clock ?? {};
    expect(Math.round((theirs - ours) / 10)).toBe(9);
    await using starting = await serve(() => ({
      status: 503,
      contentType: "text/plain",
      body: "Service Unavailable",
    }));
    const { evidence } = await evidenceIn(undefined, (input) => ({
      ...input,
      prometheus: input.prometheus && { ...input.prometheus, url: starting.url },
    }));
    expect(evidence.prometheus?.config).toBeUndefined();
    const clock = evidence.prometheus?.clock;
    expect(Math.abs((clock?.theirs ?? 0) - (clock?.ours ?? 9))).toBeLessThan(3);
    expect(evidence.unread.map(({ what }) => what).sort()).toEqual([
      "Prometheus' config",
      "Prometheus' flags",
      "Prometheus' runtimeinfo",
      "Prometheus' targets",
    ]);
  });

  test("Alertmanager: its version and its configuration", async () => {
    const { evidence } = await evidenceIn();
    expect(evidence.alertmanager?.version).toBe("0.33.1");
    expect(evidence.alertmanager?.config).toContain("receiver: default-receiver");
  });

  test("Grafana: health, datasources without secrets, and what its proxy says", async () => {
    const { evidence } = await evidenceIn();
    const { health, loginRefused, datasources = [], proxy } = evidence.grafana ?? {};
    expect(health).toEqual({ status: 200, database: "ok" });
    expect(loginRefused).toBe(false);
    const standard = datasources.find(({ isDefault }) => isDefault);
    expect(Object.keys(standard ?? {}).sort()).toEqual(["isDefault", "name", "type", "uid", "url"]);
    expect(proxy?.status).toBe(200);
    expect(JSON.parse(proxy?.body ?? "")).toMatchObject({ status: "success" });
  });

  test("Grafana: a refused login is told as one, a proxy's 401 is not", async () => {
    const refused = await evidenceIn(({ grafana }) => {
      grafana.password = "another";
    });
    expect(refused.evidence.grafana).toMatchObject({ loginRefused: true, datasources: [], proxy: undefined });
    const world = healthyWorld();
    await using open = await openStack(world);
    const { answerAsGrafana } = await import("../support/fake-grafana.ts");
    await using behind = await serve((request) =>
      request.path.startsWith("/api/datasources/proxy/")
        ? { status: 401, body: "no basic auth" }
        : answerAsGrafana(world.grafana, request),
    );
    const { grafana } = open.stack;
    const evidence = await gatherEvidence(open.stack.context, {
      ...nothing,
      grafana: grafana && { ...grafana, url: behind.url },
    });
    expect(evidence.grafana).toMatchObject({
      loginRefused: false,
      proxy: { status: 401, body: "no basic auth" },
    });
  });

  test("Grafana: a broken one has a status without a database", async () => {
    const { evidence } = await evidenceIn(({ grafana }) => {
      grafana.health = { status: 502, contentType: "text/html", body: "<html>bad gateway</html>" };
    });
    expect(evidence.grafana?.health).toEqual({ status: 502, database: undefined });
  });
});

describe("the host and what was asked", () => {
  test("the end of k3s' log, and the disk", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "gather-"));
    try {
      const lines = Array.from({ length: 30_000 }, (_, at) => `line ${at}`);
      await writeFile(join(stateDir, "k3s.log"), `${lines.join("\n")}\n`);
      const { evidence } = await evidenceIn(undefined, (input) => ({ ...input, stateDir }));
      expect(evidence.host.k3sLog?.split("\n")).toEqual(lines.slice(10_000));
      expect(evidence.host.disk?.sizeBytes).toBeGreaterThan(evidence.host.disk?.freeBytes ?? 0);
      expect(evidence.unread).toEqual([]);
    } finally {
      await rm(stateDir, { recursive: true });
    }
  });

  test("a state folder that is not there yet is on a disk too, and there is no log in it", async () => {
    const { evidence } = await evidenceIn(undefined, (input) => ({ ...input, stateDir: "/nowhere/at/all" }));
    expect(evidence.host.k3sLog).toBeUndefined();
    expect(evidence.host.disk?.sizeBytes).toBeGreaterThan(0);
    expect(evidence.unread).toEqual([]);
  });

  test("what the charts ask for", async () => {
    const unknown = { app: "grafana", path: ["replicsa"], meant: "replicas" };
    const { evidence } = await evidenceIn(undefined, (input) => ({
      ...input,
      rendered: renderedStack().map((one) =>
        one.app.name === "grafana" ? { ...one, unknownValues: [unknown] } : one,
      ),
    }));
    expect(evidence.asked).toEqual({
      datasources: [
        {
          name: "Prometheus",
          url: "http://prometheus-server.monitoring.svc.cluster.local",
          uid: "prometheus",
          isDefault: true,
        },
      ],
      prometheusService: { namespace: "monitoring", name: "prometheus-server", port: 80 },
      retention: { time: "15d" },
      unknownValues: [unknown],
    });
  });
});

describe("bounds", () => {
  test("of a run that came to nothing, that is what is told", async () => {
    await using open = await openStack(healthyWorld());
    const evidence = await gatherEvidence(open.stack.context, nothing);
    expect(evidence).toMatchObject({ cluster: undefined, prometheus: undefined, checks: [], findings: {} });
    expect(evidence.unread).toEqual([
      { what: "the API server", why: "the run ended before it could be reached" },
    ]);
  });

  test("what is in the charts and could not be asked is told", async () => {
    const { evidence } = await evidenceIn(undefined, (input) => ({
      ...input,
      prometheus: undefined,
      grafana: undefined,
    }));
    expect(evidence.unread.map(({ what }) => what)).toEqual(["Prometheus", "Grafana"]);
  });

  test("servers that hang cost at most ten seconds, and what answered is kept", {
    timeout: 20_000,
  }, async () => {
    const world = healthyWorld();
    await using open = await openStack(world);
    await using hanging = await serve(() => new Promise(() => {}));
    const { answerAsKubeApi } = await import("../support/fake-kube-api.ts");
    // Its pods are slow to come, then the kubelet does not answer: the longest way there is.
    await using kube = await serve(async (request) => {
      if (request.path.includes("/log") || request.method === "POST") return new Promise(() => {});
      if (/\/(pods|services)\?/.test(request.path))
        await new Promise((resolve) => setTimeout(resolve, 2_000));
      return answerAsKubeApi(world.kube, request);
    });
    const input = inputOf(open.stack);
    const began = Date.now();
    const evidence = await gatherEvidence(open.stack.context, {
      ...input,
      kube: kubeConfigFor(kube.url),
      prometheus: input.prometheus && { ...input.prometheus, url: hanging.url },
      grafana: input.grafana && { ...input.grafana, url: hanging.url },
    });
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(evidence.cluster?.pods).toHaveLength(5);
    expect(evidence.cluster?.logs).toEqual([]);
    expect(evidence.prometheus).toBeUndefined();
    expect(evidence.alertmanager?.version).toBe("0.33.1");
    expect(evidence.unread).toContainEqual({ what: "Prometheus", why: "no answer within 4 s" });
    expect(evidence.unread).toContainEqual({ what: "Grafana", why: "no answer within 4 s" });
    expect(evidence.unread.filter(({ what }) => what.startsWith("log of "))).toHaveLength(4);
  });

  test("an interrupted run is not looked at any longer, and nothing is thrown", async () => {
    const stop = new AbortController();
    stop.abort();
    await using open = await openStack(healthyWorld(), stop.signal);
    const evidence = await gatherEvidence(open.stack.context, inputOf(open.stack));
    expect(evidence.cluster).toBeUndefined();
    expect(evidence.unread).toContainEqual({ what: "the API server", why: "no time was left" });
  });
});
