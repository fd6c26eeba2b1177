import { describe, expect, test } from "vitest";
import { type Difference, findMissing, findUnused } from "../../src/lock/differences.ts";
import { collectWanted, pinCharts } from "../../src/lock/wanted.ts";
import type { Lock } from "../../src/lockfile/lock.ts";
import { makePlan } from "../../src/plan/make-plan.ts";
import { inFolder } from "../config/in-folder.ts";
import { chart, dashboard, hexOf, lockOf, tool } from "./locks.ts";

async function wantedBy(yaml: string, files: Record<string, string> = {}) {
  await using folder = await inFolder({ ...files, "monstack.yaml": yaml });
  const loaded = await folder.load();
  const plan = makePlan(loaded.config, {
    valuesFiles: loaded.valuesFiles,
    texts: loaded.texts,
    cwd: folder.cwd,
  });
  return { plan, wanted: collectWanted(loaded, plan) };
}

async function missing(yaml: string, lock: Lock): Promise<string[]> {
  return findMissing(lock, (await wantedBy(yaml)).wanted).map(told);
}

function told({ text, at }: Difference): string {
  return `${at ? `${at.file}:${at.line}:${at.column}: ` : ""}${text}`;
}

const repos = "repos: {here: https://charts.example/}\n";
const one = `${repos}k3s: {version: stable}
apps:
  grafana: {enabled: false}
  prometheus: {chart: here/prometheus, version: 29.27.0}
`;

describe("what a configuration wants and the lock hasn't", () => {
  test("is nothing when it was made for it", async () => {
    expect(await missing(one, lockOf())).toEqual([]);
  });

  test("is another version of a tool, with its place", async () => {
    expect(await missing(one.replace("stable", "v1.35"), lockOf())).toEqual([
      "monstack.yaml:2:16: k3s.version: v1.35 is requested, but the lock has v1.36.3+k3s1, which was requested as stable",
    ]);
  });

  test("is not the version that the lock has under another name", async () => {
    expect(await missing(one.replace("stable", "v1.36.3+k3s1"), lockOf())).toEqual([]);
  });

  test("is a version that nobody asks for any more", async () => {
    expect(await missing(one.replace("k3s: {version: stable}\n", ""), lockOf())).toEqual([
      "k3s.version: monstack's default is requested, but the lock has v1.36.3+k3s1, which was requested as stable",
    ]);
  });

  test("is a tool that is not there at all", async () => {
    const lock = lockOf({ tools: { helm: tool("v4.2.3", "default"), kubectl: tool("v1.36.3", "default") } });
    expect(await missing(one, lock)).toEqual([
      "monstack.yaml:2:16: k3s.version: stable is requested, but the lock has no k3s",
    ]);
    expect(await missing(`${one}cluster: {kubeconfig: ./kube}\n`, lock)).toEqual([]);
  });

  test("is a chart's other version, and a chart", async () => {
    const yaml = `${one.replace("29.27.0", "30.0.0")}  exporter: {chart: here/exporter}\n`;
    expect(await missing(yaml, lockOf())).toEqual([
      "monstack.yaml:6:21: apps.exporter: chart here/exporter in its newest version is requested, but the lock has no such chart",
      "monstack.yaml:5:49: apps.prometheus: chart here/prometheus 30.0.0 is requested, but the lock has 29.27.0, which was monstack's default",
    ]);
  });

  test("is another profile", async () => {
    expect(await missing(`${one}profile: as-is\n`, lockOf())).toEqual([
      "monstack.yaml:6:10: profile: as-is is requested, but the lock was made for ci, which can use other images",
    ]);
  });

  test("is an image of a part of k3s that came on", async () => {
    const yaml = one.replace("stable}", "stable, args: [--disable=servicelb]}");
    expect(await missing(yaml, lockOf())).toEqual(
      ["mirrored-metrics-server", "klipper-helm", "mirrored-library-traefik"].map(
        (name) => `k3s starts docker.io/rancher/${name}, and the lock has no such image`,
      ),
    );
  });
});

describe("dashboards", () => {
  const grafana = `${repos}apps:\n  prometheus: {enabled: false}\n  grafana: {chart: here/grafana, version: 12.11.1, depends_on: []}\n`;
  const lock = lockOf({
    tools: { ...lockOf().tools, k3s: tool("v1.36.3+k3s1", "default") },
    charts: [chart("grafana", "12.11.1")],
    dashboards: [
      dashboard(1860, 37),
      { from: "https://x.example/d.json", url: "https://x.example/d.json", sha256: hexOf("d") },
    ],
  });

  test.each([
    ["1860", []],
    ["1860@37", []],
    ["1860@36", ["monstack.yaml:5:14: dashboards: 1860@36 is requested, but the lock has revision 37"]],
    ["315", ["monstack.yaml:5:14: dashboards: 315 is requested, but the lock hasn't got it"]],
    ["https://x.example/d.json", []],
    [
      `{url: "https://x.example/d.json", sha256: ${hexOf("e")}}`,
      [
        `monstack.yaml:5:14: dashboards: https://x.example/d.json must have sha256 ${hexOf("e")}, and the lock has ${hexOf("d")}`,
      ],
    ],
  ])("%s", async (written, differences) => {
    expect(await missing(`${grafana}dashboards: [${written}]\n`, lock)).toEqual(differences);
  });
});

describe("monstack's own choices", () => {
  const community = { from: "https://prometheus-community.github.io/helm-charts" };
  const old = lockOf({
    tools: {
      k3s: tool("v1.30.0+k3s1", "default"),
      helm: tool("v4.0.0", "default"),
      kubectl: tool("v1.30.0", "default"),
    },
    charts: [{ ...chart("prometheus", "28.0.0", "default"), ...community }],
  });

  test("may be older ones in the lock, and the plan takes these", async () => {
    const { plan, wanted } = await wantedBy("apps: {grafana: {enabled: false}}\n");
    expect(findMissing(old, wanted)).toEqual([]);
    expect(pinCharts(plan, old, wanted).apps[0]?.chart).toMatchObject({
      name: "prometheus",
      version: "28.0.0",
    });
  });

  test("are not what somebody writes down", async () => {
    expect(await missing("apps: {grafana: {enabled: false}, prometheus: {version: 29.0.0}}\n", old)).toEqual([
      "monstack.yaml:1:57: apps.prometheus: chart prometheus-community/prometheus 29.0.0 is requested, but the lock has 28.0.0, which was monstack's default",
    ]);
  });
});

test("what nothing asks for any more is told, too", async () => {
  const lock = lockOf({
    charts: [chart("prometheus", "29.27.0", "default"), chart("exporter", "1.0.0")],
    dashboards: [dashboard(1860, 37)],
  });
  const { wanted } = await wantedBy(`${one}cluster: {kubeconfig: ./kube}\n`);
  expect(findUnused(lock, wanted).map(told)).toEqual(
    ["k3s v1.36.3+k3s1", "chart exporter 1.0.0", "dashboard 1860@37"].map(
      (what) => `${what} is locked, but the configuration does not use it`,
    ),
  );
});
