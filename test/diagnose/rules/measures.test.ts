import { describe, expect, it } from "vitest";
import type { Evidence } from "../../../src/diagnose/evidence.ts";
import { findCauses } from "../../../src/diagnose/rule.ts";
import { checkFaultRules, valueUnknown } from "../../../src/diagnose/rules/check-faults.ts";
import { clockSkew } from "../../../src/diagnose/rules/host.ts";
import { retentionIgnored, windowTooShort } from "../../../src/diagnose/rules/prometheus-settings.ts";
import type { UnknownValue } from "../../../src/model/plan.ts";
import { evidence, failing, one, prometheusWith, recordedTargets } from "./evidence.ts";

const requested = (changes: Partial<Evidence["requested"]>): Evidence["requested"] => ({
  datasources: [],
  prometheusService: undefined,
  retention: {},
  unknownValues: [],
  ...changes,
});

describe("retention-ignored", () => {
  const at = (
    retention: { time?: string; size?: string },
    flags: Record<string, string>,
    runtime?: Record<string, unknown>,
  ) =>
    findCauses(
      retentionIgnored,
      evidence({
        requested: requested({ retention }),
        prometheus: prometheusWith({ flags, runtime }),
        checks: [failing("prometheus-retention", { fault: "retention-ignored" })],
      }),
    );

  it("says both", () => {
    const [found] = at(
      { time: "30d", size: "10GB" },
      { "storage.tsdb.retention.time": "15d", "storage.tsdb.retention.size": "0B" },
    );
    expect(found?.what).toBe(
      "Prometheus does not keep its data as requested: 15d instead of 30d, 0B instead of 10GB",
    );
    expect(found?.explains).toEqual(["prometheus-retention"]);
  });

  it("knows one in the configuration file, which wins", () => {
    const [found] = at({ time: "30d" }, { "storage.tsdb.retention.time": "30d" }, { storageRetention: "7d" });
    expect(found?.fix).toContain("out of prometheus.yml");
  });

  it("believes the check about a setting that came to nothing in the chart", () => {
    const lost = failing("prometheus-retention", {
      fault: "retention-ignored",
      expected: "storage.tsdb.retention.time is 30d, as the setting retention has it",
      seen: "storage.tsdb.retention.time is 15d",
    });
    const flags = { "storage.tsdb.retention.time": "15d" };
    const [found] = findCauses(
      retentionIgnored,
      evidence({ requested: requested({}), prometheus: prometheusWith({ flags }), checks: [lost] }),
    );
    expect(found).toMatchObject({
      what: "Prometheus does not keep its data as requested: storage.tsdb.retention.time is 15d",
      fix: expect.stringContaining("defaultFlagsOverride"),
    });
  });

  it("is silent when it is the same, written otherwise, or nothing was requested", () => {
    expect(
      at(
        { time: "1w", size: "1GB" },
        { "storage.tsdb.retention.time": "7d", "storage.tsdb.retention.size": "1024MB" },
        { storageRetention: "1w or 1GiB" },
      ),
    ).toEqual([]);
    expect(at({}, { "storage.tsdb.retention.time": "15d" }, { storageRetention: "15d" })).toEqual([]);
  });
});

describe("clock-skew", () => {
  const at = (seconds: number) =>
    findCauses(
      clockSkew,
      evidence({
        prometheus: prometheusWith({ clock: { theirs: 1_795_464_000 + seconds, ours: 1_795_464_000 } }),
        checks: [failing("targets-up")],
      }),
    );

  it.each([
    [90, "90 s ahead of", "certain"],
    [-300, "300 s behind", "certain"],
    [8, "8 s ahead of", "likely"],
  ])("is measured: %i s", (seconds, what, sureness) => {
    expect(at(seconds)).toMatchObject([
      { what: expect.stringContaining(what), sureness, explains: ["targets-up"] },
    ]);
  });

  it("is silent about the time that asking takes", () => {
    expect([at(3), at(-3), at(0)]).toEqual([[], [], []]);
  });

  it("is likely when a certificate is not valid yet, and not when it has expired", () => {
    const on = (job: string) =>
      findCauses(clockSkew, evidence({ prometheus: prometheusWith({ targets: recordedTargets(job) }) }));
    expect(on("x509-notyet")).toMatchObject([{ sureness: "likely" }]);
    expect(on("x509-expired")).toEqual([]);
  });
});

