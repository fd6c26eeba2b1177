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

/** A language that the fields show to be neither PromQL nor one of the others known here. */
const otherLanguage: Language = { name: "another language than PromQL", types: [] };

/** The current names of data source types that Grafana renamed. Old dashboards keep the old name. */
const currentTypeNames: Readonly<Record<string, string>> = {
  postgres: "grafana-postgresql-datasource",
  testdata: "grafana-testdata-datasource",
  phlare: "grafana-pyroscope-datasource",
};

/** True if data sources of both types understand the same queries. */
export function isSameType(firstType: string, secondType: string): boolean {
  if (prometheusTypes.includes(firstType)) return prometheusTypes.includes(secondType);
  return (currentTypeNames[firstType] ?? firstType) === (currentTypeNames[secondType] ?? secondType);
}

const isText = (value: unknown) => typeof value === "string" && value.trim() !== "";
const isObject = (value: unknown) => typeof value === "object" && value !== null;

/**
 * Conditions on the fields that the query editors of Grafana's data sources write, each with the language that it shows.
 * The first condition that is true counts, so the most specific ones come first.
 */
const languageSigns: readonly (readonly [isTrueFor: (target: Target) => boolean, language: Language])[] = [
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
      [logGroups, logGroupNames].some((groups) => Array.isArray(groups) && groups.length > 0),
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
  [
    ({ query, queryText, rawQuery, sql: sqlText }) => [query, queryText, rawQuery, sqlText].some(isText),
    otherLanguage,
  ],
];

/**
 * Returns the language of a panel's query, from the fields that the query editor wrote; undefined if they do not show
 * it.
 * @param sourceName the data source's name in the dashboard. It decides if the query can be PromQL as well as LogQL.
 */
export function detectLanguage(target: Target, sourceName = ""): Language | undefined {
  const { expr } = target;
  if (typeof expr === "string" && expr.trim() !== "") {
    if (isLogql(expr)) return logql;
    return isPromqlOrLogql(expr) && guessTypeFromName(sourceName) === "loki" ? logql : promql;
  }
  const shownLanguage = languageSigns.find(([isTrueFor]) => isTrueFor(target))?.[1];
  if (shownLanguage !== undefined) return shownLanguage;
  // A query of Prometheus has `expr`, even one that is empty.
  return expr === undefined && Object.entries(target).some(isLanguageKey) ? otherLanguage : undefined;
}

/** Matches the keys that queries of every data source may have, and those of Grafana's own data sources. */
const sharedKeys =
  /^(?:refId|key|hide|hidden|datasource|datasourceUid|editorMode|format|interval|intervalFactor|intervalMs|legendFormat|maxDataPoints|instant|range|step|exemplar|metric|target|panelId|withTransforms|expression|conditions|reducer|settings|\$\$hashKey)$/;

/** Matches the values of `queryType` that Grafana's own data sources use. */
const builtInQueryTypes = /^(?:randomWalk|measurements|list|search|snapshot)$/;

/** True if a field shows that the query has a language of its own: it is not one of the fields of all data sources. */
function isLanguageKey([key, value]: readonly [string, unknown]): boolean {
  if (sharedKeys.test(key) || key === "type" || value === null || value === "") return false;
  return key !== "queryType" || !builtInQueryTypes.test(String(value));
}

