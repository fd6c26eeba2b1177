import { compileGoPattern, type ForeignPattern } from "../../lib/pattern.ts";
import type { RelabelRule, RelabelRule as Rule } from "../../model/prometheus-config.ts";

/** Returns the value of a discovered label: empty if absent, undefined if only Prometheus knows it. */
export type Lookup = (label: string) => string | undefined;

/**
 * Returns whether Prometheus would keep a target with these labels. Only keep and drop rules are evaluated. Returns
 * `unknown` if a rule depends on a label that is unknown here or that an earlier rule has written.
 */
export function evaluateKeepRules(rules: readonly Rule[], lookup: Lookup): "yes" | "no" | "unknown" {
  const writtenLabels = new Set<string>();
  let isUnknown = false;
  for (const rule of rules) {
    const action = rule.action ?? "replace";
    if (action === "keep" || action === "drop") {
      const matches = matchesRule(rule, writtenLabels, lookup);
      if (matches === undefined) isUnknown = true;
      else if (matches !== (action === "keep")) return "no";
    } else if (action === "keepequal" || action === "dropequal") {
      isUnknown = true;
    } else if (rule.target_label !== undefined) {
      writtenLabels.add(rule.target_label);
    }
  }
  return isUnknown ? "unknown" : "yes";
}

/** True if the labels match the rule; undefined if a label is unknown or the pattern is invalid. */
function matchesRule(rule: Rule, writtenLabels: ReadonlySet<string>, lookup: Lookup): boolean | undefined {
  const values = (rule.source_labels ?? []).map((label) =>
    writtenLabels.has(label) ? undefined : lookup(label),
  );
  if (values.includes(undefined)) return undefined;
  try {
    return compileGoPattern(String(rule.regex ?? "(.*)")).test(values.join(rule.separator ?? ";"));
  } catch {
    return undefined;
  }
}

/** Returns a Kubernetes name as part of a label name: `prometheus.io/scrape` becomes `prometheus_io_scrape`. */
function sanitizeLabelName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, "_");
}

/**
 * Creates a lookup of labels. `labelValues` has whole label names; `families` has prefixes, such as
 * `__meta_kubernetes_service_annotation`, with the values below them.
 */
export function createLookup(
  labelValues: Readonly<Record<string, string>>,
  families: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Lookup {
  const labels = new Map(Object.entries(labelValues));
  const prefixes: string[] = [];
  for (const [family, values] of Object.entries(families)) {
    prefixes.push(`${family}_`, `${family}present_`);
    for (const [key, value] of Object.entries(values)) {
      labels.set(`${family}_${sanitizeLabelName(key)}`, value);
      labels.set(`${family}present_${sanitizeLabelName(key)}`, "true");
    }
  }
  return (label) =>
    labels.get(label) ?? (prefixes.some((prefix) => label.startsWith(prefix)) ? "" : undefined);
}

/** A rule of `metric_relabel_configs` that keeps or drops samples. */
interface SampleFilter {
  /** As it is written, for messages: `keep __name__ =~ "app_.*_total"`. */
  readonly text: string;
  /** Within the job's list, from 0. */
  readonly index: number;
}

/** True if the only source label of a rule is the metric's name. */
const readsMetricName = ({ source_labels }: RelabelRule) =>
  (source_labels ?? []).length === 1 && source_labels?.[0] === "__name__";

/** Returns all rules that keep or drop samples. */
export function listFilters(rules: readonly RelabelRule[]): SampleFilter[] {
  return rules.flatMap((rule, index) => (isFilter(rule) ? [{ text: describeRule(rule), index }] : []));
}

/** True if the rule keeps or drops samples. */
function isFilter({ action }: RelabelRule): boolean {
  return ["keep", "drop", "keepequal", "dropequal"].includes((action ?? "replace").toLowerCase());
}

/** Formats a rule for messages: `keep __name__ =~ "app_.*_total"`. */
function describeRule({ action = "", source_labels, regex, target_label }: RelabelRule): string {
  const source = (source_labels ?? []).join(";");
  const what = action.toLowerCase().endsWith("equal")
    ? `${source} == ${target_label}`
    : `${source} =~ ${JSON.stringify(String(regex ?? "(.*)"))}`;
  return `${action} ${what}`.replace(/ +/g, " ");
}

/**
 * Returns the rule after which none of these metrics is left. Only rules about the metric's name are evaluated.
 * Undefined if some metrics are left, or if a rule changes names.
 */
export function findEmptyingFilter(
  rules: readonly RelabelRule[],
  metrics: readonly string[],
): SampleFilter | undefined {
  let remaining = metrics;
  for (const [index, rule] of rules.entries()) {
    const action = (rule.action ?? "replace").toLowerCase();
    // From here on the names are others.
    if (rule.target_label === "__name__" || action === "labelmap") return undefined;
    if ((action !== "keep" && action !== "drop") || !readsMetricName(rule)) continue;
    const pattern = compilePattern(rule);
    if (pattern === undefined) return undefined;
    remaining = remaining.filter((name) => pattern.test(name) === (action === "keep"));
    if (remaining.length === 0) return { text: describeRule(rule), index };
  }
  return undefined;
}

/**
 * True if the rules explicitly drop all samples. Such a job can exist only for `up` and the other series that
 * Prometheus creates for each scrape: these are not relabelled.
 */
export function dropsEverything(rules: readonly RelabelRule[]): boolean {
  return rules.some((rule) => {
    const action = (rule.action ?? "replace").toLowerCase();
    const matchesAnyLabels = readsMetricName(rule) || (rule.source_labels ?? []).length === 0;
    const regex = String(rule.regex ?? "(.*)");
    if (action === "drop") return matchesAnyLabels && /^\^?\(?\.[*+]\)?\$?$/.test(regex);
    // A rule that keeps only `up` and `scrape_...` drops every metric of the target.
    const scrapeMetricsPattern = /^\^?\(?(?:\?:)?(?:up|scrape_[\w.*+]+)(?:\|(?:up|scrape_[\w.*+]+))*\)?\$?$/;
    return action === "keep" && readsMetricName(rule) && scrapeMetricsPattern.test(regex);
  });
}

/** Returns a rule's compiled regex, or that of Prometheus' default; undefined if it is invalid. */
function compilePattern({ regex }: RelabelRule): ForeignPattern | undefined {
  try {
    return compileGoPattern(String(regex ?? "(.*)"));
  } catch {
    return undefined;
  }
}
