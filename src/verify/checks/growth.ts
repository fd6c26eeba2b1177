import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { notDeployed, pass, skipped } from "../../stack/verdicts.ts";
import { storageOf } from "../baseline.ts";

export const growth: Check = {
  id: "growth",
  title: "Series and disk grew no faster than they should",
  severity: "warning",
  absence: "targets",
  meaning: "A label takes ever new values: memory and disk run out, in a large cluster within days.",
  fix: "Status > TSDB status in Prometheus names the metric and the label with the most values; drop it with metric_relabel_configs",
  run,
};

/** A stack that has just begun goes on finding things: only what is beyond this counts. */
const tolerated = { factor: 2, series: 5_000 };

async function run(stack: Stack): Promise<Verdict> {
  const { baseline } = stack;
  if (stack.prometheus === undefined) return notDeployed("Prometheus");
  const before = baseline?.headSeries;
  if (baseline === undefined || before === undefined)
    return skipped("the stack was not verified before, so there is nothing to compare with");
  const { headSeries, storageBytes } = await storageOf(stack);
  const most = before * tolerated.factor + tolerated.series;
  const minutes = (stack.context.host.now() - Date.parse(baseline.takenAt)) / 60_000;
  const expected = `at most ${most} series in the head block, from ${before} ${minutes.toFixed(1)} min ago`;
  if (headSeries === undefined) {
    const fault = { id: "series-unknown", graceMs: 10_000 };
    return { status: "fail", expected, seen: "Prometheus doesn't say how many it has", fault };
  }
  const disk =
    storageBytes === undefined || baseline.storageBytes === undefined
      ? ""
      : `, disk ${megabytes(baseline.storageBytes)} to ${megabytes(storageBytes)}`;
  const seen = `${before} to ${headSeries} series in ${minutes.toFixed(1)} min${disk}`;
  if (headSeries <= most) return pass(seen);
  return { status: "fail", expected, seen, fault: { id: "series-grown", graceMs: 2_000 } };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
