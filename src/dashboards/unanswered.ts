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
  isForeign,
  isSameType,
  type Language,
  prometheusTypes,
} from "./languages.ts";
import { datasourceSchema, toRef } from "./panels.ts";
import { fillVariables, listVariablesIn } from "./variables.ts";

/** One query of a dashboard: of a panel, a variable or an annotation. */
interface Question {
  /** `panel Up`, `variable $node`, `annotation deploys`. */
  readonly who: string;
  readonly ref: DatasourceRef | undefined;
  readonly language: Language | undefined;
  readonly expr: string | undefined;
}

interface Known {
  readonly datasources: readonly Datasource[];
  /** Names and uids that the user gave: they may belong to data sources that the values do not have. */
  readonly given: readonly string[];
}

/**
 * Returns the queries that this Grafana cannot answer, in sentences that name the panels: their data source does not
 * exist, or understands another language. Also names library panels that did not come with the file.
 */
export function findUnanswered(model: Readonly<Record<string, unknown>>, known: Known): string[] {
  const read = readDashboard(model);
  if ("problem" in read) return [];
  const { dashboard } = read;
  const askersByReason = new Map<string, string[]>();
  for (const question of listQuestions(dashboard, model)) {
    const why = explainUnanswered(question, dashboard, known);
    if (why !== undefined) askersByReason.set(why, [...(askersByReason.get(why) ?? []), question.who]);
  }
  const missing = dashboard.panels.flatMap(({ library, queries, title }) =>
    library === undefined || queries.length > 0
      ? []
      : [
          `panel ${title} is the library panel ${library.name} (uid ${library.uid}), which did not come with the file: it stays empty unless Grafana has it`,
        ],
  );
  const sentences = [...askersByReason].map(([why, askers]) => {
    const uniqueAskers = [...new Set(askers)];
    return `${formatList(uniqueAskers, 3)} ${uniqueAskers.length > 1 ? why.replace(/^asks/, "ask") : why}`;
  });
  return [...sentences, ...missing];
}

/** Returns the queries of visible panels, of variables and of annotations. */
function listQuestions(dashboard: Dashboard, model: Readonly<Record<string, unknown>>): Question[] {
  const panels = dashboard.panels.flatMap((panel) =>
    panel.queries
      .filter(({ hidden }) => !hidden)
      .map((query): Question => {
        const { language, expr } = query;
        return { who: `panel ${panel.title}`, ref: findReference(panel, query), language, expr };
      }),
  );
  const listEntries = (key: string) => {
    const entries = (model[key] as { list?: unknown } | null | undefined)?.list;
    return (Array.isArray(entries) ? entries : []).filter((one) => typeof one === "object" && one !== null);
  };
  const variables = listEntries("templating").filter(({ type }) => type === "query");
  const annotations = listEntries("annotations").filter(
    ({ enable, builtIn }) => enable !== false && builtIn !== 1,
  );
  return [
    ...panels,
    ...variables.map((one) => createQuestion(`variable $${one.name}`, one, detectVariableLanguage(one))),
    ...annotations.map((one) => createQuestion(`annotation ${one.name}`, one, detectAnnotationLanguage(one))),
  ];
}

function createQuestion(
  who: string,
  { datasource, expr }: { datasource?: unknown; expr?: unknown },
  language: Language | undefined,
) {
  const ref = toRef(datasourceSchema.parse(datasource));
  return { who, ref, language, expr: typeof expr === "string" ? expr : undefined };
}

/** Returns why Grafana cannot answer a query; undefined if it can, or if that is not known. */
function explainUnanswered(question: Question, { variables }: Dashboard, known: Known): string | undefined {
  const { ref, language, expr } = question;
  const { datasources, given } = known;
  // The data sources are not known, for example if a sidecar adds them.
  if (datasources.length === 0) return undefined;
  const name = ref?.uid ?? "";
  if (given.includes(name)) return undefined;
  const foreignLanguage = isForeign(language, expr) ? language : undefined;
  const inLanguage = foreignLanguage === undefined ? "" : ` in ${foreignLanguage.name}`;
  const [variable] = listVariablesIn(name);
  if (variable !== undefined) {
    const source = variables.find((one) => one.name === variable && one.type === "datasource");
    if (!variables.some((one) => one.name === variable) && !variable.startsWith("__"))
      return `asks ${name}, a variable that the dashboard does not have`;
    if (source === undefined) return undefined;
    if (!datasources.some(({ type }) => isSameType(type, source.query)))
      return `${describeAsking(name, source.query)}, and ${describeDatasources(known, `no data source of type ${source.query}`)}`;
    return prometheusTypes.includes(source.query) && foreignLanguage !== undefined
      ? `${describeAsking(name, source.query)}${inLanguage}, which no Prometheus answers`
      : undefined;
  }
  const resolved = resolveDatasource(ref, new Map(), datasources);
  if (resolved.kind === "missing" && name !== "")
    return `${describeAsking(name, ref?.type)}${ref?.type === undefined ? inLanguage : ""}, and ${describeDatasources(known, "no such data source")}`;
  if (resolved.kind === "other" && ref?.uid === undefined && ref?.type !== undefined)
    return isBuiltInType(ref.type)
      ? undefined
      : `asks a data source of type ${ref.type}, and ${describeDatasources(known, "none")}`;
  if (resolved.kind !== "prometheus" || foreignLanguage === undefined) return undefined;
  const which = ref === undefined ? "the default data source " : "";
  return `asks ${which}${resolved.datasource.name}${inLanguage}, which no Prometheus answers`;
}

