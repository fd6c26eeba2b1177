import type { ChartSource } from "./chart-source.ts";
import { isOpen, type KnownValues } from "./known-tree.ts";
import { knownValues } from "./known-values.ts";
import { meantScrapeConfigs } from "./meant-scrape-configs.ts";
import { meantValue } from "./meant-value.ts";
import type { UnknownValue } from "./types.ts";
import { formatKeyPath, isMapping, type Values } from "./values.ts";

/**
 * The keys of the user's values that neither the chart nor a subchart of it reads, the highest of each branch, with what
 * was probably meant. helm accepts them without a word. In doubt a key is known. Pure.
 */
export function unknownValues(app: string, values: Readonly<Values>, chart: ChartSource): UnknownValue[] {
  const known = knownValues(chart, values);
  return below(values, known, []).map(({ path, value }) => {
    const otherwise = meantScrapeConfigs(path, value, known);
    const meant = otherwise?.path ?? meantValue(path, value, known);
    const how = otherwise && { asText: otherwise.asText, hint: otherwise.hint };
    return { app, path, meant: meant && formatKeyPath(meant), ...how };
  });
}

interface Unknown {
  readonly path: readonly string[];
  readonly value: unknown;
}

function below(values: Readonly<Values>, known: KnownValues, path: readonly string[]): Unknown[] {
  if (isOpen(known)) return [];
  return Object.entries(values).flatMap(([key, value]): Unknown[] => {
    const here = [...path, key];
    const next = known.keys.get(key);
    if (next !== undefined) return isMapping(value) ? below(value, next, here) : [];
    // A customary home of anchors for the rest of the file.
    if (path.length === 0 && /^(?:[._]|x-)/.test(key)) return [];
    return [{ path: here, value }];
  });
}
