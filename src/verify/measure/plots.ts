import { createLimiter } from "../../lib/concurrency.ts";
import { parseDuration } from "../../lib/duration.ts";
import { describeError } from "../../lib/errors.ts";
import { formatCount } from "../../lib/text.ts";
import type { PrometheusClient, Sample } from "../../stack/prometheus.ts";
import { queryRange, type RangeSeries, type TimeRange } from "../../stack/range-query.ts";

/** The most series of a plot. */
const maxSeries = 20;

/** The maximum number of requests to Prometheus at the same time. */
const maxConcurrentRequests = 4;

type Labels = Readonly<Record<string, string>>;

/** A series as the report has it. */
export interface NamedSeries {
  readonly name: string;
  readonly labels?: Labels;
  readonly points: RangeSeries["points"];
}

/** Request and limit of a series, in the unit of its plot. */
interface Bound {
  readonly series: string;
  readonly request: number | undefined;
  readonly limit: number | undefined;
}

interface MeasuredPlot {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly query: string;
  readonly series: readonly NamedSeries[];
  readonly bounds?: readonly Bound[];
  readonly left?: string;
}

/** What can be plotted. */
interface PlotKind {
  readonly id: string;
  readonly title: string;
  readonly unit: "bytes" | "seconds" | "cores" | "count";
  /** @param pods matchers of the stack's pods */
  readonly write: (pods: string, rateWindow: string) => string;
  readonly name: (labels: Labels) => string;
  /** The resource whose requests and limits belong to it. */
  readonly resource?: "cpu" | "memory";
}

// Per step at most 50 series, so that a namespace with thousands of pods has a response of a bounded size.
const most = (expression: string) => `topk(50, ${expression})`;
const containers = 'container!="",container!="POD"';
const namePod = ({ namespace = "", pod = "" }: Labels) => `${namespace}/${pod}`;

const kinds: readonly PlotKind[] = [
  {
    id: "cpu",
    title: "CPU of each pod",
    unit: "cores",
    write: (pods, rateWindow) =>
      most(
        `sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{${pods},${containers}}[${rateWindow}]))`,
      ),
    name: namePod,
    resource: "cpu",
  },
  {
    id: "memory",
    title: "Memory of each pod",
    unit: "bytes",
    write: (pods) =>
      most(`sum by (namespace, pod) (container_memory_working_set_bytes{${pods},${containers}})`),
    name: namePod,
    resource: "memory",
  },
  {
    id: "restarts",
    title: "Restarts of each pod's containers",
    unit: "count",
    write: (pods) => most(`sum by (namespace, pod) (kube_pod_container_status_restarts_total{${pods}})`),
    name: namePod,
  },
  {
    id: "series",
    title: "Series in Prometheus' head block",
    unit: "count",
    write: () => most("max by (instance) (prometheus_tsdb_head_series)"),
    name: ({ instance = "" }) => instance,
  },
  {
    id: "scrape-duration",
    title: "The longest scrape of each job",
    unit: "seconds",
    write: () => most("max by (job) (scrape_duration_seconds)"),
    name: ({ job = "" }) => job,
  },
  {
    id: "targets-up",
    title: "Targets of each job that are up",
    unit: "count",
    write: () => most("sum by (job) (up)"),
    name: ({ job = "" }) => job,
  },
  {
    id: "alerts",
    title: "Pending and firing alerts",
    unit: "count",
    write: () => most("count by (alertname, alertstate) (ALERTS)"),
    name: ({ alertname = "", alertstate = "" }) => `${alertname} (${alertstate})`,
  },
];

/** What the plots need besides Prometheus. */
interface PlotOptions {
  readonly range: TimeRange;
  /** The namespaces of the stack's pods. */
  readonly namespaces: readonly string[];
}

/**
 * Reads the plots over a time range. A plot without series is left out: its metrics do not exist here. Never throws:
 * what could not be read is in `missing`, with the reason.
 */
export async function readPlots(
  prometheus: Pick<PrometheusClient, "get" | "query" | "config">,
  { range, namespaces }: PlotOptions,
): Promise<{ readonly plots: readonly MeasuredPlot[]; readonly missing: readonly string[] }> {
  const missing: string[] = [];
  const limiter = createLimiter(maxConcurrentRequests);
  const read = async <T>(what: string, request: () => Promise<T>): Promise<T | undefined> =>
    await limiter(request).catch((error: unknown) => {
      missing.push(`${what}: ${describeError(error)}`);
      return undefined;
    });
  const pods = `namespace=~"${namespaces.join("|")}"`;
  const rateWindow = await chooseRateWindow(prometheus);
  const bounds = readBounds(pods, (expression) =>
    read("the requests and limits", () => prometheus.query(expression)),
  );
  const plots = await Promise.all(
    kinds.map(async (kind) => {
      const query = kind.write(pods, rateWindow);
      const series = await read(`the plot ${kind.id}`, () => queryRange(prometheus, query, range));
      return { kind, query, series: series ?? [] };
    }),
  );
  const podBounds = await bounds;
  return {
    plots: plots.flatMap(({ kind, query, series }) =>
      series.length === 0 ? [] : [toPlot(kind, query, series, podBounds)],
    ),
    missing: [...new Set(missing)],
  };
}

