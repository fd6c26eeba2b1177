import { z } from "zod";
import type { Config } from "../config/schema.ts";
import type { KubeObject } from "../kube/object.ts";
import { homeFirst } from "../model/home.ts";
import { renderedConfig, workloadsOf } from "../model/rendered.ts";
import type { RenderedApp } from "../model/rendered-app.ts";
import { isPrometheus } from "../stack/discover.ts";

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
  const own = homeFirst("prometheus", rendered);
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
