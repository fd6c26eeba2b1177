import { parseDuration } from "../../lib/duration.ts";
import { getValueAt, isEmptyValue, isMapping, type Values } from "../../lib/object.ts";
import { type ChartSource, stackChart } from "../../model/chart.ts";
import { readDocuments } from "../../yaml/documents.ts";
import { isRuleFileRead } from "../capture.ts";

type Path = readonly (string | number)[];

/** A part of an app's values that the chart passes on unchanged to another program. */
export type ValueContent = {
  /** Key path in the app's values. */
  readonly path: Path;
  readonly data: unknown;
} & (
  | { readonly kind: "rules" }
  /** Alertmanager's configuration. It is merged over the chart's own. */
  | { readonly kind: "alertmanager" }
  /** Scrape jobs of Prometheus: a list, or one text of a list. */
  | {
      readonly kind: "scrape";
      /** The `global` section for all jobs, and its key path in the app's values. */
      readonly global: Values;
      readonly globalAt?: readonly string[];
      readonly jobName?: string;
      /** The data is the `global` section itself. */
      readonly isGlobal?: boolean;
    }
  /** A Kubernetes object, or a text of several. */
  | { readonly kind: "object" }
  /** A part of an object of the operator's kind `of`. The chart puts it into the object at `at`. */
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
  const ownContents = contentFinders[chart]?.(values) ?? [];
  const dependencies = source?.dependencies ?? [];
  const subchartContents = (source?.charts ?? []).flatMap((subchart) => {
    const aliases = dependencies
      .filter(({ name }) => name === subchart.name)
      .map(({ name, alias }) => alias ?? name);
    const keys = aliases.length > 0 ? aliases : [subchart.name];
    return keys.flatMap((key) => {
      const subchartValues = values[key];
      return isMapping(subchartValues)
        ? findContents(subchart.name, subchartValues, subchart).map((content) => prefixPath(key, content))
        : [];
    });
  });
  const ownPaths = ownContents.map(({ path }) => JSON.stringify(path));
  // findContents of the chart prometheus returns its subchart's configuration too, even if the subchart is not loaded.
  return [...ownContents, ...subchartContents.filter(({ path }) => !ownPaths.includes(JSON.stringify(path)))];
}

function prefixPath<T extends ValueContent>(key: string, content: T): T {
  return { ...content, path: [key, ...content.path] };
}

/** Functions that find the contents in the values of each known chart. */
const contentFinders: Readonly<Record<string, (values: Values) => ValueContent[]>> = {
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
      // In the short form of `alerts` each key is a group's name; the chart converts it.
      const isShortForm = name === "alerts" && isMapping(data) && isEmptyValue(data["groups"]);
      return isShortForm ? [] : [{ kind: "rules", path: [key, name], data }];
    });
  });
}

/** The chart's own `global` section. The user's values are merged over it. */
const chartGlobal = { scrape_interval: "1m", scrape_timeout: "10s" };

/** Returns the scrape jobs and the global section in the values of the prometheus chart. */
function findPrometheusScrapes(values: Values): ValueContent[] {
  const commonFields = { kind: "scrape", global: chartGlobal, globalAt: ["server", "global"] } as const;
  const jobs = values["scrapeConfigs"];
  const namedJobs = Object.entries(isMapping(jobs) ? jobs : {}).flatMap(([name, data]): ValueContent[] =>
    isMapping(data) && data["enabled"] !== false
      ? [{ ...commonFields, path: ["scrapeConfigs", name], data, jobName: name }]
      : [],
  );
  const jobLists = [["extraScrapeConfigs"], ["serverFiles", "prometheus.yml", "scrape_configs"]].flatMap(
    (path): ValueContent[] => {
      const data = getValueAt(values, path);
      return isEmptyValue(data) ? [] : [{ ...commonFields, path, data }];
    },
  );
  const userGlobal = getValueAt(values, commonFields.globalAt);
  const globalContents: ValueContent[] = isEmptyValue(userGlobal)
    ? []
    : [{ ...commonFields, path: commonFields.globalAt, data: userGlobal, isGlobal: true }];
  return [...globalContents, ...namedJobs, ...jobLists];
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
  return ["extraManifests", "extraObjects"].flatMap((objectsKey) => {
    const extraObjects = values[objectsKey];
    const items = Array.isArray(extraObjects) || isMapping(extraObjects) ? Object.entries(extraObjects) : [];
    return items.map(([name, data]): ValueContent => {
      const key = Array.isArray(extraObjects) ? Number(name) : name;
      return { kind: "object", path: [objectsKey, key], data };
    });
  });
}

