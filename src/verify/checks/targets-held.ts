import { prometheusClient, type Sample } from "../../stack/prometheus.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, notDeployed, pass, skipped } from "../../stack/verdicts.ts";
import { sinceBaseline } from "../baseline.ts";
import { freshnessOf, staleness } from "../freshness.ts";

export const targetsHeld: Check = {
  id: "targets-held",
  title: "No target went down since the stack was verified",
  severity: "error",
  absence: "targets",
  meaning: "The metrics have gaps: what happened in them was seen by nobody.",
  fix: "query up == 0 over that time in Prometheus, and look at the log of what was behind the target",
  run,
};

const lostMs = 10_000;

async function run(stack: Stack): Promise<Verdict> {
  const { baseline, prometheus } = stack;
  if (prometheus === undefined) return notDeployed("Prometheus");
  if (baseline === undefined)
    return skipped("the stack was not verified before, so there is no time to look at");
  if (baseline.targets.length === 0) return skipped("no target was up when the stack was verified");
  const range = sinceBaseline(stack, baseline);
  const client = prometheusClient(stack.context, prometheus);
  const [lowest, now, scrapes, freshness] = await Promise.all([
    client.query(`min by (job, instance) (min_over_time(up[${range}]))`),
    client.query("min by (job, instance) (up)"),
    client.query("max by (job, instance) (timestamp(up))"),
    freshnessOf(client, stack.deployedAt),
  ]);
  const of = (samples: readonly Sample[], job: string, instance: string) =>
    samples.find(({ labels }) => labels["job"] === job && labels["instance"] === instance);
  const down = baseline.targets.flatMap(({ job, instance }) => {
    // Right after the baseline there was no scrape yet: then it is the last one that counts.
    const least = of(lowest, job, instance) ?? of(now, job, instance);
    return least === undefined || least.value === 1 ? [] : [`${job} ${instance} was down at times`];
  });
  const lost = baseline.targets.flatMap(({ job, instance }) => {
    const scraped = of(scrapes, job, instance);
    if (scraped === undefined) return [`${job} ${instance} is not scraped any more`];
    const why = staleness(scraped, freshness);
    return why === undefined ? [] : [`${job} ${instance} ${why}`];
  });
  const wrong = [...lost, ...down];
  const expected = `${count(baseline.targets.length, "target")} up in each scrape of the last ${range}`;
  if (wrong.length === 0) return pass(expected);
  const failed = { status: "fail", expected, seen: listOf(wrong) } as const;
  // What was is certain; what is missing now may be back with the next scrape.
  if (down.length > 0) return { ...failed, final: true };
  return { ...failed, fault: { id: "target-lost", graceMs: lostMs } };
}
