import { formatList } from "../../lib/text.ts";
import type { Sight, Stack, Verdict } from "../../stack/check.ts";
import { type PrometheusClient, prometheusClient, seriesKey, type Target } from "../../stack/prometheus.ts";
import type { RuleGroup } from "../../stack/prometheus-rules.ts";
import { compareTargets, describeMissing, missingMs } from "../targets/expected-targets.ts";
import { graceOf } from "./grace-periods.ts";

/**
 * The proof that Prometheus could have seen something. Until all targets were scraped twice, no duplicate, no excess and
 * no alert can show; until the rules were evaluated after that, no alert can fire. Without this proof a check that looks
 * for something that must not be there passes on a stack that has seen nothing.
 */
export type LookForSight = (level: "targets" | "rules") => Promise<Sight>;

/** Whatever is scraped or evaluated more rarely than this, in milliseconds, is not waited for: one scrape is enough. */
const awaitedMs = 60_000;
/** How far back scrapes are counted, in milliseconds: on a stack that has been up for days, all of them would be many. */
const lookBackMs = 300_000;
/** Checks ask side by side, twice a second each: an unfavourable result is kept for so many milliseconds. */
const keptMs = 400;

type Sights = { readonly [level in "targets" | "rules"]: Sight };

/** Shared by the checks of one run: a proof that was found once holds for all of them. */
export function createSight(stack: Stack): LookForSight {
  const { host } = stack.context;
  let latest: { readonly sights: Promise<Sights>; keptUntil: number } | undefined;
  const look = () => {
    const one = { sights: takeSights(stack), keptUntil: Number.POSITIVE_INFINITY };
    const keep = (ms: number) => {
      one.keptUntil = host.now() + ms;
    };
    one.sights.then(
      (sights) => keep(sights.rules.status === "clear" ? Number.POSITIVE_INFINITY : keptMs),
      () => keep(keptMs),
    );
    return one;
  };
  return async (level) => {
    if (latest === undefined || host.now() >= latest.keptUntil) latest = look();
    return (await latest.sights)[level];
  };
}

/**
 * What a check of absence comes to that found nothing, and could not have found it.
 * @param isReported whether another check of this run reports the reason
 */
export function unproven(
  { why, cause, fault, reportedBy }: Extract<Sight, { status: "blind" }>,
  isReported: boolean,
): Extract<Verdict, { status: "fail" }> & { readonly blind?: string } {
  return {
    status: "fail",
    expected: "every target scraped twice, and rules evaluated since: only then can something be seen",
    seen: why,
    cause,
    fault,
    ...(isReported ? { blind: `could not look: ${why} (see ${reportedBy})` } : {}),
  };
}

async function takeSights(stack: Stack): Promise<Sights> {
  if (stack.prometheus === undefined) return both({ status: "clear", rest: "" });
  const client = prometheusClient(stack.context, stack.prometheus);
  const [targets, config, groups] = await Promise.all([client.targets(), client.config(), client.rules()]);
  if (targets.length === 0)
    return both(blind("Prometheus has no target", "sight-no-targets", missingMs, "nothing is scraped"));
  const unseen = await unscraped(stack, client, targets);
  if (unseen !== undefined) return both(unseen);
  const { missing } = await compareTargets(stack, config, targets);
  if (missing.length > 0) {
    const why = formatList(describeMissing(missing, targets), 3);
    return both(blind(why, "sight-targets-missing", missingMs, "not discovered yet"));
  }
  const rules = await evaluatedSince(
    stack,
    client,
    targets,
    groups.filter((group) => group.rules.length > 0),
  );
  return { targets: { status: "clear", rest: "" }, rules };
}

function both(sight: Sight): Sights {
  return { targets: sight, rules: sight };
}

function blind(why: string, id: string, graceMs: number, cause: string): Extract<Sight, { status: "blind" }> {
  return { status: "blind", why, cause, fault: { id, graceMs }, reportedBy: "targets-up" };
}

const scrapesOf = ({ intervalMs = awaitedMs }: Target) => (intervalMs > awaitedMs ? 1 : 2);

