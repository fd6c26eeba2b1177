import { formatList } from "../../lib/text.ts";
import type { Coverage, FailVerdict } from "../../stack/check.ts";
import {
  buildSeriesKey,
  createPrometheusClient,
  type PrometheusClient,
  type RuleGroup,
  type Target,
} from "../../stack/prometheus.ts";
import type { Stack } from "../../stack/stack.ts";
import { compareTargets, describeMissing, missingTargetGraceMs } from "../targets/expected-targets.ts";
import { computeScrapeGraceMs } from "./grace-periods.ts";

/**
 * Measures whether Prometheus' data is complete. Until all targets were scraped twice, no duplicate, excess or alert
 * can show; until the rules were evaluated after that, no alert can fire. Without this proof a check for the absence of
 * something would pass on a stack that has collected nothing.
 */
export type MeasureCoverage = (level: keyof Coverages) => Promise<Coverage>;

interface Coverages {
  readonly targets: Coverage;
  readonly rules: Coverage;
}

type Incomplete = Extract<Coverage, { status: "incomplete" }>;

/** Intervals above this, in milliseconds, are not waited for: one scrape is enough. */
const longestAwaitedMs = 60_000;
/** Scrapes are counted in this period before now, in milliseconds. A stack that runs for days has too many of them. */
const lookBackMs = 300_000;
/** Incomplete coverage is cached for this long, in milliseconds, since the checks request it concurrently, twice a second each. */
const keptMs = 400;

/**
 * Creates the function that measures coverage for the checks of one run. Complete coverage is measured only once;
 * incomplete coverage is cached for 400 ms.
 */
export function createCoverageProbe(stack: Stack): MeasureCoverage {
  const { host } = stack.context;
  let latest: { readonly coverages: Promise<Coverages>; keptUntil: number } | undefined;
  const measureAndExpire = () => {
    const measurement = { coverages: measureCoverage(stack), keptUntil: Number.POSITIVE_INFINITY };
    const expire = () => {
      measurement.keptUntil = host.now() + keptMs;
    };
    measurement.coverages.then(({ rules }) => {
      if (rules.status !== "complete") expire();
    }, expire);
    return measurement;
  };
  return async (level) => {
    if (latest === undefined || host.now() >= latest.keptUntil) latest = measureAndExpire();
    return (await latest.coverages)[level];
  };
}

/** Returns the failure of a check of absence that has found nothing, but in incomplete data. */
export function reportUnproven({ why, cause, fault }: Incomplete): FailVerdict {
  const expected = "every target scraped twice, and rules evaluated since: only then can something be seen";
  return { status: "fail", expected, seen: why, cause, fault };
}

const complete: Coverage = { status: "complete", rest: "" };

/** Measures the coverage of targets and rules. A stack without Prometheus counts as complete. */
async function measureCoverage(stack: Stack): Promise<Coverages> {
  if (stack.prometheus === undefined) return { targets: complete, rules: complete };
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const [targets, config, groups] = await Promise.all([client.targets(), client.config(), client.rules()]);
  const gap = findScrapeGap(targets, await countScrapes(stack, client, targets));
  if (gap !== undefined) return { targets: gap, rules: gap };
  const { missing } = await compareTargets(stack, config, targets);
  if (missing.length > 0) {
    const why = formatList(describeMissing(missing, targets), 3);
    const late = toIncomplete(why, "sight-targets-missing", missingTargetGraceMs, "not discovered yet");
    return { targets: late, rules: late };
  }
  const rules = groups.filter((group) => group.rules.length > 0);
  return { targets: complete, rules: await measureRules(stack, client, targets, rules) };
}

/** Returns incomplete coverage that the check targets-up reports. */
function toIncomplete(why: string, id: string, graceMs: number, cause: string): Incomplete {
  return { status: "incomplete", why, cause, fault: { id, graceMs }, reportedBy: "targets-up" };
}

/** Returns the number of scrapes after which a target's data is complete: 1 for a rarely scraped target, else 2. */
const countRequiredScrapes = ({ intervalMs = longestAwaitedMs }: Target) =>
  intervalMs > longestAwaitedMs ? 1 : 2;

type ScrapeCount = (target: Target) => number;

/**
 * Returns why the scrapes are incomplete: no targets, or some were scraped too rarely. Undefined if every target was
 * scraped as often as required.
 */
