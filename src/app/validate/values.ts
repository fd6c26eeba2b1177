import type { LoadedConfig } from "../../config/load.ts";
import { placeInValues } from "../../config/locate.ts";
import { getValueAt, isMapping, type Values } from "../../lib/object.ts";
import { type ChartSource, getChartName } from "../../model/chart.ts";
import type { Plan, PlannedApp } from "../../model/plan.ts";
import { findPlannedFeatures } from "../../model/prometheus-server.ts";
import { findAlertmanagerFeatures, findAlertmanagerTag } from "../../plan/alertmanager-values.ts";
import { mergeUserValues } from "../../plan/make-plan.ts";
import { completeConfigInValues } from "../../plan/settings/complete-config.ts";
import type { RuleNotices } from "../../plan/settings/rules.ts";
import {
  type ContentDocument,
  findContents,
  type Locate,
  readContentDocuments,
  type ValueContent,
} from "../../plan/values/value-contents.ts";
import {
  coalesceValues,
  enableCharts,
  NoMappingForSubchart,
  validateChartValues,
} from "../../schemas/helm-values.ts";
import { formatPath, type Mistake } from "../../yaml/mistakes.ts";
import type { ObjectMeans } from "./objects.ts";
import { judgeContents } from "./value-contents.ts";

type Path = readonly (string | number)[];

interface ContentChoice {
  /** The loaded charts, by app. */
  readonly sources?: ReadonlyMap<string, ChartSource>;
  /** The kinds of contents that are judged; default: all. */
  readonly kinds?: readonly ValueContent["kind"][];
}

/**
 * Returns the mistakes for which Prometheus, Alertmanager or the operator would refuse the contents of the user's
 * values: rules, configurations, scrape jobs and objects. If a chart is not loaded, its name decides which values
 * have such contents.
 */
export async function findContentMistakes(
  means: ObjectMeans,
  loaded: LoadedConfig,
  plan: Plan,
  { sources = new Map(), kinds }: ContentChoice = {},
): Promise<Mistake[]> {
  const mistakes = plan.apps.map(async (planned) => {
    const app = loaded.config.apps[planned.name];
    if (app === undefined || app.values.length === 0) return [];
    const userValues = mergeUserValues(planned.name, app, loaded.valuesFiles);
    const source = sources.get(planned.name);
    const mergedValues = source && mergeWithDefaults(source, userValues);
    const allContents = findContents(
      source?.name ?? getChartName(planned.chart),
      mergedValues ?? userValues,
      source,
    );
    const isUserContent = (content: ValueContent) => {
      if (kinds !== undefined && !kinds.includes(content.kind)) return false;
      const isRequired = content.kind === "part" && content.required === true;
      const path = isRequired ? content.path.slice(0, -1) : content.path;
      return isSet(userValues, path) && !isReplaced(plan, planned.name, path);
    };
    const contents = allContents
      .filter(isUserContent)
      .map((content) => completeContent(content, planned, mergedValues !== undefined));
    return await judgeContents(means, contents, {
      rules: { features: findPlannedFeatures(planned) },
      alertmanager: { features: findAlertmanagerFeatures(planned), version: findAlertmanagerTag(planned) },
      jobNames: allContents.filter((content) => !isUserContent(content)).flatMap(listJobNames),
      where: createValueLocator(loaded, planned.name),
    });
  });
  return (await Promise.all(mistakes)).flat();
}

/**
 * Returns the rules in the user's values in the form of rule files. Their places are looked up when a rule is
 * reported.
 */
export function listRulesInValues(loaded: LoadedConfig, plan: Plan): RuleNotices[] {
  return plan.apps.flatMap((planned) => {
    const app = loaded.config.apps[planned.name];
    if (app === undefined || app.values.length === 0) return [];
    const userValues = mergeUserValues(planned.name, app, loaded.valuesFiles);
    const where = createValueLocator(loaded, planned.name);
    return findContents(getChartName(planned.chart), userValues)
      .filter(({ kind, path }) => kind === "rules" && !isReplaced(plan, planned.name, path))
      .flatMap((content) => readContentDocuments(content, where))
      .flatMap((document) => {
        const groups = isMapping(document.data) ? document.data["groups"] : undefined;
        return Array.isArray(groups)
          ? [{ at: [], groups: groups.filter(isMapping), yaml: createNoticeSource(document) }]
          : [];
      });
  });
}

