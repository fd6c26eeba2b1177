import type { KubeObject } from "../kube/object.ts";
import { featuresIn } from "./prometheus-features.ts";
import { workloadsNamed } from "./rendered.ts";
import type { RenderedApp } from "./rendered-app.ts";

/** The Prometheus that the charts deploy. */
export interface DeployedPrometheus {
  /** e.g. `2.48.0`; undefined: not known. */
  readonly version: string | undefined;
  /** Of its --enable-feature. */
  readonly features: readonly string[];
}

export function deployedPrometheus(rendered: readonly RenderedApp[]): DeployedPrometheus {
  const operated = rendered.flatMap(({ objects }) => objects.filter(({ kind }) => kind === "Prometheus"));
  const args = workloadsNamed(rendered, "prometheus").flatMap((workload) => workload.args);
  return {
    version: operated.map(versionOf).find(Boolean) ?? versionOfChart(rendered),
    features: [...featuresIn(args), ...operated.flatMap(featuresOf)],
  };
}

interface PrometheusSpec {
  readonly version?: unknown;
  readonly image?: unknown;
  readonly enableFeatures?: unknown;
  readonly additionalArgs?: unknown;
}

function versionOf({ spec }: KubeObject): string | undefined {
  const { image, version } = (spec ?? {}) as PrometheusSpec;
  return versionOfImage(String(image ?? "")) ?? /^v?(\d+\.\d\S*)$/.exec(String(version ?? ""))?.[1];
}

function featuresOf({ spec }: KubeObject): string[] {
  const { enableFeatures, additionalArgs } = (spec ?? {}) as PrometheusSpec;
  const more = Array.isArray(additionalArgs) ? additionalArgs : [];
  return [
    ...(Array.isArray(enableFeatures) ? enableFeatures.map(String) : []),
    ...featuresIn(more.map(({ name, value }: Record<string, unknown>) => `${String(name)}=${String(value)}`)),
  ];
}

/** The image that is deployed comes before what the chart says that it is. */
function versionOfChart(rendered: readonly RenderedApp[]): string | undefined {
  const apps = rendered.filter((app) => workloadsNamed([app], "prometheus").length > 0);
  const images = apps.flatMap((app) => app.images);
  const chart = apps.find((app) => app.chart.name === "prometheus");
  return images.map(versionOfImage).find(Boolean) ?? chart?.chart.appVersion?.replace(/^v/, "");
}

function versionOfImage(image: string): string | undefined {
  return /(?:^|\/)prometheus:v?(\d+\.\d+[^@]*)/.exec(image)?.[1];
}

/** Whether names of metrics and labels have only letters, digits and underscores: before Prometheus 3. */
export function hasLegacyNames({ version }: DeployedPrometheus): boolean {
  return version !== undefined && /^[012]\./.test(version);
}
