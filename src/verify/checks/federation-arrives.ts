import type { Federation } from "../../config/remote/federate.ts";
import { homeOf } from "../../plan/asked/chart-keys.ts";
import { parseQuery } from "../../promql/promql.ts";
import { type PrometheusClient, prometheusClient, sumOfMetric, type Target } from "../prometheus.ts";
import { explainScrapeError, reasonOf } from "../scrape-errors.ts";
import type { Check, Fault, Stack, Verdict } from "../types.ts";
import { count, listOf, notDeployed, pass, skipped } from "../verdicts.ts";

export const federationArrives: Check = {
  id: "federation-arrives",
  title: "Series of the federated servers arrive",
  severity: "error",
  meaning: "What the other Prometheus servers know is missing here, without an error anywhere.",
  mend: "ask a source by hand: curl -G http://SOURCE/federate --data-urlencode 'match[]=...' must answer with samples",
  run,
};

type Labels = Readonly<Record<string, string>>;

interface Problem {
  readonly line: string;
  readonly cause: string;
  readonly mend?: string | undefined;
  readonly fault: Fault;
}

async function run({ context, plan, prometheus, rendered }: Stack): Promise<Verdict> {
  const { federate } = plan.config;
  if (federate.length === 0) return skipped("nothing is federated");
  const home = homeOf(
    "prometheus",
    rendered.map(({ app }) => app),
  );
  if (prometheus === undefined || home === undefined) return notDeployed("Prometheus");
  const client = prometheusClient(context, prometheus);
  const targets = await client.targets();
  const jobs = await Promise.all(federate.map((one) => judge(one, federate, targets, client)));
  const [first] = jobs.flatMap(({ problems }) => problems);
  if (first === undefined) return pass(listOf(jobs.map(({ seen }) => seen)));
  const { cause, mend, fault } = first;
  const lines = jobs.flatMap(({ problems }) => problems.map(({ line }) => line));
  return {
    status: "fail",
    expected: "every source is up, and for every matcher at least one series has arrived from it",
    seen: listOf(lines),
    cause,
    ...(mend === undefined ? {} : { mend }),
    fault,
  };
}

interface Judged {
  readonly seen: string;
  readonly problems: readonly Problem[];
}

async function judge(
  one: Federation,
  all: readonly Federation[],
  targets: readonly Target[],
  client: PrometheusClient,
): Promise<Judged> {
  const own = targets.filter(({ job }) => job === one.name);
  const down = one.targets.flatMap((address) => downProblem(one, address, own));
  if (down.length > 0) return { seen: "", problems: down };
  const scraped = await client.query("scrape_samples_post_metric_relabeling");
  const samplesOf = ({ labels }: Pick<Target, "labels">) =>
    scraped.find((one) => isExactly(one.labels, labels))?.value;
  const sources = one.targets.map((address) => {
    const target = own.find(({ discovered }) => discovered["__address__"] === address);
    return { address, arrived: target && samplesOf({ labels: { ...target.labels, job: one.name } }) };
  });
  const empty = sources.filter(({ arrived }) => arrived === undefined || arrived === 0);
  if (empty.length > 0) return { seen: "", problems: empty.map((source) => emptyProblem(one, source)) };
  const total = sources.reduce((sum, { arrived }) => sum + (arrived ?? 0), 0);
  const local = targets
    .filter(({ job }) => !all.some(({ name }) => name === job))
    .map((target) => ({ labels: target.labels, samples: samplesOf(target) ?? 0 }));
  const judged = await Promise.all(
    one.match.map((match) => judgeMatcher({ one, match, total, local }, client)),
  );
  const notes = judged.flatMap(({ note }) => (note === undefined ? [] : [note]));
  const seen = `job ${one.name}: ${count(total, "sample")} a scrape from ${count(sources.length, "source")}`;
  return { seen: [seen, ...notes].join("; "), problems: judged.flatMap(({ problems }) => problems) };
}

/** What is told of a scrape carries the target's labels and no others: a source's own such series is federated too. */
function isExactly({ __name__: _, ...series }: Labels, target: Labels): boolean {
  const keys = Object.keys(target);
  return keys.length === Object.keys(series).length && keys.every((key) => series[key] === target[key]);
}

function isOf(series: Labels, target: Labels): boolean {
  return series["job"] === target["job"] && series["instance"] === target["instance"];
}

/** A target may need its first scrapes, and its source may start at the same time. */
const startMs = 20_000;

