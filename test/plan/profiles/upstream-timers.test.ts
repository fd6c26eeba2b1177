import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { getDefaultApps } from "../../../src/config/defaults.ts";
import { getValueAt } from "../../../src/lib/object.ts";
import { formatPlan } from "../../../src/plan/format.ts";
import { planOf, valuesOf } from "../configs.ts";

const stackChart = "kube-prometheus-stack";
const gossip = ["alertmanager", "extraArgs", "cluster.listen-address"];
const flag = "scrape.discovery-reload-interval";
const firstScrape = ["server", "extraArgs", flag];
const stackArguments = ["prometheus", "prometheusSpec", "additionalArgs"];

/** Returns a value of the planned prometheus. */
async function readPrometheus(path: readonly string[], values = {}, app = {}, more = {}): Promise<unknown> {
  const plan = await planOf(stringify({ apps: { prometheus: { values, ...app } }, ...more }));
  return getValueAt(valuesOf(plan, "prometheus"), path);
}

describe("Alertmanager waits for no peers", () => {
  test.each([
    ["nothing", {}],
    ["one replica", { replicaCount: 1 }],
    ["another flag", { extraArgs: { "log.level": "debug" } }],
    ["no peers", { additionalPeers: [] }],
  ])("with %s of the user's", async (_, alertmanager) => {
    expect(await readPrometheus(gossip, { alertmanager })).toBe("");
  });

  test.each([
    ["two replicas", { replicaCount: 2 }],
    ["a number as a text", { replicaCount: "3" }],
    ["further peers", { additionalPeers: ["other:9094"] }],
    ["a flag of the cluster", { extraArgs: { "cluster.peer": "other:9094" } }],
    ["no Alertmanager", { enabled: false }],
    ["another program", { command: ["/bin/own"] }],
  ])("but with %s nothing is set", async (_, alertmanager) => {
    expect(await readPrometheus(gossip, { alertmanager })).toBeUndefined();
  });

  test("nor where a rule needs the metrics of a cluster", async () => {
    const text = "groups: [{name: a, rules: [{alert: A, expr: alertmanager_cluster_members < 2}]}]";
    expect(await readPrometheus(gossip, { serverFiles: { "alerting_rules.yml": text } })).toBeUndefined();
    const plan = await planOf("", { texts: { "/work/own.yml": text } });
    expect(getValueAt(valuesOf(plan, "prometheus"), gossip)).toBeUndefined();
  });

  test("the user's own address stays", async () => {
    const alertmanager = { extraArgs: { "cluster.listen-address": "0.0.0.0:9094" } };
    expect(await readPrometheus(gossip, { alertmanager })).toBe("0.0.0.0:9094");
  });

  test("only in profile ci", async () => {
    expect(await readPrometheus(gossip, {}, {}, { profile: "as-is" })).toBeUndefined();
  });
});

