import { parseDuration } from "../../../lib/duration.ts";
import { parsePrometheusSize } from "../../../lib/quantity.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import type { PrometheusConfig } from "../../../model/prometheus-config.ts";
import { trimPath } from "../../../plan/web-paths.ts";
import { type Check, pass, skip, type Verdict } from "../../../stack/check.ts";
import type { PrometheusClient } from "../../../stack/prometheus.ts";
import {
  listRequestedFlags,
  listRequestedJobs,
  type Requested,
  type RequestedFlag,
  type RequestedJob,
  type RequestedText,
  readRequestedGlobals,
  readRequestedRetention,
} from "../../requested/prometheus-settings.ts";
import { createNotInForceFault } from "../../runner/grace-periods.ts";
import { type StackWith, withPrometheus } from "../required-services.ts";

export const prometheusRetention: Check = {
  id: "prometheus-retention",
  title: "Prometheus keeps its data as long as requested",
  severity: "error",
  meaning: "Metrics are dropped sooner, or kept longer, than the configuration says.",
  fix: "set retention (and retention-size), remove other values that replace its arguments, and let Prometheus' pod be replaced",
  run: withPrometheus(checkPrometheusRetention),
};

export const scrapeSettingsEffective: Check = {
  id: "scrape-settings-effective",
  title: "Prometheus scrapes and evaluates as often as requested",
  severity: "error",
  meaning:
    "Samples come more seldom or more often than the configuration says: windows of queries are empty, or the load is higher.",
  fix: "set scrape-interval, scrape-timeout and evaluation-interval in one place only, and let Prometheus load its configuration",
  run: withPrometheus(checkScrapeSettings),
};

export const prometheusSettingsEffective: Check = {
  id: "prometheus-settings-effective",
  title: "Prometheus has the scrape jobs and flags that were requested",
  severity: "error",
  meaning:
    "A scrape job or a flag that the values request has no effect: its targets are not scraped, its feature is off.",
  fix: "set each job and flag in one place that the chart reads (other values can replace the whole list), and let Prometheus load its configuration",
  run: withPrometheus(checkPrometheusSettings),
};

/** Parses a quantity such as a duration or a size; undefined if the text is not one. */
type ParseQuantity = (text: string) => number | undefined;

/** A requested setting with its live value. */
interface Comparison extends RequestedText {
  readonly key: string;
  readonly live: string;
  readonly isEffective: boolean;
}

/**
 * Compares requested values with live ones. Two spellings of one quantity count as equal.
 * @param absent the text for a setting without a live value
 */
function compareTexts(
  requested: readonly (readonly [key: string, RequestedText | undefined, ParseQuantity])[],
  live: Readonly<Record<string, string | undefined>>,
  absent: string,
): Comparison[] {
  return requested.flatMap(([key, request, parse]) => {
    if (request === undefined) return [];
    const value = live[key] ?? absent;
    return [{ ...request, key, live: value, isEffective: isSameQuantity(request.text, value, parse) }];
  });
}

/** True if two texts are equal, or are two spellings of one quantity. */
function isSameQuantity(requested: string, live: string, parse: ParseQuantity): boolean {
  const quantity = parse(requested);
  return requested === live || (quantity !== undefined && quantity === parse(live));
}

/** Returns the requested values with their sources. */
const describeRequested = (comparisons: readonly Comparison[]) =>
  formatList(comparisons.map(({ key, text, by }) => `${key} is ${text}, as ${by} has it`));
/** Returns the live values. */
const describeLive = (comparisons: readonly Comparison[]) =>
  formatList(comparisons.map(({ key, live }) => `${key} is ${live}`));

/** Compares the requested retention time and size with Prometheus' flags. */
async function checkPrometheusRetention(
  client: PrometheusClient,
  { plan, rendered }: StackWith<"prometheus">,
): Promise<Verdict> {
  const { time, size } = readRequestedRetention(rendered, plan.config.prometheus);
  if (time === undefined && size === undefined)
    return skip("no retention is requested; Prometheus' own default holds");
  const compared = compareTexts(
    [
      ["storage.tsdb.retention.time", time, (text) => parseDuration(text)],
      ["storage.tsdb.retention.size", size, parsePrometheusSize],
    ],
    await client.effectiveFlags(),
    "not among its flags",
  );
  const ignored = compared.filter(({ isEffective }) => !isEffective);
  if (ignored.length === 0) return pass(describeLive(compared));
  return {
    status: "fail",
    expected: describeRequested(ignored),
    seen: describeLive(ignored),
    cause: ignored.every(({ text, rendered: inChart }) => text === inChart)
      ? "the Prometheus that answers was not started with the arguments of this deployment"
      : "the chart does not make it an argument of Prometheus: another of your values replaces the arguments, or the chart does not know the key",
    // The previous pod may still answer for a moment.
    fault: { id: "retention-ignored", graceMs: 2_000 },
  };
}

/**
 * Milliseconds: the kubelet updates a changed ConfigMap in a running pod within about a minute; then the
 * reloader loads it.
 */
const reloadGraceMs = 90_000;

