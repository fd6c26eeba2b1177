import { readFileSync } from "node:fs";
import type { FailedCheck } from "../../../src/diagnose/checks.ts";
import type {
  ClusterEvidence,
  ContainerLog,
  Evidence,
  EvidenceTarget,
  GrafanaEvidence,
  PrometheusEvidence,
} from "../../../src/diagnose/evidence.ts";
import { type Cause, type DiagnosisRule, findCauses } from "../../../src/diagnose/rule.ts";
import type { Pod } from "../../../src/kube/objects.ts";
import type { CheckResult } from "../../../src/stack/check.ts";

interface Recorded {
  readonly logs: Readonly<Record<string, string>>;
  readonly targets?: readonly EvidenceTarget[];
}

function read(name: string): Recorded {
  return JSON.parse(readFileSync(new URL(`../recorded/${name}.json`, import.meta.url), "utf8")) as Recorded;
}

const files = ["prometheus-3.5", "alertmanager-0.33", "grafana-words", "older-words"] as const;
const recordings = Object.fromEntries(files.map((name) => [name, read(name)]));

/** What a program said. */
export function recorded(file: (typeof files)[number], name: string): string {
  const text = recordings[file]?.logs[name];
  if (text === undefined) throw new Error(`nothing recorded under ${name}`);
  return text;
}

export function recordedTargets(...jobs: string[]): EvidenceTarget[] {
  const all = recordings["prometheus-3.5"]?.targets ?? [];
  const found = all.filter(({ job }) => jobs.includes(job));
  if (found.length !== jobs.length) throw new Error(`not all recorded: ${jobs}`);
  return found;
}

export const deployedAt = "2026-11-23T20:00:00.000Z";

export const emptyCluster: ClusterEvidence = {
  namespaces: ["monitoring"],
  namespaceObjects: [],
  pods: [],
  events: [],
  nodes: [],
  workloads: [],
  claims: [],
  storageClasses: [],
  quotas: [],
  services: [],
  endpointSlices: [],
  crds: [],
  releases: [],
  access: [],
  logs: [],
};

/** Nothing is known but what is given. */
export function evidence(changes: Partial<Evidence> = {}): Evidence {
  return {
    takenAt: "2026-11-23T20:01:00.000Z",
    deployedAt,
    failure: undefined,
    checks: [],
    findings: {},
    cluster: undefined,
    prometheus: undefined,
    alertmanager: undefined,
    grafana: undefined,
    host: { k3sLog: undefined, disk: undefined },
    requested: { datasources: [], prometheusService: undefined, retention: {}, unknownValues: [] },
    unread: [],
    ...changes,
  };
}

export function inCluster(changes: Partial<ClusterEvidence>, more: Partial<Evidence> = {}): Evidence {
  return evidence({ cluster: { ...emptyCluster, ...changes }, ...more });
}

const containers: Readonly<Record<string, string>> = {
  prometheus: "prometheus-server",
  "kube-dns": "coredns",
};

export function logOf(app: string, text: string, changes: Partial<ContainerLog> = {}): ContainerLog {
  const namespace = app === "kube-dns" ? "kube-system" : "monitoring";
  const container = containers[app] ?? app;
  return { namespace, pod: `${container}-1`, app, container, previous: false, text, ...changes };
}

/** Where only a log tells. */
export function saying(app: string, text: string, more: Partial<Evidence> = {}): Evidence {
  return inCluster({ logs: [logOf(app, text)] }, more);
}

export function failing(id: string, changes: Partial<FailedCheck> = {}): CheckResult {
  const times = { startedAt: deployedAt, endedAt: deployedAt, attempts: 3 };
  const words = {
    title: id,
    severity: "error",
    expected: "something",
    seen: "something else",
    fix: "fix it",
  };
  return { id, ...times, ...words, status: "fail", ...changes } as CheckResult;
}

export function prometheusWith(changes: Partial<PrometheusEvidence>): PrometheusEvidence {
  return {
    targets: [],
    config: undefined,
    flags: undefined,
    clock: undefined,
    runtime: undefined,
    ...changes,
  };
}

export function grafanaWith(changes: Partial<GrafanaEvidence>): GrafanaEvidence {
  return {
    health: { status: 200, database: "ok" },
    loginRefused: false,
    datasources: [],
    proxy: undefined,
    ...changes,
  };
}

export function pod(namespace: string, name: string, ready: boolean, more: Partial<Pod> = {}): Pod {
  const container = name.replace(/-1$/, "");
  return {
    metadata: { namespace, name, ...more.metadata },
    ...(more.spec ? { spec: more.spec } : {}),
    status: more.status ?? {
      phase: "Running",
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      containerStatuses: [{ name: container, ready, restartCount: 0, state: { running: {} } }],
    },
  };
}

/** The one thing that a rule finds. */
export function one(rule: DiagnosisRule, from: Evidence): Cause {
  const found = findCauses(rule, from);
  if (found.length !== 1) throw new Error(`${rule.id} found ${found.length}: ${JSON.stringify(found)}`);
  return found[0] as Cause;
}
