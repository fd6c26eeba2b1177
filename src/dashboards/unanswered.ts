import { formatList } from "../lib/text.ts";
import {
  type Dashboard,
  type Datasource,
  type DatasourceRef,
  type Panel,
  type PanelQuery,
  readDashboard,
  type Values,
} from "./dashboard.ts";
import {
  detectAnnotationLanguage,
  detectVariableLanguage,
  isRefusedByPrometheus,
  isSameType,
  type Language,
  prometheusTypes,
} from "./languages.ts";
import { datasourceSchema, toDatasourceRef } from "./panels.ts";
import { fillVariables, listVariablesIn } from "./variables.ts";

/** One query of a dashboard: of a panel, a variable or an annotation. */
interface DashboardQuery {
  /** What sends the query: `panel Up`, `variable $node`, `annotation deploys`. */
  readonly sender: string;
  readonly ref: DatasourceRef | undefined;
  readonly language: Language | undefined;
  readonly expr: string | undefined;
}

interface KnownSources {
  readonly datasources: readonly Datasource[];
  /** Names and uids that the user gave: they may belong to data sources that the values do not have. */
  readonly given: readonly string[];
}

/**
 * Returns the queries that this Grafana cannot answer, in sentences that name the panels: their data source does not
 * exist, or understands another language. Also names library panels that did not come with the file.
 */
export function listUnansweredQueries(
  model: Readonly<Record<string, unknown>>,
  known: KnownSources,
): string[] {
  const result = readDashboard(model);
  if ("problem" in result) return [];
  const { dashboard } = result;
  const sendersByReason = new Map<string, string[]>();
  for (const query of listQueries(dashboard, model)) {
    const why = explainUnanswered(query, dashboard, known);
    if (why !== undefined) sendersByReason.set(why, [...(sendersByReason.get(why) ?? []), query.sender]);
  }
  const missingLibraryPanels = dashboard.panels.flatMap(({ library, queries, title }) =>
    library === undefined || queries.length > 0
      ? []
      : [
          `panel ${title} is the library panel ${library.name} (uid ${library.uid}), which did not come with the file: it stays empty unless Grafana has it`,
        ],
  );
  const sentences = [...sendersByReason].map(([why, senders]) => {
    const uniqueSenders = [...new Set(senders)];
    return `${formatList(uniqueSenders, 3)} ${uniqueSenders.length > 1 ? why.replace(/^asks/, "ask") : why}`;
  });
  return [...sentences, ...missingLibraryPanels];
}

/** Returns the queries of visible panels, of variables and of annotations. */
function listQueries(dashboard: Dashboard, model: Readonly<Record<string, unknown>>): DashboardQuery[] {
  const panels = dashboard.panels.flatMap((panel) =>
    panel.queries
      .filter(({ hidden }) => !hidden)
      .map((query): DashboardQuery => {
        const { language, expr } = query;
        return { sender: `panel ${panel.title}`, ref: findReference(panel, query), language, expr };
      }),
  );
  const listEntries = (key: string) => {
    const entries = (model[key] as { list?: unknown } | null | undefined)?.list;
    return (Array.isArray(entries) ? entries : []).filter(
      (entry) => typeof entry === "object" && entry !== null,
    );
  };
  const variables = listEntries("templating").filter(({ type }) => type === "query");
  const annotations = listEntries("annotations").filter(
    ({ enable, builtIn }) => enable !== false && builtIn !== 1,
  );
  return [
    ...panels,
    ...variables.map((variable) =>
      createQuery(`variable $${variable.name}`, variable, detectVariableLanguage(variable)),
    ),
    ...annotations.map((annotation) =>
      createQuery(`annotation ${annotation.name}`, annotation, detectAnnotationLanguage(annotation)),
    ),
  ];
}

/** Returns the query of a variable or an annotation. */
function createQuery(
  sender: string,
  { datasource, expr }: { datasource?: unknown; expr?: unknown },
  language: Language | undefined,
): DashboardQuery {
  const ref = toDatasourceRef(datasourceSchema.parse(datasource));
  return { sender, ref, language, expr: typeof expr === "string" ? expr : undefined };
}

/** Returns why Grafana cannot answer a query; undefined if it can, or if that is not known. */
function explainUnanswered(
  query: DashboardQuery,
  { variables }: Dashboard,
  known: KnownSources,
): string | undefined {
  const { ref, language, expr } = query;
  const { datasources, given } = known;
  // The data sources are not known, for example if a sidecar adds them.
  if (datasources.length === 0) return undefined;
  const name = ref?.uid ?? "";
  if (given.includes(name)) return undefined;
  const foreignLanguage = isRefusedByPrometheus(language, expr) ? language : undefined;
  const inLanguage = foreignLanguage === undefined ? "" : ` in ${foreignLanguage.name}`;
  const [variable] = listVariablesIn(name);
  if (variable !== undefined) {
    const source = variables.find(
      (candidate) => candidate.name === variable && candidate.type === "datasource",
    );
    if (!variables.some(({ name: variableName }) => variableName === variable) && !variable.startsWith("__"))
      return `asks ${name}, a variable that the dashboard does not have`;
    if (source === undefined) return undefined;
    if (!datasources.some(({ type }) => isSameType(type, source.query)))
      return `${describeQueriedSource(name, source.query)}, and ${describeDatasources(known, `no data source of type ${source.query}`)}`;
    return prometheusTypes.includes(source.query) && foreignLanguage !== undefined
      ? `${describeQueriedSource(name, source.query)}${inLanguage}, which no Prometheus answers`
      : undefined;
  }
  const resolved = resolveDatasource(ref, new Map(), datasources);
  if (resolved.kind === "missing" && name !== "")
    return `${describeQueriedSource(name, ref?.type)}${ref?.type === undefined ? inLanguage : ""}, and ${describeDatasources(known, "no such data source")}`;
  if (resolved.kind === "other" && ref?.uid === undefined && ref?.type !== undefined)
    return isBuiltInType(ref.type)
      ? undefined
      : `asks a data source of type ${ref.type}, and ${describeDatasources(known, "none")}`;
  if (resolved.kind !== "prometheus" || foreignLanguage === undefined) return undefined;
  const which = ref === undefined ? "the default data source " : "";
  return `asks ${which}${resolved.datasource.name}${inLanguage}, which no Prometheus answers`;
}

