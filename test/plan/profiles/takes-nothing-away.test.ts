import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { getValueAt } from "../../../src/lib/object.ts";
import type { Plan } from "../../../src/model/plan.ts";
import { findGrafanaLogin } from "../../../src/plan/grafana/login.ts";
import { planOf, valuesOf } from "../configs.ts";

/** A plan in profile ci with these values of the user's; the others are monstack's own. */
async function withValues(app: string, values: Record<string, unknown>, more = {}): Promise<Plan> {
  return await planOf(stringify({ apps: { [app]: { values } }, ...more }));
}

const stack = { stack: "operator" };
const pluginsAt = ["grafana.ini", "plugins"];
const quiet = { preinstall_disabled: true, public_key_retrieval_disabled: true };

describe("a profile's value does not take away a plugin that the user requests", () => {
  const requests: [string, Record<string, unknown>][] = [
    ["plugins", { plugins: ["grafana-clock-panel"] }],
    ["plugins, as a text", { plugins: "grafana-clock-panel" }],
    ["preinstall in grafana.ini", { "grafana.ini": { plugins: { preinstall: "grafana-clock-panel" } } }],
    ["preinstall_sync", { "grafana.ini": { plugins: { preinstall_sync: "grafana-clock-panel@2.1.8" } } }],
    ["GF_INSTALL_PLUGINS", { env: { GF_INSTALL_PLUGINS: "grafana-clock-panel" } }],
    ["GF_PLUGINS_PREINSTALL", { env: { GF_PLUGINS_PREINSTALL: "grafana-clock-panel" } }],
    ["GF_PLUGINS_PREINSTALL_SYNC", { env: { GF_PLUGINS_PREINSTALL_SYNC: "grafana-clock-panel" } }],
    ["envValueFrom", { envValueFrom: { GF_INSTALL_PLUGINS: { configMapKeyRef: { name: "a", key: "b" } } } }],
    ["a Secret that nobody has read", { envFromSecret: "grafana-environment" }],
    ["ConfigMaps that nobody has read", { envFromConfigMaps: [{ name: "grafana-environment" }] }],
    ["Secrets that nobody has read", { envFromSecrets: [{ name: "grafana-environment" }] }],
    ["a sidecar that sets plugins up", { sidecar: { plugins: { enabled: true } } }],
    [
      "a data source that Grafana 13 downloads as a plugin",
      { datasources: { "own.yaml": { apiVersion: 1, datasources: [{ name: "Logs", type: "loki" }] } } },
    ],
  ];

  test.each(requests)("%s", async (_, values) => {
    const plan = await withValues("grafana", values);
    const plugins = getValueAt(valuesOf(plan, "grafana"), pluginsAt) ?? {};
    expect(plugins).not.toMatchObject({ preinstall_disabled: true });
    expect(plugins).not.toMatchObject({ public_key_retrieval_disabled: true });
  });

  test.each(requests)("%s, below kube-prometheus-stack's grafana", async (_, values) => {
    const plan = await withValues("kube-prometheus-stack", { grafana: values }, stack);
    const plugins = getValueAt(valuesOf(plan, "kube-prometheus-stack"), ["grafana", ...pluginsAt]) ?? {};
    expect(plugins).not.toMatchObject({ preinstall_disabled: true });
  });

  test.each([
    ["nothing", {}],
    ["an empty list", { plugins: [] }],
    ["another variable", { env: { GF_LOG_LEVEL: "debug" } }],
    [
      "a data source of type prometheus",
      { datasources: { "own.yaml": { apiVersion: 1, datasources: [{ name: "P", type: "prometheus" }] } } },
    ],
  ])("with %s no plugin is downloaded", async (_, values) => {
    const plan = await withValues("grafana", values);
    expect(getValueAt(valuesOf(plan, "grafana"), pluginsAt)).toEqual(quiet);
    const operator = await withValues("kube-prometheus-stack", { grafana: values }, stack);
    expect(getValueAt(valuesOf(operator, "kube-prometheus-stack"), ["grafana", ...pluginsAt])).toEqual(quiet);
  });
});

describe("a profile's value does not take away what the user set under another key", () => {
  const at = (plan: Plan, app: string, path: string) => getValueAt(valuesOf(plan, app), path.split("."));

  test("a StatefulSet's claims", async () => {
    const plan = await withValues("prometheus", { server: { statefulSet: { enabled: true } } });
    expect(at(plan, "prometheus", "server.persistentVolume.enabled")).toBeUndefined();
  });

  test("volumes that keep-data is to leave", async () => {
    const plan = await planOf("keep: {data: true}");
    expect(at(plan, "prometheus", "server.persistentVolume.enabled")).toBeUndefined();
    expect(at(plan, "prometheus", "alertmanager.persistence.enabled")).toBeUndefined();
    const classed = await planOf("keep: {data: true}\nstorage-class: fast");
    expect(at(classed, "prometheus", "server.persistentVolume.storageClass")).toBe("fast");
  });

  test("the time to send what is left to a remote store", async () => {
    const plan = await withValues("prometheus", {
      server: { extraArgs: { "storage.remote.flush-deadline": "40s" } },
    });
    expect(at(plan, "prometheus", "server.terminationGracePeriodSeconds")).toBeUndefined();
  });

  test.each([
    { admissionWebhooks: { certManager: { enabled: true } } },
    { admissionWebhooks: { enabled: true } },
    { tls: { tlsMinVersion: "VersionTLS13" } },
  ])("the operator's certificates: %j", async (prometheusOperator) => {
    const plan = await withValues("kube-prometheus-stack", { prometheusOperator }, stack);
    const set = plan.profileSettings.map(({ path }) => path).filter((path) => /Webhooks|tls/.test(path));
    expect(set).toEqual([]);
  });

  test("a control plane that the user made reachable", async () => {
    const plan = await withValues(
      "kube-prometheus-stack",
      { kubeScheduler: { endpoints: ["10.0.0.1"] } },
      stack,
    );
    expect(at(plan, "kube-prometheus-stack", "kubeScheduler.enabled")).toBeUndefined();
    expect(at(plan, "kube-prometheus-stack", "kubeProxy.enabled")).toBe(false);
  });

  test.each([
    { extraConfigmapMounts: [{ name: "own", mountPath: "/etc/grafana/provisioning/datasources/own.yaml" }] },
    { extraSecretMounts: [{ name: "own", mountPath: "/etc/grafana/provisioning/datasources" }] },
    { extraVolumeMounts: [{ name: "own", mountPath: "/etc/grafana/provisioning" }] },
  ])("data sources in files that are mounted: %j", async (values) => {
    const plan = await withValues("grafana", values);
    expect(at(plan, "grafana", "datasources")).toBeUndefined();
  });

  test("Grafana's administrator in its environment is the one to log in as", async () => {
    const env = { GF_SECURITY_ADMIN_USER: "ann", GF_SECURITY_ADMIN_PASSWORD: "secret-of-ann" };
    for (const more of [{}, { admin: { existingSecret: "other" } }]) {
      const plan = await withValues("grafana", { env, ...more });
      const login = findGrafanaLogin(plan, { user: "admin", password: "generated" });
      expect(login).toEqual({ kind: "known", user: "ann", password: "secret-of-ann" });
    }
  });
});
