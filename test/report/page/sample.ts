import type { Measurements } from "../../../src/report/measurements-schema.ts";
import type { Results } from "../../../src/report/results-schema.ts";
import type { TraceSpan } from "../../../src/report/trace/schema.ts";
import { drawSampleDashboard } from "./sample-dashboards.ts";

const beganMs = Date.UTC(2026, 10, 23, 12, 0, 0);
const at = (seconds: number) => new Date(beganMs + seconds * 1000).toISOString();

type Check = Results["checks"][number];

/** id, title and what was seen of checks that passed. */
const proven = [
  ["targets-up", "All targets are up", "9 of 9 up, each scraped twice"],
  ["series-expected", "Prometheus has series of every job", "5 jobs with 2,184 series"],
  [
    "rules-loaded",
    "All rules are loaded and evaluate without errors",
    "34 rules in 9 groups, evaluated 4 times",
  ],
  ["rules-data", "Rules find data", "31 of 34 rules have data; 3 wait for an error to happen"],
  ["alertmanager-up", "Alertmanager is ready", "v0.28.1, 1 member in its cluster"],
  [
    "alert-arrives",
    "A synthetic alert arrives at its receiver",
    "firing after 1.4 s, resolved after 3.1 s at webhook `team-a`",
  ],
  ["grafana-health", "Grafana is healthy", "13.0.2, database ok"],
  ["grafana-query", "Grafana answers a query through its data source", "1 frame with 9 values in 42 ms"],
  ["dashboards-data", "Every panel of every dashboard has data", "41 of 42 panels, 1 known as empty"],
  ["retention-effective", "The retention is what was requested", "15d, requested and effective"],
  ["remote-write", "Remote write takes samples", "2,310 samples, none failed"],
] as const;

function passCheck([id, title, seen]: (typeof proven)[number], index: number): Check {
  return {
    ...{ id, title, severity: "error", status: "pass", seen, attempts: 1 + (index % 3) },
    ...{ startedAt: at(13 + index * 0.2), endedAt: at(14.1 + index * 0.35) },
  };
}

const images = [
  "quay.io/prometheus/prometheus:v3.14.0",
  "quay.io/prometheus/alertmanager:v0.28.1",
  "quay.io/prometheus/node-exporter:v1.9.1",
  "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.16.0",
  "docker.io/grafana/grafana:13.0.2",
  "docker.io/rancher/mirrored-coredns-coredns:1.12.1",
];

/** kind, name, begin and end in seconds, whether it is on the critical path. */
const work: readonly (readonly [TraceSpan["kind"], string, number, number, boolean?])[] = [
  ["phase", "plan", 0, 0.6],
  ["phase", "cluster", 0.6, 5.2],
  ["phase", "deploy", 5.2, 14.3],
  ["phase", "verify", 9.8, 18.6],
  ["phase", "teardown", 18.7, 21.9],
  ["tool", "k3s: download", 0.2, 1.4, true],
  ["tool", "k3s: verify", 1.4, 1.6],
  ["tool", "helm: download", 0.2, 0.9],
  ["tool", "helm: unpack", 0.9, 1.1],
  ["chart", "prometheus: fetch", 0.3, 0.8],
  ["chart", "grafana: fetch", 0.3, 0.7],
  ["cluster", "k3s: launch", 1.6, 3.1, true],
  ["cluster", "k3s: wait for the API", 3.1, 5.2, true],
  ...images.map((image, index) => ["image", image, 0.8 + index * 0.3, 3.2 + index * 0.9] as const),
  ["release", "prometheus", 5.2, 6.8, true],
  ["release", "grafana", 5.2, 6.4],
  ["workload", "Deployment monitoring/prometheus-server", 6.8, 11.4, true],
  ["workload", "DaemonSet monitoring/prometheus-node-exporter", 6.8, 8.3],
  ["workload", "Deployment monitoring/prometheus-kube-state-metrics", 6.8, 9.1],
  ["workload", "StatefulSet monitoring/prometheus-alertmanager", 6.8, 9.6],
  ["workload", "Deployment monitoring/grafana", 6.4, 12.2],
  ["scrape", "node: first", 11.4, 13.1, true],
  ["scrape", "node: second", 13.1, 15.1, true],
  ...proven.map(([id], index) => ["check", id, 13 + index * 0.2, 14.1 + index * 0.35] as const),
  ["check", "rules-fresh", 15.1, 18.6, true],
  ["teardown", "releases", 18.7, 20.4],
  ["teardown", "k3s", 20.4, 21.9],
];

