import { parseDuration } from "../../lib/duration.ts";
import { getValueAt, isEmptyValue, isMapping, type Values } from "../../lib/object.ts";
import { type ChartSource, stackChart } from "../../model/chart.ts";
import { readDocuments } from "../../yaml/documents.ts";
import { isRuleFileRead } from "../capture.ts";

type Path = readonly (string | number)[];

/** A part of an app's values that is meant for another program: the chart passes it on unchanged. */
export type ValueContent = {
  /** In the app's values. */
  readonly path: Path;
  readonly data: unknown;
} & (
  | { readonly kind: "rules" }
  /** Laid over what the chart has there. */
  | { readonly kind: "alertmanager" }
  /** Jobs of Prometheus, a list or one text of a list. */
  | {
      readonly kind: "scrape";
      /** The `global` section for all jobs, and its other places in the app's values. */
      readonly global: Values;
      readonly globalAt?: readonly string[];
      readonly jobName?: string;
      /** The data are the settings for all jobs themselves. */
      readonly isGlobal?: boolean;
    }
  /** A Kubernetes object, or a text of some. */
  | { readonly kind: "object" }
  /** A part of an object of the operator's, which the chart puts into one. */
  | {
      readonly kind: "part";
      readonly of: string;
      readonly at: readonly string[];
      readonly required?: boolean;
    }
);

/**
 * Returns the parts of a chart's values that are content for Prometheus, Alertmanager or the operator, also in the values
 * of subcharts.
 * @param source the chart if it is loaded; undefined: only its name is known
 */
export function findContents(chart: string, values: Values, source?: ChartSource): ValueContent[] {
  const ownContents = finders[chart]?.(values) ?? [];
  const listed = source?.dependencies ?? [];
  const subchartContents = (source?.charts ?? []).flatMap((subchart) => {
    const aliases = listed
      .filter(({ name }) => name === subchart.name)
      .map(({ name, alias }) => alias ?? name);
    const keys = aliases.length > 0 ? aliases : [subchart.name];
    return keys.flatMap((key) => {
      const inner = values[key];
      return isMapping(inner)
        ? findContents(subchart.name, inner, subchart).map((content) => prefixPath(key, content))
        : [];
    });
  });
  const known = ownContents.map(({ path }) => JSON.stringify(path));
  // The chart prometheus knows of its subchart alertmanager without having it at hand.
  return [...ownContents, ...subchartContents.filter(({ path }) => !known.includes(JSON.stringify(path)))];
}

function prefixPath<T extends ValueContent>(key: string, content: T): T {
  return { ...content, path: [key, ...content.path] };
}

const finders: Readonly<Record<string, (values: Values) => ValueContent[]>> = {
  alertmanager: (values) => [...findAlertmanagerConfig(values, ["config"]), ...findObjects(values)],
  prometheus: (values) => [
    ...findPrometheusRules(values),
    ...findPrometheusScrapes(values),
    ...findAlertmanagerConfig(values, ["alertmanager", "config"]),
    ...findObjects(values),
  ],
  [stackChart]: (values) => [...findStackContents(values), ...findObjects(values)],
};

/** Returns the rule files in the values of the prometheus chart. */
function findPrometheusRules(values: Values): ValueContent[] {
  return ["serverFiles", "ruleFiles"].flatMap((key) => {
    const files = values[key];
    if (!isMapping(files)) return [];
    return Object.entries(files).flatMap(([name, data]): ValueContent[] => {
      if (name === "prometheus.yml" || isEmptyValue(data) || !isRuleFileRead(values, name)) return [];
      // The chart makes a group of each list.
      const isShort = name === "alerts" && isMapping(data) && isEmptyValue(data["groups"]);
      return isShort ? [] : [{ kind: "rules", path: [key, name], data }];
    });
  });
}

/** The chart's own, which those of the values are laid over. */
const chartGlobal = { scrape_interval: "1m", scrape_timeout: "10s" };