describe("window-too-short", () => {
  const cpu = failing("query-cpu", {
    expected:
      "a finite value for each of 5 running pods: sum(rate(container_cpu_usage_seconds_total[5m])) by (pod)",
    seen: "an empty answer",
  });
  const at = (config: string, checks = [cpu]) =>
    findCauses(windowTooShort, evidence({ prometheus: prometheusWith({ config }), checks }));

  it("says interval and window, and how long would do", () => {
    expect(at("global: { scrape_interval: 3m }")).toMatchObject([
      {
        what: "Prometheus scrapes its targets every 3m, too seldom for windows of [5m]: a rate needs two samples in its window",
        fix: expect.stringMatching(/at most 150s\), or use windows of at least 6m/),
        explains: ["query-cpu"],
        blame: { keys: ["server.global.scrape_interval", "scrape_interval"], values: ["3m"] },
      },
    ]);
  });

  it("is certain when the check has measured it", () => {
    expect(
      at("global: { scrape_interval: 3m }", [{ ...cpu, fault: "window-too-short" } as typeof cpu])[0]
        ?.sureness,
    ).toBe("certain");
    expect(at("global: { scrape_interval: 3m }")[0]?.sureness).toBe("likely");
  });

  it("takes Prometheus' own default where no interval is set", () => {
    const checks = [failing("own/rate", { expected: "rate(x[1m]) > 0" })];
    expect(at("scrape_configs: []", checks)[0]?.what).toContain("every 1m, too seldom for windows of [1m]");
  });

  it("knows a job that is scraped more seldom, for what comes from it", () => {
    const config =
      "global: { scrape_interval: 15s }\nscrape_configs: [{ job_name: kubernetes-nodes-cadvisor, scrape_interval: 5m }]";
    expect(at(config)[0]?.what).toContain("scrapes job kubernetes-nodes-cadvisor every 5m");
    const node = failing("query-node-cpu", { expected: "irate(node_cpu_seconds_total[5m])" });
    expect(at(config, [node])).toEqual([]);
  });

  it("looks at empty panels too, but not at those that are known", () => {
    const panel = {
      id: 1,
      title: "CPU",
      row: undefined,
      type: "graph",
      status: "empty" as const,
      why: "the window is too short",
      queries: ["rate(x[1m])"],
      known: false,
    };
    const on = (known: boolean) =>
      findCauses(
        windowTooShort,
        evidence({
          prometheus: prometheusWith({ config: "global: { scrape_interval: 1m }" }),
          findings: {
            dashboards: [{ uid: "a", title: "Pods", folder: undefined, panels: [{ ...panel, known }] }],
          },
        }),
      );
    expect(on(false)).toMatchObject([
      {
        explains: ["dashboard-panels"],
        how: [expect.any(String), expect.stringContaining("panel CPU of dashboard Pods")],
      },
    ]);
    expect(on(true)).toEqual([]);
  });

  it("is silent when the window is long enough, and when no query fails", () => {
    expect(at("global: { scrape_interval: 2m30s }")).toEqual([]);
    expect(at("global: { scrape_interval: 3m }", [])).toEqual([]);
  });
});

describe("value-unknown", () => {
  const at = (value: UnknownValue, checks = [failing("targets-up", { seen: "all fine" })]) =>
    one(valueUnknown, evidence({ requested: requested({ unknownValues: [value] }), checks }));
  const nodeExporter = { app: "prometheus", path: ["nodeExporter"], meant: "prometheus-node-exporter" };

  it("says what was probably meant, and where it stands", () => {
    expect(at(nodeExporter)).toMatchObject({
      what: "The value nodeExporter of app prometheus has no effect: the chart has no such key",
      fix: "Write prometheus-node-exporter instead of nodeExporter.",
      sureness: "possible",
      blame: { app: "prometheus", keys: ["nodeExporter"] },
    });
    expect(at({ app: "grafana", path: ["foo", "bar"], meant: undefined }).fix).toBe(
      "Correct or remove foo.bar.",
    );
  });

  it("is likely when a failing check speaks of the same", () => {
    const checks = [
      failing("node-exporter-on-every-node", { seen: "no node-exporter" }),
      failing("values-known"),
      failing("grafana-query"),
    ];
    expect(at(nodeExporter, checks)).toMatchObject({
      sureness: "likely",
      explains: ["node-exporter-on-every-node", "values-known"],
    });
  });

  it("doesn't take short words for a relation", () => {
    const value = { app: "prometheus", path: ["tls", "for"], meant: undefined };
    expect(
      at(value, [failing("targets-up", { expected: "a value for each pod", seen: "tls" })]).sureness,
    ).toBe("possible");
  });

  it("doesn't take common words for a relation", () => {
    const value = { app: "prometheus", path: ["server", "enabled"], meant: undefined };
    expect(at(value, [failing("prometheus-ready", { seen: "the server is not enabled" })]).sureness).toBe(
      "possible",
    );
  });
});

describe("what a check knows for sure", () => {
  it.each(checkFaultRules.map((rule) => [rule.id, rule] as const))(
    "is told in its words: %s",
    (fault, rule) => {
      const checks = [
        failing("some-check", { fault, seen: "HighPodMemory is +Inf", cause: "nothing to divide by" }),
      ];
      expect(one(rule, evidence({ checks }))).toMatchObject({
        what: expect.stringMatching(/: (HighPodMemory is \+Inf|nothing to divide by)$/),
        how: [expect.stringContaining("check some-check"), "nothing to divide by"],
        explains: ["some-check"],
      });
      expect(findCauses(rule, evidence({ checks: [failing("some-check")] }))).toEqual([]);
    },
  );
});
