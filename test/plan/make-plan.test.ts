import { describe, expect, test } from "vitest";
import { findGrafanaLogin } from "../../src/plan/grafana/login.ts";
import { makePlan } from "../../src/plan/make-plan.ts";
import { configOf, planOf, valuesOf } from "./configs.ts";

const admin = { user: "admin", password: "generated" };

describe("the default stack", () => {
  test("what is deployed", async () => {
    const plan = await planOf("");
    expect(plan.apps.map(({ values: _, ...app }) => app)).toEqual([
      {
        name: "prometheus",
        release: "prometheus",
        namespace: "monitoring",
        chart: {
          kind: "repo",
          repo: "prometheus-community",
          repoUrl: "https://prometheus-community.github.io/helm-charts",
          name: "prometheus",
          version: "29.27.0",
        },
        dependsOn: [],
        labels: {},
        timeoutMs: 300_000,
      },
      expect.objectContaining({ name: "grafana", dependsOn: [{ app: "prometheus", until: "applied" }] }),
    ]);
  });

  test("profile ci is under it, and Grafana knows its Prometheus", async () => {
    const plan = await planOf("", { grafana: admin });
    expect(valuesOf(plan, "prometheus")).toMatchObject({
      "prometheus-pushgateway": { enabled: false },
      server: {
        readinessProbeInitialDelay: 0,
        persistentVolume: { enabled: false },
        global: { scrape_interval: "2s", scrape_timeout: "2s", evaluation_interval: "2s" },
      },
    });
    expect(valuesOf(plan, "grafana")).toMatchObject({
      adminUser: "admin",
      adminPassword: "generated",
      readinessProbe: { periodSeconds: 1 },
      "grafana.ini": { analytics: { check_for_updates: false } },
      datasources: {
        "datasources.yaml": {
          datasources: [
            {
              uid: "prometheus",
              isDefault: true,
              url: "http://prometheus-server.monitoring.svc.cluster.local",
              jsonData: { timeInterval: "2s" },
            },
          ],
        },
      },
    });
    expect(plan.profileSettings).toContainEqual({
      app: "grafana",
      path: "grafana\\.ini.analytics.check_for_updates",
      value: false,
      why: "a test's Grafana needs nothing from grafana.com: everything that connects there and can be turned off is off",
    });
    expect(JSON.stringify(plan.profileSettings)).not.toContain("generated");
  });

  test("profile as-is leaves the charts alone; only the data source is there", async () => {
    const plan = await planOf("profile: as-is");
    expect(valuesOf(plan, "prometheus")).toEqual({ "prometheus-pushgateway": { enabled: false } });
    expect(plan.profileSettings.map(({ path }) => path)).toEqual(["datasources.datasources\\.yaml"]);
    expect(JSON.stringify(valuesOf(plan, "grafana"))).toContain('"timeInterval":"1m"');
  });
});

describe("the user's values win", () => {
  const prometheus = async (values: string) =>
    (await planOf(`apps: {prometheus: {values: ${values}}}`)).apps[0]?.values;

  test("over the profile's", async () => {
    expect(
      await prometheus("{server: {readinessProbeInitialDelay: 7, resources: {limits: {cpu: 10m}}}}"),
    ).toMatchObject({
      server: {
        readinessProbeInitialDelay: 7,
        readinessProbePeriodSeconds: 1,
        resources: { limits: { cpu: "10m" } },
      },
    });
  });

  test("a volume that they say anything about stays", async () => {
    const values = await prometheus("{server: {persistentVolume: {size: 8Gi}}}");
    expect(values?.server).toMatchObject({ persistentVolume: { size: "8Gi" } });
    expect(JSON.stringify(values?.server)).not.toContain('"persistentVolume":{"size":"8Gi","enabled"');
    expect(values?.alertmanager).toMatchObject({ persistence: { enabled: false } });
  });

  test("what they switched off is left off", async () => {
    expect(await prometheus("{alertmanager: {enabled: false}}")).toMatchObject({
      alertmanager: { enabled: false },
    });
    expect(Object.keys((await prometheus("{alertmanager: {enabled: false}}"))?.alertmanager ?? {})).toEqual([
      "enabled",
    ]);
  });

  test("files, inline values and defaults lie over each other in their order", async () => {
    const config = await configOf(
      "apps: {prometheus: {values: [{a: 1, b: 1}, {b: 2}, {prometheus-pushgateway: null}]}}",
    );
    const app = config.apps.prometheus;
    if (!app) throw new Error("no app prometheus");
    const apps = { prometheus: { ...app, values: [{ file: "/f.yaml" }, ...app.values] } };
    const plan = makePlan(
      { ...config, profile: "as-is", apps },
      { valuesFiles: { "/f.yaml": { a: 0, c: 0 } } },
    );
    expect(valuesOf(plan, "prometheus")).toEqual({ a: 1, b: 2, c: 0, "prometheus-pushgateway": null });
  });
});

describe("scraping under profile ci", () => {
  test.each([
    ["nothing", "{}", "2s", "2s"],
    ["a short interval", "{server: {global: {scrape_interval: 1s}}}", "1s", "1s"],
    ["a long interval", "{server: {global: {scrape_interval: 30s}}}", "30s", undefined],
    ["a timeout", "{server: {global: {scrape_timeout: 5s}}}", "5s", "5s"],
    ["a job's own timeout", "{scrapeConfigs: {mine: {scrape_timeout: 4s}}}", "4s", "4s"],
    [
      "a job's own timeout and interval",
      "{scrapeConfigs: {mine: {scrape_timeout: 4s, scrape_interval: 9s}}}",
      "2s",
      "2s",
    ],
    [
      "a timeout in extraScrapeConfigs",
      '{extraScrapeConfigs: "- job_name: x\\n  scrape_timeout: 3s\\n"}',
      "3s",
      "3s",
    ],
  ])("with %s", async (_, values, interval, timeout) => {
    const plan = await planOf(`apps: {prometheus: {values: ${values}}}`);
    const server = valuesOf(plan, "prometheus").server as { global: Record<string, string> };
    expect([server.global.scrape_interval, server.global.scrape_timeout]).toEqual([interval, timeout]);
    expect(JSON.stringify(valuesOf(plan, "grafana"))).toContain(`"timeInterval":"${interval}"`);
  });
});

