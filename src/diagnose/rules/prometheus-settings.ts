import { parseDuration } from "../../lib/duration.ts";
import { parsePrometheusSize } from "../../lib/quantity.ts";
import { type PrometheusConfig, parsePrometheusConfig } from "../../model/prometheus-config.ts";
import {
  type FailedCheck,
  findFailedChecks,
  listNotPassed,
  needPrometheus,
  quoteCheck,
  withFault,
} from "../checks.ts";
import type { Evidence } from "../evidence.ts";
import { getMessage, quote } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";
import { findRefusedConfiguration, timeoutTooLong } from "./prometheus-logs.ts";

interface Interval {
  readonly text: string;
  readonly ms: number;
  /** The jobs that are scraped so seldom. */
  readonly jobs: readonly string[];
}

export const windowTooShort: DiagnosisRule = {
  id: "window-too-short",
  layer: "prometheus",
  title: "The scrape interval is too long for the windows of the queries",
  evidence:
    "the intervals in Prometheus' configuration against the range windows in failing checks and panels",
  find: (evidence) => {
    const config = parsePrometheusConfig(evidence.prometheus?.config ?? "");
    if (config === undefined) return [];
    const found = findShortWindows(evidence, listIntervals(config));
    return found === undefined ? [] : [found];
  },
};

/** A rate needs two samples, so a window must hold two intervals. */
function findShortWindows(evidence: Evidence, intervals: readonly Interval[]): Finding | undefined {
  const requested = findRequestedWindows(evidence);
  const pairs = intervals.flatMap((interval) =>
    requested
      .filter(({ ms, text }) => ms < 2 * interval.ms && concernsQuery(interval, intervals, text))
      .map((one) => ({ interval, ...one })),
  );
  const first = pairs[0];
  if (first === undefined) return undefined;
  const { text, jobs } = first.interval;
  const reported = withFault(evidence, "window-too-short");
  const windows = [...new Set(pairs.map(({ window }) => `[${window}]`))];
  return {
    what: `Prometheus scrapes ${jobs.length > 0 ? `job ${jobs.join(", ")}` : "its targets"} every ${text}, too seldom for windows of ${windows.join(", ")}: a rate needs two samples in its window`,
    how: [`prometheus.yml sets scrape_interval: ${text}`, ...pairs.slice(0, 2).map(({ where }) => where)],
    fix: `Scrape more often (server.global.scrape_interval at most ${formatHalf(first.ms)}), or use windows of at least ${doubleInterval(text)}.`,
    sureness: reported.some(({ id }) => pairs.some(({ check }) => check === id)) ? "certain" : "likely",
    explains: [...new Set([...pairs.map(({ check }) => check), ...reported.map(({ id }) => id)])],
    keys: ["server.global.scrape_interval", "scrape_interval"],
    values: [text],
  };
}

/** The global interval concerns all queries; a job's own only those that name it, or come from it. */
function concernsQuery({ jobs }: Interval, all: readonly Interval[], text: string): boolean {
  if (jobs.length === 0 || all.length === 1) return true;
  return jobs.some(
    (job) =>
      text.includes(job) ||
      (/cadvisor/.test(job) && /container_/.test(text)) ||
      (/^kubernetes-service-endpoints$|node-exporter/.test(job) && /\bnode_/.test(text)),
  );
}

function findRequestedWindows(evidence: Evidence) {
  const texts = [
    ...findFailedChecks(evidence).map((check) => ({
      check: check.id,
      text: joinTexts(check),
      where: `check ${check.id}: expected ${check.expected}, saw ${check.seen}`,
    })),
    ...listDeadPanels(evidence),
  ];
  return texts.flatMap(({ check, text, where }) =>
    [...text.matchAll(/\[((?:\d{1,9}(?:ms|[smhdwy])){1,7})(?::[^\]]{0,50})?\]/g)].map(([, window = ""]) => ({
      check,
      text,
      where,
      window,
      ms: parseDuration(window) ?? Number.POSITIVE_INFINITY,
    })),
  );
}

function listDeadPanels({ findings }: Evidence) {
  return (findings.dashboards ?? []).flatMap(({ title, panels }) =>
    panels
      .filter(({ status, known }) => status === "empty" && !known)
      .map((panel) => ({
        check: "dashboard-panels",
        text: panel.queries.join("\n"),
        where: `panel ${panel.title} of dashboard ${title} is empty: ${panel.why ?? "no data"}`,
      })),
  );
}

function joinTexts({ expected, seen, cause }: FailedCheck): string {
  return [expected, seen, cause ?? ""].join("\n");
}

