import type { LoadedConfig } from "./load.ts";
import { showPath } from "./mistakes.ts";
import { parseSet } from "./set-values.ts";
import { type SettingName, settings } from "./settings.ts";
import { readYaml, type YamlFile } from "./yaml.ts";
import { offsetInScalar, type YamlEntry } from "./yaml-entries.ts";

type Path = readonly (string | number)[];

/** A place in the user's configuration. */
export interface Place {
  /** As shown: relative to the working folder where it lies below. */
  readonly file: string;
  /** From 1; the same for the column. */
  readonly line: number;
  readonly column: number;
}

/** What to look for in the user's values. */
export interface Wanted {
  /** The app whose values they are; undefined: any, and the settings of the file too. */
  readonly app: string | undefined;
  /** Key paths, or the ends of some: `image.tag` finds `server.image.tag`. */
  readonly keys: readonly string[];
  /** Scalars that stand there as they are. */
  readonly values: readonly string[];
}

/** A part of a file that holds values; paths in it begin below `at`. */
interface Source {
  readonly file: string;
  readonly yaml: YamlFile;
  readonly text: string;
  readonly at: Path;
}

/**
 * Where the configuration says what is wanted: a wanted key with a wanted value before a key with any, a whole key path
 * before the end of one, a key before a value elsewhere; of an app's values the later, which win. Of several keys of the
 * same name the one nearest to a wanted value: of the job, rule or monitor with that name. Undefined when nothing of it was
 * written by the user.
 */
export function locate(loaded: LoadedConfig, { app, keys, values }: Wanted): Place | undefined {
  const read = reader(loaded);
  const apps = app === undefined ? Object.keys(loaded.config.apps) : [app];
  const sources = [
    ...apps.flatMap((name) => valuesOf(loaded, name, read)),
    ...rest(loaded, app, read),
    ...(app === undefined ? filesOfSettings(loaded, read) : []),
  ].map((source) => ({ ...source, entries: entriesOf(source) }));
  const isWhole = (key: string) => (entry: YamlEntry, at: Path) => dotted(entry.path, at) === plainKey(key);
  const isEnd = (key: string) => (entry: YamlEntry, at: Path) =>
    `.${dotted(entry.path, at)}`.endsWith(`.${plainKey(key)}`);
  const holds = ({ scalar }: YamlEntry) =>
    scalar !== undefined && (values.includes(String(scalar.value)) || values.includes(scalar.source ?? ""));
  const isKey = keys.flatMap((key) => [isWhole(key), isEnd(key)]);
  const isMention = (one: YamlEntry) => holds(one) && !one.path.some((part) => references.includes(part));
  const first = (matches: Matches, what: Test["what"]): Test => ({
    find: ({ entries, at }) => entries.find((entry) => matches(entry, at)),
    what,
  });
  const tests: Test[] = [
    ...isKey.map((test) => first((one, at) => holds(one) && test(one, at), "value")),
    ...isKey.map((test): Test => ({ find: (source) => nearest(source, test, values, holds), what: "key" })),
    ...isKey.map((test) => first(test, "key")),
    ...(values.length > 0 ? [first(isMention, "value")] : []),
  ];
  for (const { find, what } of tests) {
    for (const source of sources) {
      const found = find(source);
      if (found) return placeOf(source, loaded, what === "key" ? (found.key ?? found.value) : found.value);
    }
  }
  return undefined;
}

type Matches = (entry: YamlEntry, at: Path) => boolean;

interface Test {
  find(source: Source & { readonly entries: readonly YamlEntry[] }): YamlEntry | undefined;
  readonly what: "key" | "value";
}

/** Keys that name an app: whatever has the same name is not meant by them. */
const references: readonly (string | number)[] = ["depends_on", "needs"];

/** The key that shares the most of its path with a wanted value, or has one in its path; undefined if none shares any. */
function nearest(
  { entries, at }: Source & { readonly entries: readonly YamlEntry[] },
  matches: Matches,
  values: readonly string[],
  holds: (entry: YamlEntry) => boolean,
): YamlEntry | undefined {
  const near = entries.filter(holds).map(({ path }) => path);
  const closeness = ({ path }: YamlEntry) =>
    Math.max(
      path.findLastIndex((part, index) => index >= at.length && values.includes(String(part))) + 1,
      ...near.map((other) => {
        const differs = path.findIndex((part, index) => part !== other[index]);
        return differs === -1 ? path.length : differs;
      }),
    );
  const ranked = entries
    .filter((entry) => matches(entry, at))
    .map((entry) => ({ entry, close: closeness(entry) }))
    .filter(({ close }) => close > at.length)
    .toSorted((a, b) => b.close - a.close);
  return ranked[0]?.entry;
}