function makeTrace(): NonNullable<Results["trace"]> {
  const run: TraceSpan = { id: 1, kind: "run", name: "run", startedAt: at(0), endedAt: at(21.9) };
  const spans = work.map(([kind, name, from, to], index) => ({
    ...{ id: index + 2, parent: 1, kind, name, startedAt: at(from), endedAt: at(to) },
    ...(kind === "image" ? { attributes: { bytes: 48_200_000 } } : {}),
  }));
  const criticalPath = work.flatMap(([, , , , isCritical], index) => (isCritical ? index + 2 : []));
  return { spans: [run, ...spans], leftOut: 0, decidedAt: at(18.6), criticalPath };
}

/** Returns points of a wave over the run, one each second. */
function wave(base: number, swing: number, phase: number, seconds = 16): [number, number | null][] {
  return Array.from({ length: seconds }, (_, index) => [
    beganMs / 1000 + 4 + index,
    Math.max(0, base + swing * Math.sin(index / 2.5 + phase) + (swing * index) / 20),
  ]);
}

const mebi = 1024 ** 2;
const pods = [
  "prometheus-server",
  "grafana",
  "kube-state-metrics",
  "alertmanager-0",
  "node-exporter",
  "coredns",
  "metrics-server",
];

function makePlots(): Measurements["plots"] {
  const perPod = (base: number, swing: number) =>
    pods.map((name, index) => ({ name, points: wave(base / (index + 1), swing / (index + 1), index) }));
  return [
    {
      ...{
        id: "memory",
        title: "Memory by pod",
        unit: "bytes",
        query: "sum by (pod) (container_memory_working_set_bytes)",
      },
      series: perPod(260 * mebi, 30 * mebi),
      bounds: pods.slice(0, 5).map((series, index) => ({
        series,
        request: (128 * mebi) / (index + 1),
        limit: (320 * mebi) / (index + 1),
      })),
    },
    {
      ...{
        id: "cpu",
        title: "CPU by pod",
        unit: "cores",
        query: "sum by (pod) (rate(container_cpu_usage_seconds_total[10s]))",
      },
      series: perPod(0.4, 0.2),
      bounds: pods.slice(0, 5).map((series) => ({ series, request: 0.1 })),
    },
    {
      ...{
        id: "scrape-duration",
        title: "Duration of scrapes",
        unit: "seconds",
        query: "scrape_duration_seconds",
      },
      series: ["node", "kubelet", "prometheus"].map((name, index) => ({
        name,
        points: wave(0.02 * (index + 1), 0.01, index),
      })),
    },
    {
      ...{ id: "targets-up", title: "Targets that are up", unit: "count", query: "sum(up)" },
      series: [{ name: "up", points: wave(9, 0, 0) }],
    },
    {
      ...{ id: "series", title: "Series in Prometheus", unit: "count", query: "prometheus_tsdb_head_series" },
      series: [{ name: "series", points: wave(1900, 180, 0) }],
    },
    {
      ...{ id: "alerts", title: "Alerts", unit: "count", query: "ALERTS" },
      series: ["pending", "firing", "received"].map((name, index) => ({ name, points: wave(index, 0, 0) })),
    },
  ];
}

const targets: Results["targets"] = [
  "node",
  "kubelet",
  "cadvisor",
  "apiserver",
  "prometheus",
  "alertmanager",
  "grafana",
  "kube-state-metrics",
  "coredns",
].map((job, index) => ({
  job,
  url: `http://10.42.0.${index + 10}:9100/metrics`,
  health: "up",
  lastError: "",
  labels: { job },
}));

