import { isPromql, type Language, languageOf, languageOfText } from "./languages.ts";

type Model = Readonly<Record<string, unknown>>;

/**
 * The language in which a dashboard asks each data source, by the name or uid that the dashboard has for it: of panels,
 * library panels, variables and annotations. A data source that is asked nothing whose language shows is not in it.
 */
export function spokenTo(model: Model): ReadonlyMap<string, Language> {
  const heard = new Map<string, Language[]>();
  const hear = (ref: unknown, language: Language | undefined) => {
    const name = nameIn(ref);
    if (name === undefined || language === undefined) return;
    heard.set(name, [...(heard.get(name) ?? []), language]);
  };
  for (const panel of panelsIn(model))
    for (const target of mappingsIn(panel["targets"])) {
      const own = nameIn(panel["datasource"]);
      const isShared = own === undefined || own === "-- Mixed --";
      const ref = isShared ? target["datasource"] : panel["datasource"];
      hear(ref, languageOf(target, nameIn(ref)));
    }
  for (const one of mappingsIn(mapping(model["annotations"])["list"]))
    hear(one["datasource"], languageOfAnnotation(one));
  for (const one of mappingsIn(mapping(model["templating"])["list"]))
    if (one["type"] === "query") hear(one["datasource"], languageOfVariable(one));
  return new Map([...heard].flatMap(([name, all]) => mostHeard(name, all)));
}

/** Queries of one data source are in one language; what is left of another one's in some does not count. */
function mostHeard(name: string, all: readonly Language[]): (readonly [string, Language])[] {
  const promql = all.filter(isPromql);
  const other = all.filter((one) => !isPromql(one)).toSorted((a, b) => b.types.length - a.types.length);
  const found = promql.length >= other.length ? promql[0] : other[0];
  return found === undefined ? [] : [[name, found]];
}

export function languageOfAnnotation(annotation: Model): Language | undefined {
  const { target, query } = annotation;
  const known = typeof query === "string" ? languageOfText(query) : undefined;
  return known ?? languageOf({ ...annotation, target: undefined, ...mapping(target) });
}

export function languageOfVariable({ query, definition }: Model): Language | undefined {
  if (typeof query !== "object" || query === null) return languageOfText(String(query ?? definition ?? ""));
  const { query: text, refId } = query as Model;
  if (/^Loki/.test(String(refId))) return { name: "LogQL", types: ["loki"] };
  return languageOfText(String(text ?? definition ?? "")) ?? languageOf({ ...query, query: undefined });
}

function nameIn(ref: unknown): string | undefined {
  const name = typeof ref === "string" ? ref : mapping(ref)["uid"];
  return typeof name === "string" && name !== "" ? name : undefined;
}

/** Rows hold panels, both as old schemas have them and collapsed. */
function panelsIn(model: Model): Model[] {
  const elements = model["__elements"];
  const library = mappingsIn(Array.isArray(elements) ? elements : Object.values(mapping(elements)));
  const held = [
    ...mappingsIn(model["panels"]),
    ...mappingsIn(model["rows"]),
    ...library.map((one) => mapping(one["model"])),
  ];
  return held.flatMap((one) => [one, ...mappingsIn(one["panels"])]);
}

function mappingsIn(list: unknown): Model[] {
  return (Array.isArray(list) ? list : []).filter((one) => typeof one === "object" && one !== null);
}

function mapping(value: unknown): Model {
  return typeof value === "object" && value !== null ? (value as Model) : {};
}
