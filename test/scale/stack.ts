import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StackRecord, saveStack } from "../../src/app/session/stack-file.ts";
import { createHost } from "../../src/host/create.ts";
import { version } from "../../src/lib/version.ts";
import { answerAsAlertmanager } from "../support/fake-alertmanager.ts";
import { answerAsKubeApi, kubeConfigFor } from "../support/fake-kube-api.ts";
import { answerAsPrometheus } from "../support/fake-prometheus.ts";
import { type LocalServer, type Received, type Reply, serve } from "../support/local-server.ts";
import { renderedStack } from "../verify/rendered-stack.ts";
import { answerLargeGrafana } from "./grafana.ts";
import { createLargeWorld, type Scale, scrapeOften } from "./world.ts";

/** How busy a server was. */
export interface Load {
  /** Requests that were answered. */
  requests: number;
  /** The most that were open at once. */
  maxAtOnce: number;
  /** Bytes of the bodies that were sent. */
  bytes: number;
}

export interface LargeStack extends AsyncDisposable {
  /** `monstack verify` in this folder, with this home, finds the stack. */
  readonly folder: string;
  readonly home: string;
  /** What it is called with besides. */
  readonly args: readonly string[];
  readonly loads: Readonly<Record<"prometheus" | "grafana" | "kube", Load>>;
}

/** Milliseconds that a server takes for a response: without them, requests at once would not be seen. */
const responseMs = 5;

/** Plays a large stack on loopback, and writes the record by which `monstack verify` finds it. */
export async function startLargeStack(scale: Scale): Promise<LargeStack> {
  const world = createLargeWorld(scale);
  const [prometheus, prometheusLoad] = await serveCounted((request) =>
    answerAsPrometheus(world.prometheus, request),
  );
  const [grafana, grafanaLoad] = await serveCounted((request) => answerLargeGrafana(world.grafana, request));
  const [kube, kubeLoad] = await serveCounted((request) => answerAsKubeApi(world.kube, request));
  const [alertmanager] = await serveCounted((request) => answerAsAlertmanager(world.alertmanager, request));
  const folder = await mkdtemp(join(tmpdir(), "monstack-scale-"));
  const home = join(folder, "home");
  const stateDir = join(folder, "state");
  await mkdir(home);
  await mkdir(stateDir, { mode: 0o700 });
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, kubeConfigFor(kube.url).exportConfig());
  await writeFile(join(folder, "monstack.yaml"), `verify: {max-series: ${2 * scale.series}}\n`);
  const urls = { prometheus: prometheus.url, alertmanager: alertmanager.url, grafana: grafana.url };
  const host = await createHost(environmentOf(home)); // the key of the user's records is below the home
  await saveStack(host, stateDir, createRecord(kubeconfig, urls, world.deployedAt));
  return {
    folder,
    home,
    args: ["--state-dir", stateDir, "--report-dir", join(folder, "report")],
    loads: { prometheus: prometheusLoad, grafana: grafanaLoad, kube: kubeLoad },
    [Symbol.asyncDispose]: async () => {
      for (const server of [prometheus, grafana, kube, alertmanager]) await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Answer = (request: Received) => Reply | Promise<Reply>;

async function serveCounted(answer: Answer): Promise<[LocalServer, Load]> {
  const load: Load = { requests: 0, maxAtOnce: 0, bytes: 0 };
  let open = 0;
  const server = await serve(async (request) => {
    open += 1;
    load.requests += 1;
    load.maxAtOnce = Math.max(load.maxAtOnce, open);
    await new Promise((resolve) => setTimeout(resolve, responseMs));
    const reply = await answer(request);
    const body = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
    load.bytes += body.length;
    open -= 1;
    return { contentType: "application/json", ...reply, body };
  });
  return [server, load];
}

/** Returns the environment of a `monstack` that finds the records of this home. */
export function environmentOf(home: string): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: home };
}

function createRecord(
  kubeconfig: string,
  urls: Record<"prometheus" | "alertmanager" | "grafana", string>,
  deployedAt: string,
): StackRecord {
  const service = (url: string, name: string, port: number) => ({
    url,
    direct: url,
    service: { namespace: "monitoring", name, port },
  });
  const config = {
    profile: "ci",
    cluster: { kind: "existing", kubeconfig, context: undefined },
    k3s: { args: [] },
    prometheus: {},
    storage: { sizes: {}, storageClass: undefined },
    resources: {},
    federate: [],
    remoteWrite: [],
  };
  const plan = {
    config,
    apps: [],
    askedValues: [],
    profileSettings: [],
    notices: [],
    dashboards: [],
    alerting: { kind: "as-is", reason: "nothing is to be sent" },
  };
  return {
    version: 1,
    monstack: version,
    deployedAt,
    clusterKind: "existing",
    clusterVersion: "v1.36.3",
    kubeconfig,
    context: undefined,
    tools: [],
    plan: plan as unknown as StackRecord["plan"],
    rendered: JSON.parse(scrapeOften(JSON.stringify(renderedStack()))),
    services: {
      prometheus: service(urls.prometheus, "prometheus-server", 80),
      alertmanager: service(urls.alertmanager, "prometheus-alertmanager", 9093),
      grafana: service(urls.grafana, "grafana", 80),
    },
    grafana: { user: "admin", password: "right" },
  };
}