function downProblem({ name }: Federation, address: string, own: readonly Target[]): Problem[] {
  const target = own.find(({ discovered }) => discovered["__address__"] === address);
  if (target?.health === "up") return [];
  if (target === undefined) {
    const line = `Prometheus has no target ${address} in job ${name}`;
    const cause =
      "the configuration that it runs with does not have the job: it was not loaded again, or something replaces it";
    return [{ line, cause, fault: { id: "federation-missing", graceMs: 90_000 } }];
  }
  if (target.health === "unknown") {
    const line = `source ${address} was not scraped yet`;
    return [
      {
        line,
        cause: "its first scrape is still to come",
        fault: { id: "federation-not-yet", graceMs: 90_000 },
      },
    ];
  }
  const { cause, mend } = explainScrapeError(target.lastError, target.scrapeUrl);
  const line = `source ${address} is down: ${reasonOf(target.lastError)}`;
  return [{ line, cause, mend, fault: { id: "federation-source-down", graceMs: startMs } }];
}

function emptyProblem(
  { match }: Federation,
  { address, arrived }: { address: string; arrived: number | undefined },
): Problem {
  const line = `source ${address} answers, and ${arrived === undefined ? "how much it gives is not known yet" : "gives no series at all"}`;
  const cause = `none of its series is selected by ${listOf(match)}: federation takes over only what matches there, by the source's own labels`;
  return { line, cause, fault: { id: "federation-empty", graceMs: startMs } };
}

interface Matcher {
  readonly one: Federation;
  readonly match: string;
  /** What a scrape of all sources brings. */
  readonly total: number;
  /** This Prometheus' other targets, each with what a scrape of it brings. */
  readonly local: readonly { readonly labels: Labels; readonly samples: number }[];
}

/** A source adds its external labels after it has matched: a label that had to be empty there may be none of these here. */
function asItArrives(match: string): string {
  const parsed = parseQuery(match);
  const selector = parsed.status === "parsed" ? parsed.selectors[0] : undefined;
  if (selector === undefined || selector.matchers.every(({ op, value }) => op !== "=" || value !== ""))
    return match;
  const kept = selector.matchers.filter(({ op, value }) => op !== "=" || value !== "");
  const texts = kept.map(
    ({ label, op, value }) =>
      `${/^\w+$/.test(label) ? label : JSON.stringify(label)}${op}${JSON.stringify(value)}`,
  );
  return `${selector.metric ?? ""}{${texts.join(",")}}`;
}

/**
 * Whether a matcher's series came from a source. Federated series carry the labels of where they were scraped first, so
 * those with job and instance of a target of this Prometheus' own may be either's.
 */
async function judgeMatcher(
  { one, match, total, local }: Matcher,
  client: PrometheusClient,
): Promise<{ problems: readonly Problem[]; note?: string }> {
  const groups = await client.query(`count by (job, instance) (${asItArrives(match)})`);
  if (groups.length === 0) {
    const line = `no series here matches ${match}`;
    const cause = `no source of job ${one.name} has such a series, or what it gives is refused here`;
    return { problems: [{ line, cause, fault: { id: "federation-matches-nothing", graceMs: startMs } }] };
  }
  const targetOf = (labels: Labels) => local.find((target) => isOf(labels, target.labels));
  if (groups.some(({ labels }) => targetOf(labels) === undefined)) return { problems: [] };
  const here = groups.reduce((sum, { value }) => sum + value, 0);
  const atMostOwn = groups.reduce((sum, { labels }) => sum + (targetOf(labels)?.samples ?? 0), 0);
  const refused = refusedSamples(await client.metrics());
  if (here - atMostOwn < total / 2 && refused >= total / 2) {
    const line = `every series that ${match} selects has job and instance of a target of this Prometheus itself, and ${refused} samples were refused as duplicates or out of order`;
    const cause =
      "the source's series have the same labels as this server's own, so the two get in each other's way";
    const mend =
      "give each source labels of its own (global.external_labels in its configuration), or take such jobs out of match";
    return { problems: [{ line, cause, mend, fault: { id: "federation-collides", graceMs: 5_000 } }] };
  }
  // With one matcher, what was counted at the sources can only be its.
  if (one.match.length === 1 || here > atMostOwn) return { problems: [] };
  const note = `${match} selects this server's own series too, so which of them came from a source can't be told (external_labels on the source would tell)`;
  return { problems: [], note };
}

function refusedSamples(exposition: string): number {
  const names = [
    "prometheus_target_scrapes_sample_duplicate_timestamp_total",
    "prometheus_target_scrapes_sample_out_of_order_total",
  ];
  return names.reduce((sum, name) => sum + (sumOfMetric(exposition, name) ?? 0), 0);
}
