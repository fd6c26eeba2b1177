import { KubeConfig } from "@kubernetes/client-node";
import { afterEach, describe, expect, it } from "vitest";
import { createOutputs, outputNames } from "../../src/app/outputs.ts";
import { openServices } from "../../src/app/services.ts";
import type { StackRecord } from "../../src/app/session/stack-file.ts";
import { openJournal } from "../../src/journal/journal.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { findFreePort } from "../support/free-port.ts";
import { serve } from "../support/local-server.ts";
import { openSession } from "./support/session.ts";
import { createWorld } from "./support/world.ts";

const cleanUps: (() => PromiseLike<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Opens a Grafana's service whose ClusterIP is as given. */
async function openGrafana(
  reach: "direct" | "api-server",
  clusterIP: string,
  more: RenderedApp["objects"] = [],
) {
  const world = await createWorld();
  cleanUps.push(() => world[Symbol.asyncDispose]());
  const api = await serve(() => ({ body: { metadata: { name: "grafana" }, spec: { clusterIP } } }));
  cleanUps.push(() => api[Symbol.asyncDispose]());
  const port = await findFreePort();
  const { session } = await openSession(world, { flags: { "grafana-port": String(port) } });
  const kube = new KubeConfig();
  kube.loadFromClusterAndUser({ name: "x", server: api.url, skipTLSVerify: true }, { name: "x" });
  const cluster = { kind: "k3s", kubeconfig: "/x/y", context: "x", kube, version: "v1", reach } as const;
  const journal = await openJournal(session.context.host, world.stateDir);
  cleanUps.push(() => tearDown(session.context, { stateDir: world.stateDir }));
  const rendered = [{ ...grafana, objects: [...grafana.objects, ...more] }];
  const services = await openServices(session, cluster, rendered, journal);
  const spec = JSON.parse((await world.read("state/forward.json")) ?? "{}");
  return { services, port, target: spec.listeners[0].target };
}

const labels = { "app.kubernetes.io/name": "grafana" };
const grafana = {
  app: {
    name: "grafana",
    release: "grafana",
    namespace: "obs",
    chart: { kind: "path", path: "/charts/grafana" },
    dependsOn: [],
    values: {},
    timeoutMs: 1,
  },
  objects: [
    {
      ...{ apiVersion: "v1", kind: "Service", metadata: { name: "grafana", namespace: "obs" } },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 3000 }] },
    },
  ],
  images: [],
} as unknown as RenderedApp;

describe("a service of the stack", () => {
  it.each([
    ["10.43.0.7", "http://10.43.0.7:80"],
    ["fd00::7", "http://[fd00::7]:80"],
  ])(
    "on our k3s is reached at its ClusterIP %s by the checks, on localhost by everybody else",
    async (ip, direct) => {
      const { services, port, target } = await openGrafana("direct", ip);
      expect(services).toEqual({
        grafana: {
          ...{ url: `http://localhost:${port}`, direct },
          service: { namespace: "obs", name: "grafana", port: 80 },
        },
      });
      expect(target).toEqual({ kind: "tcp", host: ip, port: 80 });
    },
  );

  it("has the path that it serves below in both addresses", async () => {
    const ini = "[server]\nroot_url = https://example.org/grafana/\nserve_from_sub_path = true\n";
    const config = {
      ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "grafana", namespace: "obs" } },
      data: { "grafana.ini": ini },
    };
    const { services, port } = await openGrafana("direct", "10.43.0.7", [config]);
    expect(services.grafana?.direct).toBe("http://10.43.0.7:80/grafana");
    expect(services.grafana?.url).toBe(`http://localhost:${port}/grafana`);
  });

  it.each([
    ["without an address of its own", "direct", "None"],
    ["of another cluster", "api-server", "10.43.0.7"],
  ] as const)("%s is reached through the API server by both", async (_, reach, ip) => {
    const { services, port, target } = await openGrafana(reach, ip);
    expect(services.grafana?.direct).toBe(`http://localhost:${port}`);
    expect(target).toMatchObject({
      kind: "pod",
      kubeconfig: "/x/y",
      context: "x",
      namespace: "obs",
      service: "grafana",
    });
  });
});

describe("the outputs", () => {
  it("are what the stack has, and empty where it has nothing", async () => {
    await using world = await createWorld();
    const { config } = (await openSession(world)).session.loaded;
    const at = (url: string) => ({
      url,
      direct: "http://10.43.0.7",
      service: { namespace: "a", name: "b", port: 1 },
    });
    const tools = ["k3s", "helm", "kubectl"].map((name) => ({ name, version: `v-${name}` }));
    const stack = {
      services: { prometheus: at("http://p"), grafana: at("http://g"), alertmanager: undefined },
      grafana: { user: "ann", password: "s3cr3t" },
      kubeconfig: "/k",
      tools,
    } as unknown as StackRecord;
    expect(createOutputs(config, stack, true)).toEqual({
      verified: "true",
      "prometheus-url": "http://p",
      "grafana-url": "http://g",
      "alertmanager-url": "",
      "grafana-user": "ann",
      "grafana-password": "s3cr3t",
      kubeconfig: "/k",
      namespace: "monitoring",
      "k3s-version": "v-k3s",
      "helm-version": "v-helm",
      "kubectl-version": "v-kubectl",
      results: `${world.reportDir}/results.json`,
      "report-dir": world.reportDir,
      backup: "",
    });
    const keeping = { ...config, keep: { metrics: true, data: undefined } };
    expect(createOutputs(keeping, stack, true).backup).toBe(`${world.reportDir}/backup.tar.gz`);
    const none = createOutputs(config, undefined, false);
    expect(Object.keys(none)).toEqual([...outputNames]);
    expect([none.verified, none["grafana-password"], none.kubeconfig]).toEqual(["false", "", ""]);
  });
});
