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

/** Fails if a federated source is down, or if series of a matcher have not arrived from it. */
async function checkFederationArrives({
  context,
  expressions,
  plan,
  prometheus,
  rendered,
}: Stack): Promise<Verdict> {
  const { federate } = plan.config;
  if (federate.length === 0) return skip("nothing is federated");
  const prometheusApp = findComponentApp(
    "prometheus",
    rendered.map(({ app }) => app),
  );
  if (prometheus === undefined || prometheusApp === undefined) return skipNotDeployed("Prometheus");
  const client = createPrometheusClient(context, prometheus);
  const targets = await client.targets();
  const localMatchers = await mapArrivingMatchers(expressions, federate);
  const jobs = await Promise.all(
    federate.map((federation) => judgeFederation(federation, federate, targets, client, localMatchers)),
  );
  return judgeProblems(
    jobs.flatMap(({ problems }) => problems),
    "every source is up, and for every matcher at least one series has arrived from it",
    () => formatList(jobs.map(({ seen }) => seen)),
  );
}

/** The result for one federation job: a line for a pass, and its problems. */
interface JudgedFederation {
  readonly seen: string;
  readonly problems: readonly Problem[];
}

/**
 * Judges one federation job.
 * @param localMatchers the matchers that select the series here, by the matcher of the federation
 */
async function judgeFederation(
  federation: Federation,
  federations: readonly Federation[],
  targets: readonly Target[],
  client: PrometheusClient,
  localMatchers: ReadonlyMap<string, string>,
): Promise<JudgedFederation> {
  const jobTargets = targets.filter(({ job }) => job === federation.name);
  const downProblems = federation.targets.flatMap((address) =>
    findDownProblem(federation, address, jobTargets),
  );
  if (downProblems.length > 0) return { seen: "", problems: downProblems };
  const scrapedCounts = await client.query("scrape_samples_post_metric_relabeling");
  const countArrived = (targetLabels: Labels) =>
    scrapedCounts.find(({ labels }) => hasExactlyLabels(labels, targetLabels))?.value;
  const sources = federation.targets.map((address) => {
    const target = jobTargets.find(({ discovered }) => discovered["__address__"] === address);
    return { address, arrived: target && countArrived({ ...target.labels, job: federation.name }) };
  });
  const emptySources = sources.filter(({ arrived }) => arrived === undefined || arrived === 0);
  if (emptySources.length > 0) {
    const graceMs = await computeFirstSamplesMs(client);
    return {
      seen: "",
      problems: emptySources.map((source) => createEmptySourceProblem(federation, source, graceMs)),
    };
  }
  const sampleCount = sources.reduce((sum, { arrived }) => sum + (arrived ?? 0), 0);
  const localTargets = targets.filter(({ job }) => !federations.some(({ name }) => name === job));
  const matchers = federation.match.map((match) => ({ match, arrived: localMatchers.get(match) ?? match }));
  const problems = [
    ...(
      await Promise.all(
        matchers.map((matcher) => findMatchProblem(federation, matcher, localTargets, client)),
      )
    ).flat(),
    ...(await findLostSeries(
      federation,
      matchers.map(({ arrived }) => arrived),
      sampleCount,
      client,
    )),
  ];
  const seen = `job ${federation.name}: ${formatCount(sampleCount, "sample")} a scrape from ${formatCount(sources.length, "source")}`;
  return { seen, problems };
}

/**
 * True if a series has exactly the labels of a target: a scrape's own series has no others. A source's series of
 * the same name may be federated and has more.
 */
function hasExactlyLabels({ __name__: _, ...series }: Labels, target: Labels): boolean {
  const keys = Object.keys(target);
  return keys.length === Object.keys(series).length && keys.every((key) => series[key] === target[key]);
}

/** True if a series has the job and instance of a target. */
function isSeriesOfTarget(series: Labels, target: Labels): boolean {
  return series["job"] === target["job"] && series["instance"] === target["instance"];
}

/** Grace period in milliseconds: a target may need its first scrapes. */
const startMs = 20_000;
/**
 * Returns, in milliseconds, how long a source may have no series: it may have just started, and needs its own first
 * scrape.
 */
async function computeFirstSamplesMs(client: PrometheusClient): Promise<number> {
  return Math.max(15_000, computeScrapeGraceMs(1, await readGlobalIntervalMs(client)));
}

