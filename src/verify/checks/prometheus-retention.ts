import { durationMs, sizeBytes } from "../../promql/duration.ts";
import { prometheusClient } from "../prometheus.ts";
import { askedRetention } from "../rendered.ts";
import type { Check, Stack, Verdict } from "../types.ts";
import { listOf, notDeployed, pass, skipped } from "../verdicts.ts";

export const prometheusRetention: Check = {
  id: "prometheus-retention",
  title: "Prometheus keeps its data as long as was asked",
  severity: "error",
  meaning: "Metrics are dropped sooner, or kept longer, than the configuration says.",
  mend: "set server.retention (and server.retentionSize) in the Prometheus app's values, and let its pod be replaced",
  run,
};

async function run({ context, prometheus, rendered }: Stack): Promise<Verdict> {
  if (prometheus === undefined) return notDeployed("Prometheus");
  const asked = askedRetention(rendered);
  if (asked.time === undefined && asked.size === undefined) {
    return skipped("the charts ask for no retention; Prometheus' own default holds");
  }
  const flags = await prometheusClient(context, prometheus).flags();
  const compared = [
    compare("storage.tsdb.retention.time", asked.time, flags, durationMs),
    compare("storage.tsdb.retention.size", asked.size, flags, sizeBytes),
  ].flat();
  const wrong = compared.filter(({ same }) => !same);
  const seen = (list: typeof compared) => listOf(list.map(({ flag, live }) => `${flag} is ${live}`));
  if (wrong.length === 0) return pass(seen(compared));
  return {
    status: "fail",
    expected: listOf(wrong.map(({ flag, asked }) => `${flag} is ${asked}, as the chart renders it`)),
    seen: seen(wrong),
    cause: "the Prometheus that answers was not started with the arguments of this deployment",
    final: true,
    fault: { id: "retention-ignored", graceMs: 0 },
  };
}

function compare(
  flag: string,
  asked: string | undefined,
  flags: Readonly<Record<string, string>>,
  measure: (text: string) => number | undefined,
) {
  if (asked === undefined) return [];
  const live = flags[flag] ?? "not among its flags";
  const wanted = measure(asked);
  return [{ flag, asked, live, same: asked === live || (wanted !== undefined && wanted === measure(live)) }];
}