describe("the first scrape comes early", () => {
  test.each([
    ["nothing", {}],
    ["another argument", { server: { extraArgs: { "log.level": "debug" } } }],
    ["a known tag", { server: { image: { tag: "v3.12.0" } } }],
    ["a known tag without the v", { server: { image: { tag: "3.13.2" } } }],
    ["a known image without a shell", { server: { image: { tag: "v3.14.0-distroless" } } }],
    ["the chart's own repository", { server: { image: { repository: "quay.io/prometheus/prometheus" } } }],
  ])("with %s of the user's", async (_, values) => {
    expect(await readPrometheus(firstScrape, values)).toBe("500ms");
  });

  test.each([
    ["a version before the flag has an effect", { image: { tag: "v3.11.3" } }],
    ["a version whose source nobody has read", { image: { tag: "v3.15.0" } }],
    ["a candidate of such a version", { image: { tag: "v3.15.0-rc.0" } }],
    ["a tag that is no version", { image: { tag: "latest" } }],
    ["a tag that is a template", { image: { tag: "{{ .Chart.AppVersion }}" } }],
    ["a digest", { image: { tag: "v3.14.0", digest: `sha256:${"0".repeat(64)}` } }],
    ["another image", { image: { repository: "docker.io/own/mimir", tag: "v3.14.0" } }],
    ["another program", { command: ["/bin/own"] }],
    ["all arguments replaced", { defaultFlagsOverride: ["--config.file=/etc/own.yml"] }],
    ["the flag among those of the chart", { extraFlags: ["web.enable-lifecycle", `${flag}=30s`] }],
  ])("but with %s nothing is set", async (_, server) => {
    expect(await readPrometheus(firstScrape, { server })).toBeUndefined();
  });

  test("the user's own interval stays", async () => {
    expect(await readPrometheus(firstScrape, { server: { extraArgs: { [flag]: "30s" } } })).toBe("30s");
  });

  test.each([
    ["29.9.0", "500ms"],
    ["29.27.0", "500ms"],
    ["29.8.0", undefined],
    ["29.28.0", undefined],
    ["25.3.1", undefined],
    ["28.15.0", undefined],
  ])("version %s of the chart", async (version, expected) => {
    expect(await readPrometheus(firstScrape, {}, { version })).toBe(expected);
  });

  test.each([
    ["oci://ghcr.io/prometheus-community/charts/prometheus", "500ms"],
    ["oci://registry.example.com/charts/prometheus", undefined],
    ["own/prometheus", undefined],
  ])("the chart %s", async (chart, expected) => {
    const repos = { own: "https://charts.example.com" };
    expect(await readPrometheus(firstScrape, {}, { chart, version: "29.27.0" }, { repos })).toBe(expected);
  });

  test("only in profile ci", async () => {
    expect(await readPrometheus(firstScrape, {}, {}, { profile: "as-is" })).toBeUndefined();
  });

  test("the versions that monstack installs by default are known", async () => {
    const source = getDefaultApps("plain")["prometheus"]?.source;
    expect(source).toMatchObject({ chart: "prometheus-community/prometheus" });
    expect(await readPrometheus(firstScrape)).toBe("500ms");
    expect(await readStack()).toEqual([{ name: flag, value: "500ms" }]);
  });
});

async function readStack(values = {}, app = {}): Promise<unknown> {
  const plan = await planOf(stringify({ stack: "operator", apps: { [stackChart]: { values, ...app } } }));
  return getValueAt(valuesOf(plan, stackChart), stackArguments);
}

describe("the first scrape comes early in kube-prometheus-stack", () => {
  test.each([
    ["an image without a tag of the user's", { image: { pullPolicy: "Always" } }],
    ["a known tag", { image: { tag: "v3.12.0-distroless" } }],
  ])("with %s", async (_, prometheusSpec) => {
    const values = { prometheus: { prometheusSpec } };
    expect(await readStack(values)).toEqual([{ name: flag, value: "500ms" }]);
  });

  test.each([
    ["a digest", { image: { sha: "0".repeat(64) } }],
    ["another registry", { image: { registry: "registry.example.com" } }],
    ["another image", { image: { repository: "own/prometheus" } }],
    ["an unknown tag", { image: { tag: "v2.53.0" } }],
    ["another version", { version: "v2.53.0" }],
    ["containers of the user's", { containers: [{ name: "prometheus", image: "own" }] }],
  ])("but with %s nothing is set", async (_, prometheusSpec) => {
    expect(await readStack({ prometheus: { prometheusSpec } })).toBeUndefined();
  });

  test("the user's arguments stay alone: a list replaces a list", async () => {
    const additionalArgs = [{ name: "log.level", value: "debug" }];
    expect(await readStack({ prometheus: { prometheusSpec: { additionalArgs } } })).toEqual(additionalArgs);
  });

  test("a registry for all images", async () => {
    expect(await readStack({ global: { imageRegistry: "registry.example.com" } })).toBeUndefined();
  });

  test("an older version of the chart", async () => {
    expect(await readStack({}, { version: "85.0.0" })).toBeUndefined();
  });

  test("the operator switches gossip off itself", async () => {
    const plan = await planOf("stack: operator");
    expect(JSON.stringify(valuesOf(plan, stackChart))).not.toContain("cluster.listen-address");
  });
});

test("the plan shows both with their reasons", async () => {
  const text = formatPlan(await planOf(""));
  expect(text).toContain(`alertmanager.extraArgs.cluster\\.listen-address: ""`);
  expect(text).toContain("waits for peers");
  expect(text).toContain(`server.extraArgs.scrape\\.discovery-reload-interval: "500ms"`);
  expect(text).toContain("its first scrape 6 s after its start");
});