/** Returns the scrape jobs and the global section in the values of the prometheus chart. */
function findPrometheusScrapes(values: Values): ValueContent[] {
  const scrape = { kind: "scrape", global: chartGlobal, globalAt: ["server", "global"] } as const;
  const jobs = values["scrapeConfigs"];
  const named = Object.entries(isMapping(jobs) ? jobs : {}).flatMap(([name, data]): ValueContent[] =>
    isMapping(data) && data["enabled"] !== false
      ? [{ ...scrape, path: ["scrapeConfigs", name], data, jobName: name }]
      : [],
  );
  const lists = [["extraScrapeConfigs"], ["serverFiles", "prometheus.yml", "scrape_configs"]].flatMap(
    (path): ValueContent[] => {
      const data = getValueAt(values, path);
      return isEmptyValue(data) ? [] : [{ ...scrape, path, data }];
    },
  );
  const set = getValueAt(values, scrape.globalAt);
  const global: ValueContent[] = isEmptyValue(set)
    ? []
    : [{ ...scrape, path: scrape.globalAt, data: set, isGlobal: true }];
  return [...global, ...named, ...lists];
}

/** Returns Alertmanager's configuration at a key path; nothing if it is empty or Alertmanager is switched off. */
function findAlertmanagerConfig(values: Values, path: readonly string[]): ValueContent[] {
  const data = getValueAt(values, path);
  const isOff = getValueAt(values, [...path.slice(0, -1), "enabled"]) === false;
  if (!isMapping(data) || isEmptyValue(data) || data["enabled"] === false || (path.length > 1 && isOff))
    return [];
  const { enabled: _, ...config } = data;
  return [{ kind: "alertmanager", path, data: config }];
}

/** Returns the Kubernetes objects in the values, below `extraManifests` or `extraObjects`. */
function findObjects(values: Values): ValueContent[] {
  return ["extraManifests", "extraObjects"].flatMap((key) => {
    const given = values[key];
    const items = Array.isArray(given) || isMapping(given) ? Object.entries(given) : [];
    return items.map(([name, data]): ValueContent => {
      const step = Array.isArray(given) ? Number(name) : name;
      return { kind: "object", path: [key, step], data };
    });
  });
}

const replacesConfig = [
  ["stringConfig"],
  ["alertmanagerSpec", "useExistingSecret"],
  ["alertmanagerSpec", "alertmanagerConfiguration"],
];

/** Returns the contents in the values of kube-prometheus-stack. */
function findStackContents(values: Values): ValueContent[] {
  const alertmanager = values["alertmanager"];
  const isReplaced =
    isMapping(alertmanager) && replacesConfig.some((path) => !isEmptyValue(getValueAt(alertmanager, path)));
  return [
    ...findStackRules(values),
    ...(isReplaced ? [] : findAlertmanagerConfig(values, ["alertmanager", "config"])),
    ...findStackScrapes(values),
    ...findMonitors(values, "additionalServiceMonitors", "ServiceMonitor", "endpoints"),
    ...findMonitors(values, "additionalPodMonitors", "PodMonitor", "podMetricsEndpoints"),
    ...findRelabelings(values),
  ];
}

/** Returns the additional rules. The chart reads the list only if the mapping is empty. */
function findStackRules(values: Values): ValueContent[] {
  const map = values["additionalPrometheusRulesMap"];
  const list = values["additionalPrometheusRules"];
  const [key, given] = isEmptyValue(map)
    ? ["additionalPrometheusRules", list]
    : ["additionalPrometheusRulesMap", map];
  if (!isMapping(given) && !Array.isArray(given)) return [];
  return Object.entries(given).flatMap(([name, data]): ValueContent[] => {
    const path = [key, Array.isArray(given) ? Number(name) : name];
    if (!isMapping(data)) return [{ kind: "part", of: "PrometheusRule", at: ["spec"], path, data }];
    const { groups } = data;
    return [{ kind: "rules", path, data: { groups } }];
  });
}

/**
 * Returns the additional scrape jobs of kube-prometheus-stack, and its scrape times if the timeout is longer than the
 * interval.
 */