/** Undefined if each target was scraped as often as it takes, and successfully. */
async function unscraped(
  stack: Stack,
  client: PrometheusClient,
  targets: readonly Target[],
): Promise<Sight | undefined> {
  const scrapes = await countScrapes(stack, client, targets);
  const open = targets.filter((target) => scrapes(target) < scrapesOf(target));
  if (open.length === 0) return undefined;
  const slowest = Math.max(...open.map(({ intervalMs = awaitedMs }) => intervalMs));
  const down = open.filter(({ health }) => health === "down");
  if (down.length > 0) {
    const why = down.map(
      (target) => `${nameOf(target)} was ${scrapes(target) === 0 ? "never" : "not"} scraped`,
    );
    const graceMs = Math.max(10_000, 3 * slowest);
    return blind(formatList(why, 3), "sight-target-down", graceMs, "its scrapes fail");
  }
  const why = open.map((target) => `${nameOf(target)} was ${timesOf(scrapes(target))} since the deployment`);
  const cause = "Prometheus has just started, or the target is new";
  return blind(formatList(why, 3), "sight-not-scraped", graceOf(2, slowest), cause);
}

function nameOf({ job, scrapeUrl }: Target): string {
  return `target ${scrapeUrl} of job ${job}`;
}

function timesOf(scrapes: number): string {
  return scrapes === 0 ? "not scraped" : "scraped only once";
}

/**
 * Counts the successful scrapes of each target since the deployment began.
 * @param at seconds since the epoch by Prometheus' clock; undefined: now
 */
async function countScrapes(
  stack: Stack,
  client: PrometheusClient,
  targets: readonly Target[],
  at?: number,
): Promise<(target: Target) => number> {
  const until = at === undefined ? stack.context.host.now() : at * 1000;
  const usual = targets.flatMap(({ intervalMs = awaitedMs }) => (intervalMs > awaitedMs ? [] : [intervalMs]));
  const longest = Math.max(lookBackMs, ...usual.map((intervalMs) => 3 * intervalMs));
  const rangeMs = Math.min(until - Date.parse(stack.deployedAt), longest);
  if (!(rangeMs >= 1000)) return () => 0;
  const samples = await client.query(`sum_over_time(up[${Math.floor(rangeMs / 1000)}s])`, at);
  const counts = new Map(samples.map(({ labels, value }) => [seriesKey(labels), value]));
  const rare = targets.some((target) => scrapesOf(target) === 1);
  if (!rare) return (target) => counts.get(seriesKey(target.labels)) ?? 0;
  return (target) =>
    scrapesOf(target) === 1 && isScrapedSince(target, stack.deployedAt)
      ? 1
      : (counts.get(seriesKey(target.labels)) ?? 0);
}

function isScrapedSince({ health, lastScrape }: Target, deployedAt: string): boolean {
  return health === "up" && Date.parse(lastScrape) >= Date.parse(deployedAt);
}

/** Whether every rule group that is evaluated often was evaluated after all targets had been scraped twice. */
async function evaluatedSince(
  stack: Stack,
  client: PrometheusClient,
  targets: readonly Target[],
  groups: readonly RuleGroup[],
): Promise<Sight> {
  const couldSee = async (group: RuleGroup) => {
    // A scrape that was under way at an evaluation was not part of it.
    const slackMs = Math.max(...targets.map(({ scrapeTookMs }) => scrapeTookMs));
    const scrapes = await countScrapes(stack, client, targets, (evaluatedAt(group) - slackMs) / 1000);
    return targets.every((target) => scrapes(target) >= scrapesOf(target));
  };
  const often = groups
    .filter(({ intervalMs }) => intervalMs <= awaitedMs)
    .toSorted((a, b) => evaluatedAt(a) - evaluatedAt(b));
  const [oldest] = often;
  if (oldest !== undefined && !(await couldSee(oldest))) {
    const why = `rule group ${oldest.name} was not evaluated since all targets were scraped twice`;
    const slowest = Math.max(...often.map(({ intervalMs }) => intervalMs));
    const late = blind(why, "sight-not-evaluated", graceOf(2, slowest), "its interval has not passed yet");
    return { ...late, reportedBy: "rules-healthy" };
  }
  const rarely = groups.filter(({ intervalMs }) => intervalMs > awaitedMs);
  const seeing = await Promise.all(rarely.map(couldSee));
  const since = Date.parse(stack.deployedAt);
  // Those that were not evaluated at all since the deployment are reported by `notDueYet`.
  const late = rarely.filter((group, index) => seeing[index] === false && evaluatedAt(group) >= since);
  if (late.length === 0) return { status: "clear", rest: "" };
  const names = late.map(({ name, intervalMs }) => `${name} (every ${intervalMs / 1000} s)`);
  return {
    status: "clear",
    rest: `; not evaluated since all targets were scraped twice: ${formatList(names)}`,
  };
}

/** Milliseconds since the epoch; of the rule that was evaluated longest ago. */
function evaluatedAt({ rules }: RuleGroup): number {
  return Math.min(...rules.map(({ lastEvaluation }) => Date.parse(lastEvaluation)));
}
