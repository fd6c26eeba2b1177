import { describe, expect, test } from "vitest";
import type { Config } from "../../../../src/config/schema.ts";
import type { KubeObject } from "../../../../src/kube/manifest.ts";
import type { Check } from "../../../../src/stack/check.ts";
import type { Stack } from "../../../../src/stack/stack.ts";
import { resourcesEffective } from "../../../../src/verify/checks/requested/containers.ts";
import {
  prometheusRetention,
  scrapeSettingsEffective,
} from "../../../../src/verify/checks/requested/prometheus-settings.ts";
import { storageEffective } from "../../../../src/verify/checks/requested/volumes.ts";
import type { World } from "../../healthy-world.ts";
import { verdictIn } from "../../open-stack.ts";
import { app, labelsOf, workload } from "../../rendered-stack.ts";

function withConfig(changes: Partial<Config>): (stack: Stack) => Stack {
  return (stack) => ({ ...stack, plan: { ...stack.plan, config: { ...stack.plan.config, ...changes } } });
}

function settings(changes: Partial<Config["prometheus"]>): (stack: Stack) => Stack {
  return withConfig({ prometheus: changes as Config["prometheus"] });
}

const unchanged = (_: World) => {};

function render(...objects: KubeObject[]): (stack: Stack) => Stack {
  return (stack) => ({ ...stack, rendered: [app("prometheus", objects)] });
}

async function failing(check: Check, change: (world: World) => void, changeStack?: (stack: Stack) => Stack) {
  const verdict = await verdictIn(check, change, changeStack);
  if (verdict.status !== "fail") throw new Error(`it says ${JSON.stringify(verdict)}`);
  return verdict;
}

/** The parts of a stand-in's object that are changed here. */
interface ServerPod {
  metadata: { annotations?: Record<string, string> };
  spec: {
    containers: { resources: Record<string, unknown>; volumeMounts: unknown[] }[];
    volumes: unknown[];
  };
}

function serverPod(world: World): ServerPod {
  return world.kube.pods[0] as unknown as ServerPod;
}

describe("prometheus-retention", () => {
  test("holds the live flag against the setting, not against what the chart made of it", async () => {
    const failure = await failing(prometheusRetention, unchanged, settings({ retention: "30d" }));
    expect(failure).toMatchObject({
      expected: "storage.tsdb.retention.time is 30d, as the setting retention has it",
      seen: "storage.tsdb.retention.time is 15d",
      cause: expect.stringMatching(/^the chart does not make it an argument/),
    });
  });

  test("another way to write it is the same", async () => {
    expect(await verdictIn(prometheusRetention, unchanged, settings({ retention: "2w1d" }))).toMatchObject({
      status: "pass",
    });
  });
});

describe("scrape-settings-effective", () => {
  test("the configuration in force has the chart's interval", async () => {
    expect(await verdictIn(scrapeSettingsEffective)).toEqual({
      status: "pass",
      seen: "scrape_interval is 15s",
    });
  });

  test("one that was not loaded again may still be; one that the chart overrides can't", async () => {
    const stale = await failing(scrapeSettingsEffective, ({ prometheus }) => {
      prometheus.config = "global: {scrape_interval: 1m}\n";
    });
    expect(stale).toMatchObject({
      seen: "scrape_interval is 1m",
      final: false,
      cause: expect.stringContaining("was not loaded again"),
      fault: { id: "scrape-settings-ignored" },
    });
    const overridden = await failing(scrapeSettingsEffective, unchanged, settings({ scrapeInterval: "30s" }));
    expect(overridden).toMatchObject({
      expected: "scrape_interval is 30s, as the setting scrape-interval has it",
      final: true,
      cause: expect.stringContaining("the chart renders another one"),
    });
  });

  test("what nobody asks for is skipped", async () => {
    expect((await verdictIn(scrapeSettingsEffective, unchanged, render())).status).toBe("skipped");
  });

  test("the operator's object asks too", async () => {
    const object = {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "Prometheus",
      metadata: { name: "kps", namespace: "monitoring" },
      spec: { scrapeInterval: "20s", evaluationInterval: "" },
    };
    const failure = await failing(scrapeSettingsEffective, unchanged, render(object));
    expect(failure.expected).toBe("scrape_interval is 20s, as the chart has it");
  });
});

