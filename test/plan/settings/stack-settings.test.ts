import { describe, expect, test } from "vitest";
import type { Plan } from "../../../src/model/plan.ts";
import { planOf, valuesOf } from "../configs.ts";

const operator = `apps:
  prometheus: {enabled: false}
  grafana: {enabled: false}
  kps: {chart: prometheus-community/kube-prometheus-stack, version: 88.5.3}
`;

function notices(plan: Plan): string[] {
  return plan.notices.map(({ text }) => text);
}

describe("retention and scraping", () => {
  const yaml = `retention: 30d
retention-size: 40GB
scrape-interval: 30s
scrape-timeout: 20s
evaluation-interval: 1m
`;

  test("on the Prometheus chart, over the user's values and before the profile", async () => {
    const plan = await planOf(`${yaml}apps: {prometheus: {values: {server: {retention: 15d}}}}`);
    expect(valuesOf(plan, "prometheus")["server"]).toMatchObject({
      retention: "30d",
      retentionSize: "40GB",
      global: { scrape_interval: "30s", scrape_timeout: "20s", evaluation_interval: "1m" },
    });
    expect(plan.profileSettings.map(({ path }) => path).join()).not.toContain("server.global");
    expect(notices(plan)).toEqual([
      "retention: 30d takes the place of prometheus's own value server.retention: 15d",
    ]);
  });

  test("a chart from before the key gets the flag itself", async () => {
    const plan = await planOf(`${yaml}apps: {prometheus: {version: 25.3.1}}`);
    const { server } = valuesOf(plan, "prometheus") as { server: Record<string, unknown> };
    expect(server["retentionSize"]).toBeUndefined();
    expect(server["extraArgs"]).toEqual({ "storage.tsdb.retention.size": "40GB" });
  });

  test("on kube-prometheus-stack", async () => {
    const plan = await planOf(`${yaml}${operator}`);
    expect(valuesOf(plan, "kps")["prometheus"]).toMatchObject({
      prometheusSpec: {
        retention: "30d",
        retentionSize: "40GB",
        scrapeInterval: "30s",
        scrapeTimeout: "20s",
        evaluationInterval: "1m",
      },
    });
  });

  test("on kube-prometheus-stack, though another server is deployed beside it", async () => {
    const source = "  source: {chart: prometheus-community/prometheus, namespace: other}\n";
    const plan = await planOf(`${yaml}${operator}${source}`);
    expect(valuesOf(plan, "kps")["prometheus"]).toMatchObject({ prometheusSpec: { retention: "30d" } });
    expect(valuesOf(plan, "source")["server"]).not.toHaveProperty("retention");
  });

  test("on the server beside a kube-prometheus-stack whose own is left out", async () => {
    const kps = operator.replace("88.5.3}", "88.5.3, values: {prometheus: {enabled: false}}}");
    const source = "  source: {chart: prometheus-community/prometheus, namespace: other}\n";
    const plan = await planOf(`${yaml}${kps}${source}`);
    expect(valuesOf(plan, "source")["server"]).toMatchObject({ retention: "30d" });
  });

  test("an interval below the timeout brings it down, whoever set it", async () => {
    const global = async (yaml: string) => {
      const { server } = valuesOf(await planOf(yaml), "prometheus") as { server: { global: unknown } };
      return server.global;
    };
    expect(await global("profile: as-is\nscrape-interval: 5s")).toEqual({
      scrape_interval: "5s",
      scrape_timeout: "5s",
    });
    const own = "apps: {prometheus: {values: {server: {global: {scrape_timeout: 30s}}}}}";
    expect(await global(`profile: as-is\nscrape-interval: 20s\n${own}`)).toMatchObject({
      scrape_timeout: "20s",
    });
    expect(await global("scrape-timeout: 30s")).toMatchObject({
      scrape_interval: "30s",
      scrape_timeout: "30s",
    });
  });

  test("a timeout above an interval that is not this setting's is a mistake with its place", async () => {
    await expect(planOf("profile: as-is\nscrape-timeout: 90s")).rejects.toThrow(
      /^scrape-timeout: 90s is longer than the scrape interval 1m, which Prometheus refuses; expected at most 1m/,
    );
    const yaml =
      "scrape-timeout: 30s\napps: {prometheus: {values: {server: {global: {scrape_interval: 5s}}}}}";
    await expect(planOf(yaml, { texts: { "/work/monstack.yaml": yaml } })).rejects.toThrow(
      /^monstack.yaml:1:17: scrape-timeout: 30s is longer than the scrape interval 5s/,
    );
  });

  test("an interval that empties the usual windows is told before anything is deployed", async () => {
    const yaml = "profile: as-is\nscrape-interval: 3m";
    const { notices } = await planOf(yaml, { texts: { "/work/monstack.yaml": yaml } });
    expect(notices).toMatchObject([
      { id: "window-too-short", at: { file: "monstack.yaml", line: 2, column: 18 } },
    ]);
    expect((await planOf("profile: as-is\nscrape-interval: 150s")).notices).toEqual([]);
  });
});