/** Returns a problem if the target of a source is missing, not scraped yet, or down. */
function findDownProblem({ name }: Federation, address: string, jobTargets: readonly Target[]): Problem[] {
  const target = jobTargets.find(({ discovered }) => discovered["__address__"] === address);
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

/**
 * Returns the problem of a source that responds without any series. `arrived` is the number of its samples; undefined
 * if that is unknown.
 */
function createEmptySourceProblem(
  { match }: Federation,
  { address, arrived }: { address: string; arrived: number | undefined },
  graceMs: number,
): Problem {
  const line = `source ${address} answers, and ${arrived === undefined ? "how much it gives is not known yet" : "gives no series at all"}`;
  const cause = `none of its series is selected by ${formatList(match)}: federation takes over only what matches there, by the source's own labels`;
  return { line, cause, fault: { id: "federation-empty", graceMs } };
}

/**
 * Returns, by matcher, how its series are selected here. Only matchers for an empty label are in the map: the
 * others select the same series on both sides.
 */
async function mapArrivingMatchers(
  expressions: Expressions,
  federate: readonly Federation[],
): Promise<ReadonlyMap<string, string>> {
  const matchers = federate.flatMap(({ match }) =>
    match.filter((matcher) => /=\s*(?:""|''|``)/.test(matcher)),
  );
  const parsed = await expressions.parse(matchers);
  return new Map(
    parsed.map((query, index) => {
      const match = matchers[index] ?? "";
      return [match, query.status === "parsed" ? dropEmptyMatchers(match, query.selectors[0]) : match];
    }),
  );
}

/**
 * Returns a selector without its matchers for an empty label. A source adds its external labels after it has matched,
 * so that a label that was empty there may have a value here.
 */
function dropEmptyMatchers(match: string, selector: Selector | undefined): string {
  if (selector === undefined || selector.matchers.every(({ op, value }) => op !== "=" || value !== ""))
    return match;
  const matchers = selector.matchers.filter(({ op, value }) => op !== "=" || value !== "");
  const matcherTexts = matchers.map(
    ({ label, op, value }) =>
      `${/^\w+$/.test(label) ? label : JSON.stringify(label)}${op}${JSON.stringify(value)}`,
  );
  return `${selector.metric ?? ""}{${matcherTexts.join(",")}}`;
}

/**
 * Returns a problem if no series of a matcher came from a source, or if they are mixed with local series.
 * Federated series keep the job and instance of their source. If a local target has the same job and instance, a
 * series may be local or federated. If both exist under labels that differ, each metric exists more than once.
 */
async function findMatchProblem(
  { name }: Federation,
  { match, arrived }: { readonly match: string; readonly arrived: string },
  localTargets: readonly Target[],
  client: PrometheusClient,
): Promise<Problem[]> {
  const groups = await client.query(`count by (job, instance) (${arrived})`);
  if (groups.length === 0) {
    const line = `no series here matches ${match}`;
    const cause = `no source of job ${name} has such a series, or what it gives is refused here`;
    const graceMs = await computeFirstSamplesMs(client);
    return [{ line, cause, fault: { id: "federation-matches-nothing", graceMs } }];
  }
  if (groups.some(({ labels }) => !localTargets.some((target) => isSeriesOfTarget(labels, target.labels))))
    return [];
  const counts = await client.query(`count_values("times", count by (__name__, job, instance) (${arrived}))`);
  const uniqueNames = counts.find(({ labels }) => labels["times"] === "1")?.value ?? 0;
  const allNames = counts.reduce((sum, { value }) => sum + value, 0);
  // Most metrics exist more than once, so the federated series exist beside the local ones.
  if (2 * uniqueNames <= allNames) return [];
  const line = `${uniqueNames} of ${allNames} metrics that ${match} selects are here only once, with job and instance of a target of this Prometheus itself`;
  return [await createCollisionProblem(line, client)];
}

/** The share of sent series that must be here. Some series appear and disappear between two scrapes. */
const minArrivedShare = 0.9;

/**
 * Returns a problem if clearly fewer series are here than the sources sent: series of two sources have the same
 * labels.
 * @param localMatchers the matchers that select the series here
 * @param sentCount the number of samples that the sources sent
 */
async function findLostSeries(
  { name }: Federation,
  localMatchers: readonly string[],
  sentCount: number,
  client: PrometheusClient,
): Promise<Problem[]> {
  const [count] = await client.query(`count(${localMatchers.join(" or ")})`);
  const arrivedCount = count?.value ?? 0;
  if (arrivedCount === 0 || arrivedCount >= sentCount * minArrivedShare) return [];
  return [
    await createCollisionProblem(
      `the sources of job ${name} give ${sentCount} series, and only ${arrivedCount} are here`,
      client,
    ),
  ];
}

/** Returns the problem of series with the same labels, with the number of samples that Prometheus refused. */
async function createCollisionProblem(line: string, client: PrometheusClient): Promise<Problem> {
  const refused = countRefusedSamples(await client.metrics());
  const refusedText = refused > 0 ? `; ${refused} samples were refused as duplicates or out of order` : "";
  return {
    line: `${line}${refusedText}`,
    cause: "series of a source have the same labels as others here, so the two get in each other's way",
    fix: "give each source labels of its own (global.external_labels in its configuration), or take such jobs out of match",
    fault: { id: "federation-collides", graceMs: 10_000 },
  };
}

/** Returns how many scraped samples Prometheus refused as duplicates or out of order. */
function countRefusedSamples(exposition: string): number {
  const names = [
    "prometheus_target_scrapes_sample_duplicate_timestamp_total",
    "prometheus_target_scrapes_sample_out_of_order_total",
  ];
  return names.reduce((sum, name) => sum + (sumMetric(exposition, name) ?? 0), 0);
}
