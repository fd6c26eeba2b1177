import { goPattern } from "../lib/patterns.ts";
import type { RelabelRule } from "../model/prometheus-config.ts";

/** A rule of `metric_relabel_configs` that keeps or drops samples. */
export interface Filter {
  /** As it is written, for messages: `keep __name__ =~ "app_.*_total"`. */
  readonly text: string;
  /** Within the job's list, from 0. */
  readonly index: number;
}

const isName = ({ source_labels }: RelabelRule) =>
  (source_labels ?? []).length === 1 && source_labels?.[0] === "__name__";

/** All rules that keep or drop samples. */
export function filtersOf(rules: readonly RelabelRule[]): Filter[] {
  return rules.flatMap((rule, index) => (isFilter(rule) ? [{ text: describe(rule), index }] : []));
}

function isFilter({ action }: RelabelRule): boolean {
  return ["keep", "drop", "keepequal", "dropequal"].includes((action ?? "replace").toLowerCase());
}

function describe({ action = "", source_labels, regex, target_label }: RelabelRule): string {
  const source = (source_labels ?? []).join(";");
  const what = action.toLowerCase().endsWith("equal")
    ? `${source} == ${target_label}`
    : `${source} =~ ${JSON.stringify(String(regex ?? "(.*)"))}`;
  return `${action} ${what}`.replace(/ +/g, " ");
}

/**
 * The rule after which none of these metrics is left, as far as the metrics' names decide it. Undefined if some are left, or
 * if the rules go by other labels.
 */
export function emptyingFilter(
  rules: readonly RelabelRule[],
  metrics: readonly string[],
): Filter | undefined {
  let left = metrics;
  for (const [index, rule] of rules.entries()) {
    const action = (rule.action ?? "replace").toLowerCase();
    // From here on the names are others.
    if (rule.target_label === "__name__" || action === "labelmap") return undefined;
    if ((action !== "keep" && action !== "drop") || !isName(rule)) continue;
    const pattern = patternOf(rule);
    if (pattern === undefined) return undefined;
    left = left.filter((name) => pattern.test(name) === (action === "keep"));
    if (left.length === 0) return { text: describe(rule), index };
  }
  return undefined;
}

/**
 * Whether the rules say outright that no sample is wanted: `up` and the other series that Prometheus makes of a scrape
 * itself are not relabelled, so that a job can be there for them alone.
 */
export function wantsNothing(rules: readonly RelabelRule[]): boolean {
  return rules.some((rule) => {
    const action = (rule.action ?? "replace").toLowerCase();
    const isAny = isName(rule) || (rule.source_labels ?? []).length === 0;
    const regex = String(rule.regex ?? "(.*)");
    if (action === "drop") return isAny && /^\^?\(?\.[*+]\)?\$?$/.test(regex);
    const own = /^\^?\(?(?:\?:)?(?:up|scrape_[\w.*+]+)(?:\|(?:up|scrape_[\w.*+]+))*\)?\$?$/;
    return action === "keep" && isName(rule) && own.test(regex);
  });
}

function patternOf({ regex }: RelabelRule) {
  try {
    return goPattern(String(regex ?? "(.*)"));
  } catch {
    return undefined;
  }
}