describe("storage", () => {
  test("switches persistence on, in profile ci too", async () => {
    const plan = await planOf("storage: {prometheus: 50Gi, grafana: 5Gi}\nstorage-class: fast");
    expect(valuesOf(plan, "prometheus")).toMatchObject({
      server: { persistentVolume: { enabled: true, size: "50Gi", storageClass: "fast" } },
      alertmanager: { persistence: { enabled: false } },
    });
    expect(valuesOf(plan, "grafana")["persistence"]).toEqual({
      enabled: true,
      size: "5Gi",
      storageClassName: "fast",
    });
    expect(plan.notices).toEqual([]);
  });

  test("a class alone goes to the volumes that there are", async () => {
    const asIs = await planOf("profile: as-is\nstorage-class: fast");
    expect(valuesOf(asIs, "prometheus")).toMatchObject({
      server: { persistentVolume: { storageClass: "fast" } },
      alertmanager: { persistence: { storageClass: "fast" } },
    });
    expect(valuesOf(asIs, "grafana")["persistence"]).toBeUndefined();
    const ci = await planOf("storage-class: fast");
    expect(valuesOf(ci, "prometheus")).toMatchObject({ server: { persistentVolume: { enabled: false } } });
    expect(notices(ci)).toEqual([
      expect.stringMatching(/^storage-class has no effect: nothing .* has a volume/),
    ]);
  });

  test("on kube-prometheus-stack", async () => {
    const plan = await planOf(
      `storage: {prometheus: 50Gi, alertmanager: 1Gi, grafana: 5Gi}\nstorage-class: fast\n${operator}`,
    );
    const claim = (storage: string) => ({
      volumeClaimTemplate: {
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "fast",
          resources: { requests: { storage } },
        },
      },
    });
    expect(valuesOf(plan, "kps")).toMatchObject({
      prometheus: { prometheusSpec: { storageSpec: claim("50Gi") } },
      alertmanager: { alertmanagerSpec: { storage: claim("1Gi") } },
      grafana: { persistence: { enabled: true, size: "5Gi", storageClassName: "fast" } },
    });
  });

  test("for what isn't deployed it says so", async () => {
    const plan = await planOf("storage: {grafana: 5Gi}\napps: {grafana: {enabled: false}}");
    expect(notices(plan)).toEqual([
      "storage.grafana has no effect: this stack has no grafana from a chart that it is known for",
    ]);
  });
});

describe("resources", () => {
  const yaml = `resources:
  prometheus: {requests: {memory: 2Gi}, limits: {memory: 4Gi, cpu: 2}}
  kube-state-metrics: {limits: {memory: 256Mi}}
  node-exporter: {requests: {cpu: 10m}}
  alertmanager: {requests: {memory: 64Mi}}
  grafana: {limits: {memory: 1Gi}}
`;

  test("go where each chart has them; what they don't name stays the values'", async () => {
    const own = "apps: {prometheus: {values: {server: {resources: {requests: {cpu: 100m, memory: 1Gi}}}}}}";
    const plan = await planOf(`${yaml}${own}`);
    expect(valuesOf(plan, "prometheus")).toMatchObject({
      server: {
        resources: { requests: { cpu: "100m", memory: "2Gi" }, limits: { memory: "4Gi", cpu: "2" } },
      },
      "kube-state-metrics": { resources: { limits: { memory: "256Mi" } } },
      "prometheus-node-exporter": { resources: { requests: { cpu: "10m" } } },
      alertmanager: { resources: { requests: { memory: "64Mi" } } },
    });
    expect(valuesOf(plan, "grafana")["resources"]).toEqual({ limits: { memory: "1Gi" } });
  });

  test("on kube-prometheus-stack", async () => {
    expect(valuesOf(await planOf(`${yaml}${operator}`), "kps")).toMatchObject({
      prometheus: { prometheusSpec: { resources: { limits: { memory: "4Gi" } } } },
      alertmanager: { alertmanagerSpec: { resources: { requests: { memory: "64Mi" } } } },
      grafana: { resources: { limits: { memory: "1Gi" } } },
      "prometheus-node-exporter": { resources: { requests: { cpu: "10m" } } },
    });
  });
});

test.each([
  ["storage: {alertmanager: 1Gi}", "storage.alertmanager", "1:25"],
  ["resources: {alertmanager: {limits: {memory: 64Mi}}}", "resources.alertmanager", "1:27"],
])("for what the values leave out it says so: %s", async (setting, path, position) => {
  const yaml = `${setting}\napps: {prometheus: {values: {alertmanager: {enabled: false}}}}`;
  const { notices, askedValues } = await planOf(yaml, { texts: { "/work/monstack.yaml": yaml } });
  const [line, column] = position.split(":").map(Number);
  expect(notices).toEqual([
    {
      id: "setting-without-app",
      text: `${path} has no effect: prometheus's values have alertmanager.enabled: false`,
      at: { file: "monstack.yaml", line, column },
    },
  ]);
  expect(askedValues).toEqual([]);
});

test("an Alertmanager that its configuration switches on has its volume", async () => {
  const config = "alerting: {config: {receivers: [{name: a}]}}";
  const off = "apps: {prometheus: {values: {alertmanager: {enabled: false}}}}";
  const plan = await planOf(`storage: {alertmanager: 1Gi}\n${config}\n${off}`);
  expect(valuesOf(plan, "prometheus")).toMatchObject({
    alertmanager: { enabled: true, persistence: { size: "1Gi" } },
  });
});
