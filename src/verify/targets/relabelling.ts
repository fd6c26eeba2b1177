import { goPattern } from "../../lib/pattern.ts";
import type { RelabelRule, RelabelRule as Rule } from "../../model/prometheus-config.ts";

/** Returns the value of a discovered label: empty if absent, undefined if only Prometheus knows it. */
export type Lookup = (label: string) => string | undefined;

/**
 * Whether Prometheus would keep a target with these labels. Only what the keep and drop rules need is worked out;
 * `unknown` when a rule looks at a label that isn't known here, or at one that an earlier rule has written.
 */
export function evaluateKeepRules(rules: readonly Rule[], lookup: Lookup): "yes" | "no" | "unknown" {
  const written = new Set<string>();
  let unknown = false;
  for (const rule of rules) {
    const action = rule.action ?? "replace";
    if (action === "keep" || action === "drop") {
      const matches = matchesRule(rule, written, lookup);
      if (matches === undefined) unknown = true;
      else if (matches !== (action === "keep")) return "no";
    } else if (action === "keepequal" || action === "dropequal") {
      unknown = true;
    } else if (rule.target_label !== undefined) {
      written.add(rule.target_label);
    }
  }
  return unknown ? "unknown" : "yes";
}

function matchesRule(rule: Rule, written: ReadonlySet<string>, lookup: Lookup): boolean | undefined {
  const values = (rule.source_labels ?? []).map((label) => (written.has(label) ? undefined : lookup(label)));
  if (values.includes(undefined)) return undefined;
  try {
    return goPattern(String(rule.regex ?? "(.*)")).test(values.join(rule.separator ?? ";"));
  } catch {
    return undefined;
  }
}

/** The way Kubernetes' names become parts of label names: `prometheus.io/scrape` -> `prometheus_io_scrape`. */
export function sanitizeLabelName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, "_");
}

/** Looks a label up in fixed values and in families such as `__meta_kubernetes_service_annotation_`. */
export function lookupIn(
  fixed: Readonly<Record<string, string>>,
  families: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Lookup {
  const all = new Map(Object.entries(fixed));
  const prefixes: string[] = [];
  for (const [family, values] of Object.entries(families)) {
    prefixes.push(`${family}_`, `${family}present_`);
    for (const [key, value] of Object.entries(values)) {
      all.set(`${family}_${sanitizeLabelName(key)}`, value);
      all.set(`${family}present_${sanitizeLabelName(key)}`, "true");
    }
  }
  return (label) => all.get(label) ?? (prefixes.some((prefix) => label.startsWith(prefix)) ? "" : undefined);
}

/** A rule of `metric_relabel_configs` that keeps or drops samples. */
export interface Filter {
  /** As it is written, for messages: `keep __name__ =~ "app_.*_total"`. */
  readonly text: string;
  /** Within the job's list, from 0. */
  readonly index: number;
}

const isName = ({ source_labels }: RelabelRule) =>
  (source_labels ?? []).length === 1 && source_labels?.[0] === "__name__";

/** Returns all rules that keep or drop samples. */
export function listFilters(rules: readonly RelabelRule[]): Filter[] {
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
export function findEmptyingFilter(
  rules: readonly RelabelRule[],
  metrics: readonly string[],
): Filter | undefined {
  let left = metrics;
  for (const [index, rule] of rules.entries()) {
    const action = (rule.action ?? "replace").toLowerCase();
    // From here on the names are others.
    if (rule.target_label === "__name__" || action === "labelmap") return undefined;
    if ((action !== "keep" && action !== "drop") || !isName(rule)) continue;
    const pattern = compilePattern(rule);
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
export function dropsEverything(rules: readonly RelabelRule[]): boolean {
  return rules.some((rule) => {
    const action = (rule.action ?? "replace").toLowerCase();
    const isAny = isName(rule) || (rule.source_labels ?? []).length === 0;
    const regex = String(rule.regex ?? "(.*)");
    if (action === "drop") return isAny && /^\^?\(?\.[*+]\)?\$?$/.test(regex);
    const own = /^\^?\(?(?:\?:)?(?:up|scrape_[\w.*+]+)(?:\|(?:up|scrape_[\w.*+]+))*\)?\$?$/;
    return action === "keep" && isName(rule) && own.test(regex);
  });
}

function compilePattern({ regex }: RelabelRule) {
  try {
    return goPattern(String(regex ?? "(.*)"));
  } catch {
    return undefined;
  }
}