/** Returns a range for `rate()` that has at least four scrapes: `8s`. */
async function chooseRateWindow(prometheus: Pick<PrometheusClient, "config">): Promise<string> {
  const config = await prometheus.config().catch(() => undefined);
  const intervals = [
    config?.global?.scrape_interval ?? "1m",
    ...(config?.scrape_configs ?? []).flatMap(({ job_name, scrape_interval }) =>
      job_name.includes("cadvisor") ? (scrape_interval ?? []) : [],
    ),
  ];
  const longestMs = Math.max(...intervals.map((interval) => parseDuration(interval) ?? 60_000));
  return `${Math.ceil(longestMs / 250)}s`;
}

/** Returns a plot of the series with the largest values. */
function toPlot(
  { id, title, unit, name, resource }: PlotKind,
  query: string,
  series: readonly RangeSeries[],
  podBounds: ReadonlyMap<string, PodBounds>,
): MeasuredPlot {
  const named = series.map(({ labels, points }) => ({ name: name(labels), labels, points }));
  const kept = named
    .toSorted((a, b) => findLargest(b) - findLargest(a))
    .slice(0, maxSeries)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const bounds = kept.flatMap(({ name: seriesName }): Bound[] => {
    const bound = resource && podBounds.get(seriesName)?.[resource];
    return bound ? [{ series: seriesName, ...bound }] : [];
  });
  const cutCount = named.length - kept.length;
  return {
    id,
    title,
    unit,
    query,
    series: kept,
    ...(bounds.length > 0 ? { bounds } : {}),
    ...(cutCount > 0
      ? { left: `${formatCount(cutCount, "series")} with smaller values of ${named.length} are not here` }
      : {}),
  };
}

/** Returns the largest value of a series. */
function findLargest({ points }: NamedSeries): number {
  return points.reduce((largest, [, value]) => Math.max(largest, value ?? largest), Number.NEGATIVE_INFINITY);
}

/** Request and limit of a pod for each resource. */
type PodBounds = Partial<Record<"cpu" | "memory", Omit<Bound, "series">>>;

/**
 * Returns what each pod requests and may use at most, by the pod's name in a plot. A pod has a limit only if each of
 * its containers has one.
 * @param ask evaluates an expression; undefined if that failed
 */
async function readBounds(
  pods: string,
  ask: (expression: string) => Promise<Sample[] | undefined>,
): Promise<ReadonlyMap<string, PodBounds>> {
  const ofResource = (metric: string) => `(${metric}{${pods},resource=~"cpu|memory"})`;
  const limits = ofResource("kube_pod_container_resource_limits");
  const [requestSamples, limitSamples, limitCounts, containerCounts] = await Promise.all([
    ask(`sum by (namespace, pod, resource) ${ofResource("kube_pod_container_resource_requests")}`),
    ask(`sum by (namespace, pod, resource) ${limits}`),
    ask(`count by (namespace, pod, resource) ${limits}`),
    ask(`count by (namespace, pod) (kube_pod_container_info{${pods}})`),
  ]);
  const containerCount = new Map(
    (containerCounts ?? []).map(({ labels, value }) => [namePod(labels), value]),
  );
  const limitCount = new Map((limitCounts ?? []).map(({ labels, value }) => [nameResource(labels), value]));
  const bounds = new Map<string, PodBounds>();
  const add = (samples: readonly Sample[] | undefined, key: "request" | "limit") => {
    for (const { labels, value } of samples ?? []) {
      const pod = namePod(labels);
      const resource = labels["resource"] === "cpu" ? "cpu" : "memory";
      if (key === "limit" && limitCount.get(nameResource(labels)) !== containerCount.get(pod)) continue;
      const former = bounds.get(pod) ?? {};
      const bound = { request: undefined, limit: undefined, ...former[resource], [key]: value };
      bounds.set(pod, { ...former, [resource]: bound });
    }
  };
  add(requestSamples, "request");
  add(limitSamples, "limit");
  return bounds;
}

/** Returns the name of a pod and a resource of it. */
function nameResource(labels: Labels): string {
  return `${namePod(labels)} ${labels["resource"] ?? ""}`;
}
