import { z } from "zod";
import type { Config } from "../../config/schema.ts";
import type { KubeObject } from "../../kube/manifest.ts";
import { isMapping, type Values, valueAt } from "../../lib/object.ts";
import { parseYaml } from "../../lib/yaml-text.ts";
import { chartName, stackChart } from "../../model/chart.ts";
import { sortByComponentApp } from "../../model/chart-keys.ts";
import { type RenderedApp, renderedConfig, workloadsOf } from "../../model/rendered.ts";
import { isPrometheus } from "../../stack/discover.ts";

/** What Prometheus was asked, and by whom. */
export interface AskedText {
  readonly text: string;
  /** What the charts render for it; undefined: nothing. It is the same as `text` unless something is in the way. */
  readonly rendered: string | undefined;
  /** `the setting retention`, or `the chart`. */
  readonly by: string;
}

const operatorSchema = z.object({
  retention: z.string().optional(),
  retentionSize: z.string().optional(),
  scrapeInterval: z.string().optional(),
  scrapeTimeout: z.string().optional(),
  evaluationInterval: z.string().optional(),
});

type Settings = Config["prometheus"];

/** What the charts ask Prometheus to keep: its arguments, or the operator's Prometheus object. */
export function askedRetention(rendered: readonly RenderedApp[]): { time?: string; size?: string } {
  const own = sortByComponentApp("prometheus", rendered);
  const args = workloadsOf(own).find(({ podLabels }) => isPrometheus(podLabels))?.args ?? [];
  const argument = (flag: string) =>
    args.findLast((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
  const spec = operatorSpec(own);
  const time = argument("--storage.tsdb.retention.time") ?? spec?.retention;
  const size = argument("--storage.tsdb.retention.size") ?? spec?.retentionSize;
  return { ...(time ? { time } : {}), ...(size ? { size } : {}) };
}

/** The same, a setting of the user's before what the charts made of it. */
export function retentionAsked(
  rendered: readonly RenderedApp[],
  settings: Settings,
): { time: AskedText | undefined; size: AskedText | undefined } {
  const { time, size } = askedRetention(rendered);
  return {
    time: asked("retention", settings.retention, time),
    size: asked("retention-size", settings.retentionSize, size),
  };
}

/** What the global part of prometheus.yml is to say, by its keys. */
export function globalsAsked(
  rendered: readonly RenderedApp[],
  settings: Settings,
): Readonly<Record<"scrape_interval" | "scrape_timeout" | "evaluation_interval", AskedText | undefined>> {
  const file = renderedConfig(rendered)?.global ?? {};
  const spec = operatorSpec(rendered) ?? {};
  const has = (text: string | undefined) => (text === "" ? undefined : text);
  return {
    scrape_interval: asked(
      "scrape-interval",
      settings.scrapeInterval,
      file.scrape_interval ?? has(spec.scrapeInterval),
    ),
    scrape_timeout: asked(
      "scrape-timeout",
      settings.scrapeTimeout,
      file.scrape_timeout ?? has(spec.scrapeTimeout),
    ),
    evaluation_interval: asked(
      "evaluation-interval",
      settings.evaluationInterval,
      file.evaluation_interval ?? has(spec.evaluationInterval),
    ),
  };
}

function asked(
  name: string,
  setting: string | undefined,
  rendered: string | undefined,
): AskedText | undefined {
  if (setting !== undefined) return { text: setting, rendered, by: `the setting ${name}` };
  return rendered === undefined ? undefined : { text: rendered, rendered, by: "the chart" };
}

function operatorSpec(rendered: readonly RenderedApp[]): z.infer<typeof operatorSchema> | undefined {
  const isPrometheusObject = ({ kind, apiVersion }: KubeObject) =>
    kind === "Prometheus" && apiVersion.startsWith("monitoring.coreos.com/");
  const object = rendered.flatMap(({ objects }) => [...objects]).find(isPrometheusObject);
  return operatorSchema.safeParse(object?.["spec"]).data;
}

/** Something that the values request, and the key that requests it. */
export interface Requested<T> {
  readonly by: string;
  readonly what: T;
}

export interface RequestedJob {
  readonly name: string;
  /** Of static_configs; empty where another discovery finds them. */
  readonly targets: readonly string[];
}

/** The scrape jobs that the values of Prometheus' chart add to, or put in the place of, the chart's own. */
export function requestedJobs(rendered: readonly RenderedApp[]): Requested<RequestedJob>[] {
  return sortByComponentApp("prometheus", rendered).flatMap(({ app: { chart, values } }) => {
    if (chartName(chart) === stackChart) {
      const path = ["prometheus", "prometheusSpec", "additionalScrapeConfigs"];
      return withBy(path, jobsIn(valueAt(values, path)));
    }
    if (chartName(chart) !== "prometheus") return [];
    return [
      ...withBy(["extraScrapeConfigs"], jobsIn(valueAt(values, ["extraScrapeConfigs"]))),
      ...ofConfigFile(values),
      ...ofScrapeConfigs(values),
    ];
  });
}

/** Later charts compose the file of `scrapeConfigs`, and read serverFiles' own list only in its place. */
function ofConfigFile(values: Values): Requested<RequestedJob>[] {
  const path = ["serverFiles", "prometheus.yml", "scrape_configs"];
  return withBy(path, jobsIn(valueAt(values, path)));
}

function ofScrapeConfigs(values: Values): Requested<RequestedJob>[] {
  const own = valueAt(values, ["scrapeConfigs"]);
  if (!isMapping(own)) return [];
  return Object.entries(own).flatMap(([key, job]) => {
    // One without anything to find targets by changes a job of the chart's.
    if (!isMapping(job) || job["enabled"] === false || !Object.keys(job).some((one) => /_configs$/.test(one)))
      return [];
    const name = typeof job["job_name"] === "string" ? job["job_name"] : key;
    return withBy(["scrapeConfigs", key], [{ name, targets: targetsIn(job) }]);
  });
}

function withBy(path: readonly string[], jobs: readonly RequestedJob[]): Requested<RequestedJob>[] {
  return jobs.map((what) => ({ by: path.join("."), what }));
}

/** A list of jobs, or a text with one, which may be a template of the chart's. */
function jobsIn(value: unknown): RequestedJob[] {
  if (typeof value === "string") {
    if (value.includes("{{"))
      return [...value.matchAll(/^[ \t]*(?:-[ \t]+)?job_name:[ \t]*["']?([^"'\s{}]+)["']?[ \t\r]*$/gm)].map(
        ([, name = ""]) => ({
          name,
          targets: [],
        }),
      );
    try {
      return jobsIn(parseYaml(value));
    } catch {
      return [];
    }
  }
  if (!Array.isArray(value)) return [];
  return value.flatMap((job: unknown) =>
    isMapping(job) && typeof job["job_name"] === "string"
      ? [{ name: job["job_name"], targets: targetsIn(job) }]
      : [],
  );
}

function targetsIn(job: Values): string[] {
  const configs = Array.isArray(job["static_configs"]) ? job["static_configs"] : [];
  return configs.flatMap((one: unknown) =>
    isMapping(one) && Array.isArray(one["targets"])
      ? one["targets"].filter(
          (target): target is string => typeof target === "string" && !/[{$]/.test(target),
        )
      : [],
  );
}

export interface RequestedFlag {
  readonly name: string;
  /** "" for a flag without a value. */
  readonly value: string;
}

/** The flags that Prometheus is to have: what the values add, and what the charts render. */
export function requestedFlags(rendered: readonly RenderedApp[]): Requested<RequestedFlag>[] {
  const own = sortByComponentApp("prometheus", rendered);
  const args = workloadsOf(own).find(({ podLabels }) => isPrometheus(podLabels))?.containers ?? [];
  const ofChart = args
    .filter(({ name }) => /^prometheus(-server)?$/.test(name))
    .flatMap((container) => flagsIn((container as { args?: unknown }).args))
    .map((what) => ({ by: "the chart", what }));
  const all = [...own.flatMap(({ app }) => flagsOfValues(chartName(app.chart), app.values)), ...ofChart];
  // How long data is kept has a check of its own. A flag that the values request and the chart renders is one.
  const others = all.filter(({ what }) => !what.name.startsWith("storage.tsdb.retention."));
  return [...new Map(others.toReversed().map((one) => [one.what.name, one])).values()];
}

function flagsOfValues(chart: string, values: Values): Requested<RequestedFlag>[] {
  if (chart === stackChart) {
    const path = ["prometheus", "prometheusSpec", "additionalArgs"];
    const list = valueAt(values, path);
    return (Array.isArray(list) ? list : []).flatMap((one: unknown) =>
      isMapping(one) && typeof one["name"] === "string"
        ? [{ by: path.join("."), what: { name: one["name"], value: String(one["value"] ?? "") } }]
        : [],
    );
  }
  if (chart !== "prometheus") return [];
  const flags = valueAt(values, ["server", "extraFlags"]);
  const args = valueAt(values, ["server", "extraArgs"]);
  return [
    ...(Array.isArray(flags) ? flags : []).flatMap((flag: unknown) => {
      const [name = "", ...rest] = String(flag).split("=");
      return [{ by: "server.extraFlags", what: { name, value: rest.join("=") } }];
    }),
    ...Object.entries(isMapping(args) ? args : {}).map(([name, value]) => ({
      by: "server.extraArgs",
      what: { name, value: String(value ?? "") },
    })),
  ];
}

function flagsIn(args: unknown): RequestedFlag[] {
  return (Array.isArray(args) ? args : []).flatMap((arg: unknown) => {
    const [, name, value = ""] = /^--?([\w.-]+)(?:=(.*))?$/s.exec(String(arg)) ?? [];
    return name === undefined ? [] : [{ name, value }];
  });
}
