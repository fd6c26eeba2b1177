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
  /** The charts that are at hand, by app. */
  readonly sources?: ReadonlyMap<string, ChartSource>;
  /** Only these are judged; default: all. */
  readonly kinds?: readonly ValueContent["kind"][];
}

/**
 * What Prometheus, Alertmanager and the operator would refuse of the contents of the user's values: rules, configurations,
 * monitors. A chart that is not at hand is judged by its name.
 */
export async function findContentMistakes(
  means: ObjectMeans,
  loaded: LoadedConfig,
  plan: Plan,
  { sources = new Map(), kinds }: ContentChoice = {},
): Promise<Mistake[]> {
  const each = plan.apps.map(async (planned) => {
    const app = loaded.config.apps[planned.name];
    if (app === undefined || app.values.length === 0) return [];
    const own = mergeUserValues(planned.name, app, loaded.valuesFiles);
    const source = sources.get(planned.name);
    const whole = source && mergeWithDefaults(source, own);
    const all = findContents(source?.name ?? getChartName(planned.chart), whole ?? own, source);
    const isOwn = (content: ValueContent) => {
      if (kinds !== undefined && !kinds.includes(content.kind)) return false;
      const isRequired = content.kind === "part" && content.required === true;
      const path = isRequired ? content.path.slice(0, -1) : content.path;
      return isSet(own, path) && !isReplaced(plan, planned.name, path);
    };
    const contents = all
      .filter(isOwn)
      .map((content) => completeContent(content, planned, whole !== undefined));
    return await judgeContents(means, contents, {
      rules: { features: findPlannedFeatures(planned) },
      alertmanager: { features: findAlertmanagerFeatures(planned), version: findAlertmanagerTag(planned) },
      jobNames: all.filter((content) => !isOwn(content)).flatMap(listJobNames),
      where: createValueLocator(loaded, planned.name),
    });
  });
  return (await Promise.all(each)).flat();
}

/** Lists the rules in the user's values as if they were files. Their places are found when they are reported. */
export function listRulesInValues(loaded: LoadedConfig, plan: Plan): RuleNotices[] {
  return plan.apps.flatMap((planned) => {
    const app = loaded.config.apps[planned.name];
    if (app === undefined || app.values.length === 0) return [];
    const own = mergeUserValues(planned.name, app, loaded.valuesFiles);
    const where = createValueLocator(loaded, planned.name);
    return findContents(getChartName(planned.chart), own)
      .filter(({ kind, path }) => kind === "rules" && !isReplaced(plan, planned.name, path))
      .flatMap((content) => readContentDocuments(content, where))
      .flatMap((spot) => {
        const groups = isMapping(spot.data) ? spot.data["groups"] : undefined;
        return Array.isArray(groups)
          ? [{ at: [], groups: groups.filter(isMapping), yaml: toRuleYaml(spot) }]
          : [];
      });
  });
}

function toRuleYaml({ where }: ContentDocument): RuleNotices["yaml"] {
  return {
    notice: (id, path, text, character) => {
      const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(where(path, "value", character)) ?? [];
      return file === undefined
        ? { id, text }
        : { id, text, at: { file, line: Number(line), column: Number(column) } };
    },
  };
}

/** A setting of the user's takes its place, and is judged itself. */
function isReplaced({ askedValues }: Plan, app: string, path: Path): boolean {
  return askedValues.some(
    (one) => one.app === app && one.how === "whole" && one.path.every((step, index) => path[index] === step),
  );
}

function isSet(own: Values, path: Path): boolean {
  let node: unknown = own;
  for (const step of path) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, step)) return false;
    node = (node as Record<string | number, unknown>)[step];
  }
  return true;
}

/** Completes a content with the profile's settings, and with examples for the values that only the chart has. */
function completeContent(content: ValueContent, planned: PlannedApp, hasChart: boolean): ValueContent {
  if (content.kind === "alertmanager")
    return hasChart ? content : { ...content, data: completeConfigInValues(content.data) };
  if (content.kind !== "scrape") return content;
  const global = content.globalAt && getValueAt(planned.values, content.globalAt);
  const job = hasChart ? content.data : withoutPartialTimeout(content);
  return {
    ...content,
    data: job,
    ...(isMapping(global) ? { global: { ...content.global, ...global } } : {}),
  };
}

/** A job that the chart has, and that the values change: its interval is not known. */
function withoutPartialTimeout({ data, jobName }: Extract<ValueContent, { kind: "scrape" }>): unknown {
  if (jobName === undefined || !isMapping(data) || data["scrape_interval"] !== undefined) return data;
  if (Object.keys(data).some((key) => key.endsWith("_sd_configs") || key === "static_configs")) return data;
  const { scrape_timeout: _, ...job } = data;
  return job;
}

function listJobNames(content: ValueContent): string[] {
  if (content.kind !== "scrape" || content.jobName === undefined || !isMapping(content.data)) return [];
  return [String(content.data["job_name"] || content.jobName)];
}

function mergeWithDefaults(source: ChartSource, own: Values): Values | undefined {
  try {
    return coalesceValues(enableCharts(source, own), own);
  } catch (error) {
    if (error instanceof NoMappingForSubchart) return undefined;
    throw error;
  }
}

/** Returns what helm would refuse in an app's values by the schemas of its chart and subcharts, at the user's lines. */
export async function findSchemaMistakes(
  loaded: LoadedConfig,
  { name, values }: Pick<PlannedApp, "name" | "values">,
  source: ChartSource,
): Promise<Mistake[]> {
  const where = createValueLocator(loaded, name);
  const found = await validateChartValues(source, values, loaded.config.helm.version);
  return found.map(({ path, on, problem, chart }) => ({
    where: where(path, on),
    path: formatPath(path),
    problem: `${problem} (values.schema.json of the chart ${chart})`,
  }));
}

/** Creates a function that locates a key in the user's files, or the nearest key above it. */
export function createValueLocator(loaded: LoadedConfig, app: string): Locate {
  return (path, on, character) => {
    const within = character === undefined ? {} : { character };
    // What a subchart sees as its globals was written at the top.
    const global = path.indexOf("global");
    const whole = [path, ...(global > 0 ? [path.slice(global)] : [])].map((one) =>
      placeInValues(loaded, app, one, { what: on, ...within }),
    );
    const above = path
      .map((_, index) => path.slice(0, path.length - 1 - index))
      .filter(({ length }) => length > 0);
    for (const found of whole) if (found) return `${found.file}:${found.line}:${found.column}`;
    for (const one of above) {
      const found = placeInValues(loaded, app, one, { what: "key" });
      if (found) return `${found.file}:${found.line}:${found.column}`;
    }
    return `app ${app}`;
  };
}
