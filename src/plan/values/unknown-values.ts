import { formatKeyPath, isMapping, type Values } from "../../lib/object.ts";
import type { ChartSource } from "../../model/chart.ts";
import type { UnknownValue } from "../../model/plan.ts";
import { findKnownValues, findNode, isOpenNode, type KnownValues } from "./known-values.ts";
import { hasSameWords, suggestKey } from "./suggest-key.ts";

/**
 * Returns the keys of the user's values that neither the chart nor a subchart reads, with the key that was probably
 * meant. helm accepts such keys silently. Only the highest unknown key of a branch is returned. If it is not certain
 * that nothing reads a key, the key is not returned. Pure.
 */
export function listUnknownValues(app: string, values: Readonly<Values>, chart: ChartSource): UnknownValue[] {
  const known = findKnownValues(chart, values);
  return findUnknownBelow(values, known, []).map(({ path, value }): UnknownValue => {
    const scrapeHint = suggestScrapeConfigs(path, value, known);
    if (scrapeHint !== undefined) {
      const { hint, asText } = scrapeHint;
      return { app, path, meant: formatKeyPath(scrapeHint.path), hint, asText, isCertain: true };
    }
    if (isWrapper(path, value, known, [app, chart.name, ...(formerNames[chart.name] ?? [])])) {
      const hint = `the chart has these values one level higher: move them up, out of ${formatKeyPath(path)}`;
      return { app, path, meant: undefined, hint, isWrapper: true, isCertain: true };
    }
    const condition = findCondition(path, chart);
    if (condition !== undefined) return { app, path, meant: condition };
    const suggestion = suggestKey(path, value, known);
    if (suggestion !== undefined && "several" in suggestion) {
      const hint = `the chart has a key of this name at ${suggestion.several.slice(0, 4).map(formatKeyPath).join(", ")}`;
      return { app, path, meant: undefined, hint };
    }
    return {
      app,
      path,
      meant: suggestion && formatKeyPath(suggestion.path),
      ...(suggestion?.isCertain && { isCertain: true }),
    };
  });
}

/**
 * Returns the key that enables a subchart, for `enabled` below the subchart's name: `kubeStateMetrics.enabled` instead of
 * `kube-state-metrics.enabled`.
 */
function findCondition(
  [key, name, ...deeperKeys]: readonly string[],
  chart: ChartSource,
): string | undefined {
  if (name !== "enabled" || deeperKeys.length > 0) return undefined;
  return chart.dependencies.find((dependency) => (dependency.alias ?? dependency.name) === key)
    ?.conditions[0];
}

/** Former names of charts, which old values still use as a wrapper. */
const formerNames: Readonly<Record<string, readonly string[]>> = {
  "kube-prometheus-stack": ["prometheus-operator"],
};

/**
 * True if a mapping has the name of the chart or of the parent key, and at least half of its keys belong one level
 * higher.
 */
function isWrapper(
  path: readonly string[],
  value: unknown,
  known: KnownValues,
  namesOfChart: readonly string[],
): boolean {
  const name = path.at(-1) ?? "";
  const names = path.length === 1 ? namesOfChart : path.slice(-2, -1);
  if (!isMapping(value) || !names.some((candidate) => hasSameWords(candidate, name))) return false;
  const ownKeys = Object.keys(value);
  const siblings = [...(findNode(known, path.slice(0, -1))?.keys.keys() ?? [])];
  const fittingKeys = ownKeys.filter((key) => siblings.some((candidate) => hasSameWords(candidate, key)));
  return fittingKeys.length > 0 && fittingKeys.length * 2 >= ownKeys.length;
}

/** A key that nothing reads, with its value. */
interface Unknown {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Returns the highest unknown key of each branch below a path, with its value. */
function findUnknownBelow(values: Readonly<Values>, known: KnownValues, path: readonly string[]): Unknown[] {
  if (isOpenNode(known)) return [];
  return Object.entries(values).flatMap(([key, value]): Unknown[] => {
    const keyPath = [...path, key];
    const knownChild = known.keys.get(key);
    if (knownChild !== undefined) return isMapping(value) ? findUnknownBelow(value, knownChild, keyPath) : [];
    // Keys that begin with a dot, `_` or `x-` customarily hold anchors for the rest of the file.
    if (path.length === 0 && /^(?:[._]|x-)/.test(key)) return [];
    return [{ path: keyPath, value }];
  });
}

type Path = readonly string[];

/** The right place for `scrape_configs`, with an explanation. */
interface MeaningHint {
  readonly path: Path;
  /** The chart expects the list as a text there. */
  readonly asText: boolean;
  readonly hint: string;
}

/** Key paths, from a chart's root, at which charts take additional scrape jobs. */
const jobLists: readonly { readonly path: Path; readonly asText: boolean }[] = [
  { path: ["extraScrapeConfigs"], asText: true },
  { path: ["prometheus", "prometheusSpec", "additionalScrapeConfigs"], asText: false },
];

/**
 * Suggests where to put `scrape_configs`, which guides write into a chart's values. `scrapeConfigs` of the prometheus
 * chart has a similar name, but is a mapping of jobs.
 */
function suggestScrapeConfigs(path: Path, value: unknown, known: KnownValues): MeaningHint | undefined {
  if (path.at(-1) !== "scrape_configs" || !Array.isArray(value)) return undefined;
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const parentPath = path.slice(0, depth);
    const jobList = jobLists.find((list) => findNodeAt(known, [...parentPath, ...list.path]) !== undefined);
    if (jobList === undefined) continue;
    const target = [...parentPath, ...jobList.path];
    const notationHint = jobList.asText
      ? `, which takes the jobs as one text (${jobList.path.at(-1)}: |)`
      : "";
    const isFederation = value.some((job) => isMapping(job) && job["metrics_path"] === "/federate");
    const federationHint = isFederation
      ? " For federation there is `federate:` in monstack.yaml, with targets and match: then it is checked that the series arrive."
      : "";
    return {
      path: target,
      asText: jobList.asText,
      hint: `did you mean ${target.join(".")}${notationHint}?${federationHint}`,
    };
  }
  return undefined;
}

function findNodeAt(known: KnownValues, path: Path): KnownValues | undefined {
  return path.reduce<KnownValues | undefined>((node, key) => node?.keys.get(key), known);
}
