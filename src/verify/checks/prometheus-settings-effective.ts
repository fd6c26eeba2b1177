import { parseDuration } from "../../lib/duration.ts";
import { parsePrometheusSize } from "../../lib/quantity.ts";
import type { PrometheusConfig } from "../../model/prometheus-config.ts";
import { trimPath } from "../../plan/served-path.ts";
import { prometheusClient } from "../../stack/prometheus.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, notDeployed, pass, skipped } from "../../stack/verdicts.ts";
import { notInForce } from "../graces.ts";
import {
  type Requested,
  type RequestedFlag,
  type RequestedJob,
  requestedFlags,
  requestedJobs,
} from "../requested-jobs.ts";

export const prometheusSettingsEffective: Check = {
  id: "prometheus-settings-effective",
  title: "Prometheus has the scrape jobs and flags that were requested",
  severity: "error",
  meaning:
    "A scrape job or a flag that the values request has no effect: its targets are not scraped, its feature is off.",
  fix: "set each job and flag in one place that the chart reads (other values can replace the whole list), and let Prometheus load its configuration",
  run,
};

async function run(stack: Stack): Promise<Verdict> {
  const { context, prometheus, rendered } = stack;
  if (prometheus === undefined) return notDeployed("Prometheus");
  const jobs = requestedJobs(rendered);
  const flags = requestedFlags(rendered);
  if (jobs.length === 0 && flags.length === 0)
    return skipped("neither the values nor the charts request scrape jobs or flags of their own");
  const client = prometheusClient(context, prometheus);
  const lost = jobs.length === 0 ? [] : missingJobs(jobs, await client.config());
  const wrong = flags.length === 0 ? [] : wrongFlags(flags, await client.effectiveFlags());
  if (lost.length + wrong.length === 0)
    return pass(`${count(jobs.length, "requested scrape job")}, ${count(flags.length, "flag")}`);
  const names = [
    ...jobs.map(({ what, by }) => `job ${what.name} (${by})`),
    ...(wrong.length > 0 ? [`the flags of ${listOf([...new Set(flags.map(({ by }) => by))])}`] : []),
  ];
  return {
    status: "fail",
    expected: listOf(names),
    seen: listOf([...lost, ...wrong]),
    cause:
      lost.length > 0
        ? "the chart does not make them part of prometheus.yml (another value replaces the file, or the key belongs elsewhere), or Prometheus has not loaded it"
        : "another value replaces Prometheus' arguments, or the Prometheus that answers was not started with the arguments of this deployment",
    fault:
      lost.length > 0
        ? await notInForce(stack, client, "scrape-job-missing")
        : { id: "prometheus-flag-ignored", graceMs: 12_000 },
  };
}

function missingJobs(
  jobs: readonly Requested<RequestedJob>[],
  { scrape_configs }: PrometheusConfig,
): string[] {
  return jobs.flatMap(({ what: { name, targets }, by }) => {
    const live = (scrape_configs ?? []).find((one) => one.job_name === name);
    if (live === undefined) return [`job ${name} of ${by} is not in Prometheus' configuration`];
    const there = (live.static_configs ?? []).flatMap((one) => one.targets ?? []);
    const without = targets.filter((target) => !there.includes(target));
    return without.length === 0 ? [] : [`job ${name} of ${by} lacks the targets ${listOf(without)}`];
  });
}

function wrongFlags(
  flags: readonly Requested<RequestedFlag>[],
  live: Readonly<Record<string, string>>,
): string[] {
  return flags.flatMap(({ what: { name, value }, by }) => {
    // A feature or a flag that is off is written with `no-` before it.
    const negated = /^no-(.+)$/.exec(name)?.[1];
    const isNegated = negated !== undefined && !(name in live) && negated in live;
    const key = isNegated ? (negated ?? name) : name;
    const wanted = isNegated ? "false" : value;
    const has = live[key];
    if (has === undefined) return [`${name} (${by}) is not among its flags`];
    // Prometheus shows this one as it has understood it.
    if (key === "web.route-prefix" && trimPath(wanted) === trimPath(has)) return [];
    return isSame(wanted, has) ? [] : [`${name} is ${has || "empty"}, not ${wanted} (${by})`];
  });
}

/** A flag without a value is on; one that may be there several times has all its values in one text. */
function isSame(wanted: string, live: string): boolean {
  if (wanted === live || (wanted === "" && live === "true")) return true;
  if (/^\$\(|\$\{/.test(wanted)) return true;
  if (
    live.split(/[\s,]+/).includes(wanted) ||
    wanted.split(",").every((one) => live.split(/[\s,]+/).includes(one))
  )
    return true;
  const measures = [parseDuration, parsePrometheusSize].map(
    (measure) => [measure(wanted), measure(live)] as const,
  );
  return measures.some(([one, other]) => one !== undefined && one === other);
}
