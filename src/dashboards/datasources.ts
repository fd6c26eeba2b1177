import { fill } from "./fill.ts";
import { prometheusTypes } from "./languages.ts";
import type { Datasource, DatasourceRef, Panel, PanelQuery, Values } from "./types.ts";

/** What a reference comes to among the datasources that Grafana has. */
export type Resolved =
  | { readonly kind: "prometheus"; readonly datasource: Datasource }
  /** Another kind of datasource, or one of Grafana's built-in ones: `-- Grafana --`, an expression. */
  | { readonly kind: "other"; readonly what: string }
  /** Each query has its own. */
  | { readonly kind: "mixed" }
  /** It shows what another panel asked. */
  | { readonly kind: "shared" }
  | { readonly kind: "missing"; readonly name: string; readonly why: string };

/** A panel's own datasource counts for all its queries, unless it is mixed or says nothing. */
export function refOf(panel: Panel, query: PanelQuery): DatasourceRef | undefined {
  const own = panel.datasource;
  if (own === undefined || isMixed(own.uid)) return query.datasource;
  // An expression is computed from other queries of the panel, whatever the panel's datasource.
  return query.datasource?.uid === "__expr__" ? query.datasource : own;
}

function isMixed(uid: string | undefined): boolean {
  return uid === "-- Mixed --";
}

/** Finds what a reference means; a name is as good as a uid, as in Grafana. */
export function resolve(
  ref: DatasourceRef | undefined,
  values: Values,
  datasources: readonly Datasource[],
): Resolved {
  if (ref?.uid === undefined) return byDefault(ref?.type, datasources);
  const uid = fill(ref.uid, values, "plain");
  if (isMixed(uid)) return { kind: "mixed" };
  if (uid === "-- Dashboard --") return { kind: "shared" };
  if (uid === "__expr__" || uid === "-- Grafana --" || ref.type === "datasource" || uid === "grafana")
    return { kind: "other", what: uid === "__expr__" ? "an expression of Grafana's" : "Grafana itself" };
  if (uid === "default") return byDefault(undefined, datasources);
  const found = datasources.find((one) => one.uid === uid) ?? datasources.find((one) => one.name === uid);
  if (found) return ofType(found);
  return { kind: "missing", name: uid || ref.uid, why: whyMissing(uid, ref, datasources) };
}

function whyMissing(uid: string, ref: DatasourceRef, datasources: readonly Datasource[]): string {
  const have = datasources.map(({ name, uid: own }) => `${name} (uid ${own})`).join(", ") || "none";
  if (/^\$\{?\w+\}?$/.test(uid))
    return `its datasource is ${uid}, an input that was never filled in; Grafana has ${have}`;
  if (uid === "") return `its datasource is ${ref.uid}, a variable without a value; Grafana has ${have}`;
  return `its datasource ${uid} does not exist; Grafana has ${have}`;
}

function byDefault(type: string | undefined, datasources: readonly Datasource[]): Resolved {
  const usual = datasources.find(({ isDefault }) => isDefault);
  const found =
    type === undefined || usual?.type === type ? usual : datasources.find((one) => one.type === type);
  if (found) return ofType(found);
  if (type !== undefined && !prometheusTypes.includes(type)) return { kind: "other", what: type };
  return {
    kind: "missing",
    name: "the default one",
    why: "it uses the default datasource, and Grafana has none",
  };
}

function ofType(datasource: Datasource): Resolved {
  if (prometheusTypes.includes(datasource.type)) return { kind: "prometheus", datasource };
  return { kind: "other", what: `${datasource.name}, a datasource of type ${datasource.type}` };
}