/** Keys below `alertmanager` that make the chart ignore the configuration in the values. */
const replacingKeys = [
  ["stringConfig"],
  ["alertmanagerSpec", "useExistingSecret"],
  ["alertmanagerSpec", "alertmanagerConfiguration"],
];

/** Returns the contents in the values of kube-prometheus-stack. */
function findStackContents(values: Values): ValueContent[] {
  const alertmanager = values["alertmanager"];
  const isReplaced =
    isMapping(alertmanager) && replacingKeys.some((path) => !isEmptyValue(getValueAt(alertmanager, path)));
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
  const [key, rules] = isEmptyValue(map)
    ? ["additionalPrometheusRules", list]
    : ["additionalPrometheusRulesMap", map];
  if (!isMapping(rules) && !Array.isArray(rules)) return [];
  return Object.entries(rules).flatMap(([name, data]): ValueContent[] => {
    const path = [key, Array.isArray(rules) ? Number(name) : name];
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
  // With a timeout that is longer than the interval, the operator writes no configuration at all.
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

/**
 * Returns the fields of additional monitors as parts. The chart copies only these fields.
 * @param endpoints the field with the endpoints of this kind
 */
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
      const isRequired = field === endpoints || field === "selector";
      if (!(field in item) && !isRequired) return [];
      return [
        {
          kind: "part",
          of: kind,
          at: ["spec", field],
          path: [...path, field],
          data: item[field],
          required: isRequired,
        },
      ];
    });
  });
}

/** The chart's own relabelling lists are at most this deep in its values. */
const maximumRelabelingDepth = 6;

/** Returns the relabelling lists that the chart copies into the endpoints of its own monitors. */
function findRelabelings(values: Values, path: Path = []): ValueContent[] {
  return Object.entries(values).flatMap(([key, value]): ValueContent[] => {
    const keyPath = [...path, key];
    // A subchart's own scrape configuration has such lists under other names.
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
    return isMapping(value) && path.length < maximumRelabelingDepth ? findRelabelings(value, keyPath) : [];
  });
}

/** Returns the place of a part of an app's values in the user's files. `character` is an offset in the text there, from 0. */
export type Locate = (path: Path, on: "key" | "value", character?: number) => string;

/** A document in an app's values: a mapping or a list, or one YAML document of a text. */
export interface ContentDocument {
  readonly content: ValueContent;
  readonly data: unknown;
  /** The first error, if the text is not valid YAML; else undefined. */
  readonly error: { readonly where: string; readonly problem: string } | undefined;
  /** Returns the place of a path in the document. */
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
    const locateInText: Locate = (path, on, character) =>
      where(contentPath, "value", findOffset(data, document.findPosition(path, on, character)));
    const { error } = document;
    return {
      content,
      data: document.data,
      error: error && {
        where: where(contentPath, "value", findOffset(data, error.position)),
        problem: error.problem,
      },
      where: locateInText,
    };
  });
}

/** Returns the offset of a line and column, both from 1, in a text. */
function findOffset(
  text: string,
  { line, column }: { readonly line: number; readonly column: number },
): number {
  const previousLines = text.split("\n").slice(0, line - 1);
  return previousLines.reduce((sum, previousLine) => sum + previousLine.length + 1, 0) + column - 1;
}
