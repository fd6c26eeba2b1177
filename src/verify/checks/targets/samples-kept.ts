import { formatCount, formatList } from "../../../lib/text.ts";
import type { RelabelRule } from "../../../model/prometheus-config.ts";
import { type Check, type Coverage, pass, type Verdict } from "../../../stack/check.ts";
import { buildSeriesKey, type PrometheusClient, type Target } from "../../../stack/prometheus.ts";
import { computeScrapeGraceMs } from "../../runner/grace-periods.ts";
import { dropsEverything, findEmptyingFilter, listFilters } from "../../targets/relabelling.ts";
import { type StackWith, withPrometheus } from "../required-services.ts";

export const samplesKept: Check = {
  id: "samples-kept",
  title: "Every scrape job keeps samples of its targets",
  severity: "error",
  absence: "targets",
  meaning:
    "The targets are up, and yet none of their metrics is there: metric_relabel_configs drop every sample, without an error anywhere.",
  fix: "compare the regex of each keep and drop rule in metric_relabel_configs (metricRelabelings of a monitor) with the names at the target's /metrics",
  run: withPrometheus(checkSamplesKept),
};

/** A job whose targets send samples, and how many of them it keeps. */
interface Job {
  readonly name: string;
  /** The targets that sent samples at the last scrape. */
  readonly targets: readonly Target[];
  readonly sent: number;
  readonly rules: readonly RelabelRule[];
}

/**
 * Fails if relabelling drops all samples of a job. Without any samples it passes if targets are missing anyway
 * (`coverage`).
 */
async function checkSamplesKept(
  client: PrometheusClient,
  _stack: StackWith<"prometheus">,
  coverage?: Coverage,
): Promise<Verdict> {
  const [targets, { scrape_configs }, scrapedSamples, keptSamples] = await Promise.all([
    client.targets(),
    client.config(),
    client.query("scrape_samples_scraped"),
    client.query("scrape_samples_post_metric_relabeling"),
  ]);
  // Only the series with exactly the target's labels counts: a federated source has such series as well.
  const [sentBySeries, keptBySeries] = [scrapedSamples, keptSamples].map(
    (samples) => new Map(samples.map(({ labels, value }) => [buildSeriesKey(labels), value])),
  );
  const countSent = ({ labels }: Target) => sentBySeries?.get(buildSeriesKey(labels)) ?? 0;
  const sendingTargets = targets.filter((target) => target.health === "up" && countSent(target) > 0);
  const targetsByJob = [...Map.groupBy(sendingTargets, ({ job }) => job)];
  // Without samples nothing was proved, which is a failure unless another check reports the missing targets.
  if (targetsByJob.length === 0)
    return coverage?.status === "incomplete" ? pass("no samples yet") : reportNothingSent(targets);
  const keepsNothing = ({ labels }: Target) => keptBySeries?.get(buildSeriesKey(labels)) === 0;
  const emptyJobs = targetsByJob
    .filter(([, jobTargets]) => jobTargets.every(keepsNothing))
    .map(([name, jobTargets]): Job => {
      const rules = scrape_configs?.find(({ job_name }) => job_name === name)?.metric_relabel_configs ?? [];
      const sent = jobTargets.reduce((sum, target) => sum + countSent(target), 0);
      return { name, targets: jobTargets, sent, rules };
    });
  const judgedJobs = await Promise.all(emptyJobs.map((job) => judgeJob(client, job)));
  const problems = judgedJobs.flatMap((result) => (result.isWrong ? [result] : []));
  const notes = judgedJobs.flatMap((result) => (result.isWrong ? [] : [result.text]));
  if (problems.length === 0)
    return pass([`${formatCount(targetsByJob.length, "job")} with samples`, ...notes].join("; "));
  return reportLostSamples(
    problems,
    targetsByJob.length,
    Math.max(...sendingTargets.map(({ intervalMs = 60_000 }) => intervalMs)),
  );
}

/** Returns the failure if no target has sent a sample. */
function reportNothingSent(targets: readonly Target[]): Verdict {
  const slowestMs = Math.max(60_000, ...targets.map(({ intervalMs = 0 }) => intervalMs));
  return {
    status: "fail",
    expected: "samples of at least one target",
    seen: `none of ${formatCount(targets.length, "target")} has sent a sample`,
    cause: "none was scraped yet, or none of them exposes anything",
    fault: { id: "no-samples", graceMs: computeScrapeGraceMs(1, slowestMs) },
  };
}

/** The result for a job that keeps no samples: an accepted case with a note, or a problem. */
type JudgedJob =
  | { readonly isWrong: false; readonly text: string }
  | { readonly isWrong: true; readonly line: string; readonly cause: string; readonly fix: string };

/** Matches metrics of a language's library. A program has them before it has recorded any of its own. */
const runtimeMetrics = /^(go|process|promhttp|python|jvm|nodejs|dotnet|ruby|target_info)(_|$)/;

/**
 * Judges a job that keeps none of its samples. It is accepted if its rules drop everything on purpose, or if its
 * targets have only metrics of their language's library.
 */
async function judgeJob(client: PrometheusClient, { name, targets, sent, rules }: Job): Promise<JudgedJob> {
  const [firstTarget] = targets;
  const metrics =
    firstTarget === undefined ? [] : (await client.exposedMetrics(firstTarget.labels)).toSorted();
  if (dropsEverything(rules))
    return { isWrong: false, text: `job ${name} is there for up alone: its rules drop every metric` };
  // Counters with labels appear with the first event that they count.
  const programMetrics = metrics.filter((metric) => !runtimeMetrics.test(metric));
  if (metrics.length > 0 && programMetrics.length === 0) {
    const text = `job ${name} keeps none of ${sent} samples: so far its targets have those of their language's library alone`;
    return { isWrong: false, text };
  }
  // The operator names its jobs after the monitor, whose key for such rules has another name.
  const key = /^(service|pod)Monitor\//.test(name) ? "metricRelabelings" : "metric_relabel_configs";
  const emptyingFilter = findEmptyingFilter(rules, metrics);
  const filters = emptyingFilter === undefined ? listFilters(rules) : [emptyingFilter];
  const ruleTexts = filters.map(({ index, text }) => `${key}[${index}] (${text})`);
  const exposes = programMetrics.length > 0 ? `; its targets expose ${formatList(programMetrics, 3)}` : "";
  return {
    isWrong: true,
    line: `job ${name} keeps 0 of ${formatCount(sent, "sample")} a scrape, though its ${formatCount(targets.length, "target")} ${targets.length === 1 ? "is" : "are"} up`,
    cause: `${formatList(ruleTexts) || key} of job ${name} ${filters.length > 1 ? "drop" : "drops"} every sample${exposes}`,
    fix: `correct the regex in ${key} of job ${name}: it must match whole metric names`,
  };
}

/**
 * Returns the failure for jobs whose samples are dropped.
 * @param jobCount the number of jobs whose targets send samples
 * @param slowestMs the longest scrape interval in milliseconds
 */
function reportLostSamples(
  problems: readonly Extract<JudgedJob, { isWrong: true }>[],
  jobCount: number,
  slowestMs: number,
): Verdict {
  const [firstProblem] = problems;
  return {
    status: "fail",
    expected: `samples kept in each of ${formatCount(jobCount, "job")} whose targets send any`,
    seen: formatList(problems.map(({ line }) => line)),
    ...(firstProblem ? { cause: firstProblem.cause, fix: firstProblem.fix } : {}),
    fault: { id: "samples-dropped", graceMs: computeScrapeGraceMs(1, slowestMs) },
  };
}
