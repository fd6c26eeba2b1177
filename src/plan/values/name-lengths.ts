import { getValueAt, isMapping, mergeValues, type Values } from "../../lib/object.ts";
import type { ChartSource } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";
import { createOutliner, unknown, unknownText } from "../templates/outline.ts";
import { parseChartTemplates } from "../templates/parse.ts";
import { findSubchartKeys } from "./known-values.ts";

/** A name that Kubernetes or one of its controllers refuses. */
export interface LongName {
  readonly kind: string;
  readonly name: string;
  readonly most: number;
  /** The reason of the limit, if it is not the limit of names themselves; else undefined. */
  readonly why: string | undefined;
}

const revisionHashReason =
  "its pods carry it with up to 11 more characters in the label controller-revision-hash, and a label's value has at most 63";

/**
 * The maximum length of names of each kind: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */
const nameLimits: Readonly<Record<string, readonly [most: number, why?: string]>> = {
  Service: [63],
  Namespace: [63],
  Job: [63],
  CronJob: [52, "its jobs have up to 11 more characters, and at most 63"],
  StatefulSet: [52, revisionHashReason],
  Prometheus: [41, `the operator makes a StatefulSet prometheus-NAME of it, and ${revisionHashReason}`],
  Alertmanager: [39, `the operator makes a StatefulSet alertmanager-NAME of it, and ${revisionHashReason}`],
};

/** Returns the name of an object with its limit if it is too long for the object's kind; else undefined. */
export function checkNameLength(kind: string, name: string): LongName | undefined {
  const [limit, why] = nameLimits[kind] ?? [Number.POSITIVE_INFINITY];
  return name.length > limit ? { kind, name, most: limit, why } : undefined;
}

/** With a release name of at most this length, the suffixes of known charts make no name too long. */
const safeReleaseLength = 20;

/** Returns the names of a chart's objects that would be too long, as far as they are known without running helm. Pure. */
export function findLongChartNames(app: PlannedApp, chart: ChartSource): LongName[] {
  if (Math.max(app.release.length, ...findOverrideLengths(app.values)) <= safeReleaseLength) return [];
  const charts = listEnabledCharts(
    chart,
    mergeValues(isMapping(chart.values) ? chart.values : {}, app.values),
  );
  const outliner = createOutliner(charts.map(({ source }) => source));
  const longNames = charts.flatMap(({ source, name, values }) => {
    const root = createRootContext(app, name, values);
    return source.isLibrary
      ? []
      : parseChartTemplates(source).flatMap((template) => findLongNames(outliner.outline(template, root)));
  });
  return [...new Map(longNames.map((longName) => [`${longName.kind} ${longName.name}`, longName])).values()];
}

/** Returns the lengths of all `fullnameOverride` and `nameOverride` values, which replace the release in names. */
function findOverrideLengths(values: unknown): number[] {
  if (!isMapping(values)) return [];
  return Object.entries(values).flatMap(([key, value]) =>
    /^(?:fullname|name)Override$/.test(key) ? [String(value).length] : findOverrideLengths(value),
  );
}

/** A chart of an app, with the name and the values that its templates get. */
interface ChartWithValues {
  readonly source: ChartSource;
  readonly name: string;
  readonly values: Values;
}

/**
 * Returns a chart and its enabled subcharts, each with its values. A subchart is disabled if one of its conditions is
 * false.
 */
function listEnabledCharts(source: ChartSource, values: Values, name = source.name): ChartWithValues[] {
  const subcharts = source.charts.flatMap((subchart) =>
    findSubchartKeys(subchart, source.dependencies).flatMap((key) => {
      const dependency = source.dependencies.find(
        (dependency) => (dependency.alias ?? dependency.name) === key,
      );
      const isOff =
        dependency?.conditions.some((path) => getValueAt(values, path.split(".")) === false) ?? false;
      const subchartValues = isMapping(values[key]) ? values[key] : {};
      const global = isMapping(values["global"]) ? { global: values["global"] } : {};
      const defaults = isMapping(subchart.values) ? subchart.values : {};
      return isOff
        ? []
        : listEnabledCharts(subchart, mergeValues(mergeValues(defaults, global), subchartValues), key);
    }),
  );
  return [{ source, name, values }, ...subcharts];
}

/**
 * Returns the root object of a chart's templates (`.Values`, `.Release`, `.Chart`); parts that only helm knows are
 * `unknown`.
 */
function createRootContext(
  { release, namespace }: PlannedApp,
  chart: string,
  values: Values,
): Record<string, unknown> {
  return {
    Values: values,
    Release: {
      Name: release,
      Namespace: namespace,
      Service: "Helm",
      IsInstall: true,
      IsUpgrade: false,
      Revision: 1,
    },
    Chart: { Name: chart, Version: unknown, AppVersion: unknown },
    Template: unknown,
    Capabilities: unknown,
    Files: unknown,
    Subcharts: unknown,
  };
}

/**
 * Returns the longest release name, up to the length of this one, with which no name is too long. Divides the range
 * in halves, because each trial renders the chart's names.
 */
export function findLongestRelease(app: PlannedApp, chart: ChartSource): number {
  let [fittingLength, tooLongLength] = [safeReleaseLength, app.release.length];
  while (tooLongLength - fittingLength > 1) {
    const middle = Math.floor((fittingLength + tooLongLength) / 2);
    if (findLongChartNames({ ...app, release: app.release.slice(0, middle) }, chart).length === 0)
      fittingLength = middle;
    else tooLongLength = middle;
  }
  return fittingLength;
}

/**
 * Returns the labels in an outline whose values are longer than 63 characters. Charts derive them from the same
 * names.
 */
function findLongLabels(outline: string, owner: string): LongName[] {
  const blocks = outline.matchAll(/^( *)(?:labels|matchLabels|selector):[ \t]*\n((?:\1 +\S.*\n?)*)/gm);
  return [...blocks].flatMap(([, , lines = ""]) =>
    [...lines.matchAll(/^ +([\w./-]+):[ \t]*["']?([A-Za-z0-9][\w.-]*)["']?[ \t]*$/gm)].flatMap(
      ([, key, name = ""]) =>
        name.length > 63 ? [{ kind: `label ${key} of ${owner}`, name, most: 63, why: undefined }] : [],
    ),
  );
}

/**
 * Returns the names and labels in an outline of rendered objects that are too long. A name with unknown parts is
 * skipped.
 */
function findLongNames(outline: string): LongName[] {
  return outline.split(/^---.*$/m).flatMap((text) => {
    const kind = /^kind:[ \t]*["']?(\w+)/m.exec(text)?.[1];
    const metadata = /^metadata:[ \t]*\n((?:[ \t]+.*\n?|\n)*)/m.exec(text)?.[1] ?? "";
    const name = /^ +name:[ \t]*["']?([^\s"'#]+)/m.exec(metadata)?.[1];
    if (kind === undefined || name === undefined || name.includes(unknownText)) return [];
    return [...[checkNameLength(kind, name) ?? []].flat(), ...findLongLabels(text, `${kind} ${name}`)];
  });
}
