import { goPattern } from "../lib/patterns.ts";
import type { RelabelRule as Rule } from "../model/prometheus-config.ts";

/** A label of something that discovery finds; `""` when it has none; undefined when that can't be told from here. */
export type Lookup = (label: string) => string | undefined;

/**
 * Whether Prometheus would keep a target with these labels. Only what the keep and drop rules need is worked out;
 * `unknown` when a rule looks at a label that isn't known here, or at one that an earlier rule has written.
 */
export function keeps(rules: readonly Rule[], lookup: Lookup): "yes" | "no" | "unknown" {
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
export function sanitized(name: string): string {
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
      all.set(`${family}_${sanitized(key)}`, value);
      all.set(`${family}present_${sanitized(key)}`, "true");
    }
  }
  return (label) => all.get(label) ?? (prefixes.some((prefix) => label.startsWith(prefix)) ? "" : undefined);
}
