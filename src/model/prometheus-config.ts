import { z } from "zod";
import { parseYaml } from "../lib/yaml-text.ts";

const relabelSchema = z.array(
  z.looseObject({
    action: z.string().optional(),
    source_labels: z.array(z.string()).nullish(),
    separator: z.string().optional(),
    regex: z.union([z.string(), z.boolean(), z.number()]).optional(),
    target_label: z.string().optional(),
  }),
);

const scrapeConfigSchema = z.looseObject({
  job_name: z.string(),
  scrape_interval: z.string().optional(),
  static_configs: z.array(z.looseObject({ targets: z.array(z.string()).nullish() })).nullish(),
  kubernetes_sd_configs: z
    .array(
      z.looseObject({
        role: z.string(),
        namespaces: z
          .looseObject({ names: z.array(z.string()).nullish(), own_namespace: z.boolean().optional() })
          .nullish(),
        selectors: z.array(z.unknown()).nullish(),
      }),
    )
    .nullish(),
  relabel_configs: relabelSchema.nullish(),
  metric_relabel_configs: relabelSchema.nullish(),
});

const configSchema = z.looseObject({
  global: z
    .looseObject({
      scrape_interval: z.string().optional(),
      scrape_timeout: z.string().optional(),
      evaluation_interval: z.string().optional(),
      external_labels: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
  scrape_configs: z.array(scrapeConfigSchema).nullish(),
  storage: z
    .looseObject({
      tsdb: z
        .looseObject({
          // Prometheus 3.11 and later. Before that, or if it is not set, the flags count.
          retention: z.looseObject({ time: z.string().optional(), size: z.string().optional() }).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

export type RelabelRule = z.infer<typeof relabelSchema>[number];
export type ScrapeConfig = z.infer<typeof scrapeConfigSchema>;
export type PrometheusConfig = z.infer<typeof configSchema>;

/**
 * Returns the part of prometheus.yml that the checks use; undefined if the text is not such a file. The results for
 * the last few texts are kept.
 */
export function parsePrometheusConfig(text: string): PrometheusConfig | undefined {
  const config = parsedConfigs.has(text) ? parsedConfigs.get(text) : parseConfigText(text);
  parsedConfigs.delete(text);
  parsedConfigs.set(text, config);
  for (const oldestText of [...parsedConfigs.keys()].slice(0, -maxParsedConfigs))
    parsedConfigs.delete(oldestText);
  return config;
}

/**
 * The last results by their texts. Most checks need the configuration in each attempt, so a run would parse the same
 * YAML about forty times.
 */
const parsedConfigs = new Map<string, PrometheusConfig | undefined>();
/** Enough for two servers: the configuration in the charts, and the one that runs. */
const maxParsedConfigs = 4;

/** Parses a prometheus.yml; undefined if the text is not such a file. */
function parseConfigText(text: string): PrometheusConfig | undefined {
  try {
    const parsed = configSchema.safeParse(parseYaml(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