describe("storage-effective", () => {
  const asked = (prometheus: string, storageClass?: string) =>
    withConfig({ storage: { sizes: { prometheus }, storageClass } });

  test("a claim that is bound, large enough, of its class and mounted", async () => {
    expect(await verdictIn(storageEffective, unchanged, asked("8Gi"))).toEqual({
      status: "pass",
      seen: "1 PVC bound and mounted: prometheus-server 8Gi",
    });
  });

  test.each<[string, (world: World) => void, RegExp]>([
    [
      "missing",
      ({ kube }) => {
        kube.claims = [];
      },
      /^PVC monitoring\/prometheus-server is missing$/,
    ],
    [
      "pending",
      ({ kube }) => {
        kube.claims[0] = { ...kube.claims[0], status: { phase: "Pending" } } as never;
      },
      /is Pending$/,
    ],
    [
      "too small",
      ({ kube }) => {
        kube.claims[0] = {
          ...kube.claims[0],
          status: { phase: "Bound", capacity: { storage: "8G" } },
        } as never;
      },
      /has 8G instead of 8Gi$/,
    ],
    [
      "not mounted",
      (world) => {
        serverPod(world).spec.containers[0] = { resources: {}, volumeMounts: [] };
      },
      /is mounted by no container$/,
    ],
  ])("a claim that is %s", async (_, change, seen) => {
    expect((await failing(storageEffective, change)).seen).toMatch(seen);
  });

  test("a setting that came to nothing: no volume, another size, another class, another folder", async () => {
    const without = await failing(
      storageEffective,
      (world) => {
        serverPod(world).spec.volumes = [];
      },
      (stack) => ({ ...asked("50Gi")(stack), rendered: [app("prometheus", [])] }),
    );
    expect(without).toMatchObject({
      seen: "pod monitoring/prometheus-server-7c9 has no volume, where storage requests 50Gi for prometheus",
    });
    expect((await failing(storageEffective, unchanged, asked("50Gi"))).seen).toContain(
      "has 8Gi instead of 50Gi",
    );
    expect((await failing(storageEffective, unchanged, asked("8Gi", "fast"))).seen).toContain(
      "has storage class none instead of fast",
    );
    const elsewhere = await failing(
      storageEffective,
      ({ prometheus }) => {
        prometheus.flags["storage.tsdb.path"] = "/database";
      },
      asked("8Gi"),
    );
    expect(elsewhere.seen).toBe("Prometheus writes to /database, and its volume is mounted at /data");
  });

  test("a StatefulSet's and the operator's claims are known by their names", async () => {
    const spec = { resources: { requests: { storage: "1Gi" } } };
    const set = workload("StatefulSet", "prometheus-alertmanager", labelsOf("alertmanager"));
    (set["spec"] as Record<string, unknown>)["volumeClaimTemplates"] = [
      { metadata: { name: "storage" }, spec },
    ];
    const object = {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "Prometheus",
      metadata: { name: "kps", namespace: "monitoring" },
      spec: { replicas: 2, storage: { volumeClaimTemplate: { spec } } },
    };
    const { seen } = await failing(storageEffective, unchanged, render(set, object));
    expect(seen).toBe(
      [
        "storage-prometheus-alertmanager-0",
        "prometheus-kps-db-prometheus-kps-0",
        "prometheus-kps-db-prometheus-kps-1",
      ]
        .map((name) => `PVC monitoring/${name} is missing`)
        .join(", "),
    );
  });

  test("what nobody asks for is skipped", async () => {
    const none = workload("Deployment", "prometheus-server", labelsOf("prometheus", "server"));
    expect((await verdictIn(storageEffective, unchanged, render(none))).status).toBe("skipped");
  });
});

describe("resources-effective", () => {
  const change = (resources: Record<string, unknown>, note?: string) => (world: World) => {
    const pod = serverPod(world);
    if (pod.spec.containers[0]) pod.spec.containers[0].resources = resources;
    if (note !== undefined) pod.metadata.annotations = { "kubernetes.io/limit-ranger": note };
  };

  test("the same amounts in other words, and what the API server fills in", async () => {
    const same = { requests: { cpu: "0.05", memory: "65536Ki" }, limits: { memory: "1024Mi" } };
    expect(await verdictIn(resourcesEffective, change(same))).toEqual({
      status: "pass",
      seen: "1 container as requested",
    });
  });

  test("another amount", async () => {
    const other = { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "2Gi" } };
    expect(await failing(resourcesEffective, change(other))).toMatchObject({
      expected:
        "prometheus-server has requests.cpu 50m, requests.memory 64Mi, limits.memory 1Gi, as the chart has it",
      seen: "prometheus-server-7c9/prometheus-server has limits.memory 2Gi",
      fault: { id: "resources-ignored" },
    });
  });

  test("a LimitRange that adds one", async () => {
    const more = { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "1Gi", cpu: "1" } };
    const note = "LimitRanger plugin set: cpu limit for container prometheus-server";
    expect(await failing(resourcesEffective, change(more, note))).toMatchObject({
      seen: "prometheus-server-7c9/prometheus-server has limits.cpu 1, which was not requested",
      cause: `a LimitRange of namespace monitoring: ${note}`,
    });
  });

  test("a setting that came to nothing", async () => {
    const asked = withConfig({ resources: { prometheus: { limits: { memory: "4Gi" } } } });
    expect(await failing(resourcesEffective, unchanged, asked)).toMatchObject({
      expected: "prometheus-server has limits.memory 4Gi, as the setting resources.prometheus has it",
      seen: "prometheus-server-7c9/prometheus-server has limits.memory 1Gi",
    });
  });

  test("no container that could have them is no pass; nothing asked is skipped", async () => {
    const { seen } = await failing(resourcesEffective, ({ kube }) => {
      kube.pods = [];
    });
    expect(seen).toBe("none of these containers runs");
    expect((await verdictIn(resourcesEffective, unchanged, render())).status).toBe("skipped");
  });
});
