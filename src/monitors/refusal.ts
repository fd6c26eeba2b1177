import { stringify } from "yaml";
import { UserError } from "../lib/errors.ts";
import { filterOperatorObjects, type OperatorObject, parseMonitors } from "./monitors.ts";
import { createScrapeJobs } from "./scrape-config.ts";

/** An object that nothing in the stack would read, and its place: `monitors.yaml:3:1`, `app shop`. */
export interface UnreadObject {
  readonly where: string;
  readonly object: OperatorObject;
}

/** A stack without the operator, for the suggestions in the error. */
interface WithoutOperator {
  /** The app for which values are suggested. */
  readonly prometheusApp?: string | undefined;
  /** The app directory for messages; undefined: the stack has the default apps. */
  readonly appDir?: string | undefined;
}

/**
 * Returns the error for objects that only the operator reads. It shows two solutions: the stack with the operator, or
 * complete values of the prometheus chart with the same effect.
 */
export function withoutOperator(
  unreadObjects: readonly UnreadObject[],
  { prometheusApp = "prometheus", appDir }: WithoutOperator = {},
): UserError {
  const lines = unreadObjects.map(({ where, object: { kind, metadata } }) => {
    const name = metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
    return `  ${where}: ${kind} ${name}`;
  });
  const { values, leftOut } = convertToChartValues(unreadObjects.map(({ object }) => object));
  const fragment = stringify({ apps: { [prometheusApp]: { values } } }, { lineWidth: 0 }).trimEnd();
  const message = [
    "these objects are for the Prometheus operator, and this stack has none: nothing would be scraped or evaluated",
    ...lines,
    "the same for a Prometheus without an operator, as part of monstack.yaml:",
    "",
    ...fragment.split("\n").map((line) => `  ${line}`),
    "",
    ...leftOut.map((text) => `  not in it: ${text}`),
  ].join("\n");
  const operatorSuggestion =
    appDir === undefined
      ? "deploy the flavour with the operator (`stack: operator`, `--stack operator`)"
      : `add an app with the chart prometheus-community/kube-prometheus-stack, which brings the operator, to ${appDir}`;
  return new UserError(message.trimEnd(), {
    fix: `${operatorSuggestion}, or leave the objects out and take over the values above`,
  });
}

/** Returns values of the prometheus chart with the same effect as these objects, and notes on what they lack. */
export function convertToChartValues(objects: readonly OperatorObject[]): {
  values: Record<string, unknown>;
  leftOut: string[];
} {
  const monitors = parseMonitors(objects);
  const jobs = monitors.flatMap((monitor) => createScrapeJobs(monitor).map((job) => ({ monitor, ...job })));
  const groups = filterOperatorObjects(objects)
    .filter(({ kind }) => kind === "PrometheusRule")
    .flatMap((rule) => (rule["spec"] as { groups?: unknown[] } | undefined)?.groups ?? []);
  const otherObjects = objects.filter(({ kind }) =>
    ["AlertmanagerConfig", "Probe", "ScrapeConfig"].includes(kind),
  );
  return {
    values: {
      // The chart expects the jobs as one text.
      ...(jobs.length > 0
        ? {
            extraScrapeConfigs: stringify(
              jobs.map(({ config }) => config),
              { lineWidth: 0 },
            ),
          }
        : {}),
      ...(groups.length > 0 ? { serverFiles: { "alerting_rules.yml": { groups } } } : {}),
    },
    leftOut: [
      ...jobs.flatMap(({ monitor, leftOut }) =>
        leftOut.map((field) => `${field} of ${monitor.kind} ${monitor.namespace}/${monitor.name}`),
      ),
      ...otherObjects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ],
  };
}

/** The objects that an app's chart renders. */
export interface RenderedObjects {
  readonly app: { readonly name: string };
  readonly objects: readonly OperatorObject[];
}

/**
 * Refuses monitors and rules in an app's chart if no app deploys the operator. That is so if no chart renders the
 * operator's definitions or a Prometheus object.
 * @param inFiles objects in the user's files, whose places are known
 * @throws UserError with the equivalent scrape configuration
 */
export function refuseUnreadObjects(
  rendered: readonly RenderedObjects[],
  inFiles: readonly UnreadObject[] = [],
  stack: WithoutOperator = {},
): void {
  const definesMonitors = ({ kind, metadata }: OperatorObject) =>
    kind === "CustomResourceDefinition" && metadata.name === "servicemonitors.monitoring.coreos.com";
  const isPrometheus = ({ kind, apiVersion }: OperatorObject) =>
    kind === "Prometheus" && apiVersion.startsWith("monitoring.coreos.com/");
  if (
    rendered.some(({ objects }) => objects.some((object) => definesMonitors(object) || isPrometheus(object)))
  )
    return;
  const unreadObjects = rendered.flatMap(({ app, objects }) =>
    filterOperatorObjects(objects).map((object) => ({
      where: inFiles.find((placed) => isSameObject(placed.object, object))?.where ?? `app ${app.name}`,
      object,
    })),
  );
  if (unreadObjects.length > 0) throw withoutOperator(unreadObjects, stack);
}

/**
 * True if an object in a file is this rendered object. An object without a namespace in the file has the app's namespace.
 */
function isSameObject(inFile: OperatorObject, { kind, metadata }: OperatorObject): boolean {
  const { name, namespace = metadata.namespace } = inFile.metadata;
  return inFile.kind === kind && name === metadata.name && namespace === metadata.namespace;
}
