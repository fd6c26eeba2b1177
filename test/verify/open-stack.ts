import { CoreV1Api } from "@kubernetes/client-node";
import { buildEndpointUrl, type CaptureAddress } from "../../src/alerting/endpoints.ts";
import { probeLabel, ruleAlert } from "../../src/alerting/own-alerts.ts";
import type { VerifyConfig } from "../../src/config/schema.ts";
import { listenForAlerts } from "../../src/forward/receiver.ts";
import { createHost } from "../../src/host/create.ts";
import type { Plan } from "../../src/model/plan.ts";
import type { Check, CheckResult, Fault, Verdict } from "../../src/stack/check.ts";
import type { Stack } from "../../src/stack/stack.ts";
import { runChecks } from "../../src/verify/runner/run.ts";
import { expressions } from "../support/expressions.ts";
import { answerAsAlertmanager, notify } from "../support/fake-alertmanager.ts";
import { answerAsGrafana } from "../support/fake-grafana.ts";
import { answerAsKubeApi, kubeConfigFor } from "../support/fake-kube-api.ts";
import { answerAsPrometheus } from "../support/fake-prometheus.ts";
import { serve } from "../support/local-server.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { healthyWorld, type World } from "./healthy-world.ts";
import { renderedStack } from "./rendered-stack.ts";

export interface Urls {
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly grafana: string;
  readonly kube: string;
}

/** What is checked when nobody asked for anything else. */
export function testVerify(changes: Partial<VerifyConfig> = {}): VerifyConfig {
  return {
    only: [],
    skip: {},
    atEnd: false,
    expectAlerts: ["Watchdog", "InfoInhibitor"],
    maxSeries: 1_000_000,
    maxDeadPanels: undefined,
    dashboardBaseline: "/nowhere/monstack-dashboards.json",
    updateBaseline: false,
    backups: undefined,
    backupMaxAgeMs: 7 * 86_400_000,
    sendTestNotification: false,
    ...changes,
  };
}

/** On a cluster that was there before. */
const existingPlan = {
  dashboards: [],
  config: {
    profile: "ci",
    cluster: { kind: "existing", kubeconfig: "/nowhere/kubeconfig", context: undefined },
    k3s: { args: [] },
    prometheus: {},
    storage: { sizes: {}, storageClass: undefined },
    resources: {},
    federate: [
      {
        name: "federate",
        targets: ["source.example.com:9090"],
        match: ['{job="shop"}'],
        interval: undefined,
        scheme: "http",
        path: "/federate",
        login: undefined,
      },
    ],
    remoteWrite: [
      { name: "store", url: "http://store.example.com/write", headers: {}, login: undefined, queue: {} },
    ],
  },
  alerting: {
    kind: "captured",
    at: { host: "127.0.0.1", httpPort: 1, smtpPort: 1 },
    endpoints: [{ receiver: "default-receiver", integration: "webhook", index: 0 }],
    missingRuleReason: undefined,
  },
} as unknown as Plan;

/** The receiver of monstack's own, to which Alertmanager has already sent what the rule fired. */
async function openReceiver(world: World) {
  const token = "0123456789abcdef0123456789abcdef";
  const receiver = await listenForAlerts({ host: "127.0.0.1", httpPort: 0, smtpPort: 0, token }, () => {});
  const at: CaptureAddress = { host: "127.0.0.1", ...receiver, token };
  const url = buildEndpointUrl(at, { receiver: "default-receiver", integration: "webhook", index: 0 });
  world.alertmanager.webhook ??= url;
  const probe = String(Math.floor(Date.now() / 10_000) * 10);
  await notify(url, [{ labels: { alertname: ruleAlert, [probeLabel]: probe } }]);
  return { at, [Symbol.asyncDispose]: receiver.close };
}

