import { describe, expect, it } from "vitest";
import type { PlannedApp } from "../../src/model/plan.ts";
import {
  buildPrometheusUrl,
  createDatasourceAccess,
  refuseUrlPrefixes,
} from "../../src/plan/grafana/prometheus-url.ts";
import { findFlag, resolveServedPath } from "../../src/plan/web-paths.ts";

describe("the path that Prometheus and Alertmanager serve below", () => {
  it.each([
    [undefined, undefined, ""],
    ["", "", ""],
    ["/", "https://example.org/prometheus", ""],
    ["/prometheus", undefined, "/prometheus"],
    ["/prometheus/", undefined, "/prometheus"],
    ["prometheus", undefined, "/prometheus"],
    ["/a/b", "https://example.org/c", "/a/b"],
    [undefined, "https://example.org/prometheus", "/prometheus"],
    [undefined, "https://example.org/prometheus/", "/prometheus"],
    [undefined, "https://example.org", ""],
    [undefined, "https://example.org:8443/", ""],
    [undefined, "https://example.org/a?b=/c", "/a"],
    // As Go reads it: without a scheme there is no host.
    [undefined, "/prometheus", "/prometheus"],
    [undefined, "example.org/prometheus", "/example.org/prometheus"],
  ])("route prefix %s, external URL %s: %s", (prefix, external, path) => {
    expect(resolveServedPath(prefix, external)).toBe(path);
  });

  it("is read from either way to write a flag", () => {
    expect(findFlag(["--web.route-prefix=/a=b"], "web.route-prefix")).toBe("/a=b");
    expect(findFlag(["--x", "--web.route-prefix", "/a"], "web.route-prefix")).toBe("/a");
    expect(findFlag(["--web.route-prefixes=/a"], "web.route-prefix")).toBeUndefined();
  });

  it.each([
    [{}, ""],
    [{ prefixURL: "/prometheus/" }, "/prometheus"],
    [{ prefixURL: "/prometheus", baseURL: "https://example.org/other" }, "/prometheus"],
    [{ baseURL: "https://example.org/prometheus" }, "/prometheus"],
    [{ extraFlags: ["web.enable-lifecycle", "web.route-prefix=/flag"] }, "/flag"],
    [{ extraArgs: { "web.external-url": "https://example.org/arg" } }, "/arg"],
  ])("monstack's own data source follows the values %o", (server, path) => {
    const app = {
      release: "prometheus",
      namespace: "monitoring",
      values: { server },
    } as unknown as PlannedApp;
    expect(buildPrometheusUrl(app)).toBe(`http://prometheus-server.monitoring.svc.cluster.local${path}`);
  });

  it("monstack's own data source speaks TLS and logs in as the chart's probes do", () => {
    const value = `Basic ${Buffer.from("ann:s3$cr:3t").toString("base64")}`;
    const server = { probeScheme: "HTTPS", probeHeaders: [{ name: "Authorization", value }] };
    const app = {
      release: "prometheus",
      namespace: "monitoring",
      values: { server },
    } as unknown as PlannedApp;
    expect(buildPrometheusUrl(app)).toBe("https://prometheus-server.monitoring.svc.cluster.local:80");
    expect(createDatasourceAccess(app, { timeInterval: "2s" })).toEqual({
      jsonData: { timeInterval: "2s", tlsSkipVerify: true },
      basicAuth: true,
      basicAuthUser: "ann",
      secureJsonData: { basicAuthPassword: "s3$$cr:3t" },
    });
  });

  it.each([
    ["prometheus", { server: { prefixURL: "https://example.org/metrics" } }, "server.prefixURL", "/metrics"],
    ["prometheus", { alertmanager: { prefixURL: "http://x" } }, "alertmanager.prefixURL", "/prometheus"],
    [
      "kube-prometheus-stack",
      { prometheus: { prometheusSpec: { routePrefix: "https://example.org/p/" } } },
      "prometheus.prometheusSpec.routePrefix",
      "/p/",
    ],
  ])("a URL as prefix of %s is refused: %o", (chart, values, key, path) => {
    const app = { name: "metrics", chart: { kind: "path", path: `/charts/${chart}` }, values };
    const refuse = () => refuseUrlPrefixes([app as unknown as PlannedApp]);
    expect(refuse).toThrow(`apps.metrics.values: ${key} is the URL`);
    expect(refuse).toThrow(`for example ${path}`);
  });

  it("a path as prefix is not refused", () => {
    const values = { server: { prefixURL: "/a", baseURL: "https://example.org/a" } };
    const app = { name: "metrics", chart: { kind: "path", path: "/charts/prometheus" }, values };
    expect(() => refuseUrlPrefixes([app as unknown as PlannedApp])).not.toThrow();
  });
});
