import { describe, expect, it } from "vitest";
import type { Evidence } from "../../../src/diagnose/evidence.ts";
import { findCauses } from "../../../src/diagnose/rule.ts";
import {
  datasourceMissing,
  datasourceUnreachable,
  datasourceWrongUid,
  datasourceWrongUrl,
} from "../../../src/diagnose/rules/data-sources.ts";
import {
  dashboardNotLoaded,
  datasourceTwoDefaults,
  grafanaDatabase,
  grafanaLoginRefused,
  grafanaPluginDownload,
  grafanaProvisioningInvalid,
} from "../../../src/diagnose/rules/grafana.ts";
import { evidence, failing, grafanaWith, inCluster, one, recorded, saying } from "./evidence.ts";

const says = (name: string, more: Partial<Evidence> = {}) =>
  saying("grafana", recorded("grafana-words", name), more);
const right = "http://prometheus-server.monitoring.svc.cluster.local";
const prometheusService = { namespace: "monitoring", name: "prometheus-server", port: 80 };

interface Case {
  readonly live?: string;
  readonly requested?: string;
  readonly uid?: string;
  readonly fault?: string;
  readonly proxy?: { status: number; body: string };
}

function datasource({ live = right, requested = right, uid = "prometheus", fault, proxy }: Case): Evidence {
  const common = { name: "Prometheus", type: "prometheus", isDefault: true };
  return evidence({
    grafana: grafanaWith({ datasources: [{ ...common, url: live, uid }], proxy }),
    requested: {
      datasources: [{ ...common, url: requested, uid: "prometheus" }],
      prometheusService,
      retention: {},
      unknownValues: [],
    },
    checks:
      fault === undefined
        ? []
        : [failing("grafana-datasource", { fault }), failing("grafana-query"), failing("dashboard-panels")],
  });
}