describe("charts", () => {
  test.each([
    "other/prometheus",
    "./charts/prometheus",
    "./prometheus-29.27.0.tgz",
    "oci://registry.example.org/charts/prometheus",
  ])("%s is a Prometheus chart", async (chart) => {
    const plan = await planOf(
      `repos: {other: "https://charts.example.org"}\napps: {prometheus: {chart: ${chart}}}`,
    );
    expect(valuesOf(plan, "prometheus").server).toMatchObject({ readinessProbeInitialDelay: 0 });
  });

  test("another chart gets no overlay", async () => {
    const plan = await planOf("apps: {prometheus: {chart: prometheus-community/prometheus-operator-crds}}");
    expect(valuesOf(plan, "prometheus")).toEqual({});
    expect(valuesOf(plan, "grafana").datasources).toBeUndefined();
  });

  test("the data source follows Prometheus' release, namespace and port", async () => {
    const plan = await planOf(
      "namespace: obs\napps: {prometheus: {release: metrics, namespace: deep, values: {server: {service: {servicePort: 9090}}}}}",
    );
    expect(JSON.stringify(valuesOf(plan, "grafana"))).toContain(
      '"url":"http://metrics-prometheus-server.deep.svc.cluster.local:9090"',
    );
  });

  test("whatever the apps are called, Grafana asks the Prometheus that it waits for", async () => {
    const charts = "metrics: {chart: prometheus-community/prometheus}, drawn: {chart: grafana/grafana";
    const plan = await planOf(`apps: {${charts}, depends_on: [metrics]}}`, {}, { apps: "drawn" });
    expect(JSON.stringify(valuesOf(plan, "drawn"))).toContain(
      '"url":"http://metrics-prometheus-server.monitoring.svc.cluster.local"',
    );
    const alone = await planOf(`apps: {${charts}}}`, {}, { apps: "drawn" });
    expect(valuesOf(alone, "drawn").datasources).toBeUndefined();
  });

  test("the user's own data sources replace ours", async () => {
    const plan = await planOf("apps: {grafana: {values: {datasources: {mine.yaml: {apiVersion: 1}}}}}");
    expect(valuesOf(plan, "grafana").datasources).toEqual({ "mine.yaml": { apiVersion: 1 } });
  });

  test("two apps can't be one release", async () => {
    await expect(planOf("apps: {zed: {chart: ./z, release: grafana}}")).rejects.toThrow(
      "apps.zed.release: grafana in namespace monitoring is grafana's release already",
    );
  });
});

test("on a host with a private / node-exporter mounts it without propagation, unless the user says how", async () => {
  const hostRootMountShared = false;
  const exporter = "prometheus-node-exporter";
  const plan = await planOf("profile: as-is", { hostRootMountShared });
  expect(valuesOf(plan, "prometheus")[exporter]).toEqual({ hostRootFsMount: { mountPropagation: "" } });
  expect(plan.profileSettings[0]).toMatchObject({
    path: "prometheus-node-exporter.hostRootFsMount.mountPropagation",
  });
  const own = await planOf(
    "profile: as-is\napps: {prometheus: {values: {prometheus-node-exporter: {hostRootFsMount: {enabled: false}}}}}",
    { hostRootMountShared },
  );
  expect(valuesOf(own, "prometheus")[exporter]).toEqual({ hostRootFsMount: { enabled: false } });
  expect(valuesOf(await planOf("profile: as-is"), "prometheus")[exporter]).toBeUndefined();
});

describe("Grafana's login", () => {
  const login = async (yaml: string) => findGrafanaLogin(await planOf(yaml, { grafana: admin }), admin);
  const secretYaml = "apps: {grafana: {values: {admin: {existingSecret: mine, passwordKey: pw}}}}";

  test("is the run's", async () => {
    expect(await login("")).toEqual({ kind: "known", user: "admin", password: "generated" });
  });

  test("is the one in the user's values", async () => {
    expect(await login("apps: {grafana: {values: {adminUser: ann, adminPassword: theirs}}}")).toEqual({
      kind: "known",
      user: "ann",
      password: "theirs",
    });
  });

  test("is in the user's Secret, and the values stay without a password", async () => {
    expect(await login(secretYaml)).toEqual({
      kind: "secret",
      namespace: "monitoring",
      secret: "mine",
      userKey: "admin-user",
      passwordKey: "pw",
    });
    expect(valuesOf(await planOf(secretYaml, { grafana: admin }), "grafana").adminPassword).toBeUndefined();
  });

  test("is the configured one where the Secret's content is given too", async () => {
    expect(await login(`grafana: {password: same}\n${secretYaml}`)).toMatchObject({
      kind: "known",
      password: "same",
    });
  });

  test("can't be anything but texts", async () => {
    await expect(login("apps: {grafana: {values: {adminPassword: 1234}}}")).rejects.toThrow(
      "apps.grafana.values: adminUser and adminPassword are not texts, so nobody can log in to Grafana",
    );
  });

  test("isn't there without a Grafana", async () => {
    expect(await login("apps: {grafana: {enabled: false}}")).toBeUndefined();
  });
});
