import type { Federation } from "../../../config/endpoints.ts";
import { explainScrapeError, extractReason } from "../../../failures/scrape.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import { findComponentApp } from "../../../model/chart-keys.ts";
import type { Expressions } from "../../../promql/promql.ts";
import {
  type Check,
  judgeProblems,
  type Problem,
  skip,
  skipNotDeployed,
  type Verdict,
} from "../../../stack/check.ts";
import {
  createPrometheusClient,
  type PrometheusClient,
  sumMetric,
  type Target,
} from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import type { Selector } from "../../../upstream/protocol.ts";
import { computeScrapeGraceMs, readGlobalIntervalMs } from "../../runner/grace-periods.ts";

export const federationArrives: Check = {
  id: "federation-arrives",
  title: "Series of the federated servers arrive",
  severity: "error",
  absence: "targets",
  meaning: "What the other Prometheus servers know is missing here, without an error anywhere.",
  fix: "ask a source by hand: curl -G http://SOURCE/federate --data-urlencode 'match[]=...' must answer with samples",
  run: checkFederationArrives,
};

type Labels = Readonly<Record<string, string>>;

async function checkFederationArrives({
  context,
  expressions,
  plan,
  prometheus,
  rendered,
}: Stack): Promise<Verdict> {
  const { federate } = plan.config;
  if (federate.length === 0) return skip("nothing is federated");
  const home = findComponentApp(
    "prometheus",
    rendered.map(({ app }) => app),
  );
  if (prometheus === undefined || home === undefined) return skipNotDeployed("Prometheus");
  const client = createPrometheusClient(context, prometheus);
  const targets = await client.targets();
  const arriving = await mapArrivingMatchers(expressions, federate);
  const jobs = await Promise.all(
    federate.map((one) => judgeFederation(one, federate, targets, client, arriving)),
  );
  return judgeProblems(
    jobs.flatMap(({ problems }) => problems),
    "every source is up, and for every matcher at least one series has arrived from it",
    () => formatList(jobs.map(({ seen }) => seen)),
  );
}

interface Judged {
  readonly seen: string;
  readonly problems: readonly Problem[];
}

async function judgeFederation(
  one: Federation,
  all: readonly Federation[],
  targets: readonly Target[],
  client: PrometheusClient,
  arriving: ReadonlyMap<string, string>,
): Promise<Judged> {
  const own = targets.filter(({ job }) => job === one.name);
  const down = one.targets.flatMap((address) => findDownProblem(one, address, own));
  if (down.length > 0) return { seen: "", problems: down };
  const scraped = await client.query("scrape_samples_post_metric_relabeling");
  const samplesOf = ({ labels }: Pick<Target, "labels">) =>
    scraped.find((one) => isExactly(one.labels, labels))?.value;
  const sources = one.targets.map((address) => {
    const target = own.find(({ discovered }) => discovered["__address__"] === address);
    return { address, arrived: target && samplesOf({ labels: { ...target.labels, job: one.name } }) };
  });
  const empty = sources.filter(({ arrived }) => arrived === undefined || arrived === 0);
  if (empty.length > 0) {
    const graceMs = await firstSamplesMs(client);
    return { seen: "", problems: empty.map((source) => describeEmpty(one, source, graceMs)) };
  }
  const total = sources.reduce((sum, { arrived }) => sum + (arrived ?? 0), 0);
  const local = targets.filter(({ job }) => !all.some(({ name }) => name === job));
  const here = one.match.map((match) => arriving.get(match) ?? match);
  const problems = [
    ...(
      await Promise.all(
        one.match.map((match, index) => matchProblem(one, match, here[index] ?? match, local, client)),
      )
    ).flat(),
    ...(await findLostSeries(one, here, total, client)),
  ];
  const seen = `job ${one.name}: ${formatCount(total, "sample")} a scrape from ${formatCount(sources.length, "source")}`;
  return { seen, problems };
}

/** Compares all labels: a scrape's own series has exactly those of the target, and a source's series of that name is federated too. */
function isExactly({ __name__: _, ...series }: Labels, target: Labels): boolean {
  const keys = Object.keys(target);
  return keys.length === Object.keys(series).length && keys.every((key) => series[key] === target[key]);
}

function isOf(series: Labels, target: Labels): boolean {
  return series["job"] === target["job"] && series["instance"] === target["instance"];
}

