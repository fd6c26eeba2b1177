import { isMapping } from "../../lib/object.ts";
import { findNearestWord } from "../../lib/suggest.ts";
import { getChartName, isStackChart } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";
import {
  type OperatorObject,
  operatorGroup,
  operatorKinds,
  type PlacedObject,
  parseObjects,
  setDefaultNamespace,
} from "../../monitors/monitors.ts";
import { type UnreadObject, withoutOperator } from "../../monitors/refusal.ts";
import { type Mistake, showPath, throwIfAny } from "../../yaml/mistakes.ts";
import type { PlanChanges, SettingInput } from "./apply.ts";

/** Name of the app that deploys the files of `monitors`. */
const monitorsApp = "monitors";

/** Charts that certainly deploy no operator. */
const chartsWithoutOperator = ["prometheus", "grafana"];

/**
 * Plans the user's monitor files as an app of their own. The app waits only for the definitions, not for the stack:
 * monitors that exist when the operator starts are in Prometheus' first configuration, and a later change needs a
 * minute to reach the pod.
 * @throws UserError with the equivalent scrape configuration if no operator can be part of the stack
 */
export function planMonitors(input: SettingInput): PlanChanges {
  const { config, apps } = input;
  const { monitors: paths } = config;
  if (paths.length === 0) return {};
  const objects = readMonitors(input);
  const operators = apps.filter(isStackChart);
  if (operators.length === 0 && apps.every(hasNoOperator)) {
    const prometheus = apps.find(({ chart }) => getChartName(chart) === "prometheus");
    throw withoutOperator(objects, { prometheusApp: prometheus?.name, appDir: showAppDir(input) });
  }
  const name = apps.some((app) => app.name === monitorsApp) ? "monstack-monitors" : monitorsApp;
  const appsBefore = operators.length > 0 ? operators : apps;
  const app: PlannedApp = {
    name,
    release: name,
    namespace: config.namespace,
    chart: { kind: "manifests", paths },
    values: {},
    dependsOn: appsBefore.map((app) => ({ app: app.name, until: "applied" })),
    timeoutMs: config.timeouts.deployMs,
  };
  return { apps: [app] };
}

/** True if the app certainly brings no operator. If this holds for all apps, nothing reads the monitors. */
export function hasNoOperator({ chart }: Pick<PlannedApp, "chart">): boolean {
  return chart.kind === "objects" || chartsWithoutOperator.includes(getChartName(chart));
}

/** Returns the app directory as messages show it; undefined without one. */
export function showAppDir({ config, cwd }: Pick<SettingInput, "config" | "cwd">): string | undefined {
  return config.appDir === undefined ? undefined : showPath(cwd, config.appDir);
}

/**
 * Returns the objects in the files of `monitors`, each with its place.
 * @throws UserError for any other content
 */
export function readMonitors({
  config,
  texts,
  cwd,
}: Pick<SettingInput, "config" | "texts" | "cwd">): UnreadObject[] {
  const mistakes: Mistake[] = [];
  const objects = readMonitorDocuments({ config, texts, cwd }).flatMap((document): UnreadObject[] => {
    const problem = findProblem(document);
    if (problem !== undefined) mistakes.push(problem);
    const { object, start } = document;
    return problem === undefined
      ? [{ where: start, object: setDefaultNamespace(object as OperatorObject, config.namespace) }]
      : [];
  });
  throwIfAny(mistakes);
  return objects;
}

/**
 * Returns every object in the files of `monitors`, also the items of lists.
 * @throws UserError for invalid YAML
 */
export function readMonitorDocuments({
  config,
  texts,
  cwd,
}: Pick<SettingInput, "config" | "texts" | "cwd">): PlacedObject[] {
  return config.monitors.flatMap((path) => parseObjects(texts[path] ?? "", showPath(cwd, path)));
}

/** Checks the fields that all kinds of monitors share. Returns the mistake; undefined if there is none. */
function findProblem({ object, start, where }: PlacedObject): Mistake | undefined {
  const { kind, apiVersion, metadata } = object;
  const isKnown = monitorKinds.includes(String(kind)) && String(apiVersion).startsWith(`${operatorGroup}/`);
  const name = isMapping(metadata) ? metadata["name"] : undefined;
  if (isKnown && name !== undefined && name !== null && name !== "") return undefined;
  if (isKnown)
    return {
      where: where(["metadata"], "key"),
      path: "",
      problem: `the metadata.name of this ${String(kind)} is missing`,
    };
  if (!kind && Array.isArray(object["groups"]))
    return { where: start, path: "", problem: "this is a rule file of Prometheus: name it in rules" };
  const nearestKind =
    typeof kind === "string" && kind !== "" ? findNearestWord(kind, monitorKinds) : undefined;
  const suggestion =
    nearestKind === undefined
      ? ""
      : `; did you mean kind ${nearestKind} and apiVersion ${operatorGroup}/${getApiVersion(nearestKind)}?`;
  return {
    where: start,
    path: "",
    problem: `${describeObject(object)} is not one of the operator's monitors${suggestion}; expected one of: ${monitorKinds.join(", ")}, of ${operatorGroup}`,
  };
}

const monitorKinds: readonly string[] = [...operatorKinds, "AlertmanagerConfig"];

/** Returns the version of the API in which the operator defines this kind. */
function getApiVersion(kind: string): string {
  return kind === "ScrapeConfig" || kind === "AlertmanagerConfig" ? "v1alpha1" : "v1";
}

function describeObject({ kind, apiVersion }: Readonly<Record<string, unknown>>): string {
  return kind
    ? `${String(kind)} (apiVersion ${String(apiVersion ?? "missing")})`
    : "this document, which has no kind,";
}
