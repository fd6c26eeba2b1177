import { withoutTexts } from "../promql/promql.ts";

/** A query language, and the types of data sources that understand it. */
export interface Language {
  readonly name: string;
  readonly types: readonly string[];
}

type Target = Readonly<Record<string, unknown>>;

/** Types of data sources with the API of Prometheus. The managed ones of Amazon and Azure have types of their own. */
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
const isObject = (value: unknown) => typeof value === "object" && value !== null;

/** The fields that the query editors of Grafana's data sources write, with their language. The most specific come first. */
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
    ({ azureMonitor, azureLogAnalytics }) => isObject(azureMonitor) || isObject(azureLogAnalytics),
    { name: "Azure Monitor's query language", types: ["grafana-azure-monitor-datasource"] },
  ],
  [
    ({ metricQuery, timeSeriesList, timeSeriesQuery, crossSeriesReducer }) =>
      [metricQuery, timeSeriesList, timeSeriesQuery].some(isObject) || isText(crossSeriesReducer),
    { name: "Google Cloud Monitoring's query language", types: ["stackdriver"] },
  ],
  [
    ({ namespace, metricName, dimensions, logGroups, logGroupNames }) =>
      (isText(namespace) && isText(metricName)) ||
      isObject(dimensions) ||
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
  // Every data source except Prometheus and Loki has its query in a field with one of these names.
  [({ query, queryText, rawQuery, sql: own }) => [query, queryText, rawQuery, own].some(isText), other],
];

/**
 * Returns the language of a panel's query, from the fields that the query editor wrote; undefined if they do not show
 * it.
 * @param name the data source's name in the dashboard. It decides if the query can be PromQL as well as LogQL.
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

/** True if a field shows that the query has a language of its own: it is not one of the fields of all data sources. */
function isLanguageKey([key, value]: readonly [string, unknown]): boolean {
  if (common.test(key) || key === "type" || value === null || value === "") return false;
  return key !== "queryType" || !/^(?:randomWalk|measurements|list|search|snapshot)$/.test(String(value));
}

/**
 * True if the text can only be LogQL: it has a `
 * ` outside of strings, or it selects streams without a metric's name. PromQL has no `
 * `, and its queries name a metric.
 */
