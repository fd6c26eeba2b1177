import { describe, expect, test } from "vitest";
import { formatSelector, isSelected, parseMonitors } from "../../src/monitors/monitors.ts";
import { explainNotSelected } from "../../src/monitors/selection.ts";

const apiVersion = "monitoring.coreos.com/v1";
const [monitor] = parseMonitors([
  {
    apiVersion,
    kind: "ServiceMonitor",
    metadata: { name: "m", namespace: "shop", labels: { team: "a" } },
    spec: {},
  },
]);
const server = (spec: Record<string, unknown>) => ({
  apiVersion,
  kind: "Prometheus",
  metadata: { name: "p", namespace: "monitoring" },
  spec,
});
const why = (...specs: Record<string, unknown>[]) =>
  monitor && explainNotSelected(monitor, specs.map(server))?.cause;

describe("whether a Prometheus takes a monitor in", () => {
  test("everything, everywhere", () => {
    expect(why({ serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {} })).toBeUndefined();
  });

  test("one of several is enough", () => {
    const all = { serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {} };
    expect(why({}, all)).toBeUndefined();
  });

  test.each([
    [{}, "has no serviceMonitorSelector, so it takes in none"],
    [
      { serviceMonitorSelector: { matchLabels: { release: "kps" } }, serviceMonitorNamespaceSelector: {} },
      "takes in only ServiceMonitors with release=kps; this one has team=a",
    ],
    [{ serviceMonitorSelector: {} }, "does not look for ServiceMonitors in namespace shop"],
    [
      {
        serviceMonitorSelector: {},
        serviceMonitorNamespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "other" } },
      },
      "does not look for ServiceMonitors in namespace shop",
    ],
  ])("%j: %s", (spec, expected) => {
    expect(why(spec)).toContain(expected);
  });

  test("labels of the namespace that nobody knows are left to the operator", () => {
    const selector = { matchLabels: { monitored: "yes" } };
    expect(why({ serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: selector })).toBeUndefined();
  });
});

test("a label selector selects as the API server's, and is written as kubectl takes it", () => {
  const selector = {
    matchLabels: { app: "a" },
    matchExpressions: [
      { key: "tier", operator: "In" as const, values: ["x", "y"] },
      { key: "old", operator: "DoesNotExist" as const },
      { key: "env", operator: "NotIn" as const, values: ["test"] },
      { key: "team", operator: "Exists" as const },
    ],
  };
  expect(formatSelector(selector)).toBe("app=a,tier in (x,y),!old,env!=test,team");
  const labels = { app: "a", tier: "y", team: "t" };
  expect(isSelected(selector, labels)).toBe(true);
  for (const wrong of [{ app: "b" }, { tier: "z" }, { old: "1" }, { env: "test" }])
    expect(isSelected(selector, { ...labels, ...wrong })).toBe(false);
  expect(isSelected(selector, { app: "a", tier: "y" })).toBe(false);
});
