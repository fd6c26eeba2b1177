import { describe, expect, test } from "vitest";
import { findWrongPaths } from "../../src/plan/web-paths.ts";
import { planOf } from "./configs.ts";

async function found(values: string, app = "prometheus") {
  const { apps } = await planOf(
    `apps: {${app}: {${app === "prometheus" ? "" : `chart: ./${app}, `}values: ${values}}}`,
  );
  return findWrongPaths(apps).map(({ path, problem }) => [path.join("."), problem]);
}

describe("a path below which the chart's probes do not ask", () => {
  test.each([
    ["{server: {baseURL: 'https://x.example/prom'}}", "server.baseURL", "/prom"],
    ["{server: {baseURL: 'https://x.example/prom/'}}", "server.baseURL", "/prom"],
    ["{server: {extraArgs: {web.route-prefix: /prom}}}", "server.extraArgs.web.route-prefix", "/prom"],
    [
      "{server: {extraArgs: {web.external-url: 'http://x/a/b'}}}",
      "server.extraArgs.web.external-url",
      "/a/b",
    ],
    ["{server: {extraFlags: [web.enable-lifecycle, web.route-prefix=/prom]}}", "server.extraFlags", "/prom"],
    [
      "{server: {prefixURL: /other, extraArgs: {web.route-prefix: /prom}}}",
      "server.extraArgs.web.route-prefix",
      "/prom",
    ],
  ])("is named with its key: %s", async (values, key, path) => {
    expect(await found(values)).toEqual([
      [
        key,
        expect.stringMatching(
          new RegExp(`^Prometheus serves below ${path} .*never ready; expected server.prefixURL: ${path}`),
        ),
      ],
    ]);
  });

  test("of Alertmanager and Pushgateway is in the values", async () => {
    const probe = "readinessProbe: {httpGet: {path: /-/ready}}";
    expect(await found(`{alertmanager: {baseURL: 'http://x/am', prefixURL: /am, ${probe}}}`)).toEqual([
      ["alertmanager.readinessProbe.httpGet.path", expect.stringContaining("expected /am/-/ready")],
    ]);
    expect(
      await found(`{extraArgs: ['--web.external-url=http://x/push'], ${probe}}`, "prometheus-pushgateway"),
    ).toHaveLength(1);
    expect(await found(`{baseURL: 'http://x/am', ${probe}}`, "alertmanager")).toHaveLength(1);
  });

  test("of Alertmanager is where Prometheus sends alerts, too", async () => {
    expect(await found("{alertmanager: {baseURL: 'http://x/am'}}")).toEqual([
      ["alertmanager.baseURL", expect.stringContaining("none arrives; expected alertmanager.prefixURL: /am")],
    ]);
  });

  test.each([
    "{server: {baseURL: 'https://x.example/prom', prefixURL: /prom}}",
    "{server: {baseURL: 'https://x.example/prom', prefixURL: /prom/}}",
    "{server: {baseURL: 'https://x.example/prom', prefixURL: /}}",
    "{server: {prefixURL: /prom}}",
    "{server: {baseURL: 'https://x.example'}}",
    "{server: {baseURL: 'https://x.example/'}}",
    "{server: {baseURL: 'https://x.example/prom', tcpSocketProbeEnabled: true}}",
    "{server: {baseURL: '{{ .Values.x }}'}}",
    "{alertmanager: {baseURL: 'http://x/am', prefixURL: /am, readinessProbe: {httpGet: {path: /am/-/ready}}}}",
    "{alertmanager: {enabled: false, baseURL: 'http://x/am'}}",
    "{}",
  ])("is none in what is right: %s", async (values) => {
    expect(await found(values)).toEqual([]);
  });
});
