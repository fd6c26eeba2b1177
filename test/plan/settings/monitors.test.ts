import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { refuseUnreadObjects } from "../../../src/monitors/refusal.ts";
import { planOf, valuesOf } from "../configs.ts";
import { planFrom } from "./support.ts";

const file = "/work/m.yaml";
const monitor = `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: my-app-monitor, namespace: monitoring}
spec:
  selector: {matchLabels: {app: my-app}}
  endpoints: [{port: metrics, interval: 30s}]
`;
const rule = `---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: r}
spec: {groups: [{name: g, rules: [{record: a, expr: "1"}]}]}
`;
const plan = (yaml: string, text = monitor + rule) =>
  planFrom({
    files: {
      "m.yaml": text,
      "monstack.yaml": `${yaml}
monitors: [m.yaml]`,
    },
  });

describe("monitors", () => {
  test("become an app that waits for the definitions only", async () => {
    const { apps } = await plan("stack: operator");
    expect(apps.map(({ name }) => name)).toEqual(["kube-prometheus-stack", "monitors"]);
    expect(apps[1]).toMatchObject({
      release: "monitors",
      namespace: "monitoring",
      chart: { kind: "manifests", paths: [file] },
      dependsOn: [{ app: "kube-prometheus-stack", until: "applied" }],
    });
  });

  test("without an operator are refused, and the same is offered as values, whole", async () => {
    const error: Error = await plan("").then(
      () => new Error("no error"),
      (refused: Error) => refused,
    );
    expect(error).toMatchObject({ name: "UserError", fix: expect.stringContaining("--stack operator") });
    expect(error.message).toContain("m.yaml:1:1: ServiceMonitor monitoring/my-app-monitor");
    expect(error.message).toContain("m.yaml:8:1: PrometheusRule monitoring/r");
    const offered = parse(error.message.split("as part of monstack.yaml:")[1] ?? "") as {
      apps: { prometheus: { values: { extraScrapeConfigs: string; serverFiles: unknown } } };
    };
    const { extraScrapeConfigs, serverFiles } = offered.apps.prometheus.values;
    expect(parse(extraScrapeConfigs)).toMatchObject([
      { job_name: "monitoring/my-app-monitor", scrape_interval: "30s" },
    ]);
    expect(serverFiles).toEqual({
      "alerting_rules.yml": { groups: [{ name: "g", rules: [{ record: "a", expr: "1" }] }] },
    });
  });

  test("with an app directory the way out is an app of it, since --stack would do nothing", async () => {
    const sbkube = "apps: {prometheus: {type: helm, chart: prometheus-community/prometheus}}";
    const files = { "m.yaml": monitor, "app/sbkube.yaml": `settings: {helm_repos: {}}\n${sbkube}` };
    const refused = planFrom({ files, flags: { "app-dir": "app", monitors: "m.yaml" } });
    await expect(refused).rejects.toMatchObject({
      fix: "add an app with the chart prometheus-community/kube-prometheus-stack, which brings the operator, to app, or leave the objects out and take over the values above",
    });
  });

  test("are left to the charts where one of them could bring the operator", async () => {
    const { apps } = await plan("repos: {x: 'https://x.example'}\napps: {own: {chart: x/own-operator}}");
    expect(apps.at(-1)).toMatchObject({ name: "monitors" });
  });

  test.each([
    ["kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}", "m.yaml:1:1: ConfigMap (apiVersion v1)"],
    ["\nfoo: 1", "m.yaml:2:1: this document, which has no kind,"],
    ["a: [", "m.yaml:1:"],
    ["- a", "m.yaml:1:1: this is not a Kubernetes object: expected a mapping with kind and apiVersion"],
    [
      "metadata: x\nkind: ServiceMonitor\napiVersion: monitoring.coreos.com/v1",
      "m.yaml:1:1: the metadata.name",
    ],
    [
      "apiVersion: monitoring.coreos.io/v1\nkind: ServiceMonitors\nmetadata: {name: x}",
      "did you mean kind ServiceMonitor and apiVersion monitoring.coreos.com/v1?",
    ],
    [
      "kind: List\napiVersion: v1\nitems:\n  - {kind: Service, apiVersion: v1, metadata: {name: x}}",
      "m.yaml:4:5: Service",
    ],
  ])("takes nothing else: %j", async (text, where) => {
    await expect(plan("stack: operator", text)).rejects.toThrow(where);
  });
});

describe("a monitor without a namespace", () => {
  const open = monitor.replace(", namespace: monitoring", "");

  test("is reported in the namespace of the release, where helm puts it", async () => {
    const refused = plan("namespace: watch", open);
    await expect(refused).rejects.toThrow("m.yaml:1:1: ServiceMonitor watch/my-app-monitor");
    await expect(refused).rejects.toThrow(/namespaces:\s+names:\s+- watch/);
  });

  test("in a list is one as any other", async () => {
    const list = `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitorList
items:
  - ${open.trim().replaceAll("\n", "\n    ")}
`;
    await expect(plan("", list)).rejects.toThrow("m.yaml:4:5: ServiceMonitor monitoring/my-app-monitor");
  });
});