/** A stack whose servers are at these addresses. */
export async function stackAt(
  urls: Urls,
  world: World,
  signal = new AbortController().signal,
): Promise<Stack> {
  const kube = kubeConfigFor(urls.kube);
  const at = (url: string, name: string, port: number) => ({
    url,
    service: { namespace: "monitoring", name, port },
  });
  return {
    context: { host: await createHost(), log: createRecordingLogger(), signal },
    plan: existingPlan,
    verify: testVerify(),
    baseline: undefined,
    rendered: renderedStack(),
    images: undefined,
    kube,
    expressions,
    core: kube.makeApiClient(CoreV1Api),
    prometheus: at(urls.prometheus, "prometheus-server", 80),
    alertmanager: at(urls.alertmanager, "prometheus-alertmanager", 9093),
    grafana: { ...at(urls.grafana, "grafana", 80), user: "admin", password: "right" },
    deployedAt: world.deployedAt,
  };
}

/** How the servers of a world are set up: they pass on to the ones of the world what they let in. */
export interface SetUp {
  readonly prometheus?: (answer: Answer) => Answer;
  readonly alertmanager?: (answer: Answer) => Answer;
  readonly grafana?: (answer: Answer) => Answer;
  /** All three have it then. */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer };
}

type Answer = Parameters<typeof serve>[0];

/** Real servers on loopback that answer as the world says; its parts may be changed while they run. */
export async function openStack(world: World, signal?: AbortSignal, setUp: SetUp = {}) {
  const start = (name: Exclude<keyof SetUp, "tls">, answer: Answer) =>
    serve(setUp[name]?.(answer) ?? answer, setUp.tls);
  const prometheus = await start("prometheus", (request) => answerAsPrometheus(world.prometheus, request));
  const alertmanager = await start("alertmanager", (request) =>
    answerAsAlertmanager(world.alertmanager, request),
  );
  const grafana = await start("grafana", (request) => answerAsGrafana(world.grafana, request));
  const kube = await serve((request) => answerAsKubeApi(world.kube, request));
  const urls = {
    prometheus: prometheus.url,
    alertmanager: alertmanager.url,
    grafana: grafana.url,
    kube: kube.url,
  };
  const receiver = await openReceiver(world);
  const servers = [prometheus, alertmanager, grafana, kube, receiver];
  const stack = await stackAt(urls, world, signal);
  const alerting = { ...existingPlan.alerting, at: receiver.at } as Plan["alerting"];
  return {
    stack: { ...stack, plan: { ...stack.plan, alerting } },
    servers: { prometheus, alertmanager, grafana, kube },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

/** One check against a healthy world in which something was changed; one attempt, no waiting. */
export async function checkIn(
  id: string,
  change: (world: World) => void = () => {},
  changeStack: (stack: Stack) => Stack = (stack) => stack,
): Promise<CheckResult> {
  const world = healthyWorld();
  change(world);
  await using open = await openStack(world);
  return await oneResult(changeStack(open.stack), id);
}

/** One attempt, unless told otherwise: the next one would come after the deadline. */
export async function oneResult(stack: Stack, id: string, pauseMs = 10_000): Promise<CheckResult> {
  const {
    results: [result],
  } = await runChecks(stack, { deadlineMs: 10_000, pauseMs, only: [id] });
  if (result === undefined) throw new Error(`no result of ${id}`);
  return result;
}

/** One attempt of a check as it comes from it: with the fault's grace, and with what it found. */
export async function verdictIn(
  check: Check,
  change: (world: World) => void = () => {},
  changeStack: (stack: Stack) => Stack = (stack) => stack,
): Promise<Verdict> {
  const world = healthyWorld();
  change(world);
  await using open = await openStack(world);
  return await check.run(changeStack(open.stack));
}

/** The fault of a failing verdict; undefined when it has none or did not fail. */
export function faultOf(verdict: Verdict): Fault | undefined {
  return verdict.status === "fail" ? verdict.fault : undefined;
}

/** What a failing result says, for one assertion; undefined when it did not fail. */
export function failureOf(result: CheckResult) {
  if (result.status !== "fail") return undefined;
  const { expected, seen, cause, fix } = result;
  return { expected, seen, cause: cause ?? "", fix };
}
