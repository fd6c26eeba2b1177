import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import type { Evidence } from "../../src/diagnose/evidence.ts";
import { gatherEvidence } from "../../src/diagnose/gather/gather.ts";
import type { KubeObject } from "../../src/kube/manifest.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";
import type { CheckResult } from "../../src/stack/check.ts";
import type { Stack } from "../../src/stack/stack.ts";
import { authenticateRequests } from "../../src/verify/access/authenticated-requests.ts";
import { resolveServerAccess } from "../../src/verify/access/server-access.ts";
import { runChecks } from "../../src/verify/runner/run.ts";
import { certificateFor } from "../support/local-proxy.ts";
import { behindLogin, below, belowSubPath } from "../support/set-ups.ts";
import { healthyWorld, type World } from "./healthy-world.ts";
import { openStack, type SetUp } from "./open-stack.ts";
import { configMap, renderedStack } from "./rendered-stack.ts";

interface Container {
  name: string;
  args?: string[];
  env?: unknown[];
  readinessProbe?: unknown;
}
interface Pod {
  metadata: { name: string };
  spec: { containers: Container[] };
}

/** The rendered stack and the world with changes to a workload's first container, which its pod has as well. */
function withContainer(
  world: World,
  rendered: RenderedApp[],
  name: string,
  change: (one: Container) => void,
) {
  const workload = rendered
    .flatMap(({ objects }) => objects)
    .find(({ kind, metadata }) => ["Deployment", "StatefulSet"].includes(kind) && metadata.name === name);
  if (workload === undefined) throw new Error(`no workload ${name}`);
  const { template } = workload["spec"] as { template: { spec: { containers: Container[] } } };
  const container = template.spec.containers[0] as Container;
  change(container);
  const pods = world.kube.pods as unknown as Pod[];
  const main = pods.find(({ metadata }) => metadata.name.startsWith(name))?.spec.containers.at(-1);
  if (main) Object.assign(main, { name: container.name, args: container.args, env: container.env });
  if (name !== "prometheus-server") return;
  for (const [, flag = "", value = ""] of (container.args ?? []).map(
    (arg) => /^--([^=]+)=(.*)$/.exec(arg) ?? [],
  ))
    world.prometheus.flags[flag] = flag === "web.route-prefix" ? `/${value.replace(/^\/|\/$/g, "")}` : value;
}

const withArgs =
  (...args: string[]) =>
  (container: Container) => {
    container.args = [...(container.args ?? []), ...args];
  };

function changed(
  rendered: RenderedApp[],
  app: string,
  objects: (all: readonly KubeObject[]) => KubeObject[],
) {
  return rendered.map((one) => (one.app.name === app ? { ...one, objects: objects(one.objects) } : one));
}

/** All checks as a run makes them, each once, with the way to the servers that the rendered objects say. */
async function verify(world: World, rendered: readonly RenderedApp[], setUp: SetUp) {
  await using open = await openStack(world, undefined, setUp);
  const at = (server: "prometheus" | "alertmanager" | "grafana") => {
    const { scheme, path, login } = resolveServerAccess(server, rendered);
    const url = `${scheme}://${new URL(open.stack[server]?.url ?? "").host}${path}`;
    return { server, url, login };
  };
  const servers = [at("prometheus"), at("alertmanager"), at("grafana")] as const;
  const context = authenticateRequests(open.stack.context, servers);
  const [prometheus, alertmanager, grafana] = servers.map(({ url }) => url);
  const stack = {
    ...open.stack,
    context,
    rendered,
    prometheus: { ...open.stack.prometheus, url: prometheus },
    alertmanager: { ...open.stack.alertmanager, url: alertmanager },
    grafana: { ...open.stack.grafana, url: grafana },
  } as Stack;
  const { results, findings } = await runChecks(stack, { deadlineMs: 10_000, pauseMs: 10_000 });
  const { kube } = stack;
  const given = {
    kube,
    rendered,
    deployedAt: stack.deployedAt,
    failure: undefined,
    checks: results,
    findings,
  };
  const { prometheus: p, alertmanager: a, grafana: g } = stack;
  const evidence = await gatherEvidence(context, {
    ...given,
    ...{ prometheus: p, alertmanager: a, grafana: g, stateDir: undefined },
  });
  return { results, evidence, causes: diagnose(evidence) };
}

const bad = (results: readonly CheckResult[]) =>
  results.filter(({ status }) => !["pass", "skipped"].includes(status));

const unreadServers = ({ unread }: Evidence) =>
  unread.filter(({ what }) => /^(?:Prometheus|Alertmanager|Grafana)/.test(what));

