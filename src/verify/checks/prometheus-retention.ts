import { parseDuration } from "../../lib/duration.ts";
import { parsePrometheusSize } from "../../lib/quantity.ts";
import { prometheusClient } from "../../stack/prometheus.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { listOf, notDeployed, pass, skipped } from "../../stack/verdicts.ts";
import { type AskedText, retentionAsked } from "../asked-of-prometheus.ts";

export const prometheusRetention: Check = {
  id: "prometheus-retention",
  title: "Prometheus keeps its data as long as was asked",
  severity: "error",
  meaning: "Metrics are dropped sooner, or kept longer, than the configuration says.",
  fix: "set retention (and retention-size), take other values that replace its arguments away, and let Prometheus' pod be replaced",
  run,
};

async function run({ context, plan, prometheus, rendered }: Stack): Promise<Verdict> {
  if (prometheus === undefined) return notDeployed("Prometheus");
  const asked = retentionAsked(rendered, plan.config.prometheus);
  if (asked.time === undefined && asked.size === undefined) {
    return skipped("the charts ask for no retention; Prometheus' own default holds");
  }
  const flags = await prometheusClient(context, prometheus).effectiveFlags();
  const compared = [
    compare("storage.tsdb.retention.time", asked.time, flags, parseDuration),
    compare("storage.tsdb.retention.size", asked.size, flags, parsePrometheusSize),
  ].flat();
  const wrong = compared.filter(({ same }) => !same);
  const seen = (list: typeof compared) => listOf(list.map(({ flag, live }) => `${flag} is ${live}`));
  if (wrong.length === 0) return pass(seen(compared));
  return {
    status: "fail",
    expected: listOf(wrong.map(({ flag, asked }) => `${flag} is ${asked.text}, as ${asked.by} has it`)),
    seen: seen(wrong),
    cause: wrong.every(({ asked }) => asked.text === asked.rendered)
      ? "the Prometheus that answers was not started with the arguments of this deployment"
      : "the chart does not make it an argument of Prometheus: another of your values replaces the arguments, or the chart does not know the key",
    // The pod from before may still answer for a moment.
    fault: { id: "retention-ignored", graceMs: 2_000 },
  };
}

function compare(
  flag: string,
  asked: AskedText | undefined,
  flags: Readonly<Record<string, string>>,
  measure: (text: string) => number | undefined,
) {
  if (asked === undefined) return [];
  const live = flags[flag] ?? "not among its flags";
  const wanted = measure(asked.text);
  const same = asked.text === live || (wanted !== undefined && wanted === measure(live));
  return [{ flag, asked, live, same }];
}