/** Compares the requested scrape and evaluation intervals with the configuration in force. */
async function checkScrapeSettings(
  client: PrometheusClient,
  { plan, rendered }: StackWith<"prometheus">,
): Promise<Verdict> {
  const parse: ParseQuantity = (text) => parseDuration(text);
  const requested = Object.entries(readRequestedGlobals(rendered, plan.config.prometheus));
  if (requested.every(([, request]) => request === undefined))
    return skip("no interval is requested; Prometheus' own defaults hold");
  const compared = compareTexts(
    requested.map(([key, request]) => [key, request, parse] as const),
    { ...(await client.config()).global } as Readonly<Record<string, string | undefined>>,
    "not in its configuration",
  );
  const ignored = compared.filter(({ isEffective }) => !isEffective);
  if (ignored.length === 0) return pass(describeLive(compared));
  const isOverridden = ignored.some(
    ({ text, rendered: inChart }) => inChart !== undefined && !isSameQuantity(text, inChart, parse),
  );
  return {
    status: "fail",
    expected: describeRequested(ignored),
    seen: describeLive(ignored),
    cause: isOverridden
      ? "the chart renders another one: something else in your values sets it too"
      : "the configuration that Prometheus runs with is not the one of this deployment: it was not loaded again, or comes from elsewhere",
    final: isOverridden,
    fault: { id: "scrape-settings-ignored", graceMs: reloadGraceMs },
  };
}

/** Fails if a requested scrape job or flag is not in force. */
async function checkPrometheusSettings(
  client: PrometheusClient,
  stack: StackWith<"prometheus">,
): Promise<Verdict> {
  const jobs = listRequestedJobs(stack.rendered);
  const flags = listRequestedFlags(stack.rendered);
  if (jobs.length === 0 && flags.length === 0)
    return skip("neither the values nor the charts request scrape jobs or flags of their own");
  const missingJobs = jobs.length === 0 ? [] : findMissingJobs(jobs, await client.config());
  const ignoredFlags = flags.length === 0 ? [] : findIgnoredFlags(flags, await client.effectiveFlags());
  if (missingJobs.length + ignoredFlags.length === 0)
    return pass(`${formatCount(jobs.length, "requested scrape job")}, ${formatCount(flags.length, "flag")}`);
  const names = [
    ...jobs.map(({ what, by }) => `job ${what.name} (${by})`),
    ...(ignoredFlags.length > 0
      ? [`the flags of ${formatList([...new Set(flags.map(({ by }) => by))])}`]
      : []),
  ];
  const failure = {
    status: "fail",
    expected: formatList(names),
    seen: formatList([...missingJobs, ...ignoredFlags]),
  } as const;
  if (missingJobs.length > 0)
    return {
      ...failure,
      cause:
        "the chart does not make them part of prometheus.yml (another value replaces the file, or the key belongs elsewhere), or Prometheus has not loaded it",
      fault: await createNotInForceFault(stack, client, "scrape-job-missing"),
    };
  return {
    ...failure,
    cause:
      "another value replaces Prometheus' arguments, or the Prometheus that answers was not started with the arguments of this deployment",
    fault: { id: "prometheus-flag-ignored", graceMs: 12_000 },
  };
}

/**
 * Returns a line for each requested scrape job that the running configuration lacks, or whose static targets it lacks.
 */
function findMissingJobs(
  jobs: readonly Requested<RequestedJob>[],
  { scrape_configs }: PrometheusConfig,
): string[] {
  return jobs.flatMap(({ what: { name, targets }, by }) => {
    const liveJob = (scrape_configs ?? []).find(({ job_name }) => job_name === name);
    if (liveJob === undefined) return [`job ${name} of ${by} is not in Prometheus' configuration`];
    const liveTargets = (liveJob.static_configs ?? []).flatMap((config) => config.targets ?? []);
    const missingTargets = targets.filter((target) => !liveTargets.includes(target));
    return missingTargets.length === 0
      ? []
      : [`job ${name} of ${by} lacks the targets ${formatList(missingTargets)}`];
  });
}

/**
 * Returns a line for each requested flag that Prometheus lacks or has with another value.
 * @param live the values of Prometheus' flags by name
 */
function findIgnoredFlags(
  flags: readonly Requested<RequestedFlag>[],
  live: Readonly<Record<string, string>>,
): string[] {
  return flags.flatMap(({ what: { name, value }, by }) => {
    // `--no-NAME` turns the flag NAME off.
    const positiveName = /^no-(.+)$/.exec(name)?.[1];
    const isNegated = positiveName !== undefined && !(name in live) && positiveName in live;
    const key = isNegated ? positiveName : name;
    const requested = isNegated ? "false" : value;
    const current = live[key];
    if (current === undefined) return [`${name} (${by}) is not among its flags`];
    // Prometheus adds and removes slashes of this flag.
    if (key === "web.route-prefix" && trimPath(requested) === trimPath(current)) return [];
    if (isSameFlagValue(requested, current)) return [];
    return [`${name} is ${current || "empty"}, not ${requested} (${by})`];
  });
}

/**
 * True if a flag's live value is the requested one, or contains it. A flag without a value is on. A repeated flag has
 * all its values in one text.
 */
function isSameFlagValue(requested: string, live: string): boolean {
  if (requested === "" && live === "true") return true;
  // The value comes from a variable, so it is not known here.
  if (/^\$\(|\$\{/.test(requested)) return true;
  const liveValues = live.split(/[\s,]+/);
  if (liveValues.includes(requested) || requested.split(",").every((part) => liveValues.includes(part)))
    return true;
  const parsers: readonly ParseQuantity[] = [(text) => parseDuration(text), parsePrometheusSize];
  return parsers.some((parse) => isSameQuantity(requested, live, parse));
}
