import { describe, expect, it } from "vitest";
import { allRules } from "../../../src/diagnose/catalogue.ts";
import { findCauses } from "../../../src/diagnose/rule.ts";
import {
  evidence,
  grafanaWith,
  inCluster,
  logOf,
  pod,
  prometheusWith,
  recorded,
  recordedTargets,
} from "./evidence.ts";

const url = "http://prometheus-server.monitoring.svc.cluster.local";

/** A stack that works, with all its evidence. */
const well = inCluster(
  {
    pods: [
      pod("monitoring", "prometheus-server-1", true),
      pod("kube-system", "coredns-1", true, {
        metadata: { namespace: "kube-system", name: "coredns-1", labels: { "k8s-app": "kube-dns" } },
      }),
    ],
    services: [
      {
        metadata: {
          namespace: "kube-system",
          name: "kube-dns",
          annotations: { "prometheus.io/scrape": "true", "prometheus.io/port": "9153" },
        },
      },
      { metadata: { namespace: "monitoring", name: "prometheus-server" } },
    ],
    logs: [
      logOf("prometheus", recorded("prometheus-3.5", "well")),
      logOf("grafana", recorded("grafana-words", "well")),
      // What it complained about before it was well does not count.
      logOf("prometheus", recorded("prometheus-3.5", "locked"), { previous: true }),
    ],
  },
  {
    prometheus: prometheusWith({
      targets: recordedTargets("p-ok"),
      config: "global: { scrape_interval: 15s }",
      flags: { "storage.tsdb.retention.time": "15d" },
      clock: { theirs: 1_795_464_000, ours: 1_795_464_000.4 },
      runtime: { storageRetention: "15d" },
    }),
    grafana: grafanaWith({
      datasources: [{ name: "P", type: "prometheus", url, uid: "p", isDefault: true }],
      proxy: { status: 200, body: "{}" },
    }),
    host: { k3sLog: "", disk: { path: "/", freeBytes: 50e9, sizeBytes: 100e9 } },
    requested: {
      datasources: [{ name: "P", url, uid: "p", isDefault: true }],
      prometheusService: { namespace: "monitoring", name: "prometheus-server", port: 80 },
      retention: { time: "15d" },
      unknownValues: [],
    },
  },
);

describe.each(allRules.map((rule) => [rule.id, rule] as const))("%s", (_, rule) => {
  it("finds nothing in a stack that is well", () => {
    expect(findCauses(rule, well)).toEqual([]);
  });

  it("finds nothing where nothing could be read", () => {
    expect(findCauses(rule, evidence())).toEqual([]);
  });

  it("is described for the documentation", () => {
    expect(rule.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect([rule.title, rule.evidence].every((text) => text.length > 10)).toBe(true);
  });
});

it("has each id once", () => {
  const ids = allRules.map(({ id }) => id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});
