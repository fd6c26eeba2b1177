import type { KubeObject } from "../kube/manifest.ts";
import { getValueAt, isMapping } from "../lib/object.ts";
import { getChartName } from "./chart.ts";
import type { PlannedApp } from "./plan.ts";
import { findWorkloadsByName, type RenderedApp } from "./rendered.ts";

/** Returns the features that an app's values enable in Prometheus with `--enable-feature`. */
export function findPlannedFeatures({ chart, values }: Pick<PlannedApp, "chart" | "values">): string[] {
  if (getChartName(chart) === "prometheus") {
    const flags = listAt(values, ["server", "extraFlags"]).map(String);
    const args = getValueAt(values, ["server", "extraArgs"]);
    const extraArgs = isMapping(args)
      ? Object.entries(args).map(([flag, value]) => `${flag}=${String(value)}`)
      : [];
    return parseFeatures([
      ...flags,
      ...extraArgs,
      ...listAt(values, ["server", "defaultFlagsOverride"]).map(String),
    ]);
  }
  const spec = ["prometheus", "prometheusSpec"];
  return [
    ...listAt(values, [...spec, "enableFeatures"]).map(String),
    ...parseFeatures(listAt(values, [...spec, "additionalArgs"]).map(formatArgument)),
  ];
}

/** Returns the features that Prometheus' arguments, or flags in a chart's values, enable. */
function parseFeatures(args: readonly string[]): string[] {
  return args.flatMap((arg) => /^(?:--?)?enable-feature=(.*)$/.exec(arg)?.[1]?.split(",") ?? []);
}

function formatArgument(argument: unknown): string {
  return isMapping(argument) ? `${String(argument["name"])}=${String(argument["value"])}` : "";
}

function listAt(values: PlannedApp["values"], path: readonly string[]): readonly unknown[] {
  const list = getValueAt(values, path);
  return Array.isArray(list) ? list : [];
}

/** The first version of each chart that brings Prometheus 3. */
const firstChartWithPrometheus3: Readonly<Record<string, number>> = {
  prometheus: 26,
  "kube-prometheus-stack": 67,
};

/**
 * Returns the version of an app's Prometheus (major and minor) as far as the plan shows it: from the image's tag in
 * the values, else from the chart's version. `2` stands for any version before 3; undefined if unknown.
 */
export function findPlannedVersion({
  chart,
  values,
}: Pick<PlannedApp, "chart" | "values">): string | undefined {
  const name = getChartName(chart);
  const spec = ["prometheus", "prometheusSpec"];
  const tags =
    name === "prometheus"
      ? [["server", "image", "tag"]]
      : [
          [...spec, "image", "tag"],
          [...spec, "version"],
        ];
  const versionInValues = tags
    .map((path) => /^v?(\d+\.\d+)/.exec(String(getValueAt(values, path) ?? ""))?.[1])
    .find(Boolean);
  if (versionInValues !== undefined) return versionInValues;
  const chartMajor =
    "version" in chart ? Number(/^v?(\d+)\./.exec(chart.version ?? "")?.[1] ?? Number.NaN) : Number.NaN;
  return chartMajor < (firstChartWithPrometheus3[name] ?? 0) ? "2" : undefined;
}

/** The Prometheus that the charts deploy. */
interface DeployedPrometheus {
  /** For example `2.48.0`; undefined: unknown. */
  readonly version: string | undefined;
  /** The features of `--enable-feature`. */
  readonly features: readonly string[];
}

/** Returns the version and the features of the Prometheus that the rendered charts deploy. */
export function findDeployedPrometheus(rendered: readonly RenderedApp[]): DeployedPrometheus {
  const serverObjects = rendered.flatMap(({ objects }) =>
    objects.filter(({ kind }) => kind === "Prometheus"),
  );
  const args = findWorkloadsByName(rendered, "prometheus").flatMap((workload) => workload.args);
  return {
    version: serverObjects.map(findSpecVersion).find(Boolean) ?? findChartVersion(rendered),
    features: [...parseFeatures(args), ...serverObjects.flatMap(listSpecFeatures)],
  };
}

interface PrometheusSpec {
  readonly version?: unknown;
  readonly image?: unknown;
  readonly enableFeatures?: unknown;
  readonly additionalArgs?: unknown;
}

/**
 * Returns the version in a Prometheus object of the operator: from its image's tag, else from its field `version`.
 */
function findSpecVersion({ spec }: KubeObject): string | undefined {
  const { image, version } = (spec ?? {}) as PrometheusSpec;
  return parseImageVersion(String(image ?? "")) ?? /^v?(\d+\.\d\S*)$/.exec(String(version ?? ""))?.[1];
}

/** Returns the features that a Prometheus object of the operator enables. */
function listSpecFeatures({ spec }: KubeObject): string[] {
  const { enableFeatures, additionalArgs } = (spec ?? {}) as PrometheusSpec;
  const argumentList = Array.isArray(additionalArgs) ? additionalArgs : [];
  return [
    ...(Array.isArray(enableFeatures) ? enableFeatures.map(String) : []),
    ...parseFeatures(
      argumentList.map(({ name, value }: Record<string, unknown>) => `${String(name)}=${String(value)}`),
    ),
  ];
}

/** Returns the version in the tag of the deployed image, else the version that the chart states. */
function findChartVersion(rendered: readonly RenderedApp[]): string | undefined {
  const apps = rendered.filter((app) => findWorkloadsByName([app], "prometheus").length > 0);
  const images = apps.flatMap((app) => app.images);
  const chart = apps.find((app) => app.chart.name === "prometheus");
  return images.map(parseImageVersion).find(Boolean) ?? chart?.chart.appVersion?.replace(/^v/, "");
}

function parseImageVersion(image: string): string | undefined {
  return /(?:^|\/)prometheus:v?(\d+\.\d+[^@]*)/.exec(image)?.[1];
}

/** True if names of metrics and labels can only have letters, digits and underscores, as before Prometheus 3. */
export function hasLegacyNames({ version }: DeployedPrometheus): boolean {
  return version !== undefined && /^[012]\./.test(version);
}
