import { parseDuration } from "../../lib/duration.ts";
import { parsePrometheusSize } from "../../lib/quantity.ts";
import { type PrometheusConfig, parsePrometheusConfig } from "../../model/prometheus-config.ts";
import {
  type FailedCheck,
  findChecksWithFault,
  findFailedChecks,
  listUnpassedCheckIds,
  prometheusChecks,
  quoteCheck,
} from "../checks.ts";
import type { Evidence } from "../evidence.ts";
import { getMessage, quoteLine } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";
import { findRefusedConfiguration, timeoutTooLong } from "./prometheus-logs.ts";

/** Maximum number of checks and panels with a short window that a finding quotes. */
const maxQuotedWindows = 2;

/** A scrape interval. */
interface Interval {
  readonly text: string;
  readonly ms: number;
  /** The jobs with this interval; empty for the global interval. */
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
    const finding = findShortWindows(evidence, listIntervals(config));
    return finding === undefined ? [] : [finding];
  },
};

/**
 * Returns the finding for queries whose window is shorter than two scrape intervals: a rate needs two samples in its
 * window.
 */
function findShortWindows(evidence: Evidence, intervals: readonly Interval[]): Finding | undefined {
  const windowsInUse = findRequestedWindows(evidence);
  const shortWindows = intervals.flatMap((interval) =>
    windowsInUse
      .filter(({ ms, text }) => ms < 2 * interval.ms && concernsQuery(interval, intervals, text))
      .map((queryWindow) => ({ interval, ...queryWindow })),
  );
  const firstWindow = shortWindows[0];
  if (firstWindow === undefined) return undefined;
  const { text, jobs } = firstWindow.interval;
  const reportingChecks = findChecksWithFault(evidence, "window-too-short");
  const windows = [...new Set(shortWindows.map(({ window }) => `[${window}]`))];
  return {
    what: `Prometheus scrapes ${jobs.length > 0 ? `job ${jobs.join(", ")}` : "its targets"} every ${text}, too seldom for windows of ${windows.join(", ")}: a rate needs two samples in its window`,
    how: [
      `prometheus.yml sets scrape_interval: ${text}`,
      ...shortWindows.slice(0, maxQuotedWindows).map(({ where }) => where),
    ],
    fix: `Scrape more often (server.global.scrape_interval at most ${formatHalf(firstWindow.ms)}), or use windows of at least ${doubleInterval(text)}.`,
    sureness: reportingChecks.some(({ id }) => shortWindows.some(({ check }) => check === id))
      ? "certain"
      : "likely",
    explains: [
      ...new Set([...shortWindows.map(({ check }) => check), ...reportingChecks.map(({ id }) => id)]),
    ],
    keys: ["server.global.scrape_interval", "scrape_interval"],
    values: [text],
  };
}

/**
 * True if an interval affects a query. The global interval affects all queries, a job's interval only those that name
 * the job or its metrics.
 */
function concernsQuery({ jobs }: Interval, intervals: readonly Interval[], text: string): boolean {
  if (jobs.length === 0 || intervals.length === 1) return true;
  return jobs.some(
    (job) =>
      text.includes(job) ||
      (/cadvisor/.test(job) && /container_/.test(text)) ||
      (/^kubernetes-service-endpoints$|node-exporter/.test(job) && /\bnode_/.test(text)),
  );
}

/** A text with queries, of a check or of a panel. */
interface QueryText {
  /** Id of the check. */
  readonly check: string;
  readonly text: string;
  /** A sentence about the check or panel, for the finding. */
  readonly where: string;
}

/** A range window in a query. */
interface RequestedWindow extends QueryText {
  /** As in the query: `5m`. */
  readonly window: string;
  readonly ms: number;
}

/** Returns the range windows in the texts of failed checks and in the queries of empty panels. */
function findRequestedWindows(evidence: Evidence): readonly RequestedWindow[] {
  const texts = [
    ...findFailedChecks(evidence).map((check) => ({
      check: check.id,
      text: joinTexts(check),
      where: `check ${check.id}: expected ${check.expected}, saw ${check.seen}`,
    })),
    ...listEmptyPanels(evidence),
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

/** Returns the queries of the empty panels, without those panels that are known to be empty. */
function listEmptyPanels({ findings }: Evidence): readonly QueryText[] {
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

/** Returns all texts of a failed check. */
function joinTexts({ expected, seen, cause }: FailedCheck): string {
  return [expected, seen, cause ?? ""].join("\n");
}

/** Prometheus' own default for the global scrape interval. */
const defaultInterval: Interval = { text: "1m", ms: 60_000, jobs: [] };

/** Returns the global scrape interval, and the longer intervals of jobs. */
function listIntervals(config: PrometheusConfig): readonly Interval[] {
  const globalInterval = config.global?.scrape_interval ?? defaultInterval.text;
  const globalEntry = {
    text: globalInterval,
    ms: parseDuration(globalInterval) ?? defaultInterval.ms,
    jobs: [],
  };
  const jobEntries = (config.scrape_configs ?? []).flatMap(({ job_name, scrape_interval }) => {
    const ms = scrape_interval === undefined ? undefined : parseDuration(scrape_interval);
    return ms === undefined || scrape_interval === undefined || ms <= globalEntry.ms
      ? []
      : [{ text: scrape_interval, ms, jobs: [job_name] }];
  });
  return [globalEntry, ...jobEntries];
}

/** Returns half of a duration in milliseconds, e.g. `15s` or `2m`. */
function formatHalf(ms: number): string {
  const half = ms / 2000;
  return half >= 60 && half % 60 === 0 ? `${half / 60}m` : `${half}s`;
}

/** Returns twice a duration, e.g. `2m` for `60s`. */
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
        how: [quoteLine(line)],
        fix: `Set scrape_timeout of job ${job} (or the global one) to at most its scrape_interval. A shorter global interval needs a shorter global timeout too.`,
        explains: listUnpassedCheckIds(evidence, prometheusChecks),
        keys: ["scrape_timeout", "scrape_interval"],
        values: [job],
      },
    ];
  },
};

