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
 * Returns whether Prometheus' data is complete. Until all targets were scraped twice, no duplicate, excess or alert can show;
 * until the rules were evaluated after that, no alert can fire. Without this proof a check for the absence of something
 * would pass on a stack that has collected nothing.
 */
export type MeasureCoverage = (level: keyof Coverages) => Promise<Coverage>;

interface Coverages {
  readonly targets: Coverage;
  readonly rules: Coverage;
}

type Incomplete = Extract<Coverage, { status: "incomplete" }>;

/** Intervals above this, in milliseconds, are not waited for: one scrape is enough. */
const longestAwaitedMs = 60_000;
/** Scrapes are counted this far back, in milliseconds: after days there would be many. */
const lookBackMs = 300_000;
/** The checks ask concurrently, twice a second each: an incomplete coverage is kept for this long, in milliseconds. */
const keptMs = 400;

/** Creates the probe that the checks of one run share: complete coverage is measured only once. */
export function createCoverageProbe(stack: Stack): MeasureCoverage {
  const { host } = stack.context;
  let latest: { readonly coverages: Promise<Coverages>; keptUntil: number } | undefined;
  const startMeasurement = () => {
    const measurement = { coverages: measureAll(stack), keptUntil: Number.POSITIVE_INFINITY };
    const expire = () => {
      measurement.keptUntil = host.now() + keptMs;
    };
    measurement.coverages.then(({ rules }) => {
      if (rules.status !== "complete") expire();
    }, expire);
    return measurement;
  };
  return async (level) => {
    if (latest === undefined || host.now() >= latest.keptUntil) latest = startMeasurement();
    return (await latest.coverages)[level];
  };
}

/** Returns the verdict of a check of absence that has found nothing in incomplete data. */
export function reportUnproven({ why, cause, fault }: Incomplete): FailVerdict {
  const expected = "every target scraped twice, and rules evaluated since: only then can something be seen";
  return { status: "fail", expected, seen: why, cause, fault };
}

const complete: Coverage = { status: "complete", rest: "" };

async function measureAll(stack: Stack): Promise<Coverages> {
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

function toIncomplete(why: string, id: string, graceMs: number, cause: string): Incomplete {
  return { status: "incomplete", why, cause, fault: { id, graceMs }, reportedBy: "targets-up" };
}

/** Number of scrapes after which a target's data is complete. */
const requiredScrapes = ({ intervalMs = longestAwaitedMs }: Target) =>
  intervalMs > longestAwaitedMs ? 1 : 2;

type ScrapeCount = (target: Target) => number;

/** Returns undefined if there are targets and each was successfully scraped as often as required. */
function findScrapeGap(targets: readonly Target[], countOf: ScrapeCount): Incomplete | undefined {
  if (targets.length === 0)
    return toIncomplete(
      "Prometheus has no target",
      "sight-no-targets",
      missingTargetGraceMs,
      "nothing is scraped",
    );
  const open = targets.filter((target) => countOf(target) < requiredScrapes(target));
  if (open.length === 0) return undefined;
  const slowestMs = Math.max(...open.map(({ intervalMs = longestAwaitedMs }) => intervalMs));
  const nameOf = ({ job, scrapeUrl }: Target) => `target ${scrapeUrl} of job ${job}`;
  const down = open.filter(({ health }) => health === "down");
  if (down.length > 0) {
    const lines = down.map((one) => `${nameOf(one)} was ${countOf(one) === 0 ? "never" : "not"} scraped`);
    const graceMs = Math.max(10_000, 3 * slowestMs);
    return toIncomplete(formatList(lines, 3), "sight-target-down", graceMs, "its scrapes fail");
  }
  const lines = open.map((target) => {
    const times = countOf(target) === 0 ? "not scraped" : "scraped only once";
    return `${nameOf(target)} was ${times} since the deployment`;
  });
  const cause = "Prometheus has just started, or the target is new";
  return toIncomplete(formatList(lines, 3), "sight-not-scraped", computeScrapeGraceMs(2, slowestMs), cause);
}

/**
 * Counts the successful scrapes of each target since the deployment began.
 * @param at seconds since the epoch by Prometheus' clock; default: now
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
    const isScrapedRarely = requiredScrapes(target) === 1;
    if (isScrapedRarely && target.health === "up" && Date.parse(target.lastScrape) >= since) return 1;
    return counts.get(buildSeriesKey(target.labels)) ?? 0;
  };
}

/** Returns whether every rule group that is evaluated often was evaluated after all targets had been scraped twice. */
async function measureRules(
  stack: Stack,
  client: PrometheusClient,
  targets: readonly Target[],
  groups: readonly RuleGroup[],
): Promise<Coverage> {
  const sawAllTargets = async (group: RuleGroup) => {
    // A scrape that was in progress during an evaluation was not part of it.
    const slackMs = Math.max(...targets.map(({ scrapeTookMs }) => scrapeTookMs));
    const countOf = await countScrapes(
      stack,
      client,
      targets,
      (findOldestEvaluation(group) - slackMs) / 1000,
    );
    return targets.every((target) => countOf(target) >= requiredScrapes(target));
  };
  const often = groups
    .filter(({ intervalMs }) => intervalMs <= longestAwaitedMs)
    .toSorted((a, b) => findOldestEvaluation(a) - findOldestEvaluation(b));
  const [oldest] = often;
  if (oldest !== undefined && !(await sawAllTargets(oldest))) {
    const why = `rule group ${oldest.name} was not evaluated since all targets were scraped twice`;
    const graceMs = computeScrapeGraceMs(2, Math.max(...often.map(({ intervalMs }) => intervalMs)));
    const late = toIncomplete(why, "sight-not-evaluated", graceMs, "its interval has not passed yet");
    return { ...late, reportedBy: "rules-healthy" };
  }
  const rarely = groups.filter(({ intervalMs }) => intervalMs > longestAwaitedMs);
  const seeing = await Promise.all(rarely.map(sawAllTargets));
  const since = Date.parse(stack.deployedAt);
  // Groups without any evaluation since the deployment are reported by `notDueYet`.
  const late = rarely.filter(
    (group, index) => seeing[index] === false && findOldestEvaluation(group) >= since,
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
