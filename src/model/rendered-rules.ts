import { z } from "zod";
import type { KubeObject } from "../kube/manifest.ts";
import { parseYaml } from "../lib/yaml-text.ts";
import {
  findWorkloadsByName,
  listFiles,
  listRenderedObjects,
  type RenderedApp,
  type RenderedFile,
} from "./rendered.ts";

/** A rule group as the charts render it. */
export interface RenderedGroup {
  readonly name: string;
  /** e.g. `alerting_rules.yml in ConfigMap prometheus-server`. */
  readonly where: string;
  /** The PrometheusRule that holds it; undefined for a file. */
  readonly object?: KubeObject | undefined;
  readonly rules: readonly {
    readonly alert?: string | undefined;
    readonly record?: string | undefined;
    readonly expr: string | number;
  }[];
}

const ruleSchema = z
  .looseObject({
    alert: z.string().optional(),
    record: z.string().optional(),
    expr: z.union([z.string(), z.number()]),
  })
  .refine(({ alert, record }) => alert !== undefined || record !== undefined);

const groupsSchema = z.looseObject({
  groups: z.array(z.looseObject({ name: z.string(), rules: z.array(ruleSchema).nullish() })),
});

/**
 * Returns the rule groups that Prometheus evaluates: those in files that its pods mount or that are beside
 * prometheus.yml, and those in PrometheusRules. Similar files of other programs (Loki, Grafana) are left out.
 */
export function listRenderedGroups(rendered: readonly RenderedApp[]): RenderedGroup[] {
  const groupsInFiles = listPrometheusFiles(rendered).flatMap(({ object, key, content }) =>
    parseGroups(tryParseYaml(content), `${key} in ${object.kind} ${object.metadata.name}`),
  );
  const resources = listRenderedObjects(rendered).filter(({ kind }) => kind === "PrometheusRule");
  return [
    ...groupsInFiles,
    ...resources.flatMap((object) =>
      parseGroups(object["spec"], `PrometheusRule ${object.metadata.name}`).map((group) => ({
        ...group,
        object,
      })),
    ),
  ];
}

/** Returns the files that Prometheus' pods mount, and the files beside a prometheus.yml. */
export function listPrometheusFiles(rendered: readonly RenderedApp[]): RenderedFile[] {
  const files = listFiles(rendered);
  const mountedObjects = findMountedByPrometheus(rendered);
  return files.filter(
    ({ object }) =>
      mountedObjects.has(`${object.kind}/${object.metadata.name}`) ||
      files.some((file) => file.object === object && /prometheus\.ya?ml$/.test(file.key)),
  );
}

/** Returns the rule groups in a parsed file or spec that have rules; empty if it is not a rule file. */
function parseGroups(value: unknown, place: string): RenderedGroup[] {
  return (groupsSchema.safeParse(value).data?.groups ?? [])
    .map(({ name, rules }) => ({ name, where: place, rules: rules ?? [] }))
    .filter(({ rules }) => rules.length > 0);
}

/**
 * Returns the parsed YAML; undefined if the text is not valid YAML, because files of other programs are searched too.
 */
function tryParseYaml(content: string): unknown {
  try {
    return parseYaml(content);
  } catch {
    return undefined;
  }
}

const volumesSchema = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        volumes: z.array(
          z.looseObject({
            configMap: z.looseObject({ name: z.string() }).optional(),
            secret: z.looseObject({ secretName: z.string() }).optional(),
          }),
        ),
      }),
    }),
  }),
});

/** Returns `Kind/name` of the ConfigMaps and Secrets that Prometheus' pods mount. */
function findMountedByPrometheus(rendered: readonly RenderedApp[]): ReadonlySet<string> {
  const workloads = findWorkloadsByName(rendered, "prometheus");
  const isPrometheusWorkload = (object: KubeObject) =>
    workloads.some(({ kind, name }) => object.kind === kind && object.metadata.name === name);
  const volumes = listRenderedObjects(rendered)
    .filter(isPrometheusWorkload)
    .flatMap((object) => volumesSchema.safeParse(object).data?.spec.template.spec.volumes ?? []);
  return new Set(
    volumes.flatMap(({ configMap, secret }) => [
      ...(configMap ? [`ConfigMap/${configMap.name}`] : []),
      ...(secret ? [`Secret/${secret.secretName}`] : []),
    ]),
  );
}
