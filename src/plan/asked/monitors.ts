import { LineCounter } from "yaml";
import { showPath } from "../../config/mistakes.ts";
import { UserError } from "../../host/errors.ts";
import { parseDocuments } from "../../lib/yaml-text.ts";
import { forOperator, type OperatorObject } from "../../monitors/monitors.ts";
import { type Unread, withoutOperator } from "../../monitors/refusal.ts";
import { chartName } from "../chart.ts";
import { isStackChart } from "../stack-chart.ts";
import type { PlannedApp } from "../types.ts";
import type { Asked, AskedInput } from "./asked.ts";

/** The app that `monitors:` becomes. */
export const monitorsApp = "monitors";

/** Charts that are known to have no operator in them. */
const without = ["prometheus", "grafana"];

/**
 * The user's files of monitors as an app of their own. It waits only for the definitions, not for the stack: what is there
 * when the operator starts is in Prometheus' first configuration, and a later change needs a minute to arrive in the pod.
 * @throws UserError where no operator can be part of the stack, with the equivalent scrape configuration
 */
export function askedMonitors(input: AskedInput): Asked {
  const { config, apps } = input;
  const { monitors: paths } = config;
  if (paths.length === 0) return {};
  const found = monitorsIn(input);
  const operators = apps.filter(isStackChart);
  if (operators.length === 0 && apps.every(bringsNoOperator)) {
    const prometheus = apps.find(({ chart }) => chartName(chart) === "prometheus");
    throw withoutOperator(found, { prometheusApp: prometheus?.name, appDir: shownAppDir(input) });
  }
  const name = apps.some((app) => app.name === monitorsApp) ? "monstack-monitors" : monitorsApp;
  const before = operators.length > 0 ? operators : apps;
  const app: PlannedApp = {
    name,
    release: name,
    namespace: config.namespace,
    chart: { kind: "manifests", paths },
    values: {},
    dependsOn: before.map((one) => ({ app: one.name, until: "applied" })),
    timeoutMs: config.timeouts.deployMs,
  };
  return { apps: [app] };
}

/** An app that brings no operator for sure: monitors beside such apps only are read by nobody. */
export function bringsNoOperator({ chart }: Pick<PlannedApp, "chart">): boolean {
  return chart.kind === "objects" || without.includes(chartName(chart));
}

/** Undefined: there is none. */
export function shownAppDir({ config, cwd }: Pick<AskedInput, "config" | "cwd">): string | undefined {
  return config.appDir === undefined ? undefined : showPath(cwd, config.appDir);
}

/** What the files of `monitors` hold, each object with its place. @throws UserError for something else in them */
export function monitorsIn({ config, texts, cwd }: Pick<AskedInput, "config" | "texts" | "cwd">): Unread[] {
  return config.monitors.flatMap((path) => objectsIn(showPath(cwd, path), texts[path] ?? ""));
}

/** @throws UserError for what is no object of the operator's, with its place. */
function objectsIn(path: string, text: string): Unread[] {
  const lineCounter = new LineCounter();
  return [...parseDocuments(text, { lineCounter, merge: true })].flatMap((document) => {
    const at = (offset: number) => {
      const { line, col } = lineCounter.linePos(offset);
      return `${path}:${line}:${col}`;
    };
    const [error] = document.errors;
    if (error) throw new UserError(`${at(error.pos[0])}: ${error.message.split("\n")[0]}`);
    const value = document.toJS() as Partial<OperatorObject> | null | undefined;
    if (value === null || value === undefined) return [];
    const where = at(document.contents?.range?.[0] ?? 0);
    const object = { metadata: { name: "" }, kind: "", apiVersion: "", ...value } as OperatorObject;
    if (forOperator([object]).length > 0 && object.metadata.name) return [{ where, object }];
    throw new UserError(`${where}: ${describe(object)} is none of the operator's objects`, {
      mend: "monitors takes ServiceMonitors, PodMonitors, PrometheusRules, ScrapeConfigs and Probes of monitoring.coreos.com, each with a metadata.name",
    });
  });
}

function describe({ kind, apiVersion }: OperatorObject): string {
  return kind ? `${kind} (apiVersion ${apiVersion || "missing"})` : "this document, which has no kind,";
}