let folder: string;
let tls: { readonly key: Buffer; readonly cert: Buffer };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "set-ups-"));
  tls = await certificateFor(folder, ["prometheus-server.monitoring.svc"]);
});
afterAll(async () => await rm(folder, { recursive: true }));

describe("a healthy stack passes all checks", () => {
  it.each([
    ["a route prefix", ["--web.route-prefix=/prometheus"], "/prometheus"],
    ["a route prefix with a slash at its end", ["--web.route-prefix=/prometheus/"], "/prometheus"],
    ["the path of an external URL", ["--web.external-url=https://metrics.example.org/a/b/"], "/a/b"],
    [
      "a prefix beside another external URL",
      ["--web.route-prefix=/p", "--web.external-url=https://metrics.example.org/q"],
      "/p",
    ],
  ])("with Prometheus below %s", async (_, args, path) => {
    const world = healthyWorld();
    const rendered = renderedStack();
    withContainer(world, rendered, "prometheus-server", withArgs(...args));
    const { results, evidence } = await verify(world, rendered, {
      prometheus: (answer) => below(path, answer),
    });
    expect(bad(results)).toEqual([]);
    expect(unreadServers(evidence)).toEqual([]);
    expect(evidence.requested.prometheusService?.path).toBe(path);
  });

  it.each([
    ["a route prefix", ["--web.route-prefix=/alertmanager"]],
    ["the path of an external URL", ["--web.external-url=https://metrics.example.org/alertmanager"]],
  ])("with Alertmanager below %s", async (_, args) => {
    const world = healthyWorld();
    const rendered = renderedStack();
    withContainer(world, rendered, "prometheus-alertmanager", withArgs(...args));
    world.prometheus.alertmanagers = ["http://10.42.0.9:9093/alertmanager/api/v2/alerts"];
    const { results, evidence } = await verify(world, rendered, {
      alertmanager: (answer) => below("/alertmanager", answer),
    });
    expect(bad(results)).toEqual([]);
    expect(unreadServers(evidence)).toEqual([]);
  });

  it.each(["grafana.ini", "variables"])("with Grafana below a sub path that %s sets", async (by) => {
    const world = healthyWorld();
    let rendered = renderedStack();
    const url = "%(protocol)s://%(domain)s:%(http_port)s/grafana/";
    if (by === "variables") {
      const set = [
        { name: "GF_SERVER_ROOT_URL", value: url },
        { name: "GF_SERVER_SERVE_FROM_SUB_PATH", value: "true" },
      ];
      withContainer(world, rendered, "grafana", (container) => {
        container.env = [...(container.env ?? []), ...set];
      });
    } else {
      rendered = changed(rendered, "grafana", (all) =>
        all.map((object) =>
          object.kind === "ConfigMap" && object.metadata.name === "grafana"
            ? withIni(object, `[server]\nroot_url = ${url}\nserve_from_sub_path = true\n`)
            : object,
        ),
      );
    }
    world.grafana.settings = {
      ...world.grafana.settings,
      server: { root_url: url, serve_from_sub_path: "true" },
    };
    const { results, evidence } = await verify(world, rendered, {
      grafana: (answer) => belowSubPath("/grafana", "http://localhost:3000/grafana/", answer),
    });
    expect(bad(results)).toEqual([]);
    expect(unreadServers(evidence)).toEqual([]);
  });

  it("with TLS by certificates that nobody here knows", async () => {
    const world = healthyWorld();
    let rendered = withWebConfig(
      world,
      "prometheus-server",
      "tls_server_config: {cert_file: a, key_file: b}\n",
    );
    withContainer(world, rendered, "prometheus-alertmanager", (container) => {
      container.args = ["--config.file=/etc/alertmanager/alertmanager.yml"];
      container.readinessProbe = { httpGet: { path: "/", scheme: "HTTPS" } };
    });
    rendered = changed(rendered, "grafana", (all) =>
      all.map((object) =>
        object.kind === "ConfigMap" && object.metadata.name === "grafana"
          ? withIni(object, "[server]\nroot_url = http://localhost:3000\nprotocol = https\n")
          : object,
      ),
    );
    world.grafana.settings = {
      ...world.grafana.settings,
      server: { root_url: "http://localhost:3000", protocol: "https" },
    };
    const { results, evidence } = await verify(world, rendered, { tls });
    expect(bad(results)).toEqual([]);
    expect(unreadServers(evidence)).toEqual([]);
  });
});

/** A ConfigMap with another grafana.ini, which keeps what the world's Grafana says of other sections. */
function withIni(object: KubeObject, ini: string): KubeObject {
  return { ...object, data: { ...(object["data"] as object), "grafana.ini": ini } } as KubeObject;
}