function describeAsking(name: string, type: string | undefined): string {
  return `asks ${name}${type === undefined ? "" : ` (type ${type})`}`;
}

/** Returns the end of a sentence that lists Grafana's data sources. */
function describeDatasources({ datasources }: Known, what: string): string {
  return `Grafana's values define ${what}, only ${datasources.map(({ name, type }) => `${name} (${type})`).join(", ")}`;
}

/** True if the type is one of Grafana's own data sources. */
function isBuiltInType(type: string): boolean {
  return ["datasource", "grafana", "mixed", "dashboard", "__expr__"].includes(type);
}

/** The data source that a reference resolves to in Grafana. */
export type Resolved =
  | { readonly kind: "prometheus"; readonly datasource: Datasource }
  /** Another kind of datasource, or one of Grafana's built-in ones: `-- Grafana --`, an expression. */
  | { readonly kind: "other"; readonly what: string }
  /** Each query has its own. */
  | { readonly kind: "mixed" }
  /** It shows what another panel asked. */
  | { readonly kind: "shared" }
  | { readonly kind: "missing"; readonly name: string; readonly why: string };

/** Returns the reference that counts for a query: the panel's own, unless that is mixed or missing. */
export function findReference(panel: Panel, query: PanelQuery): DatasourceRef | undefined {
  const own = panel.datasource;
  if (own === undefined || isMixed(own.uid)) return query.datasource;
  // An expression is computed from other queries of the panel, whatever the panel's datasource.
  return query.datasource?.uid === "__expr__" ? query.datasource : own;
}

function isMixed(uid: string | undefined): boolean {
  return uid === "-- Mixed --";
}

/** Finds what a reference means; a name is as good as a uid, as in Grafana. */
export function resolveDatasource(
  ref: DatasourceRef | undefined,
  values: Values,
  datasources: readonly Datasource[],
): Resolved {
  if (ref?.uid === undefined) return resolveDefault(ref?.type, datasources);
  const uid = fillVariables(ref.uid, values, "plain");
  if (isMixed(uid)) return { kind: "mixed" };
  if (uid === "-- Dashboard --") return { kind: "shared" };
  if (uid === "__expr__" || uid === "-- Grafana --" || ref.type === "datasource" || uid === "grafana")
    return { kind: "other", what: uid === "__expr__" ? "an expression of Grafana's" : "Grafana itself" };
  if (uid === "default") return resolveDefault(undefined, datasources);
  const found = datasources.find((one) => one.uid === uid) ?? datasources.find((one) => one.name === uid);
  if (found) return toResolved(found);
  return { kind: "missing", name: uid || ref.uid, why: explainMissing(uid, ref, datasources) };
}

function explainMissing(uid: string, ref: DatasourceRef, datasources: readonly Datasource[]): string {
  const have = datasources.map(({ name, uid: own }) => `${name} (uid ${own})`).join(", ") || "none";
  if (/^\$\{?\w+\}?$/.test(uid))
    return `its datasource is ${uid}, an input that was never filled in; Grafana has ${have}`;
  if (uid === "") return `its datasource is ${ref.uid}, a variable without a value; Grafana has ${have}`;
  return `its datasource ${uid} does not exist; Grafana has ${have}`;
}

/** Returns the default data source of a type; of any type if none is given. */
function resolveDefault(type: string | undefined, datasources: readonly Datasource[]): Resolved {
  const defaultSource = datasources.find(({ isDefault }) => isDefault);
  const datasource =
    type === undefined || defaultSource?.type === type
      ? defaultSource
      : datasources.find((one) => one.type === type);
  if (datasource) return toResolved(datasource);
  if (type !== undefined && !prometheusTypes.includes(type)) return { kind: "other", what: type };
  return {
    kind: "missing",
    name: "the default one",
    why: "it uses the default datasource, and Grafana has none",
  };
}

/** Returns the data source as resolved: a Prometheus, or another kind. */
function toResolved(datasource: Datasource): Resolved {
  if (prometheusTypes.includes(datasource.type)) return { kind: "prometheus", datasource };
  return { kind: "other", what: `${datasource.name}, a datasource of type ${datasource.type}` };
}