function isLogql(expr: string): boolean {
  const withoutStrings = withoutTexts(expr);
  if (withoutStrings.includes("|")) return true;
  if (/\b(?:count_over_time|bytes_rate|bytes_over_time)\s*\(\s*\{/.test(withoutStrings))
    return !withoutStrings.includes("__name__");
  return (
    /^\s*\{[^}]*\}\s*$/.test(withoutStrings) &&
    !withoutStrings.includes("__name__") &&
    !/\{\s*""/.test(withoutStrings)
  );
}

/** True if the text can be PromQL as well as LogQL: it selects by labels alone, as in `rate({app="shop"}[5m])`. */
function isPromqlOrLogql(expr: string): boolean {
  const withoutStrings = withoutTexts(expr);
  const namesMetric = /[\w:]\s{0,20}[{[]|\{\s{0,20}""|__name__/.test(withoutStrings);
  return withoutStrings.includes("{") && !namesMetric;
}

/**
 * Returns the language of a variable's or annotation's query, from its text; undefined if the text does not show it.
 */
function detectTextLanguage(query: string): Language | undefined {
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

/**
 * Returns the kind of a data source from its name, such as `Loki` or `my-mssql`; undefined if the name does not show
 * it.
 */
export function guessTypeFromName(name: string): string | undefined {
  const word = name.toLowerCase();
  const kinds =
    /loki|influx|elastic|opensearch|graphite|mysql|mssql|postgres|cloudwatch|tempo|jaeger|zipkin|zabbix|opentsdb|stackdriver|azure.?monitor|clickhouse|testdata/;
  return kinds.exec(word)?.[0];
}

function isPromql(language: Language | undefined): boolean {
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
 * Returns the language of the queries to each data source, by the data source's name or uid in the dashboard. Reads
 * panels, library panels, variables and annotations. Data sources whose queries do not show their language are left
 * out.
 */
export function detectSourceLanguages(model: Model): ReadonlyMap<string, Language> {
  const languagesByName = new Map<string, Language[]>();
  const addLanguage = (ref: unknown, language: Language | undefined) => {
    const name = getSourceName(ref);
    if (name === undefined || language === undefined) return;
    languagesByName.set(name, [...(languagesByName.get(name) ?? []), language]);
  };
  for (const panel of listPanels(model))
    for (const target of listMappings(panel["targets"])) {
      const panelSource = getSourceName(panel["datasource"]);
      const isShared = panelSource === undefined || panelSource === "-- Mixed --";
      const ref = isShared ? target["datasource"] : panel["datasource"];
      addLanguage(ref, detectLanguage(target, getSourceName(ref)));
    }
  for (const entry of listMappings(asMapping(model["annotations"])["list"]))
    addLanguage(entry["datasource"], detectAnnotationLanguage(entry));
  for (const entry of listMappings(asMapping(model["templating"])["list"]))
    if (entry["type"] === "query") addLanguage(entry["datasource"], detectVariableLanguage(entry));
  return new Map([...languagesByName].flatMap(([name, languages]) => findMainLanguage(name, languages)));
}

/**
 * Returns the data source's name with the language of most of its queries. Queries in other languages are leftovers of
 * another data source. Returns an empty list without any query.
 */
function findMainLanguage(name: string, languages: readonly Language[]): (readonly [string, Language])[] {
  const promqlQueries = languages.filter(isPromql);
  const otherQueries = languages
    .filter((one) => !isPromql(one))
    .toSorted((a, b) => b.types.length - a.types.length);
  const mainLanguage = promqlQueries.length >= otherQueries.length ? promqlQueries[0] : otherQueries[0];
  return mainLanguage === undefined ? [] : [[name, mainLanguage]];
}

/** Returns the language of an annotation's query; undefined if it does not show. */
export function detectAnnotationLanguage(annotation: Model): Language | undefined {
  const { target, query } = annotation;
  const known = typeof query === "string" ? detectTextLanguage(query) : undefined;
  return known ?? detectLanguage({ ...annotation, target: undefined, ...asMapping(target) });
}

/** Returns the language of a variable's query; undefined if it does not show. */
export function detectVariableLanguage({ query, definition }: Model): Language | undefined {
  if (typeof query !== "object" || query === null)
    return detectTextLanguage(String(query ?? definition ?? ""));
  const { query: text, refId } = query as Model;
  if (/^Loki/.test(String(refId))) return { name: "LogQL", types: ["loki"] };
  return (
    detectTextLanguage(String(text ?? definition ?? "")) ?? detectLanguage({ ...query, query: undefined })
  );
}

/** Returns the name or uid in a reference to a data source; undefined if it has none. */
function getSourceName(ref: unknown): string | undefined {
  const name = typeof ref === "string" ? ref : asMapping(ref)["uid"];
  return typeof name === "string" && name !== "" ? name : undefined;
}

/**
 * Returns all panels of a model: in rows of old schemas, in collapsed rows and in library panels. Rows themselves are
 * included.
 */
function listPanels(model: Model): Model[] {
  const elements = model["__elements"];
  const library = listMappings(Array.isArray(elements) ? elements : Object.values(asMapping(elements)));
  const panels = [
    ...listMappings(model["panels"]),
    ...listMappings(model["rows"]),
    ...library.map((one) => asMapping(one["model"])),
  ];
  return panels.flatMap((one) => [one, ...listMappings(one["panels"])]);
}

/** Returns the mappings of a list; empty if the value is not a list. */
function listMappings(list: unknown): Model[] {
  return (Array.isArray(list) ? list : []).filter((one) => typeof one === "object" && one !== null);
}

/** Returns the value as a mapping; an empty one if it is not an object. */
function asMapping(value: unknown): Model {
  return typeof value === "object" && value !== null ? (value as Model) : {};
}
