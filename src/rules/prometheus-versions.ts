import { isMapping } from "../lib/object.ts";
import type { ParsedQuery } from "../promql/promql.ts";

type Mapping = Readonly<Record<string, unknown>>;

/** A part of a rule, and the first version of Prometheus that knows it, e.g. `2.42`. */
export interface NewerPart {
  readonly what: string;
  readonly since: string;
}

/** Functions by the version that added them, from Prometheus' changelog. An experimental function has the version in which it became stable. */
const functionsSince: Readonly<Record<string, string>> = {
  "2.16": "absent_over_time",
  "2.20": "group",
  "2.26": "last_over_time sgn clamp",
  "2.29": "present_over_time",
  "2.31": "acos acosh asin asinh atan atanh cos cosh deg pi rad sin sinh tan tanh",
  "2.40": "histogram_count histogram_sum histogram_fraction",
  "2.47": "histogram_stddev histogram_stdvar",
  "2.49": "mad_over_time sort_by_label sort_by_label_desc",
  "2.51": "histogram_avg",
  "2.54": "limitk limit_ratio",
  "2.55": "info",
  "3.0": "double_exponential_smoothing",
  "3.5": "ts_of_min_over_time ts_of_max_over_time ts_of_last_over_time",
  "3.7": "ts_of_first_over_time",
  "3.11": "histogram_quantiles",
  "3.12": "start end range step",
  "3.13": "min_of max_of",
  "3.14": "first_over_time start_timestamp",
};

/** Versions of Prometheus that added keys of rules. */
const keysSince: Readonly<Record<string, string>> = { keep_firing_for: "2.42" };
/** Versions of Prometheus that added keys of rule groups. */
const groupKeysSince: Readonly<Record<string, string>> = {
  limit: "2.31",
  query_offset: "2.53",
  labels: "3.0",
};
/** Versions of Prometheus that added functions of templates. */
const templateFunctionsSince: Readonly<Record<string, string>> = {
  parseDuration: "2.32",
  stripPort: "2.33",
  stripDomain: "2.36",
  toTime: "2.38",
  toDuration: "3.6",
  now: "3.6",
  urlQueryEscape: "3.8",
};

/** Returns the parts of a rule that a version does not support. `2` is any version before 3. */
export function findNewerParts(rule: Mapping, parsed: ParsedQuery | undefined, version: string): NewerPart[] {
  const query = parsed?.status === "parsed" ? parsed : undefined;
  const functions = query?.functions ?? [];
  const newerFunctions = Object.entries(functionsSince).flatMap(([since, names]) =>
    names
      .split(" ")
      .filter((name) => functions.includes(name))
      .map((name): NewerPart => ({ what: `${name}()`, since })),
  );
  const windows = query?.windows ?? [];
  const hasComputedRange = windows.some(({ text }) => !/^[\d.]+(?:(?:ms|[smhdwy])[\dmshdwy]*)?$/.test(text));
  const matcherLabels =
    query?.selectors.flatMap((selector) => selector.matchers.map(({ label }) => label)) ?? [];
  const labelNames = ["labels", "annotations"].flatMap((key) =>
    isMapping(rule[key]) ? Object.keys(rule[key]) : [],
  );
  const utf8Name = [...matcherLabels, ...labelNames].find((name) => !/^[a-zA-Z_]\w*$/.test(name));
  const parts: NewerPart[] = [
    ...newerFunctions,
    ...(hasComputedRange ? [{ what: "a computed range", since: "3.14" }] : []),
    ...(utf8Name === undefined ? [] : [{ what: `the name ${utf8Name}`, since: "3.0" }]),
    ...findNewerKeys(rule, keysSince),
    ...findTemplateFunctions(rule),
  ];
  return parts.filter(({ since }) => isBefore(version, since));
}

/** Returns the keys of a rule group that a version does not support. */
export function findNewerGroupKeys(group: Mapping, version: string): NewerPart[] {
  return findNewerKeys(group, groupKeysSince).filter(({ since }) => isBefore(version, since));
}

function findNewerKeys(mapping: Mapping, versionsByKey: Readonly<Record<string, string>>): NewerPart[] {
  return Object.entries(versionsByKey)
    .filter(([key]) => key in mapping)
    .map(([what, since]) => ({ what, since }));
}

/** Returns the template functions that a rule's labels and annotations use, with their first versions. */
function findTemplateFunctions(rule: Mapping): NewerPart[] {
  const texts = ["labels", "annotations"].flatMap((key) =>
    isMapping(rule[key]) ? Object.values(rule[key]).map(String) : [],
  );
  const actions = texts.flatMap((text) => text.match(/\{\{[^{}]*\}\}/g) ?? []);
  const usedNames = new Set(actions.flatMap((text) => text.match(/(?<![\w.$"])[a-zA-Z]\w*/g) ?? []));
  return Object.entries(templateFunctionsSince)
    .filter(([name]) => usedNames.has(name))
    .map(([name, since]) => ({ what: `the template function ${name}`, since }));
}

/**
 * True if a version is before another one. `2` without a minor is not before any version 2.x, because the minor is
 * unknown.
 */
function isBefore(version: string, since: string): boolean {
  const [major = 0, minor] = version.split(".").map(Number);
  const [sinceMajor = 0, sinceMinor = 0] = since.split(".").map(Number);
  if (major !== sinceMajor) return major < sinceMajor;
  return minor !== undefined && minor < sinceMinor;
}