function findScrapeGap(targets: readonly Target[], countOf: ScrapeCount): Incomplete | undefined {
  if (targets.length === 0)
    return toIncomplete(
      "Prometheus has no target",
      "sight-no-targets",
      missingTargetGraceMs,
      "nothing is scraped",
    );
  const incompleteTargets = targets.filter((target) => countOf(target) < countRequiredScrapes(target));
  if (incompleteTargets.length === 0) return undefined;
  const slowestMs = Math.max(...incompleteTargets.map(({ intervalMs = longestAwaitedMs }) => intervalMs));
  const formatTarget = ({ job, scrapeUrl }: Target) => `target ${scrapeUrl} of job ${job}`;
  const downTargets = incompleteTargets.filter(({ health }) => health === "down");
  if (downTargets.length > 0) {
    const lines = downTargets.map(
      (target) => `${formatTarget(target)} was ${countOf(target) === 0 ? "never" : "not"} scraped`,
    );
    const graceMs = Math.max(10_000, 3 * slowestMs);
    return toIncomplete(formatList(lines, 3), "sight-target-down", graceMs, "its scrapes fail");
  }
  const lines = incompleteTargets.map((target) => {
    const times = countOf(target) === 0 ? "not scraped" : "scraped only once";
    return `${formatTarget(target)} was ${times} since the deployment`;
  });
  const cause = "Prometheus has just started, or the target is new";
  return toIncomplete(formatList(lines, 3), "sight-not-scraped", computeScrapeGraceMs(2, slowestMs), cause);
}

/**
 * Counts the successful scrapes of each target since the deployment began. Returns a function from target to count.
 * @param at end of the counted time, in seconds since the epoch by Prometheus' clock; default: now
 */
async function countScrapes(
  { context, deployedAt }: Stack,
  client: PrometheusClient,
  targets: readonly Target[],
  at?: number,
): Promise<ScrapeCount> {
  const until = at === undefined ? context.host.now() : at * 1000;
  const awaited = targets.flatMap(({ intervalMs = longestAwaitedMs }) =>
    intervalMs > longestAwaitedMs ? [] : [3 * intervalMs],
  );
  const since = Date.parse(deployedAt);
  const rangeMs = Math.min(until - since, Math.max(lookBackMs, ...awaited));
  if (!(rangeMs >= 1000)) return () => 0;
  const samples = await client.query(`sum_over_time(up[${Math.floor(rangeMs / 1000)}s])`, at);
  const counts = new Map(samples.map(({ labels, value }) => [buildSeriesKey(labels), value]));
  return (target) => {
    // A rare scrape can lie outside of the range.
    const isScrapedRarely = countRequiredScrapes(target) === 1;
    if (isScrapedRarely && target.health === "up" && Date.parse(target.lastScrape) >= since) return 1;
    return counts.get(buildSeriesKey(target.labels)) ?? 0;
  };
}

/**
 * Returns incomplete coverage if a frequently evaluated rule group was not evaluated after all targets had been scraped
 * twice. Rarely evaluated groups are not waited for: `rest` names them.
 */
async function measureRules(
  stack: Stack,
  client: PrometheusClient,
  targets: readonly Target[],
  groups: readonly RuleGroup[],
): Promise<Coverage> {
  const sawAllTargets = async (group: RuleGroup) => {
    // A scrape that was in progress during an evaluation was not part of it.
    const slackMs = Math.max(...targets.map(({ scrapeTookMs }) => scrapeTookMs));
    const countScrapesOf = await countScrapes(
      stack,
      client,
      targets,
      (findOldestEvaluation(group) - slackMs) / 1000,
    );
    return targets.every((target) => countScrapesOf(target) >= countRequiredScrapes(target));
  };
  const frequentGroups = groups
    .filter(({ intervalMs }) => intervalMs <= longestAwaitedMs)
    .toSorted((a, b) => findOldestEvaluation(a) - findOldestEvaluation(b));
  const [oldest] = frequentGroups;
  if (oldest !== undefined && !(await sawAllTargets(oldest))) {
    const why = `rule group ${oldest.name} was not evaluated since all targets were scraped twice`;
    const graceMs = computeScrapeGraceMs(2, Math.max(...frequentGroups.map(({ intervalMs }) => intervalMs)));
    const late = toIncomplete(why, "sight-not-evaluated", graceMs, "its interval has not passed yet");
    return { ...late, reportedBy: "rules-healthy" };
  }
  const rareGroups = groups.filter(({ intervalMs }) => intervalMs > longestAwaitedMs);
  const sawTargets = await Promise.all(rareGroups.map(sawAllTargets));
  const since = Date.parse(stack.deployedAt);
  // Groups without any evaluation since the deployment are reported by `notDueYet`.
  const late = rareGroups.filter(
    (group, index) => sawTargets[index] === false && findOldestEvaluation(group) >= since,
  );
  if (late.length === 0) return complete;
  const names = late.map(({ name, intervalMs }) => `${name} (every ${intervalMs / 1000} s)`);
  return {
    status: "complete",
    rest: `; not evaluated since all targets were scraped twice: ${formatList(names)}`,
  };
}

/** Returns the oldest evaluation of a group's rules in milliseconds since the epoch. */
function findOldestEvaluation({ rules }: RuleGroup): number {
  return Math.min(...rules.map(({ lastEvaluation }) => Date.parse(lastEvaluation)));
}
