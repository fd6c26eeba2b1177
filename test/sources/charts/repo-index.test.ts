import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { findChart } from "../../../src/sources/charts/repo-index.ts";
import { startProcessorClock } from "../../support/processor-clock.ts";

const digest = "0".repeat(63);

/** An entry as helm writes it, with the pitfalls: versions of dependencies, lists, texts of several lines. */
function helmEntry(name: string, version: string, number: number): string {
  return `  - annotations:
      artifacthub.io/changes: |
        - kind: changed
          version: 0.0.0
      artifacthub.io/license: Apache-2.0
    apiVersion: v2
    appVersion: v3.14.0
    created: "2026-08-16T20:34:14.425703964Z"
    dependencies:
    - condition: alertmanager.enabled
      name: alertmanager
      repository: https://prometheus-community.github.io/helm-charts
      version: 1.42.*
    description: |
      ${name} is a monitoring system and time series database, described at some length so
      that the index gets to its size.
    digest: ${digest}${number % 10}
    icon: https://raw.githubusercontent.com/prometheus/prometheus.github.io/master/logo.png
    maintainers:
    - email: someone@example.com
      name: someone
      url: https://github.com/someone
    name: ${name}
    urls:
    - https://github.com/prometheus-community/helm-charts/releases/download/${name}-${version}/${name}-${version}.tgz
    version: ${version}
`;
}

function helmIndex(charts: Record<string, readonly string[]>): string {
  const blocks = Object.entries(charts).map(
    ([name, versions]) => `  ${name}:\n${versions.map((version, i) => helmEntry(name, version, i)).join("")}`,
  );
  return `apiVersion: v1\nentries:\n${blocks.join("")}generated: "2026-08-16T20:34:14Z"\n`;
}

test("finds a chart in an index of 10 MB in less than three seconds", () => {
  const versions = Array.from({ length: 1_200 }, (_, i) => `${1_200 - i}.0.0`);
  const names = [
    "alertmanager",
    "kube-prometheus-stack",
    "kube-prometheus",
    "p",
    "prometheus",
    "prometheus-adapter",
  ];
  const index = helmIndex(Object.fromEntries([...names, "q", "r", "s"].map((name) => [name, versions])));
  expect(index.length).toBeGreaterThan(10_000_000);

  const processorMs = startProcessorClock();
  const chart = findChart(index, "prometheus");
  const entry = chart?.entry("517.0.0");
  const missing = findChart(index, "no-such-chart");
  expect(processorMs()).toBeLessThan(3_000);

  expect(chart?.versions).toEqual(versions);
  expect(entry).toMatchObject({ name: "prometheus", version: "517.0.0", digest: `${digest}3` });
  expect(entry?.urls[0]).toContain("prometheus-517.0.0.tgz");
  expect(missing).toBeUndefined();
});

test("finds the first and the last chart, and none by a part of its name", () => {
  const index = helmIndex({ alertmanager: ["1.42.0"], prometheus: ["29.27.0", "29.26.0"] });
  expect(findChart(index, "alertmanager")?.versions).toEqual(["1.42.0"]);
  expect(findChart(index, "prometheus")?.versions).toEqual(["29.27.0", "29.26.0"]);
  expect(findChart(index, "manager")).toBeUndefined();
  expect(findChart(index, "maintainers")).toBeUndefined();
  expect(findChart(index.replace(/^generated.*\n/m, ""), "prometheus")?.versions).toEqual([
    "29.27.0",
    "29.26.0",
  ]);
});

describe("an index written otherwise is parsed whole:", () => {
  const entries = {
    prometheus: [{ name: "prometheus", version: "1.10.0", digest, urls: ["p.tgz"] }],
  };

  test.each([
    ["indented lists", stringify({ apiVersion: "v1", entries }, { indentSeq: true })],
    ["four spaces", stringify({ apiVersion: "v1", entries }, { indent: 4 })],
    [
      "quoted",
      stringify(
        { apiVersion: "v1", entries },
        { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "QUOTE_DOUBLE" },
      ),
    ],
    ["CRLF", stringify({ apiVersion: "v1", entries }).replaceAll("\n", "\r\n")],
    ["JSON", JSON.stringify({ apiVersion: "v1", entries })],
  ])("%s", (_name, index) => {
    const chart = findChart(index, "prometheus");
    expect(chart?.versions).toEqual(["1.10.0"]);
    expect(chart?.entry("1.10.0")).toEqual(entries.prometheus[0]);
  });
});

test("what is no index is an error, as is an entry without an address", () => {
  for (const text of ["<html>entries here</html>", "", "hello: world\n"])
    expect(() => findChart(text, "prometheus")).toThrow(/not a chart repository's index/);
  const index = helmIndex({ prometheus: ["1.0.0"] }).replace(/ {4}urls:\n.*\n/, "");
  expect(() => findChart(index, "prometheus")?.entry("1.0.0")).toThrow(
    /entry of prometheus 1.0.0 is not valid/,
  );
});