/** Returns the beginning of a sentence that names the data source of a query. */
function describeQueriedSource(name: string, type: string | undefined): string {
  return `asks ${name}${type === undefined ? "" : ` (type ${type})`}`;
}

/** Returns the end of a sentence that lists Grafana's data sources. */
function describeDatasources({ datasources }: KnownSources, what: string): string {
  return `Grafana's values define ${what}, only ${datasources.map(({ name, type }) => `${name} (${type})`).join(", ")}`;
}

/** True if the type is one of Grafana's own data sources. */
function isBuiltInType(type: string): boolean {
  return ["datasource", "grafana", "mixed", "dashboard", "__expr__"].includes(type);
}

/** The data source that a reference resolves to in Grafana. */
export type ResolvedSource =
  | { readonly kind: "prometheus"; readonly datasource: Datasource }
  /** Another kind of datasource, or one of Grafana's built-in ones: `-- Grafana --`, an expression. */
  | { readonly kind: "other"; readonly what: string }
  /** Each query has its own. */
  | { readonly kind: "mixed" }
  /** It shows what another panel asked. */
  | { readonly kind: "shared" }
  | { readonly kind: "missing"; readonly name: string; readonly why: string };

/**
 * Returns the reference that counts for a query: the panel's own; that of the query if the panel's is mixed or
 * missing, or if the query is an expression.
 */
export function findReference(panel: Panel, query: PanelQuery): DatasourceRef | undefined {
  const panelReference = panel.datasource;
  if (panelReference === undefined || isMixed(panelReference.uid)) return query.datasource;
  // An expression is computed from other queries of the panel, whatever the panel's datasource.
  return query.datasource?.uid === "__expr__" ? query.datasource : panelReference;
}

function isMixed(uid: string | undefined): boolean {
  return uid === "-- Mixed --";
}

/**
 * Returns the data source that a reference means, by its uid or its name, as in Grafana. Without a uid or name, that
 * is the default data source.
 */
export function resolveDatasource(
  ref: DatasourceRef | undefined,
  values: Values,
  datasources: readonly Datasource[],
): ResolvedSource {
  if (ref?.uid === undefined) return resolveDefault(ref?.type, datasources);
  const uid = fillVariables(ref.uid, values, "plain");
  if (isMixed(uid)) return { kind: "mixed" };
  if (uid === "-- Dashboard --") return { kind: "shared" };
  if (uid === "__expr__" || uid === "-- Grafana --" || ref.type === "datasource" || uid === "grafana")
    return { kind: "other", what: uid === "__expr__" ? "an expression of Grafana's" : "Grafana itself" };
  if (uid === "default") return resolveDefault(undefined, datasources);
  const datasource =
    datasources.find((source) => source.uid === uid) ?? datasources.find((source) => source.name === uid);
  if (datasource) return classifyDatasource(datasource);
  return { kind: "missing", name: uid || ref.uid, why: explainMissing(uid, ref, datasources) };
}

/** Returns why a reference leads to no data source, with Grafana's data sources. */
function explainMissing(uid: string, ref: DatasourceRef, datasources: readonly Datasource[]): string {
  const existing =
    datasources.map(({ name, uid: sourceUid }) => `${name} (uid ${sourceUid})`).join(", ") || "none";
  if (/^\$\{?\w+\}?$/.test(uid))
    return `its datasource is ${uid}, an input that was never filled in; Grafana has ${existing}`;
  if (uid === "") return `its datasource is ${ref.uid}, a variable without a value; Grafana has ${existing}`;
  return `its datasource ${uid} does not exist; Grafana has ${existing}`;
}

/** Returns the default data source of a type; of any type if none is given. */
function resolveDefault(type: string | undefined, datasources: readonly Datasource[]): ResolvedSource {
  const defaultSource = datasources.find(({ isDefault }) => isDefault);
  const datasource =
    type === undefined || defaultSource?.type === type
      ? defaultSource
      : datasources.find((source) => source.type === type);
  if (datasource) return classifyDatasource(datasource);
  if (type !== undefined && !prometheusTypes.includes(type)) return { kind: "other", what: type };
  return {
    kind: "missing",
    name: "the default one",
    why: "it uses the default datasource, and Grafana has none",
  };
}

/** Returns the data source as resolved: a Prometheus, or another kind. */
function classifyDatasource(datasource: Datasource): ResolvedSource {
  if (prometheusTypes.includes(datasource.type)) return { kind: "prometheus", datasource };
  return { kind: "other", what: `${datasource.name}, a datasource of type ${datasource.type}` };
}
