import { expect, it } from "vitest";
import { checkFaultRules, findBlame } from "../../../src/diagnose/rules/check-faults.ts";
import { evidence, failing, one } from "./evidence.ts";

const rule = (id: string) =>
  checkFaultRules.find((found) => found.id === id) as (typeof checkFaultRules)[number];

/** What a check says, and the words by which the key at fault is found. */
it.each([
  [
    "samples-dropped",
    { seen: "job ferry keeps 0 of 41 samples a scrape, though its 1 target is up" },
    { keys: ["metric_relabel_configs", "metricRelabelings"], values: ["ferry"] },
  ],
  [
    "samples-dropped",
    { seen: "job serviceMonitor/harbour/boats/0 keeps 0 of 41 samples a scrape, though its 1 target is up" },
    { values: ["boats"] },
  ],
  [
    "rule-template-failing",
    { seen: "NodeAway: the template of annotation summary fails: executing ..." },
    { keys: expect.arrayContaining(["annotations.summary"]), values: ["NodeAway"] },
  ],
  [
    "metric-not-exposed",
    {
      seen: "no series",
      cause: "kube-state-metrics runs with --metric-allowlist=a; that leaves out kube_node_info",
    },
    { keys: expect.arrayContaining(["metricAllowlist"]) },
  ],
  [
    "rules-not-selected",
    {
      seen: "group boats is not there",
      cause: "PrometheusRule harbour/boats: Prometheus kps takes in only ...",
    },
    {
      keys: ["ruleSelector", "ruleSelectorNilUsesHelmValues"],
      values: ["boats"],
      otherwise: ["metadata.labels", "metadata.name"],
    },
  ],
  [
    "monitor-not-selected",
    {
      seen: "PodMonitor harbour/boats is not in Prometheus' configuration",
      cause: "Prometheus kps does not look for PodMonitors in namespace harbour",
    },
    {
      keys: ["podMonitorNamespaceSelector"],
      values: ["boats"],
      otherwise: ["metadata.namespace", "metadata.name"],
    },
  ],
  [
    "dashboard-not-collected",
    {
      seen: "Boats is not in Grafana",
      cause: "ConfigMap harbour/boats: Grafana's sidecar looks only in namespace a",
    },
    { keys: ["sidecar.dashboards.searchNamespace"], values: ["boats"] },
  ],
  ["load-balancer-unserved", { seen: "none for monitoring/shop" }, { values: ["LoadBalancer"] }],
])("%s leads to the key at fault", (fault, said, blame) => {
  const check = failing("some-check", { fault, ...said });
  expect(one(rule(fault), evidence({ checks: [check] })).blame).toMatchObject(blame);
  expect(findBlame(check as Parameters<typeof findBlame>[0])).toMatchObject(blame);
});

it("one setting that several checks fail for is one cause", () => {
  const because = (metric: string) =>
    `kube-state-metrics runs with --resources=pods; that leaves out ${metric}`;
  const checks = ["kube_node_info", "kube_pod_info"].map((metric) =>
    failing(`check-${metric}`, { fault: "metric-not-exposed", seen: metric, cause: because(metric) }),
  );
  const found = rule("metric-not-exposed").find(evidence({ checks }));
  expect(new Set(found.map(({ what }) => what))).toEqual(
    new Set(["A metric is missing: kube-state-metrics runs with --resources=pods"]),
  );
});