/** Returns a run that went well, with the given number of dashboards. */
export function sampleResults(dashboardCount = 2): Results {
  const dashboards = Array.from({ length: dashboardCount }, (_, index) => drawSampleDashboard(index, wave));
  return {
    ...{ schemaVersion: 2, monstack: "1.0.0", mode: "run", verified: true, profile: "ci" },
    ...{
      startedAt: at(0),
      endedAt: at(21.9),
      trace: makeTrace(),
      warnings: [],
      causes: [],
      apps: [],
      targets,
    },
    cluster: { kind: "k3s", version: "v1.36.3+k3s1" },
    versions: {
      tools: (["k3s", "helm"] as const).map((name) => ({
        ...{
          name,
          path: `/opt/${name}`,
          asked: "stable",
          version: name === "k3s" ? "v1.36.3+k3s1" : "v4.2.3",
        },
        ...{ sha256: "3f9a".repeat(16), origin: `https://example.com/${name}` },
      })),
      charts: ["prometheus", "grafana"].map((chart) => ({
        ...{
          app: chart,
          chart,
          version: chart === "grafana" ? "10.5.8" : "29.27.0",
          appVersion: "v3.14.0",
          sha256: "07bc".repeat(16),
        },
      })),
      images,
      imageDigests: images.map((image) => ({ image, digest: `sha256:${"5ce1".repeat(16)}` })),
      dashboards: [],
    },
    profileSettings: [
      {
        ...{ app: "prometheus", path: "server.global.scrape_interval", value: "2s" },
        why: "a rate needs two scrapes, and a job should not wait two minutes for them",
      },
    ],
    adaptations: [{ id: "cgroup-v1", found: "cgroup v1", done: "allowed it for the kubelet" }],
    phases: work
      .filter(([kind]) => kind === "phase")
      .map(([, name, from, to]) => ({ name, startedAt: at(from), endedAt: at(to) })),
    checks: [
      ...proven.map(passCheck),
      {
        ...{
          id: "plugins-effective",
          title: "Grafana has the requested plugins",
          severity: "error",
          status: "skipped",
        },
        ...{ reason: "no plugin is requested", startedAt: at(14), endedAt: at(14), attempts: 0 },
      },
    ],
    dashboards: dashboards.map(({ result }) => result),
    measurements: {
      from: at(4),
      to: at(20),
      plots: makePlots(),
      dashboards: dashboards.map(({ drawn }) => drawn),
    },
    teardown: { leaks: [], kept: [] },
  };
}

/** Returns the same run, red: a scrape job with a wrong port, found in the user's file. */
export function sampleRedResults(dashboardCount = 2): Results {
  const good = sampleResults(dashboardCount);
  const down = "targets-up";
  return {
    ...good,
    verified: false,
    warnings: ["the lock file is 41 days old"],
    causes: [
      {
        ...{
          id: "scrape-refused",
          what: "job app-a: the connection to 10.42.0.12:8081 is refused",
          sureness: "certain",
        },
        how: [
          'Prometheus reports: Get "http://10.42.0.12:8081/metrics": dial tcp 10.42.0.12:8081: connect: connection refused',
          "pod app-a-6c9f listens on port 8080 (container port http)",
          "event: Started container app-a, 14 s before the last scrape",
        ],
        fix: "set the port to 8080 in the scrape configuration:\n  - targets: [app-a.default.svc:8080]",
        explains: [down],
        at: { file: "monstack/values-prometheus.yaml", line: 23, column: 9 },
      },
    ],
    checks: [
      {
        ...{ id: down, title: "All targets are up", severity: "error", status: "fail", attempts: 6 },
        ...{
          startedAt: at(13),
          endedAt: at(18.6),
          expected: "10 of 10 up",
          seen: "9 of 10 up; app-a: connection refused",
        },
        ...{ cause: "nothing listens on the scraped port", fix: "correct the port of job app-a" },
      },
      {
        ...{
          id: "cardinality",
          title: "No metric has too many series",
          severity: "warning",
          status: "warn",
          attempts: 2,
        },
        ...{
          startedAt: at(13),
          endedAt: at(18.6),
          expected: "at most 1,000 series for each metric",
          seen: "apiserver_request_duration_seconds_bucket has 1,842",
        },
        fix: "drop its buckets with metricRelabelings",
      },
      ...good.checks.filter(({ id }) => id !== down),
    ],
    targets: [
      {
        ...{ job: "app-a", url: "http://10.42.0.12:8081/metrics", health: "down", labels: {} },
        lastError:
          'Get "http://10.42.0.12:8081/metrics": dial tcp 10.42.0.12:8081: connect: connection refused',
      },
      ...good.targets,
    ],
    teardown: { leaks: [], kept: ["namespace obs, which was there before"] },
    comparison: {
      baseline: {
        from: "the last verified run of main",
        startedAt: at(-86_400),
        mode: "run",
        verified: true,
      },
      changes: [
        { area: "checks", name: "All targets are up", before: "pass", after: "fail", effect: "worse" },
        { area: "phases", name: "deploy", before: 6100, after: 9100, unit: "ms", effect: "worse" },
        { area: "versions", name: "chart grafana", before: "10.5.7", after: "10.5.8", effect: "neutral" },
        { area: "series", name: "app-a", before: 214, unit: "series", effect: "worse" },
      ],
      compared: [{ area: "checks", count: 13 }],
      left: [],
      notCompared: [{ area: "alerts", why: "the earlier run has no inventory" }],
    },
  };
}