/** A target may need its first scrapes. */
const startMs = 20_000;
/** And its source may start at the same time: then it has nothing yet, as long as a scrape of its own takes to come. */
const firstSamplesMs = async (client: PrometheusClient): Promise<number> =>
  Math.max(15_000, computeScrapeGraceMs(1, await readGlobalIntervalMs(client)));

function findDownProblem({ name }: Federation, address: string, own: readonly Target[]): Problem[] {
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
  const { cause, fix } = explainScrapeError(target.lastError, target.scrapeUrl);
  const line = `source ${address} is down: ${extractReason(target.lastError)}`;
  return [{ line, cause, fix, fault: { id: "federation-source-down", graceMs: startMs } }];
}

function describeEmpty(
  { match }: Federation,
  { address, arrived }: { address: string; arrived: number | undefined },
  graceMs: number,
): Problem {
  const line = `source ${address} answers, and ${arrived === undefined ? "how much it gives is not known yet" : "gives no series at all"}`;
  const cause = `none of its series is selected by ${formatList(match)}: federation takes over only what matches there, by the source's own labels`;
  return { line, cause, fault: { id: "federation-empty", graceMs } };
}

/** Returns how matchers select the series here, for those that do so in another way than at their source. */
async function mapArrivingMatchers(
  expressions: Expressions,
  federate: readonly Federation[],
): Promise<ReadonlyMap<string, string>> {
  const matchers = federate.flatMap(({ match }) => match.filter((one) => /=\s*(?:""|''|``)/.test(one)));
  const parsed = await expressions.parse(matchers);
  return new Map(
    parsed.map((one, index) => {
      const match = matchers[index] ?? "";
      return [match, one.status === "parsed" ? asItArrives(match, one.selectors[0]) : match];
    }),
  );
}

/** A source adds its external labels after it has matched: a label that had to be empty there may be none of these here. */
function asItArrives(match: string, selector: Selector | undefined): string {
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
 * Whether a matcher's series came from a source. They carry the labels of where they were scraped first, so those with
 * job and instance of a target of this Prometheus' own may be either's: where both have them under labels that differ,
 * a metric's name is there more than once.
 */
async function matchProblem(
  { name }: Federation,
  match: string,
  here: string,
  local: readonly Target[],
  client: PrometheusClient,
): Promise<Problem[]> {
  const groups = await client.query(`count by (job, instance) (${here})`);
  if (groups.length === 0) {
    const line = `no series here matches ${match}`;
    const cause = `no source of job ${name} has such a series, or what it gives is refused here`;
    const graceMs = await firstSamplesMs(client);
    return [{ line, cause, fault: { id: "federation-matches-nothing", graceMs } }];
  }
  if (groups.some(({ labels }) => !local.some((target) => isOf(labels, target.labels)))) return [];
  const times = await client.query(`count_values("times", count by (__name__, job, instance) (${here}))`);
  const once = times.find(({ labels }) => labels["times"] === "1")?.value ?? 0;
  const names = times.reduce((sum, { value }) => sum + value, 0);
  if (2 * once <= names) return [];
  const line = `${once} of ${names} metrics that ${match} selects are here only once, with job and instance of a target of this Prometheus itself`;
  return [await describeCollision(line, client)];
}

/** Sources whose series have the same labels leave fewer here than they gave. */
async function findLostSeries(
  { name }: Federation,
  arriving: readonly string[],
  total: number,
  client: PrometheusClient,
): Promise<Problem[]> {
  const [all] = await client.query(`count(${arriving.join(" or ")})`);
  const here = all?.value ?? 0;
  if (here === 0 || here >= total * 0.9) return [];
  return [
    await describeCollision(
      `the sources of job ${name} give ${total} series, and only ${here} are here`,
      client,
    ),
  ];
}

async function describeCollision(line: string, client: PrometheusClient): Promise<Problem> {
  const refused = countRefusedSamples(await client.metrics());
  const more = refused > 0 ? `; ${refused} samples were refused as duplicates or out of order` : "";
  return {
    line: `${line}${more}`,
    cause: "series of a source have the same labels as others here, so the two get in each other's way",
    fix: "give each source labels of its own (global.external_labels in its configuration), or take such jobs out of match",
    fault: { id: "federation-collides", graceMs: 10_000 },
  };
}

function countRefusedSamples(exposition: string): number {
  const names = [
    "prometheus_target_scrapes_sample_duplicate_timestamp_total",
    "prometheus_target_scrapes_sample_out_of_order_total",
  ];
  return names.reduce((sum, name) => sum + (sumMetric(exposition, name) ?? 0), 0);
}