/** A setting whose requested and actual values differ. */
interface Difference {
  readonly flag: string;
  readonly requested: string;
  readonly actual: string;
}

export const retentionIgnored: DiagnosisRule = {
  id: "retention-ignored",
  layer: "prometheus",
  title: "Prometheus keeps its data for another time than was requested",
  evidence: "its flags in force against what the charts render; its runtime information",
  find: (evidence) => {
    const differences = findDifferences(evidence);
    const checks = findChecksWithFault(evidence, "retention-ignored");
    if (differences.length === 0)
      return checks.filter(({ expected }) => expected.includes("as the setting ")).map(describeLostSetting);
    const isSetInFile = differences.some(({ flag }) => flag === "storageRetention");
    return [
      {
        what: `Prometheus does not keep its data as requested: ${differences.map(({ requested, actual }) => `${actual} instead of ${requested}`).join(", ")}`,
        how: [
          ...differences.map(
            ({ flag, requested, actual }) =>
              `Prometheus reports that ${flag} is ${actual}; the chart renders ${requested}`,
          ),
          ...checks.map(quoteCheck),
        ],
        fix: isSetInFile
          ? "Take storage.tsdb.retention out of prometheus.yml (it wins over the flag), or set it to what you want."
          : "Let Prometheus' pod be replaced: the running one was not started with the arguments of this deployment.",
        explains: listUnpassedCheckIds(evidence, /^(prometheus-retention|series-budget)$/),
        keys: ["server.retention", "retention", "retentionSize"],
      },
    ];
  },
};

/**
 * Returns the finding for a retention setting that the charts do not render, so that the running value matches the
 * charts but not the setting.
 */
function describeLostSetting(check: FailedCheck): Finding {
  return {
    what: `Prometheus does not keep its data as requested: ${check.seen}`,
    how: [quoteCheck(check), ...(check.cause === undefined ? [] : [check.cause])],
    fix: "Take away the value that replaces Prometheus' arguments (server.defaultFlagsOverride), or set it there.",
    explains: [check.id],
    keys: ["server.defaultFlagsOverride", "retention", "retention-size"],
  };
}

/** Returns the settings of the retention whose requested and actual values differ. */
function findDifferences({ requested, prometheus }: Evidence): readonly Difference[] {
  const { flags } = prometheus ?? {};
  if (flags === undefined) return [];
  const timeDifferences = compareFlag(
    "storage.tsdb.retention.time",
    requested.retention.time,
    flags,
    parseDuration,
  );
  const sizeDifferences = compareFlag(
    "storage.tsdb.retention.size",
    requested.retention.size,
    flags,
    parsePrometheusSize,
  );
  if (timeDifferences.length + sizeDifferences.length > 0) return [...timeDifferences, ...sizeDifferences];
  // A retention in the configuration file (3.x) overrides the flag and does not appear in the flags.
  const actualTime = /\b(\d+(?:ms|[smhdwy]))+\b/.exec(
    String(prometheus?.runtime?.["storageRetention"] ?? ""),
  )?.[0];
  const requestedTime = requested.retention.time;
  if (
    actualTime === undefined ||
    requestedTime === undefined ||
    parseDuration(actualTime) === parseDuration(requestedTime)
  )
    return [];
  return [{ flag: "storageRetention", requested: requestedTime, actual: actualTime }];
}

/** Returns the difference between a flag's requested and actual values; empty if they are equal or one is unknown. */
function compareFlag(
  flag: string,
  requested: string | undefined,
  flags: Readonly<Record<string, string>>,
  measure: (text: string) => number | undefined,
): readonly Difference[] {
  const actual = flags[flag];
  if (requested === undefined || actual === undefined || requested === actual) return [];
  const requestedAmount = measure(requested);
  return requestedAmount !== undefined && requestedAmount === measure(actual)
    ? []
    : [{ flag, requested, actual }];
}
