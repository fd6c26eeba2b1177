import { getValueAt, isMapping, mergeValues, type Values } from "../../lib/object.ts";
import type { ChartSource } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";
import { createOutliner, unknown, unknownText } from "../templates/outline.ts";
import { parseChartTemplates } from "../templates/parse.ts";
import { findSubchartKeys } from "./known-values.ts";

/** A name that Kubernetes, or what makes pods of it, refuses. */
export interface LongName {
  readonly kind: string;
  readonly name: string;
  readonly most: number;
  /** Why it may not be longer, where that is not the limit of the name itself. */
  readonly why: string | undefined;
}

const revision =
  "its pods carry it with up to 11 more characters in the label controller-revision-hash, and a label's value has at most 63";

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const nameLimits: Readonly<Record<string, readonly [most: number, why?: string]>> = {
  Service: [63],
  Namespace: [63],
  Job: [63],
  CronJob: [52, "its jobs have up to 11 more characters, and at most 63"],
  StatefulSet: [52, revision],
  Prometheus: [41, `the operator makes a StatefulSet prometheus-NAME of it, and ${revision}`],
  Alertmanager: [39, `the operator makes a StatefulSet alertmanager-NAME of it, and ${revision}`],
};

/** True if an object's name is too long for its kind. */
export function checkNameLength(kind: string, name: string): LongName | undefined {
  const [most, why] = nameLimits[kind] ?? [Number.POSITIVE_INFINITY];
  return name.length > most ? { kind, name, most, why } : undefined;
}

/** Below this no chart's own suffixes make a name too long. */
const safeReleaseLength = 20;

/** Returns the names of a chart's objects that would be too long, as far as they are known without helm. Pure. */
export function findLongChartNames(app: PlannedApp, chart: ChartSource): LongName[] {
  if (Math.max(app.release.length, ...findOverrideLengths(app.values)) <= safeReleaseLength) return [];
  const all = listEnabledCharts(chart, mergeValues(isMapping(chart.values) ? chart.values : {}, app.values));
  const outliner = createOutliner(all.map(({ source }) => source));
  const long = all.flatMap(({ source, name, values }) => {
    const root = createRootContext(app, name, values);
    return source.isLibrary
      ? []
      : parseChartTemplates(source).flatMap((template) => findLongNames(outliner.outline(template, root)));
  });
  return [...new Map(long.map((one) => [`${one.kind} ${one.name}`, one])).values()];
}

function findOverrideLengths(values: unknown): number[] {
  if (!isMapping(values)) return [];
  return Object.entries(values).flatMap(([key, value]) =>
    /^(?:fullname|name)Override$/.test(key) ? [String(value).length] : findOverrideLengths(value),
  );
}

interface Part {
  readonly source: ChartSource;
  readonly name: string;
  readonly values: Values;
}

/** Returns a chart and those of its subcharts that are not switched off, each with its values. */
function listEnabledCharts(source: ChartSource, values: Values, name = source.name): Part[] {
  const below = source.charts.flatMap((one) =>
    findSubchartKeys(one, source.dependencies).flatMap((key) => {
      const listed = source.dependencies.find((dependency) => (dependency.alias ?? dependency.name) === key);
      const isOff = listed?.conditions.some((path) => getValueAt(values, path.split(".")) === false) ?? false;
      const own = isMapping(values[key]) ? values[key] : {};
      const global = isMapping(values["global"]) ? { global: values["global"] } : {};
      const defaults = isMapping(one.values) ? one.values : {};
      return isOff ? [] : listEnabledCharts(one, mergeValues(mergeValues(defaults, global), own), key);
    }),
  );
  return [{ source, name, values }, ...below];
}

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

/** Returns the longest release name, up to this one's length, with which no name is too long. */
export function findLongestRelease(app: PlannedApp, chart: ChartSource): number {
  let [fits, long] = [safeReleaseLength, app.release.length];
  while (long - fits > 1) {
    const middle = Math.floor((fits + long) / 2);
    if (findLongChartNames({ ...app, release: app.release.slice(0, middle) }, chart).length === 0)
      fits = middle;
    else long = middle;
  }
  return fits;
}

/** Finds labels whose values are too long: charts make them of the same names. */
function findLongLabels(outline: string, of: string): LongName[] {
  const blocks = outline.matchAll(/^( *)(?:labels|matchLabels|selector):[ \t]*\n((?:\1 +\S.*\n?)*)/gm);
  return [...blocks].flatMap(([, , lines = ""]) =>
    [...lines.matchAll(/^ +([\w./-]+):[ \t]*["']?([A-Za-z0-9][\w.-]*)["']?[ \t]*$/gm)].flatMap(
      ([, key, name = ""]) =>
        name.length > 63 ? [{ kind: `label ${key} of ${of}`, name, most: 63, why: undefined }] : [],
    ),
  );
}

function findLongNames(outline: string): LongName[] {
  return outline.split(/^---.*$/m).flatMap((text) => {
    const kind = /^kind:[ \t]*["']?(\w+)/m.exec(text)?.[1];
    const metadata = /^metadata:[ \t]*\n((?:[ \t]+.*\n?|\n)*)/m.exec(text)?.[1] ?? "";
    const name = /^ +name:[ \t]*["']?([^\s"'#]+)/m.exec(metadata)?.[1];
    if (kind === undefined || name === undefined || name.includes(unknownText)) return [];
    return [...[checkNameLength(kind, name) ?? []].flat(), ...findLongLabels(text, `${kind} ${name}`)];
  });
}
