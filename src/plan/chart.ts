import { basename } from "node:path";
import { didYouMean } from "../config/suggest.ts";
import { UserError } from "../host/errors.ts";
import type { ChartRef } from "./types.ts";

/** Where an app's chart is, from the way the configuration writes it. */
export function chartRef(
  app: string,
  chart: string,
  version: string | undefined,
  repos: Readonly<Record<string, string>>,
): ChartRef {
  if (chart.startsWith("oci://")) return { kind: "oci", url: chart, version };
  if (/^[/.]/.test(chart)) return { kind: "path", path: chart };
  const [repo = "", name = ""] = chart.split("/");
  const repoUrl = Object.hasOwn(repos, repo) ? repos[repo] : undefined;
  if (repoUrl !== undefined) return { kind: "repo", repo, repoUrl, name, version };
  throw new UserError(
    `apps.${app}.chart: there is no chart repository ${repo} under repos; ${didYouMean(repo, Object.keys(repos))}`,
  );
}

/** The chart's own name, wherever it comes from: `prometheus` for `/charts/prometheus-29.27.0.tgz` too. */
export function chartName(chart: ChartRef): string {
  if (chart.kind === "repo" || chart.kind === "objects") return chart.name;
  if (chart.kind === "manifests") return "manifests";
  const last = basename(chart.kind === "oci" ? chart.url : chart.path);
  return last.replace(/(-v?\d+\.\d+[^/]*)?\.(tgz|tar\.gz)$/, "");
}

/** `prometheus-community/prometheus 29.27.0`; a version that nobody named is the newest. */
export function formatChart(chart: ChartRef): string {
  if (chart.kind === "objects") return `${chart.objects.length} objects of monstack's own`;
  if (chart.kind === "manifests") return chart.paths.join(", ");
  if (chart.kind === "kustomize") return `${chart.path} (kustomize)`;
  if (chart.kind === "path") return chart.path;
  const name = chart.kind === "oci" ? chart.url : `${chart.repo}/${chart.name}`;
  return `${name} ${chart.version ?? "(newest)"}`;
}
