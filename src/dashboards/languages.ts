import { withoutTexts } from "../promql/promql.ts";

/** What a query is written in, and the types of data sources that answer it. */
export interface Language {
  readonly name: string;
  readonly types: readonly string[];
}

type Target = Readonly<Record<string, unknown>>;

/** Amazon's and Azure's managed ones speak the same API under types of their own. */
export const prometheusTypes = [
  "prometheus",
  "grafana-amazonprometheus-datasource",
  "grafana-azureprometheus-datasource",
];

const promql: Language = { name: "PromQL", types: prometheusTypes };
const logql: Language = { name: "LogQL", types: ["loki"] };
const sql: Language = { name: "SQL", types: ["mysql", "mssql", "postgres", "grafana-postgresql-datasource"] };

const other: Language = { name: "another language than PromQL", types: [] };

/** Types with two names: Grafana renamed the data source, and old dashboards keep the old name. */
const renamed: Readonly<Record<string, string>> = {
  postgres: "grafana-postgresql-datasource",
  testdata: "grafana-testdata-datasource",
  phlare: "grafana-pyroscope-datasource",
};

/** True if data sources of both types understand the same queries. */
export function isSameType(one: string, other: string): boolean {
  if (prometheusTypes.includes(one)) return prometheusTypes.includes(other);
  return (renamed[one] ?? one) === (renamed[other] ?? other);
}

const isText = (value: unknown) => typeof value === "string" && value.trim() !== "";
const isThere = (value: unknown) => typeof value === "object" && value !== null;

