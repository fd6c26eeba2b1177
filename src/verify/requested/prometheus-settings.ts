import { z } from "zod";
import type { Config } from "../../config/schema.ts";
import { getValueAt, isMapping, type Values } from "../../lib/object.ts";
import { parseYaml } from "../../lib/yaml-text.ts";
import { getChartName, stackChart } from "../../model/chart.ts";
import { sortByComponentApp } from "../../model/chart-keys.ts";
import { findPrometheusConfig, listWorkloads, type RenderedApp } from "../../model/rendered.ts";
import { isPrometheus } from "../../stack/discover.ts";

/** A requested text setting of Prometheus. */
export interface RequestedText {
  readonly text: string;
  /** The value that the charts render; undefined if they render none. It differs from `text` if another value overrides the setting. */
  readonly rendered: string | undefined;
  /** `the setting retention`, or `the chart`. */
  readonly by: string;
}

type Settings = Config["prometheus"];

/** Returns the retention that the charts render: arguments, or fields of the operator's Prometheus object. */
export function readRenderedRetention(rendered: readonly RenderedApp[]): { time?: string; size?: string } {
  const apps = sortByComponentApp("prometheus", rendered);
  const args = listWorkloads(apps).find(({ podLabels }) => isPrometheus(podLabels))?.args ?? [];
  const readFlag = (flag: string) =>
    args.findLast((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
  const spec = readOperatorSpec(apps);
  const time = readFlag("--storage.tsdb.retention.time") ?? spec.retention;
  const size = readFlag("--storage.tsdb.retention.size") ?? spec.retentionSize;
  return { ...(time ? { time } : {}), ...(size ? { size } : {}) };
}

/** Returns the requested retention: the user's setting, else what the charts render. */
export function readRequestedRetention(
  rendered: readonly RenderedApp[],
  settings: Settings,
): { readonly time: RequestedText | undefined; readonly size: RequestedText | undefined } {
  const { time, size } = readRenderedRetention(rendered);
  return {
    time: toRequestedText("retention", settings.retention, time),
    size: toRequestedText("retention-size", settings.retentionSize, size),
  };
}

/** Returns the requested values of the global section of prometheus.yml, by key. */
export function readRequestedGlobals(
  rendered: readonly RenderedApp[],
  settings: Settings,
): Readonly<Record<"scrape_interval" | "scrape_timeout" | "evaluation_interval", RequestedText | undefined>> {
  const config = findPrometheusConfig(rendered)?.global ?? {};
  const spec = readOperatorSpec(rendered);
  const interval = config.scrape_interval ?? (spec.scrapeInterval || undefined);
  const timeout = config.scrape_timeout ?? (spec.scrapeTimeout || undefined);
  const evaluation = config.evaluation_interval ?? (spec.evaluationInterval || undefined);
  return {
    scrape_interval: toRequestedText("scrape-interval", settings.scrapeInterval, interval),
    scrape_timeout: toRequestedText("scrape-timeout", settings.scrapeTimeout, timeout),
    evaluation_interval: toRequestedText("evaluation-interval", settings.evaluationInterval, evaluation),
  };
}

/** Returns the setting if the user has set it, else the rendered value; undefined if there is neither. */
function toRequestedText(
  name: string,
  setting: string | undefined,
  rendered: string | undefined,
): RequestedText | undefined {
  if (setting !== undefined) return { text: setting, rendered, by: `the setting ${name}` };
  return rendered === undefined ? undefined : { text: rendered, rendered, by: "the chart" };
}

const operatorSchema = z.object({
  retention: z.string().optional(),
  retentionSize: z.string().optional(),
  scrapeInterval: z.string().optional(),
  scrapeTimeout: z.string().optional(),
  evaluationInterval: z.string().optional(),
});

/** Returns the settings of the operator's Prometheus object; empty without one. */
function readOperatorSpec(rendered: readonly RenderedApp[]): z.infer<typeof operatorSchema> {
  const object = rendered
    .flatMap(({ objects }) => objects)
    .find(({ kind, apiVersion }) => kind === "Prometheus" && apiVersion.startsWith("monitoring.coreos.com/"));
  return operatorSchema.safeParse(object?.["spec"]).data ?? {};
}

/** Something that the values request, and the values key that requests it. */
export interface Requested<T> {
  readonly by: string;
  readonly what: T;
}

/** A requested scrape job. */
export interface RequestedJob {
  readonly name: string;
  /** Of static_configs; empty for other kinds of discovery. */
  readonly targets: readonly string[];
}

/** Returns the scrape jobs with which the values of Prometheus' chart extend or replace those of the chart. */
export function listRequestedJobs(rendered: readonly RenderedApp[]): Requested<RequestedJob>[] {
  return sortByComponentApp("prometheus", rendered).flatMap(({ app: { chart, values } }) => {
    const readJobsAt = (...path: string[]) =>
      readJobs(getValueAt(values, path)).map((what) => ({ by: path.join("."), what }));
    if (getChartName(chart) === stackChart)
      return readJobsAt("prometheus", "prometheusSpec", "additionalScrapeConfigs");
    if (getChartName(chart) !== "prometheus") return [];
    return [
      ...readJobsAt("extraScrapeConfigs"),
      // Later versions of the chart compose the file from `scrapeConfigs`, and read this list only if it is set.
      ...readJobsAt("serverFiles", "prometheus.yml", "scrape_configs"),
      ...readScrapeConfigs(values),
    ];
  });
}

/**
 * Returns the jobs of the values key `scrapeConfigs`. An entry without any discovery only changes a job of the chart,
 * so it is skipped.
 */
function readScrapeConfigs(values: Values): Requested<RequestedJob>[] {
  const entries = getValueAt(values, ["scrapeConfigs"]);
  return Object.entries(isMapping(entries) ? entries : {}).flatMap(([key, job]) => {
    if (!isMapping(job) || job["enabled"] === false) return [];
    if (!Object.keys(job).some((field) => field.endsWith("_configs"))) return [];
    const name = typeof job["job_name"] === "string" ? job["job_name"] : key;
    return [{ by: `scrapeConfigs.${key}`, what: { name, targets: readTargets(job) } }];
  });
}

/** Matches a line of YAML with a job's name. */
const jobNameLine = /^[ \t]*(?:-[ \t]+)?job_name:[ \t]*["']?([^"'\s{}]+)["']?[ \t\r]*$/gm;

/**
 * Returns the scrape jobs of a list, or of a YAML text with such a list. A text with a template is not parsed: only the
 * job names are returned.
 */
function readJobs(value: unknown): RequestedJob[] {
  if (typeof value === "string") {
    if (value.includes("{{"))
      return [...value.matchAll(jobNameLine)].map(([, name = ""]) => ({ name, targets: [] }));
    try {
      return readJobs(parseYaml(value));
    } catch {
      return [];
    }
  }
  return listMappings(value).flatMap((job) =>
    typeof job["job_name"] === "string" ? [{ name: job["job_name"], targets: readTargets(job) }] : [],
  );
}

/** Returns a job's static targets, without those that contain a template. */
function readTargets(job: Values): string[] {
  return listMappings(job["static_configs"])
    .flatMap((config): unknown[] => (Array.isArray(config["targets"]) ? config["targets"] : []))
    .filter((target): target is string => typeof target === "string" && !/[{$]/.test(target));
}

/** Returns the mappings of a list; empty if the value is not a list. */
function listMappings(value: unknown): Values[] {
  return Array.isArray(value) ? value.filter(isMapping) : [];
}

/** A requested flag of Prometheus, without its dashes. */
export interface RequestedFlag {
  readonly name: string;
  /** Empty for a flag without a value. */
  readonly value: string;
}

/** Returns the requested flags of Prometheus: those of the values, and those that the charts render. */
export function listRequestedFlags(rendered: readonly RenderedApp[]): Requested<RequestedFlag>[] {
  const apps = sortByComponentApp("prometheus", rendered);
  const workload = listWorkloads(apps).find(({ podLabels }) => isPrometheus(podLabels));
  const chartFlags = (workload?.containers ?? [])
    .filter(({ name }) => /^prometheus(-server)?$/.test(name))
    .flatMap((container) => parseFlags((container as { args?: unknown }).args))
    .map((what) => ({ by: "the chart", what }));
  const flags = [
    ...apps.flatMap(({ app }) => listValuesFlags(getChartName(app.chart), app.values)),
    ...chartFlags,
  ];
  // The check of the retention judges these flags.
  const flagsWithoutRetention = flags.filter(({ what }) => !what.name.startsWith("storage.tsdb.retention."));
  // A flag of the values is in the rendered arguments too. The first one counts, so that it is reported as the values'.
  return [...new Map(flagsWithoutRetention.toReversed().map((flag) => [flag.what.name, flag])).values()];
}

/** Returns the flags that an app's values add to Prometheus. */
function listValuesFlags(chart: string, values: Values): Requested<RequestedFlag>[] {
  if (chart === stackChart) {
    const path = ["prometheus", "prometheusSpec", "additionalArgs"];
    return listMappings(getValueAt(values, path)).flatMap(({ name, value }) =>
      typeof name === "string" ? [{ by: path.join("."), what: { name, value: String(value ?? "") } }] : [],
    );
  }
  if (chart !== "prometheus") return [];
  const flags = getValueAt(values, ["server", "extraFlags"]);
  const args = getValueAt(values, ["server", "extraArgs"]);
  return [
    ...(Array.isArray(flags) ? flags : []).map((flag: unknown) => {
      const [name = "", ...rest] = String(flag).split("=");
      return { by: "server.extraFlags", what: { name, value: rest.join("=") } };
    }),
    ...Object.entries(isMapping(args) ? args : {}).map(([name, value]) => ({
      by: "server.extraArgs",
      what: { name, value: String(value ?? "") },
    })),
  ];
}

/** Parses a container's arguments: `--name=value` or `--name`. Ignores other arguments. */
function parseFlags(args: unknown): RequestedFlag[] {
  return (Array.isArray(args) ? args : []).flatMap((arg: unknown) => {
    const [, name, value = ""] = /^--?([\w.-]+)(?:=(.*))?$/s.exec(String(arg)) ?? [];
    return name === undefined ? [] : [{ name, value }];
  });
}
