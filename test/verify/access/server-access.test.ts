import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../src/kube/manifest.ts";
import { resolveServerAccess } from "../../../src/verify/access/server-access.ts";
import { app, configMap, labelsOf, workload } from "../rendered-stack.ts";

const namespace = "monitoring";

function operated(kind: string, spec: Record<string, unknown>): KubeObject {
  return { apiVersion: "monitoring.coreos.com/v1", kind, metadata: { name: "kps", namespace }, spec };
}

describe("how an operator's servers are reached", () => {
  it.each([
    ["nothing", {}, "http", ""],
    ["the root as the chart writes it", { routePrefix: "/", externalUrl: "http://x:9090/y" }, "http", ""],
    // Unlike the programs themselves the operator always sets a route prefix.
    ["an external URL alone", { externalUrl: "https://example.org/prometheus" }, "http", ""],
    ["a route prefix", { routePrefix: "/prometheus/" }, "http", "/prometheus"],
    ["TLS", { routePrefix: "/p", web: { tlsConfig: { keySecret: {} } } }, "https", "/p"],
    ["other web settings", { web: { pageTitle: "x", httpConfig: { http2: true } } }, "http", ""],
  ])("with %s", (_, spec, scheme, path) => {
    for (const [kind, server] of [
      ["Prometheus", "prometheus"],
      ["Alertmanager", "alertmanager"],
    ] as const)
      expect(resolveServerAccess(server, [app("kps", [operated(kind, spec)])])).toEqual({
        scheme,
        path,
        login: undefined,
      });
  });

  it("names a certificate that they require", () => {
    const spec = { web: { tlsConfig: { clientAuthType: "RequireAndVerifyClientCert" } } };
    expect(resolveServerAccess("prometheus", [app("kps", [operated("Prometheus", spec)])]).login).toEqual({
      kind: "certificate",
      where: "web.tlsConfig.clientAuthType of Prometheus kps",
    });
  });
});

describe("how a chart's servers are reached", () => {
  const server = labelsOf("prometheus", "server");
  const withArgs = (args: string[], extra: Record<string, unknown> = {}) => {
    const made = workload("Deployment", "prometheus-server", server, args);
    const { template } = made["spec"] as { template: { spec: { containers: object[] } } };
    Object.assign(template.spec.containers[0] as object, extra);
    template.spec.containers.unshift({
      name: "reload",
      args: ["--reload-url=http://127.0.0.1:9090/x/-/reload"],
    });
    return made;
  };

  it("fills in the variables of the container", () => {
    const env = [{ name: "DOMAIN", value: "example.org/team" }];
    const made = withArgs(["--web.external-url=https://$(DOMAIN)/prometheus"], { env });
    expect(resolveServerAccess("prometheus", [app("p", [made])]).path).toBe("/team/prometheus");
  });

  it("takes the web configuration that the pod mounts, where two have that name", () => {
    const made = withArgs(["--web.config.file=/etc/web/web.yml"]);
    const spec = (made["spec"] as { template: { spec: Record<string, unknown> } }).template.spec;
    spec["volumes"] = [{ name: "web", configMap: { name: "mine" } }];
    const rendered = [
      app("p", [
        made,
        configMap("other", { "web.yml": "tls_server_config: {cert_file: a}" }),
        configMap("mine", { "web.yml": "basic_auth_users: {ann: x}" }),
      ]),
    ];
    expect(resolveServerAccess("prometheus", rendered)).toEqual({
      scheme: "http",
      path: "",
      login: { kind: "missing", users: ["ann"], where: "/etc/web/web.yml" },
    });
  });

  it("requires no login by a web configuration without users", () => {
    const made = withArgs(["--web.config.file=/etc/web/web.yml"]);
    const web = configMap("web", { "web.yml": "http_server_config: {http2: true}" });
    expect(resolveServerAccess("prometheus", [app("p", [made, web])]).login).toBeUndefined();
  });

  it("names a certificate that the server requires", () => {
    const made = withArgs(["--web.config.file=/etc/web/web.yml"]);
    const text = "tls_server_config: {client_auth_type: RequireAnyClientCert}";
    expect(
      resolveServerAccess("prometheus", [app("p", [made, configMap("web", { "web.yml": text })])]),
    ).toEqual({
      scheme: "https",
      path: "",
      login: { kind: "certificate", where: "client_auth_type in /etc/web/web.yml" },
    });
  });

  it("finds Alertmanager's password in Prometheus' alerting section, by its user or by its place", () => {
    const am = workload("StatefulSet", "am", labelsOf("alertmanager"), ["--web.config.file=/web.yml"]);
    const text =
      "scrape_configs: [{basic_auth: {username: ann, password: wrong}}]\nalerting: {alertmanagers: [{basic_auth: {username: ann, password: right}}]}\n";
    const prometheus = configMap("prometheus-server", { "prometheus.yml": text });
    const known = [
      app("prometheus", [am, prometheus, configMap("web", { "web.yml": "basic_auth_users: {ann: x}" })]),
    ];
    const login = { kind: "password", user: "ann", password: "right", from: "basic_auth in prometheus.yml" };
    expect(resolveServerAccess("alertmanager", known).login).toEqual(login);
    // The web configuration is in a Secret of the user's.
    expect(resolveServerAccess("alertmanager", [app("prometheus", [am, prometheus])]).login).toEqual(login);
  });

  it("takes a data source's password from the variables of Grafana", () => {
    const made = withArgs(["--web.config.file=/web.yml"]);
    const grafana = workload("Deployment", "grafana", labelsOf("grafana"));
    const { template } = grafana["spec"] as { template: { spec: { containers: object[] } } };
    Object.assign(template.spec.containers[0] as object, { env: [{ name: "PASSWORD", value: "s3cr3t" }] });
    const login = (password: string) => {
      const file = `datasources: [{name: Metrics, type: prometheus, basicAuthUser: ann, secureJsonData: {basicAuthPassword: ${password}}}]`;
      const rendered = [
        app("p", [made]),
        app("g", [grafana, configMap("grafana", { "datasources.yaml": file })]),
      ];
      return resolveServerAccess("prometheus", rendered).login;
    };
    const known = { kind: "password", user: "ann", from: "Grafana's data source Metrics" };
    for (const written of ["$PASSWORD", `'$\{PASSWORD}'`, "'$__env{PASSWORD}'", "s3cr3t"])
      expect(login(written)).toEqual({ ...known, password: "s3cr3t" });
    expect(login("a$$b")).toEqual({ ...known, password: "a$b" });
    expect(login("$UNKNOWN")).toMatchObject({ kind: "missing" });
  });
});

describe("how Grafana is reached", () => {
  const at = (ini: string) =>
    resolveServerAccess("grafana", [app("g", [configMap("grafana", { "grafana.ini": ini })])]);

  it.each([
    ["root_url = https://example.org/grafana/", "", "http"],
    ["root_url = https://example.org/grafana/\nserve_from_sub_path = false", "", "http"],
    ["root_url = https://example.org/grafana/\nserve_from_sub_path = true", "/grafana", "http"],
    ["root_url = https://example.org/a/b\nserve_from_sub_path = True", "/a/b", "http"],
    ["root_url = https://example.org\nserve_from_sub_path = true", "", "http"],
    ["serve_from_sub_path = true", "", "http"],
    ["root_url = %(protocol)s://%(domain)s:%(http_port)s/g/\nserve_from_sub_path = true", "/g", "http"],
    ["protocol = https", "", "https"],
  ])("%s", (server, path, scheme) => {
    expect(at(`[server]\n${server}\n`)).toEqual({ scheme, path, login: undefined });
  });
});