/** What the editors of Grafana's data sources write into a query, the most specific field first. */
const signs: readonly (readonly [isSo: (target: Target) => boolean, language: Language])[] = [
  [({ rawSql }) => isText(rawSql), sql],
  [({ scenarioId }) => isText(scenarioId), { name: "test data", types: ["testdata"] }],
  [
    ({ bucketAggs, luceneQueryType }) => Array.isArray(bucketAggs) || isText(luceneQueryType),
    { name: "Elasticsearch's query language", types: ["elasticsearch", "grafana-opensearch-datasource"] },
  ],
  [
    ({ measurement, rawQuery, query, resultFormat }) =>
      isText(measurement) || (isText(query) && (rawQuery === true || isText(resultFormat))),
    { name: "InfluxQL", types: ["influxdb"] },
  ],
  [
    ({ query }) => isText(query) && /^\s*from\(bucket:/.test(String(query)),
    { name: "Flux", types: ["influxdb"] },
  ],
  [
    ({ azureMonitor, azureLogAnalytics }) => isThere(azureMonitor) || isThere(azureLogAnalytics),
    { name: "Azure Monitor's query language", types: ["grafana-azure-monitor-datasource"] },
  ],
  [
    ({ metricQuery, timeSeriesList, timeSeriesQuery, crossSeriesReducer }) =>
      [metricQuery, timeSeriesList, timeSeriesQuery].some(isThere) || isText(crossSeriesReducer),
    { name: "Google Cloud Monitoring's query language", types: ["stackdriver"] },
  ],
  [
    ({ namespace, metricName, dimensions, logGroups, logGroupNames }) =>
      (isText(namespace) && isText(metricName)) ||
      isThere(dimensions) ||
      [logGroups, logGroupNames].some((one) => Array.isArray(one) && one.length > 0),
    { name: "CloudWatch's query language", types: ["cloudwatch"] },
  ],
  [
    ({ queryType }) => /^(?:traceql|traceqlSearch|nativeSearch|serviceMap|traceId)$/.test(String(queryType)),
    { name: "TraceQL", types: ["tempo"] },
  ],
  [
    ({ profileTypeId }) => isText(profileTypeId),
    { name: "profiles", types: ["grafana-pyroscope-datasource"] },
  ],
  [
    ({ metric, aggregator }) => isText(metric) && isText(aggregator),
    { name: "OpenTSDB's query language", types: ["opentsdb"] },
  ],
  [({ target }) => isText(target), { name: "Graphite's query language", types: ["graphite"] }],
  // Every data source but Prometheus and Loki calls it something like this.
  [({ query, queryText, rawQuery, sql: own }) => [query, queryText, rawQuery, own].some(isText), other],
];

/**
 * Returns the language of a panel's query, from the fields that its editor wrote; undefined when they do not say it.
 * @param name what the dashboard calls the data source: it decides where the query can be in either of two languages
 */
export function detectLanguage(target: Target, name = ""): Language | undefined {
  const { expr } = target;
  if (typeof expr === "string" && expr.trim() !== "")
    return isLogql(expr) || (isPromqlOrLogql(expr) && guessTypeFromName(name) === "loki") ? logql : promql;
  const known = signs.find(([isSo]) => isSo(target))?.[1];
  // A query of Prometheus has `expr`, even one that is empty.
  return known ?? (expr === undefined && Object.entries(target).some(isLanguageKey) ? other : undefined);
}

/** Keys that queries of every data source may have, and those of Grafana's own data sources. */
const common =
  /^(?:refId|key|hide|hidden|datasource|datasourceUid|editorMode|format|interval|intervalFactor|intervalMs|legendFormat|maxDataPoints|instant|range|step|exemplar|metric|target|panelId|withTransforms|expression|conditions|reducer|settings|\$\$hashKey)$/;

function isLanguageKey([key, value]: readonly [string, unknown]): boolean {
  if (common.test(key) || key === "type" || value === null || value === "") return false;
  return key !== "queryType" || !/^(?:randomWalk|measurements|list|search|snapshot)$/.test(String(value));
}

/**
 * PromQL has no `|` outside of strings, and its queries name a metric: every LogQL query is a selector of labels alone,
 * within functions of its own or with a pipe behind it.
 */
function isLogql(expr: string): boolean {
  const bare = withoutTexts(expr);
  if (bare.includes("|")) return true;
  if (/\b(?:count_over_time|bytes_rate|bytes_over_time)\s*\(\s*\{/.test(bare))
    return !bare.includes("__name__");
  return /^\s*\{[^}]*\}\s*$/.test(bare) && !bare.includes("__name__") && !/\{\s*""/.test(bare);
}

/** PromQL and LogQL alike: it selects by labels alone, `rate({app="shop"}[5m])`. */
function isPromqlOrLogql(expr: string): boolean {
  const bare = withoutTexts(expr);
  const namesMetric = /[\w:]\s{0,20}[{[]|\{\s{0,20}""|__name__/.test(bare);
  return bare.includes("{") && !namesMetric;
}

/** Returns the language of a variable's query, or of an annotation's. */
export function detectTextLanguage(query: string): Language | undefined {
  if (/^\s*(?:label_values|label_names|metrics|query_result)\s*\(/.test(query)) return promql;
  if (/^\s*(?:select|with)\b[\s\S]*\bfrom\b|^\s*exec\s/i.test(query)) return sql;
  if (/^\s*show\s+(?:tag|field|measurements|series|databases)/i.test(query))
    return { name: "InfluxQL", types: ["influxdb"] };
  if (/^\s*from\(bucket:/.test(query)) return { name: "Flux", types: ["influxdb"] };
  if (/^\s*\{\s*"find"/.test(query))
    return {
      name: "Elasticsearch's query language",
      types: ["elasticsearch", "grafana-opensearch-datasource"],
    };
  if (
    /^\s*(?:regions|namespaces|dimension_keys|dimension_values|ebs_volume_ids|ec2_instance_attribute)\s*\(/.test(
      query,
    )
  )
    return { name: "CloudWatch's query language", types: ["cloudwatch"] };
  return undefined;
}

/** Returns the kind of a data source that an old dashboard names after it: `Loki`, `my-mssql`. */
export function guessTypeFromName(name: string): string | undefined {
  const word = name.toLowerCase();
  const kinds =
    /loki|influx|elastic|opensearch|graphite|mysql|mssql|postgres|cloudwatch|tempo|jaeger|zipkin|zabbix|opentsdb|stackdriver|azure.?monitor|clickhouse|testdata/;
  return kinds.exec(word)?.[0];
}

export function isPromql(language: Language | undefined): boolean {
  return language === promql;
}

/** True if it is certain that a Prometheus refuses a query in this language. */
export function isForeign(language: Language | undefined, expr: string | undefined): boolean {
  if (language === undefined || language === promql || language === other) return false;
  // `{job="x"}` alone is valid PromQL, too.
  return language !== logql || expr?.includes("|") === true;
}

type Model = Readonly<Record<string, unknown>>;

/**
 * Returns the language in which a dashboard asks each data source, by the name or uid that the dashboard has for it: of panels,
 * library panels, variables and annotations. A data source that is asked nothing whose language shows is not in it.
 */
export function detectSourceLanguages(model: Model): ReadonlyMap<string, Language> {
  const heard = new Map<string, Language[]>();
  const hear = (ref: unknown, language: Language | undefined) => {
    const name = getSourceName(ref);
    if (name === undefined || language === undefined) return;
    heard.set(name, [...(heard.get(name) ?? []), language]);
  };
  for (const panel of listPanels(model))
    for (const target of listMappings(panel["targets"])) {
      const own = getSourceName(panel["datasource"]);
      const isShared = own === undefined || own === "-- Mixed --";
      const ref = isShared ? target["datasource"] : panel["datasource"];
      hear(ref, detectLanguage(target, getSourceName(ref)));
    }
  for (const one of listMappings(asMapping(model["annotations"])["list"]))
    hear(one["datasource"], detectAnnotationLanguage(one));
  for (const one of listMappings(asMapping(model["templating"])["list"]))
    if (one["type"] === "query") hear(one["datasource"], detectVariableLanguage(one));
  return new Map([...heard].flatMap(([name, all]) => findMainLanguage(name, all)));
}

/** Queries of one data source are in one language; what is left of another one's in some does not count. */
function findMainLanguage(name: string, all: readonly Language[]): (readonly [string, Language])[] {
  const promql = all.filter(isPromql);
  const other = all.filter((one) => !isPromql(one)).toSorted((a, b) => b.types.length - a.types.length);
  const found = promql.length >= other.length ? promql[0] : other[0];
  return found === undefined ? [] : [[name, found]];
}

export function detectAnnotationLanguage(annotation: Model): Language | undefined {
  const { target, query } = annotation;
  const known = typeof query === "string" ? detectTextLanguage(query) : undefined;
  return known ?? detectLanguage({ ...annotation, target: undefined, ...asMapping(target) });
}

export function detectVariableLanguage({ query, definition }: Model): Language | undefined {
  if (typeof query !== "object" || query === null)
    return detectTextLanguage(String(query ?? definition ?? ""));
  const { query: text, refId } = query as Model;
  if (/^Loki/.test(String(refId))) return { name: "LogQL", types: ["loki"] };
  return (
    detectTextLanguage(String(text ?? definition ?? "")) ?? detectLanguage({ ...query, query: undefined })
  );
}

function getSourceName(ref: unknown): string | undefined {
  const name = typeof ref === "string" ? ref : asMapping(ref)["uid"];
  return typeof name === "string" && name !== "" ? name : undefined;
}

/** Rows hold panels, both as old schemas have them and collapsed. */
function listPanels(model: Model): Model[] {
  const elements = model["__elements"];
  const library = listMappings(Array.isArray(elements) ? elements : Object.values(asMapping(elements)));
  const held = [
    ...listMappings(model["panels"]),
    ...listMappings(model["rows"]),
    ...library.map((one) => asMapping(one["model"])),
  ];
  return held.flatMap((one) => [one, ...listMappings(one["panels"])]);
}

function listMappings(list: unknown): Model[] {
  return (Array.isArray(list) ? list : []).filter((one) => typeof one === "object" && one !== null);
}

function asMapping(value: unknown): Model {
  return typeof value === "object" && value !== null ? (value as Model) : {};
}
