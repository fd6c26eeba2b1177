import { explainScrapeError, extractReason } from "../../../failures/scrape.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import type { Check, Findings, TargetFinding, Verdict } from "../../../stack/check.ts";
import type { PrometheusClient, Target } from "../../../stack/prometheus.ts";
import { createNotInForceFault } from "../../runner/grace-periods.ts";
import {
  compareTargets,
  describeMissing,
  type ExpectedTargets,
  missingTargetGraceMs,
} from "../../targets/expected-targets.ts";
import { type StackWith, withPrometheus } from "../required-services.ts";

export const targetsUp: Check = {
  id: "targets-up",
  title: "Every scrape job has its targets, and all are up",
  severity: "error",
  meaning: "Metrics are missing: a job finds nothing to scrape, or what it finds doesn't answer.",
  fix: "open /targets in Prometheus; an empty job is a matter of RBAC or annotations, a target that is down of its pod",
  run: withPrometheus(checkTargetsUp),
};

type Failure = Extract<Verdict, { status: "fail" }>;

/** Fails if an expected target is missing, or if a target is not up since the deployment began. */
async function checkTargetsUp(client: PrometheusClient, stack: StackWith<"prometheus">): Promise<Verdict> {
  const config = await client.config();
  const targets = await client.targets();
  const { expected, missing } = await compareTargets(stack, config, targets);
  const findings: Findings = { targets: targets.map(toFinding) };
  const deployedMs = Date.parse(stack.deployedAt);
  const downTargets = targets.filter(
    (target) => target.health !== "up" || Date.parse(target.lastScrape) < deployedMs,
  );
  const jobs = [...new Set(targets.map(({ job }) => job))];
  if (targets.length > 0 && missing.length === 0 && downTargets.length === 0) {
    const sizes = jobs.map((job) => `${job} ${targets.filter((target) => target.job === job).length}`);
    return {
      status: "pass",
      seen: `${formatCount(targets.length, "target")} up: ${formatList(sizes, 20)}`,
      findings,
    };
  }
  // Down targets are reported first: they have a reason, whereas missing ones may still be discovered.
  if (downTargets.some(({ health }) => health === "down") || (downTargets.length > 0 && missing.length === 0))
    return { ...reportDown(downTargets, missing, targets, deployedMs), findings };
  const jobNames = (config.scrape_configs ?? []).map(({ job_name }) => job_name);
  const isJobMissing = missing.some(({ job }) => !jobNames.includes(job));
  const fault = isJobMissing
    ? await createNotInForceFault(stack, client, "config-not-in-force")
    : { id: "targets-missing", graceMs: missingTargetGraceMs };
  return { ...reportIncomplete(expected, missing, targets), fault, findings };
}

/** Returns a target for the report. */
function toFinding({ job, scrapeUrl, health, lastError, labels }: Target): TargetFinding {
  return { job, url: scrapeUrl, health, lastError, labels };
}

/** Returns the failure for missing targets. */
function reportIncomplete(
  expected: readonly ExpectedTargets[],
  missing: readonly ExpectedTargets[],
  targets: readonly Target[],
): Failure {
  const jobs = new Set(expected.map(({ job }) => job));
  const emptyJobs = [...jobs].filter((job) => !targets.some((target) => target.job === job));
  return {
    status: "fail",
    expected: `targets in ${formatCount(jobs.size, "job")}: ${formatList([...jobs], 20)}`,
    seen: targets.length === 0 ? "no target at all" : formatList(describeMissing(missing, targets)),
    cause:
      emptyJobs.length > 0
        ? `Prometheus has discovered nothing for ${formatList(emptyJobs)}: it has just started, or its service account may not list services, endpointslices, pods and nodes`
        : "Prometheus has not discovered them: their pods are not ready, or their labels or annotations don't match",
    fix: "kubectl describe clusterrole prometheus-server, and look for `forbidden` in Prometheus' log",
  };
}

/**
 * Returns the failure for targets that are down or not scraped yet. `deployedMs` is the time of the deployment in
 * milliseconds since the epoch.
 */
function reportDown(
  downTargets: readonly Target[],
  missing: readonly ExpectedTargets[],
  targets: readonly Target[],
  deployedMs: number,
): Failure {
  const lines = [
    ...downTargets.map((target) => describeTarget(target, deployedMs)),
    ...describeMissing(missing, targets),
  ];
  const targetCount = targets.length;
  const failure = {
    status: "fail",
    expected: `all ${formatCount(targetCount, "target")} up`,
    seen: `${targetCount - downTargets.length} up; ${formatList(lines)}`,
  } as const;
  const firstDown = downTargets.filter(({ health }) => health === "down").sort(compareByGracePeriod)[0];
  if (firstDown === undefined) {
    const fault = { id: "target-not-scraped", graceMs: Math.max(...downTargets.map(computeGraceMs)) };
    const cause = "not scraped since the deployment began: the scrape interval has not passed yet";
    return { ...failure, cause, fault };
  }
  const { id, ...explanation } = explainScrapeError(firstDown.lastError, firstDown.scrapeUrl);
  return { ...failure, ...explanation, fault: { id, graceMs: computeGraceMs(firstDown) } };
}

/** Orders targets by grace period, then by URL, so that every attempt reports the same target. */
function compareByGracePeriod(a: Target, b: Target): number {
  return computeGraceMs(a) - computeGraceMs(b) || a.scrapeUrl.localeCompare(b.scrapeUrl);
}

/** Returns the grace period of a target in milliseconds: three of its scrapes. */
function computeGraceMs({ intervalMs = 60_000 }: Target): number {
  return Math.max(10_000, 3 * intervalMs);
}

/** Describes a target that is not up, or that was last scraped before the deployment. */
function describeTarget(
  { job, discovered, scrapeUrl, health, lastError, lastScrape }: Target,
  deployedMs: number,
): string {
  const service = discovered["__meta_kubernetes_service_name"];
  const subject = `target ${scrapeUrl} of job ${job}${service ? ` (service ${service})` : ""}`;
  if (health === "down") return `${subject}: ${extractReason(lastError)}`;
  if (health === "unknown" || lastScrape.startsWith("0001")) return `${subject}: not scraped yet`;
  const isOld = Date.parse(lastScrape) < deployedMs;
  return `${subject}: ${isOld ? `last scraped ${lastScrape}, before the deployment` : health}`;
}
