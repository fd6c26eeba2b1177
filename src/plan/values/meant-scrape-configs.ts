import { isMapping } from "../../lib/values.ts";
import type { KnownValues } from "./known-tree.ts";

type Path = readonly string[];

/** What was meant by a key, when more is to be said than its name. */
export interface MeantOtherwise {
  readonly path: Path;
  /** The list is to be a text there. */
  readonly asText: boolean;
  readonly hint: string;
}

/** Where charts take additional jobs: each from a chart's root on. */
const homes: readonly { readonly path: Path; readonly asText: boolean }[] = [
  { path: ["extraScrapeConfigs"], asText: true },
  { path: ["prometheus", "prometheusSpec", "additionalScrapeConfigs"], asText: false },
];

/**
 * Prometheus' own `scrape_configs`, as guides have it, in a chart's values: `scrapeConfigs` of the prometheus chart has a
 * similar name, but is a mapping of jobs.
 */
export function meantScrapeConfigs(
  path: Path,
  value: unknown,
  known: KnownValues,
): MeantOtherwise | undefined {
  if (path.at(-1) !== "scrape_configs" || !Array.isArray(value)) return undefined;
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const above = path.slice(0, depth);
    const home = homes.find((one) => nodeAt(known, [...above, ...one.path]) !== undefined);
    if (home === undefined) continue;
    const to = [...above, ...home.path];
    const how = home.asText ? `, which takes the jobs as one text (${home.path.at(-1)}: |)` : "";
    const isFederation = value.some((job) => isMapping(job) && job["metrics_path"] === "/federate");
    const own = isFederation
      ? " For federation there is `federate:` in monstack.yaml, with targets and match: then it is checked that the series arrive."
      : "";
    return { path: to, asText: home.asText, hint: `did you mean ${to.join(".")}${how}?${own}` };
  }
  return undefined;
}

function nodeAt(known: KnownValues, path: Path): KnownValues | undefined {
  return path.reduce<KnownValues | undefined>((node, key) => node?.keys.get(key), known);
}