/** The global interval, without jobs, and those of jobs that are scraped still more seldom. */
function listIntervals(config: PrometheusConfig): readonly Interval[] {
  const common = config.global?.scrape_interval ?? "1m";
  const base = { text: common, ms: parseDuration(common) ?? 60_000, jobs: [] };
  const own = (config.scrape_configs ?? []).flatMap(({ job_name, scrape_interval }) => {
    const ms = scrape_interval === undefined ? undefined : parseDuration(scrape_interval);
    return ms === undefined || scrape_interval === undefined || ms <= base.ms
      ? []
      : [{ text: scrape_interval, ms, jobs: [job_name] }];
  });
  return [base, ...own];
}

function formatHalf(ms: number): string {
  const half = ms / 2000;
  return half >= 60 && half % 60 === 0 ? `${half / 60}m` : `${half}s`;
}

function doubleInterval(text: string): string {
  const seconds = ((parseDuration(text) ?? 0) * 2) / 1000;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

export const scrapeTimeoutTooLong: DiagnosisRule = {
  id: "scrape-timeout-too-long",
  layer: "configuration",
  title: "A scrape's timeout is longer than its interval",
  evidence: "Prometheus' log: `scrape timeout greater than scrape interval`",
  find: (evidence) => {
    const line = findRefusedConfiguration(evidence);
    if (line === undefined || !timeoutTooLong.test(getMessage(line))) return [];
    const job = timeoutTooLong.exec(getMessage(line))?.[1] ?? "";
    return [
      {
        what: `Prometheus refuses its configuration: job "${job}" has a scrape_timeout longer than its scrape_interval`,
        how: [quote(line)],
        fix: `Set scrape_timeout of job ${job} (or the global one) to at most its scrape_interval. A shorter global interval needs a shorter global timeout too.`,
        explains: listNotPassed(evidence, needPrometheus),
        keys: ["scrape_timeout", "scrape_interval"],
        values: [job],
      },
    ];
  },
};

interface Difference {
  readonly flag: string;
  readonly requested: string;
  readonly live: string;
}

export const retentionIgnored: DiagnosisRule = {
  id: "retention-ignored",
  layer: "prometheus",
  title: "Prometheus keeps its data for another time than was requested",
  evidence: "its flags in force against what the charts render; its runtime information",
  find: (evidence) => {
    const differences = findDifferences(evidence);
    const checks = withFault(evidence, "retention-ignored");
    if (differences.length === 0)
      return checks.filter(({ expected }) => expected.includes("as the setting ")).map(describeLostSetting);
    const byFile = differences.some(({ flag }) => flag === "storageRetention");
    return [
      {
        what: `Prometheus does not keep its data as requested: ${differences.map(({ requested, live }) => `${live} instead of ${requested}`).join(", ")}`,
        how: [
          ...differences.map(
            ({ flag, requested, live }) =>
              `Prometheus reports that ${flag} is ${live}; the chart renders ${requested}`,
          ),
          ...checks.map(quoteCheck),
        ],
        fix: byFile
          ? "Take storage.tsdb.retention out of prometheus.yml (it wins over the flag), or set it to what you want."
          : "Let Prometheus' pod be replaced: the running one was not started with the arguments of this deployment.",
        explains: listNotPassed(evidence, /^(prometheus-retention|series-budget)$/),
        keys: ["server.retention", "retention", "retentionSize"],
      },
    ];
  },
};

/** The charts render what runs, and a setting requested for something else. */
function describeLostSetting(check: FailedCheck): Finding {
  return {
    what: `Prometheus does not keep its data as requested: ${check.seen}`,
    how: [quoteCheck(check), ...(check.cause === undefined ? [] : [check.cause])],
    fix: "Take away the value that replaces Prometheus' arguments (server.defaultFlagsOverride), or set it there.",
    explains: [check.id],
    keys: ["server.defaultFlagsOverride", "retention", "retention-size"],
  };
}

function findDifferences({ requested, prometheus }: Evidence): readonly Difference[] {
  const { flags } = prometheus ?? {};
  if (flags === undefined) return [];
  const time = compare("storage.tsdb.retention.time", requested.retention.time, flags, parseDuration);
  const size = compare("storage.tsdb.retention.size", requested.retention.size, flags, parsePrometheusSize);
  if (time.length + size.length > 0) return [...time, ...size];
  // A retention in the configuration file (3.x) wins over the flag, and is not in the flags.
  const inForce = /\b(\d+(?:ms|[smhdwy]))+\b/.exec(
    String(prometheus?.runtime?.["storageRetention"] ?? ""),
  )?.[0];
  const wanted = requested.retention.time;
  if (inForce === undefined || wanted === undefined || parseDuration(inForce) === parseDuration(wanted))
    return [];
  return [{ flag: "storageRetention", requested: wanted, live: inForce }];
}

function compare(
  flag: string,
  requested: string | undefined,
  flags: Readonly<Record<string, string>>,
  measure: (text: string) => number | undefined,
): readonly Difference[] {
  const live = flags[flag];
  if (requested === undefined || live === undefined || requested === live) return [];
  const wanted = measure(requested);
  return wanted !== undefined && wanted === measure(live) ? [] : [{ flag, requested, live }];
}
