import type { Results } from "../../src/report/results-schema.ts";

type Check = Results["checks"][number];

const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, second)).toISOString();

const check = { severity: "error", startedAt: at(16), endedAt: at(17), attempts: 2 } as const;

export const passed: Check = {
  ...check,
  id: "targets-up",
  title: "All targets are up",
  status: "pass",
  seen: "8 of 8 up",
};

export const failed = {
  ...check,
  id: "grafana-query",
  title: "Grafana answers a query",
  status: "fail",
  expected: "frames | with data",
  seen: "an <empty> answer\nfrom the proxy",
  cause: "the data source points elsewhere",
  fix: "set its url",
} as const satisfies Check;

/** A run that went well. */
export function goodResults(over: Partial<Results> = {}): Results {
  return {
    schemaVersion: 2,
    monstack: "0.1.0",
    mode: "run",
    verified: true,
    startedAt: at(0),
    endedAt: at(23),
    profile: "ci",
    cluster: { kind: "k3s", version: "v1.36.3+k3s1" },
    versions: {
      tools: [
        {
          name: "helm",
          path: "/opt/helm",
          asked: "stable",
          version: "v4.2.3",
          sha256: "ab".repeat(32),
          origin: "https://get.helm.sh/helm.tar.gz",
        },
      ],
      charts: [
        {
          app: "prometheus",
          chart: "prometheus",
          version: "29.27.0",
          appVersion: "v3.14.0",
          sha256: undefined,
        },
      ],
      images: ["quay.io/prometheus/prometheus:v3.14.0"],
      dashboards: [],
    },
    profileSettings: [
      {
        app: "prometheus",
        path: "server.global.scrape_interval",
        value: "2s",
        why: "rate() needs two scrapes",
      },
    ],
    adaptations: [{ id: "cgroup-v1", found: "cgroup v1", done: "told the kubelet" }],
    phases: [
      { name: "deploy", startedAt: at(5), endedAt: at(15) },
      { name: "cluster", startedAt: at(1), endedAt: at(5) },
    ],
    apps: [{ name: "prometheus", release: "prometheus", namespace: "monitoring", readyAfterMs: 9000 }],
    causes: [],
    targets: [],
    dashboards: [],
    checks: [passed],
    failure: undefined,
    warnings: [],
    teardown: { leaks: [], kept: [] },
    ...over,
  };
}

/** The same run, ended by three workloads and two failing checks. */
export function badResults(): Results {
  const workload = (name: string) => ({
    workload: `Deployment monitoring/${name}`,
    pod: `${name}-1`,
    container: name,
    reason: "ImagePullBackOff",
    message: `Back-off pulling image "nope/${name}:1"`,
    fix: "correct the image",
  });
  return goodResults({
    verified: false,
    checks: [passed, failed],
    failure: { message: "3 workloads failed", fix: undefined, workloads: ["a", "b", "c"].map(workload) },
    teardown: {
      leaks: [{ kind: "mount", what: "/run/k3s|x" }],
      kept: ["the namespace obs, which was there before"],
    },
  });
}