/** Returns a function that creates a notice at a place in the document. */
function createNoticeSource({ where }: ContentDocument): RuleNotices["yaml"] {
  return {
    notice: (id, path, text, character) => {
      const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(where(path, "value", character)) ?? [];
      return file === undefined
        ? { id, text }
        : { id, text, at: { file, line: Number(line), column: Number(column) } };
    },
  };
}

/** True if a setting of the user's replaces the value. The setting is judged itself. */
function isReplaced({ askedValues }: Plan, app: string, path: Path): boolean {
  return askedValues.some(
    (setting) =>
      setting.app === app &&
      setting.how === "whole" &&
      setting.path.every((step, index) => path[index] === step),
  );
}

/** True if the user's values have the path. */
function isSet(userValues: Values, path: Path): boolean {
  let node: unknown = userValues;
  for (const step of path) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, step)) return false;
    node = (node as Record<string | number, unknown>)[step];
  }
  return true;
}

/**
 * Returns a content with the values that only the chart has: the global settings in the planned values, and without a
 * loaded chart examples for Alertmanager's receivers.
 */
function completeContent(content: ValueContent, planned: PlannedApp, hasChart: boolean): ValueContent {
  if (content.kind === "alertmanager")
    return hasChart ? content : { ...content, data: completeConfigInValues(content.data) };
  if (content.kind !== "scrape") return content;
  const global = content.globalAt && getValueAt(planned.values, content.globalAt);
  const job = hasChart ? content.data : removePartialTimeout(content);
  return {
    ...content,
    data: job,
    ...(isMapping(global) ? { global: { ...content.global, ...global } } : {}),
  };
}

/**
 * Returns a job without its timeout, if the values only change a job of the chart. Then the job's interval is
 * unknown, so the timeout can't be compared with it.
 */
function removePartialTimeout({ data, jobName }: Extract<ValueContent, { kind: "scrape" }>): unknown {
  if (jobName === undefined || !isMapping(data) || data["scrape_interval"] !== undefined) return data;
  if (Object.keys(data).some((key) => key.endsWith("_sd_configs") || key === "static_configs")) return data;
  const { scrape_timeout: _, ...job } = data;
  return job;
}

/** Returns the name of a content's scrape job, as a list; empty if it has none. */
function listJobNames(content: ValueContent): string[] {
  if (content.kind !== "scrape" || content.jobName === undefined || !isMapping(content.data)) return [];
  return [String(content.data["job_name"] || content.jobName)];
}

/** Returns the user's values merged with the chart's; undefined if helm could not merge them. */
function mergeWithDefaults(source: ChartSource, userValues: Values): Values | undefined {
  try {
    return coalesceValues(enableCharts(source, userValues), userValues);
  } catch (error) {
    if (error instanceof NoMappingForSubchart) return undefined;
    throw error;
  }
}

/**
 * Returns the mistakes for which helm would refuse an app's values by the schemas of its chart and subcharts, at the
 * user's lines.
 */
export async function findSchemaMistakes(
  loaded: LoadedConfig,
  { name, values }: Pick<PlannedApp, "name" | "values">,
  source: ChartSource,
): Promise<Mistake[]> {
  const where = createValueLocator(loaded, name);
  const schemaErrors = await validateChartValues(source, values, loaded.config.helm.version);
  return schemaErrors.map(({ path, on, problem, chart }) => ({
    where: where(path, on),
    path: formatPath(path),
    problem: `${problem} (values.schema.json of the chart ${chart})`,
  }));
}

/**
 * Returns a function that formats the place of a key in the user's files, else of the nearest key above it, else the
 * app.
 */
function createValueLocator(loaded: LoadedConfig, app: string): Locate {
  return (path, target, character) => {
    const position = character === undefined ? {} : { character };
    // A subchart's globals are written at the top of the values.
    const globalIndex = path.indexOf("global");
    const exactPlaces = [path, ...(globalIndex > 0 ? [path.slice(globalIndex)] : [])].map((candidatePath) =>
      placeInValues(loaded, app, candidatePath, { what: target, ...position }),
    );
    const parentPaths = path
      .map((_, index) => path.slice(0, path.length - 1 - index))
      .filter(({ length }) => length > 0);
    for (const place of exactPlaces) if (place) return `${place.file}:${place.line}:${place.column}`;
    for (const candidatePath of parentPaths) {
      const place = placeInValues(loaded, app, candidatePath, { what: "key" });
      if (place) return `${place.file}:${place.line}:${place.column}`;
    }
    return `app ${app}`;
  };
}