/** Matches a function of LogQL that counts the lines or bytes of a stream, in front of its selector. */
const logqlFunctionPattern = /\b(?:count_over_time|bytes_rate|bytes_over_time)\s*\(\s*\{/;
/** Matches a text that consists of one selector without a metric's name in front of it. */
const selectorOnlyPattern = /^\s*\{[^}]*\}\s*$/;
/** Matches a selector that begins with a metric's name in quotes, whose content was removed. */
const quotedMetricPattern = /\{\s*""/;
/** Matches a metric's name: in front of a bracket, in quotes, or as the label `__name__`. */
const metricNamePattern = /[\w:]\s{0,20}[{[]|\{\s{0,20}""|__name__/;

/**
 * True if the text can only be LogQL. It has a pipe (|) outside of strings, counts the lines or bytes of streams, or
 * consists of one selector; in the last two cases no selector names a metric. PromQL has no pipe, and its queries name
 * a metric.
 */
function isLogql(expr: string): boolean {
  const withoutStrings = withoutTexts(expr);
  if (withoutStrings.includes("|")) return true;
  if (withoutStrings.includes("__name__")) return false;
  if (logqlFunctionPattern.test(withoutStrings)) return true;
  return selectorOnlyPattern.test(withoutStrings) && !quotedMetricPattern.test(withoutStrings);
}

/** True if the text can be PromQL as well as LogQL: it selects by labels alone, as in `rate({app="shop"}[5m])`. */
function isPromqlOrLogql(expr: string): boolean {
  const withoutStrings = withoutTexts(expr);
  return withoutStrings.includes("{") && !metricNamePattern.test(withoutStrings);
}

/**
 * Returns the language of a variable's or annotation's query, from its text; undefined if the text does not show it.
 */
function detectTextLanguage(query: string): Language | undefined {
  // The functions of Grafana's Prometheus data source for variables.
  if (/^\s*(?:label_values|label_names|metrics|query_result)\s*\(/.test(query)) return promql;
  if (/^\s*(?:select|with)\b[\s\S]*\bfrom\b|^\s*exec\s/i.test(query)) return sql;
  if (/^\s*show\s+(?:tag|field|measurements|series|databases)/i.test(query))
    return { name: "InfluxQL", types: ["influxdb"] };
  if (/^\s*from\(bucket:/.test(query)) return { name: "Flux", types: ["influxdb"] };
  // Elasticsearch's variables are JSON such as {"find": "terms"}.
  if (/^\s*\{\s*"find"/.test(query))
    return {
      name: "Elasticsearch's query language",
      types: ["elasticsearch", "grafana-opensearch-datasource"],
    };
  // The functions of Grafana's CloudWatch data source for variables.
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
  const kinds =
    /loki|influx|elastic|opensearch|graphite|mysql|mssql|postgres|cloudwatch|tempo|jaeger|zipkin|zabbix|opentsdb|stackdriver|azure.?monitor|clickhouse|testdata/;
  return kinds.exec(name.toLowerCase())?.[0];
}

function isPromql(language: Language | undefined): boolean {
  return language === promql;
}

/**
 * True if it is certain that a Prometheus refuses a query in this language. A language that is not known may be
 * PromQL.
 */
export function isRefusedByPrometheus(language: Language | undefined, expr: string | undefined): boolean {
  if (language === undefined || language === promql || language === otherLanguage) return false;
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
  return new Map(
    [...languagesByName].flatMap(([name, languages]) => {
      const mainLanguage = findMainLanguage(languages);
      return mainLanguage === undefined ? [] : [[name, mainLanguage] as const];
    }),
  );
}

/**
 * Returns PromQL if at least half of the queries are PromQL, else the language that most types of data sources
 * understand: `otherLanguage`, which no type is known to understand, comes last. Queries in other languages are
 * leftovers of another data source. Undefined without any query.
 */
function findMainLanguage(languages: readonly Language[]): Language | undefined {
  const promqlCount = languages.filter(isPromql).length;
  const otherLanguages = languages
    .filter((language) => !isPromql(language))
    .toSorted((a, b) => b.types.length - a.types.length);
  return promqlCount > 0 && promqlCount >= otherLanguages.length ? promql : otherLanguages[0];
}

/**
 * Returns the language of an annotation's query, from its text, else from its fields; undefined if neither shows it.
 */
export function detectAnnotationLanguage(annotation: Model): Language | undefined {
  const { target, query } = annotation;
  const languageOfText = typeof query === "string" ? detectTextLanguage(query) : undefined;
  return languageOfText ?? detectLanguage({ ...annotation, target: undefined, ...asMapping(target) });
}

/** Returns the language of a variable's query, from its text, else from its fields; undefined if neither shows it. */
export function detectVariableLanguage({ query, definition }: Model): Language | undefined {
  if (typeof query !== "object" || query === null)
    return detectTextLanguage(String(query ?? definition ?? ""));
  const { query: text, refId } = query as Model;
  // The editor of Grafana's Loki data source writes such a refId: LokiVariableQueryEditor-VariableQuery.
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
    ...library.map((element) => asMapping(element["model"])),
  ];
  return panels.flatMap((panel) => [panel, ...listMappings(panel["panels"])]);
}

/** Returns the mappings of a list; empty if the value is not a list. */
function listMappings(list: unknown): Model[] {
  return (Array.isArray(list) ? list : []).filter((entry) => typeof entry === "object" && entry !== null);
}

/** Returns the value as a mapping; an empty one if it is not an object. */
function asMapping(value: unknown): Model {
  return typeof value === "object" && value !== null ? (value as Model) : {};
}