describe("datasource-wrong-url", () => {
  const fault = "datasource-wrong-url";
  const dead = {
    status: 502,
    body: "dial tcp: lookup prometheus.monitoring.svc.cluster.local: no such host",
  };

  it("blames the values when the charts provision it so", () => {
    const url = "http://prometheus.monitoring.svc.cluster.local";
    const found = one(datasourceWrongUrl, datasource({ live: url, requested: url, fault, proxy: dead }));
    expect(found.what).toBe(
      `Grafana's datasource Prometheus leads to ${url}: there is no such service; Prometheus is ${right}`,
    );
    expect(found.how).toContainEqual(
      expect.stringContaining("HTTP 502: dial tcp: lookup prometheus.monitoring"),
    );
    expect(found.fix).toContain(`Set its url to ${right}`);
    expect(found.blame).toEqual({ app: undefined, keys: [], values: [url] });
    expect(found.explains).toEqual(["grafana-datasource", "grafana-query", "dashboard-panels"]);
  });

  it("blames a hand or an old volume when the charts provision another", () => {
    const found = one(
      datasourceWrongUrl,
      datasource({ live: "http://prometheus-old.monitoring", fault, proxy: dead }),
    );
    expect(found.how[0]).toContain(`the charts provision ${right}`);
    expect(found.fix).toMatch(/Somebody changed it, or Grafana's volume kept it/);
    expect(found.blame).toBeUndefined();
  });

  it.each([
    [`${right}:9090`, "its service has no port 9090"],
    ["http://prometheus-server.default.svc", "there is no such service"],
    ["prometheus-server", "it is not a URL"],
  ])("says what is wrong with %s", (live, what) => {
    expect(
      one(
        datasourceWrongUrl,
        datasource({ live, requested: live, fault: "datasource-unreachable", proxy: dead }),
      ).what,
    ).toContain(what);
  });

  it("is silent about a right one that can't be reached: that is another cause", () => {
    const from = datasource({
      fault: "datasource-unreachable",
      proxy: { status: 502, body: "dial tcp 10.43.0.7:80: connect: connection refused" },
    });
    expect(findCauses(datasourceWrongUrl, from)).toEqual([]);
    expect(one(datasourceUnreachable, from)).toMatchObject({
      sureness: "likely",
      how: [expect.stringContaining("connection refused"), expect.any(String)],
    });
  });

  it("is silent about an address or a name outside of the cluster", () => {
    for (const live of ["http://10.43.0.7", "https://prometheus.example.org"]) {
      expect(findCauses(datasourceWrongUrl, datasource({ live, fault: "datasource-unreachable" }))).toEqual(
        [],
      );
    }
  });

  it("reports that the server is not Prometheus", () => {
    expect(
      one(datasourceWrongUrl, datasource({ fault, proxy: { status: 404, body: "404 page not found" } })).what,
    ).toContain("not Prometheus");
  });
});

describe("datasource-wrong-uid", () => {
  it("names both uids", () => {
    const found = one(
      datasourceWrongUid,
      datasource({ uid: "PBFA97CFB590B2093", fault: "datasource-wrong-uid" }),
    );
    expect(found.what).toContain("has the uid PBFA97CFB590B2093, not prometheus");
  });

  it("knows a dashboard that names one that isn't there", () => {
    const from = datasource({});
    const checks = [failing("dashboards-whole", { seen: "dashboard Nodes names the datasource uid thanos" })];
    expect(one(datasourceWrongUid, { ...from, checks })).toMatchObject({
      what: expect.stringContaining("thanos"),
      how: [expect.any(String), "the datasources in Grafana have the uids prometheus"],
    });
  });
});

describe("datasource-missing", () => {
  it.each([
    [[], "the charts provision none", "certain"],
    [[{ name: "P", isDefault: false }], "none of those that are provisioned is marked", "certain"],
    [[{ name: "P", isDefault: true }], "did not read the provisioning files", "likely"],
  ])("says whether any was requested for: %o", (datasources, what, sureness) => {
    const requested = { datasources, prometheusService, retention: {}, unknownValues: [] };
    const from = evidence({
      requested,
      grafana: grafanaWith({}),
      checks: [failing("grafana-datasource", { fault: "datasource-missing" })],
    });
    expect(one(datasourceMissing, from)).toMatchObject({ what: expect.stringContaining(what), sureness });
  });
});

describe("Grafana's provisioning", () => {
  it.each(["two defaults, 9", "two defaults, 13"])("has two defaults, by its log: %s", (name) => {
    const datasources = [
      { name: "One", isDefault: true },
      { name: "Two", isDefault: true },
    ];
    const requested = { datasources, prometheusService, retention: {}, unknownValues: [] };
    const found = one(datasourceTwoDefaults, says(name, { requested }));
    expect(found.what).toBe("Grafana does not start: two datasources are marked as default: One and Two");
    expect(found.blame?.values).toEqual(["Two"]);
    expect(findCauses(grafanaProvisioningInvalid, says(name))).toEqual([]);
  });

  it("has two defaults, by its API", () => {
    const checks = [failing("grafana-datasource", { fault: "datasource-two-defaults" })];
    expect(one(datasourceTwoDefaults, evidence({ checks })).what).toContain("has two default datasources");
  });

  it("is no YAML", () => {
    const found = one(grafanaProvisioningInvalid, says("no YAML"));
    expect(found.what).toBe(
      "Grafana does not start: it refuses its datasource provisioning: yaml: line 5: mapping values are not allowed in this context",
    );
  });

  it("can't find a datasource of an old volume", () => {
    expect(one(grafanaProvisioningInvalid, says("another uid on the volume")).fix).toContain(
      "volume from before",
    );
  });

  it.each([
    ["empty dashboard", "node-exporter.json: its file is empty", /gnetId/],
    ["dashboard that is no JSON", "mine.json: its file is not as it should be", /JSON/],
  ])("can't load a dashboard, told once: %s", (name, what, fix) => {
    const found = one(dashboardNotLoaded, says(name, { checks: [failing("dashboards-whole")] }));
    expect(found.what).toContain(what);
    expect(found.fix).toMatch(fix);
    expect(found.explains).toEqual(["dashboards-whole"]);
  });

  it.each([
    ["plugin, at the start", "grafana-clock-panel", "certain"],
    ["plugin, in the background", "grafana-lokiexplore-app", "possible"],
  ])("can't download a plugin: %s", (name, plugin, sureness) => {
    expect(one(grafanaPluginDownload, says(name))).toMatchObject({
      what: expect.stringContaining(`can't download the plugin ${plugin}`),
      sureness,
    });
  });
});

describe("grafana-database", () => {
  it.each([
    ["locked", "locked by another Grafana"],
    ["not writable", "not writable for it"],
    ["read-only", "read-only"],
    ["migration failed", "can't open or migrate"],
    ["external database down", "can't open or migrate"],
  ])("is told by its words: %s", (name, what) => {
    expect(one(grafanaDatabase, says(name)).what).toContain(what);
  });

  it("is told by the check", () => {
    expect(
      one(grafanaDatabase, evidence({ checks: [failing("grafana-healthy", { fault: "grafana-database" })] }))
        .explains,
    ).toEqual(["grafana-healthy"]);
  });

  it("is well when it only had to wait for a lock", () => {
    expect(findCauses(grafanaDatabase, says("well"))).toEqual([]);
  });
});

describe("grafana-login-refused", () => {
  const checks = [failing("grafana-healthy", { fault: "grafana-login-refused", seen: "HTTP 401" })];
  const claim = (creationTimestamp: string) => ({
    metadata: { namespace: "monitoring", name: "grafana", creationTimestamp },
  });

  it("knows an old volume by its age", () => {
    const old = one(grafanaLoginRefused, inCluster({ claims: [claim("2026-11-20T00:00:00Z")] }, { checks }));
    expect(old.what).toContain("its volume (claim monitoring/grafana) is from an earlier deployment");
    const fresh = one(
      grafanaLoginRefused,
      inCluster({ claims: [claim("2026-11-23T20:00:10Z")] }, { checks }),
    );
    expect(fresh.what).toContain("its database holds another one");
  });

  it("is known without the check too", () => {
    expect(
      one(grafanaLoginRefused, evidence({ grafana: grafanaWith({ loginRefused: true }) })).how[0],
    ).toContain("401");
  });
});