describe("in an app's chart", () => {
  const object = parse(monitor);
  const app = (name: string, ...objects: never[]) => ({ app: { name }, objects });

  test("are refused where nobody brings the operator", () => {
    expect(() => refuseUnreadObjects([app("shop", object as never)])).toThrow(
      "app shop: ServiceMonitor monitoring/my-app-monitor",
    );
  });

  test("that came from a file of the user's are told with their line", () => {
    const inFiles = [{ where: "m.yaml:8:1", object }];
    expect(() => refuseUnreadObjects([app("monitors", object as never)], inFiles)).toThrow(
      "m.yaml:8:1: ServiceMonitor monitoring/my-app-monitor",
    );
  });

  test("are fine beside its definitions, and where there are none of them", () => {
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "servicemonitors.monitoring.coreos.com" },
    };
    expect(() =>
      refuseUnreadObjects([app("shop", object as never), app("kps", definition as never)]),
    ).not.toThrow();
    expect(() => refuseUnreadObjects([app("grafana")])).not.toThrow();
  });
});

describe("stack: operator", () => {
  test("on k3s goes without what k3s hasn't, in any profile, unless the user wants it", async () => {
    const off = {
      kubeControllerManager: { enabled: false },
      kubeScheduler: { enabled: false },
      kubeEtcd: { enabled: false },
    };
    for (const profile of ["ci", "as-is", "production"])
      expect(
        valuesOf(await planOf(`stack: operator\nprofile: ${profile}`), "kube-prometheus-stack"),
      ).toMatchObject({
        ...off,
        kubeProxy: { enabled: false },
      });
    const own = "apps: {kube-prometheus-stack: {values: {kubeProxy: {enabled: true}}}}";
    expect(valuesOf(await planOf(`stack: operator\n${own}`), "kube-prometheus-stack")).toMatchObject({
      ...off,
      kubeProxy: { enabled: true },
    });
    const there = await planOf("stack: operator\ncluster: {kubeconfig: k}");
    expect(valuesOf(there, "kube-prometheus-stack")["kubeProxy"]).toBeUndefined();
  });

  test("takes in monitors without the release's label; an app of the user's own only where monitors are given", async () => {
    const chart =
      "apps: {prometheus: {enabled: false}, grafana: {enabled: false}, kps: {chart: prometheus-community/kube-prometheus-stack}}";
    const seen = (values: Record<string, unknown>) =>
      (values["prometheus"] as { prometheusSpec: Record<string, unknown> }).prometheusSpec[
        "serviceMonitorSelectorNilUsesHelmValues"
      ];
    expect(seen(valuesOf(await planOf("stack: operator"), "kube-prometheus-stack"))).toBe(false);
    expect(seen(valuesOf(await planOf(chart), "kps"))).toBeUndefined();
    expect(seen(valuesOf(await plan(chart), "kps"))).toBe(false);
  });

  test("in profile ci waits with its timeouts for what the user's monitors say", async () => {
    const spec = async (text: string) =>
      (
        valuesOf(await plan("stack: operator", text), "kube-prometheus-stack")["prometheus"] as Record<
          string,
          unknown
        >
      )["prometheusSpec"];
    expect(await spec(monitor)).toMatchObject({
      scrapeInterval: "2s",
      scrapeTimeout: "2s",
      evaluationInterval: "2s",
    });
    const patient = monitor.replace("interval: 30s", "scrapeTimeout: 8s");
    expect(await spec(patient)).toMatchObject({ scrapeInterval: "8s", scrapeTimeout: "8s" });
  });

  test("logs in to its Grafana, and gets the rule of monstack's own", async () => {
    const made = await planOf("stack: operator", {
      podGateway: { address: "10.42.0.1" },
      grafana: { user: "admin", password: "p" },
    });
    const values = valuesOf(made, "kube-prometheus-stack");
    expect(values["grafana"]).toMatchObject({ adminUser: "admin", adminPassword: "p" });
    expect(values["additionalPrometheusRulesMap"]).toMatchObject({
      "monstack-rule-delivery": { groups: [{ name: "monstack-rule-delivery" }] },
    });
    expect(made.alerting).toMatchObject({ kind: "captured", missingRuleReason: undefined });
    const own = await planOf(
      "stack: operator\napps: {kube-prometheus-stack: {values: {prometheus: {prometheusSpec: {ruleSelector: {matchLabels: {a: b}}}}}}}",
      { podGateway: { address: "10.42.0.1" } },
    );
    expect(own.alerting).toMatchObject({ missingRuleReason: expect.stringContaining("ruleSelector") });
  });
});

test("the app of the other flavour is named where its values were meant", async () => {
  const yaml = "stack: operator\napps:\n  prometheus:\n    values: {server: {retention: 30d}}";
  await expect(planOf(yaml)).rejects.toThrow(/monstack.yaml:3:3.*apps.kube-prometheus-stack/s);
});