/** The rendered stack with a web configuration that the server reads. */
function withWebConfig(world: World, workload: string, text: string): RenderedApp[] {
  const rendered = renderedStack();
  withContainer(world, rendered, workload, withArgs("--web.config.file=/etc/web/web.yml"));
  return changed(rendered, "prometheus", (all) => [...all, configMap("web", { "web.yml": text })]);
}

const users = "basic_auth_users:\n  ann: $2y$10$xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n";

describe("a server that requires a login", () => {
  it.each([
    [
      "Grafana's data source",
      (rendered: RenderedApp[]) =>
        changed(rendered, "grafana", (all) => [
          ...all.filter(({ metadata, kind }) => kind !== "ConfigMap" || metadata.name !== "grafana"),
          ...all
            .filter(({ metadata, kind }) => kind === "ConfigMap" && metadata.name === "grafana")
            .map((object) => withSource(object)),
        ]),
    ],
    [
      "a scrape job",
      (rendered: RenderedApp[]) =>
        changed(rendered, "prometheus", (all) => [
          ...all,
          configMap("jobs", {
            "jobs.yml": "scrape_configs: [{job_name: self, basic_auth: {username: ann, password: s3cr3t}}]",
          }),
        ]),
    ],
    [
      "the readiness probe",
      (rendered: RenderedApp[], world: World) => {
        const value = `Basic ${Buffer.from("ann:s3cr3t").toString("base64")}`;
        withContainer(world, rendered, "prometheus-server", (container) => {
          container.readinessProbe = { httpGet: { httpHeaders: [{ name: "Authorization", value }] } };
        });
        return rendered;
      },
    ],
  ])("is asked with the password from %s", async (_, change) => {
    const world = healthyWorld();
    const rendered = change(withWebConfig(world, "prometheus-server", users), world);
    const { results, evidence } = await verify(world, rendered, {
      prometheus: (answer) => behindLogin("ann", "s3cr3t", answer),
    });
    expect(bad(results)).toEqual([]);
    expect(unreadServers(evidence)).toEqual([]);
  });

  it("is named with what is missing when the configuration has no password, as the first cause", async () => {
    const world = healthyWorld();
    const rendered = withWebConfig(world, "prometheus-server", users);
    const { results, causes } = await verify(world, rendered, {
      prometheus: (answer) => behindLogin("ann", "s3cr3t", answer),
    });
    expect(results.find(({ id }) => id === "prometheus-ready")).toMatchObject({
      status: "fail",
      fault: "access-refused",
      seen: "Prometheus requires a login of a user of basic_auth_users (ann) in /etc/web/web.yml, and the configuration has no password for it (HTTP 401)",
      fix: expect.stringContaining("secureJsonData.basicAuthPassword"),
    });
    expect(causes[0]).toMatchObject({ id: "access-refused", sureness: "certain" });
    expect(causes.map(({ id }) => id)).not.toContain("grafana-login-refused");
    expect(causes.filter(({ id }) => id === "access-refused")).toHaveLength(1);
  });

  it("is named when it refuses the password that the configuration has", async () => {
    const world = healthyWorld();
    const rendered = changed(withWebConfig(world, "prometheus-server", users), "prometheus", (all) => [
      ...all,
      configMap("jobs", { "jobs.yml": "x: {basic_auth: {username: ann, password: old}}" }),
    ]);
    const { results } = await verify(world, rendered, {
      prometheus: (answer) => behindLogin("ann", "s3cr3t", answer),
    });
    const ready = results.find(({ id }) => id === "prometheus-ready");
    expect(ready).toMatchObject({
      seen: "Prometheus refuses the login of user ann, whose password is from basic_auth in jobs.yml (HTTP 401)",
    });
    expect(JSON.stringify(ready)).not.toContain("old");
  });

  it("is not Grafana when a data source of Grafana's refuses", async () => {
    for (const body of ["Unauthorized\n", { status: "error", error: "no token" }]) {
      const world = healthyWorld();
      world.grafana.dsQuery = "ds/query, target dead";
      world.grafana.proxy = { status: 401, contentType: "text/plain", body };
      const { results, causes } = await verify(world, renderedStack(), {});
      expect(results.find(({ id }) => id === "grafana-query")).toMatchObject({
        fault: "datasource-unauthorized",
      });
      expect(results.filter((one) => "fault" in one && one.fault === "grafana-login-refused")).toEqual([]);
      expect(causes.map(({ id }) => id)).not.toContain("grafana-login-refused");
    }
  });
});

function withSource(object: KubeObject): KubeObject {
  const data = object["data"] as Record<string, string>;
  const file = `${data["datasources.yaml"]}    basicAuth: true
    basicAuthUser: ann
    secureJsonData: { basicAuthPassword: s3cr3t }
`;
  return { ...object, data: { ...data, "datasources.yaml": file } } as KubeObject;
}