/** The files of rules, monitors and Alertmanager's configuration that the settings name. */
function filesOfSettings({ config }: LoadedConfig, read: Reader): Source[] {
  const routes = config.alerting?.config;
  const alertmanager = routes !== undefined && "file" in routes ? [routes.file] : [];
  return [...(config.rules ?? []), ...(config.monitors ?? []), ...alertmanager].flatMap((file) => {
    const own = read(file);
    return own === undefined ? [] : [{ file, ...own, at: [] }];
  });
}

/** What is below `at`, and what is in the texts there that are YAML themselves, such as `extraScrapeConfigs: |`. */
function entriesOf(source: Source): readonly YamlEntry[] {
  const own = below(source);
  return [...own, ...own.flatMap((entry) => embedded(entry, source.text))];
}

function embedded({ path, scalar }: YamlEntry, text: string): YamlEntry[] {
  const value = scalar?.type === "BLOCK_LITERAL" ? String(scalar.value) : "";
  if (scalar === undefined || !/^\s*(?:- )?[\w"'.-]+:/m.test(value)) return [];
  const offset = (inside: number) => offsetInScalar(scalar, inside, text);
  return readYaml(value)
    .entries()
    .map((one) => ({
      ...one,
      path: [...path, ...one.path],
      key: one.key === undefined ? undefined : offset(one.key),
      value: offset(one.value),
    }));
}

/**
 * Where a key path of an app's values was written last; undefined when the user didn't. `character` is a position in
 * the scalar's value that stands there, from 0.
 */
export function placeInValues(
  loaded: LoadedConfig,
  app: string,
  path: Path,
  { what = "value", character }: { readonly what?: "key" | "value"; readonly character?: number } = {},
): Place | undefined {
  const read = reader(loaded);
  const set = placeInSet(loaded, app, path, read);
  if (set) return set;
  for (const source of valuesOf(loaded, app, read)) {
    const wanted = JSON.stringify([...source.at, ...path]);
    const found = source.yaml.entries().find((entry) => JSON.stringify(entry.path) === wanted);
    if (!found) continue;
    if (what === "key") return placeOf(source, loaded, found.key ?? found.value);
    const within = character !== undefined && found.scalar;
    return placeOf(source, loaded, within ? offsetInScalar(within, character, source.text) : found.value);
  }
  return undefined;
}

/** Where `set`, or `set_values` of an app directory, sets what is at a key path or below it: that wins over all files. */
function placeInSet(loaded: LoadedConfig, app: string, path: Path, read: Reader): Place | undefined {
  for (const source of rest(loaded, app, read)) {
    const found = source.yaml.entries().findLast((entry) => {
      const [key, name, ...deeper] = entry.path.slice(source.at.length);
      const isSet = source.at.every((part, index) => entry.path[index] === part);
      if (!isSet || (key !== "set" && key !== "set_values") || name === undefined || deeper.length > 0)
        return false;
      const parsed = parseSet(typeof name === "number" ? String(entry.scalar?.value ?? "") : `${name}=`);
      if ("why" in parsed) return false;
      return parsed.values.some((one) => path.every((part, index) => one.path[index] === part));
    });
    if (found) return placeOf(source, loaded, found.key ?? found.value);
  }
  return undefined;
}

/** The files that hold an app's values, and below which key path: what the default apps bring is in none. */
export function filesOfValues(
  loaded: LoadedConfig,
  app: string,
): { readonly file: string; readonly at: Path }[] {
  return valuesOf(loaded, app, reader(loaded)).map(({ file, at }) => ({ file, at }));
}

/** Where a key of an app's own stands, e.g. `["version"]`: in monstack.yaml, else in the app directory. */
export function placeInApp(
  loaded: Pick<LoadedConfig, "config" | "texts" | "appDirFiles" | "cwd">,
  app: string,
  path: Path,
): Place | undefined {
  for (const source of rest(loaded, app, reader(loaded))) {
    const wanted = JSON.stringify([...source.at, ...path]);
    const found = source.yaml.entries().find((entry) => JSON.stringify(entry.path) === wanted);
    if (found) return placeOf(source, loaded, found.value);
  }
  return undefined;
}

/** Where a setting stands in the configuration file; undefined when it came from anywhere else. */
export function placeOfSetting(loaded: LoadedConfig, name: SettingName): Place | undefined {
  const { inFile } = settings[name];
  if (loaded.origins[name] !== "file" || inFile === undefined) return undefined;
  return placeInFile(loaded, inFile);
}

/** Where a key path of the configuration file stands, e.g. `["checks", 2, "promql"]`. */
export function placeInFile(
  loaded: LoadedConfig,
  path: Path,
  what: "key" | "value" = "value",
): Place | undefined {
  const source = rest(loaded, undefined, reader(loaded)).find(({ file }) => file === loaded.config.file);
  const wanted = JSON.stringify(path);
  const found = source?.yaml.entries().find((entry) => JSON.stringify(entry.path) === wanted);
  if (!source || !found) return undefined;
  return placeOf(source, loaded, what === "key" ? (found.key ?? found.value) : found.value);
}

type Reader = (path: string) => { readonly yaml: YamlFile; readonly text: string } | undefined;

/** Each file is read once, and its entries are made once. */
function reader({ texts }: Pick<LoadedConfig, "texts">): Reader {
  const known = new Map<string, ReturnType<Reader>>();
  return (path) => {
    if (!known.has(path)) {
      const text = texts[path];
      known.set(
        path,
        text === undefined ? undefined : { yaml: once(readYaml(text, { keysMayRepeat: true })), text },
      );
    }
    return known.get(path);
  };
}

function once(yaml: YamlFile): YamlFile {
  let entries: readonly YamlEntry[] | undefined;
  return {
    ...yaml,
    entries: () => {
      entries ??= yaml.entries();
      return entries;
    },
  };
}

/** Where an app's values come from, the last, which wins, first. What the default apps bring has no place. */
function valuesOf(loaded: LoadedConfig, app: string, read: Reader): Source[] {
  const { config } = loaded;
  const inline = inlineSpots(loaded, app, read);
  const sources: Source[] = [];
  for (const source of [...(config.apps[app]?.values ?? [])].reverse()) {
    if ("inline" in source) {
      const spot = inline.pop();
      if (spot) sources.push(spot);
    } else if ("file" in source) {
      const file = read(source.file);
      if (file) sources.push({ file: source.file, ...file, at: [] });
    }
  }
  return sources;
}

/** The mappings among an app's `values` in the configuration file, in its order. */
function inlineSpots({ config }: LoadedConfig, app: string, read: Reader): Source[] {
  const own = config.file === undefined ? undefined : read(config.file);
  if (config.file === undefined || own === undefined) return [];
  const at = ["apps", app, "values"];
  const values = at.reduce<unknown>((node, key) => (isMapping(node) ? node[key] : undefined), own.yaml.data);
  const spot = (path: Path): Source => ({ file: config.file ?? "", ...own, at: path });
  if (isMapping(values)) return [spot(at)];
  if (!Array.isArray(values)) return [];
  return values.flatMap((one, index) => (isMapping(one) ? [spot([...at, index])] : []));
}

/** What else the configuration's files say of an app (its chart, its version), or all of it; what wins is first. */
function rest(
  { config, appDirFiles = [] }: Pick<LoadedConfig, "config" | "appDirFiles">,
  app: string | undefined,
  read: Reader,
): Source[] {
  return [config.file, ...appDirFiles].flatMap((file) => {
    const own = file === undefined ? undefined : read(file);
    if (file === undefined || own === undefined) return [];
    return [{ file, ...own, at: app === undefined ? [] : ["apps", app] }];
  });
}

function below({ yaml, at }: Source): readonly YamlEntry[] {
  return yaml
    .entries()
    .filter(({ path }) => path.length > at.length && at.every((part, index) => path[index] === part));
}

/** As a key path is written: what is below `at`, without the lists' indexes. */
function dotted(path: Path, at: Path): string {
  return path
    .slice(at.length)
    .filter((part) => typeof part === "string")
    .join(".");
}

/** `prometheus\.yml` is written both ways. */
function plainKey(key: string): string {
  return key.replaceAll("\\.", ".");
}

function placeOf({ file, yaml }: Source, { cwd }: Pick<LoadedConfig, "cwd">, offset: number): Place {
  return { file: showPath(cwd, file), ...yaml.placeOf(offset) };
}

function isMapping(node: unknown): node is Record<string, unknown> {
  return typeof node === "object" && node !== null && !Array.isArray(node);
}