function findStackScrapes(values: Values): ValueContent[] {
  const path = ["prometheus", "prometheusSpec"];
  const spec = getValueAt(values, path);
  if (!isMapping(spec)) return [];
  const { scrapeTimeout, additionalScrapeConfigs: data } = spec;
  const scrapeInterval = spec["scrapeInterval"] || "30s";
  const isTooLong =
    (parseDuration(String(scrapeTimeout)) ?? 0) >
    (parseDuration(String(scrapeInterval)) ?? Number.POSITIVE_INFINITY);
  // The operator makes no configuration at all then.
  const times: ValueContent[] = isTooLong
    ? [{ kind: "part", of: "Prometheus", at: ["spec"], path, data: { scrapeInterval, scrapeTimeout } }]
    : [];
  if (isEmptyValue(data)) return times;
  const global = {
    scrape_interval: scrapeInterval,
    ...(scrapeTimeout && !isTooLong ? { scrape_timeout: scrapeTimeout } : {}),
  };
  return [...times, { kind: "scrape", path: [...path, "additionalScrapeConfigs"], data, global }];
}

/** Returns the fields of additional monitors. The chart copies them one by one. */
function findMonitors(values: Values, key: string, kind: string, endpoints: string): ValueContent[] {
  const list = getValueAt(values, ["prometheus", key]);
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown, index): ValueContent[] => {
    const path = ["prometheus", key, index];
    if (!isMapping(item)) return [{ kind: "part", of: kind, at: ["spec"], path, data: item }];
    const fields = [
      endpoints,
      "selector",
      "namespaceSelector",
      "jobLabel",
      "targetLabels",
      "podTargetLabels",
      "attachMetadata",
    ];
    return fields.flatMap((field): ValueContent[] => {
      const required = field === endpoints || field === "selector";
      if (!(field in item) && !required) return [];
      return [
        { kind: "part", of: kind, at: ["spec", field], path: [...path, field], data: item[field], required },
      ];
    });
  });
}

/** Returns the relabelling lists that the chart copies into the endpoints of its own monitors. */
function findRelabelings(values: Values, path: Path = []): ValueContent[] {
  return Object.entries(values).flatMap(([key, value]): ValueContent[] => {
    const keyPath = [...path, key];
    // Those of a subchart's own scrape configuration have other names.
    if (Array.isArray(value) && /^(?:[a-zA-Z]+R|r)elabelings$/.test(key) && value.every(isMapping))
      return [
        {
          kind: "part",
          of: "ServiceMonitor",
          at: ["spec", "endpoints", "*", "relabelings"],
          path: keyPath,
          data: value,
        },
      ];
    return isMapping(value) && path.length < 6 ? findRelabelings(value, keyPath) : [];
  });
}

/** Returns the place of a part of an app's values in the user's files. `character` is an offset in the text there, from 0. */
export type Locate = (path: Path, on: "key" | "value", character?: number) => string;

/** A document in an app's values: a mapping or a list as it is, or one of those in a text. */
export interface ContentDocument {
  readonly content: ValueContent;
  readonly data: unknown;
  /** It is not YAML. */
  readonly error: { readonly where: string; readonly problem: string } | undefined;
  /** Of a path in the document. */
  readonly where: Locate;
}

/** Returns the YAML documents of a content. A text with templates gives none, because only helm can render it. */
export function readContentDocuments(content: ValueContent, where: Locate): ContentDocument[] {
  const { data, path: contentPath } = content;
  if (typeof data !== "string")
    return [
      {
        content,
        data,
        error: undefined,
        where: (path, on, character) => where([...contentPath, ...path], on, character),
      },
    ];
  if (data.includes("{{")) return [];
  return readDocuments(data).map((document) => {
    const inText: Locate = (path, on, character) =>
      where(contentPath, "value", findOffset(data, document.place(path, on, character)));
    const { error } = document;
    return {
      content,
      data: document.data,
      error: error && {
        where: where(contentPath, "value", findOffset(data, error.position)),
        problem: error.problem,
      },
      where: inText,
    };
  });
}

function findOffset(
  text: string,
  { line, column }: { readonly line: number; readonly column: number },
): number {
  const before = text.split("\n").slice(0, line - 1);
  return before.reduce((sum, line) => sum + line.length + 1, 0) + column - 1;
}
