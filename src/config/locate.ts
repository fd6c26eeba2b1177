import { findOffsetInScalar, type YamlEntry } from "../yaml/entries.ts";
import { showPath } from "../yaml/mistakes.ts";
import { parseSet } from "./apps/set-values.ts";
import type { LoadedConfig } from "./load.ts";
import { type SettingName, settings } from "./settings.ts";
import {
  createReader,
  listEntries,
  listSourcesOfApp,
  listSourcesOfSettings,
  listSourcesOfValues,
  type Path,
  type Reader,
  type Source,
} from "./values-in-files.ts";

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
  /** Scalars, as they are written. */
  readonly values: readonly string[];
  /** Key paths of what the cause is about, where none of `keys` was written: the labels of a manifest. */
  readonly otherwise?: readonly string[];
}

/**
 * Returns the place in the configuration that best matches what is wanted; undefined if the user wrote nothing of it.
 * A wanted key with a wanted value comes before a key alone, a whole key path before the end of one, a key before a
 * value elsewhere, and later values of an app, which win, before earlier ones. Of several keys of the same name, the
 * one nearest to a wanted value is returned: that of the job, rule or monitor with this name.
 */
export function locate(loaded: LoadedConfig, { otherwise = [], ...wanted }: Wanted): Place | undefined {
  const found = locateKeys(loaded, wanted);
  if (found !== undefined || otherwise.length === 0) return found;
  return locateKeys(loaded, { ...wanted, keys: otherwise });
}

/** Returns the first match of the tests, from the most to the least specific; undefined if none matches. */
function locateKeys(
  loaded: LoadedConfig,
  { app, keys, values }: Omit<Wanted, "otherwise">,
): Place | undefined {
  const read = createReader(loaded);
  const apps = app === undefined ? Object.keys(loaded.config.apps) : [app];
  const sources = [
    ...apps.flatMap((name) => listSourcesOfValues(loaded, name, read)),
    ...listSourcesOfApp(loaded, app, read),
    ...(app === undefined ? listSourcesOfSettings(loaded) : []),
  ].map((source) => ({ ...source, entries: listEntries(source) }));
  const isWhole = (key: string) => (entry: YamlEntry, at: Path) =>
    formatKeyPath(entry.path, at) === stripEscapes(key);
  const isEnd = (key: string) => (entry: YamlEntry, at: Path) =>
    `.${formatKeyPath(entry.path, at)}`.endsWith(`.${stripEscapes(key)}`);
  const holds = ({ scalar }: YamlEntry) =>
    scalar !== undefined && (values.includes(String(scalar.value)) || values.includes(scalar.source ?? ""));
  const isKey = keys.flatMap((key) => [isWhole(key), isEnd(key)]);
  const isMention = (one: YamlEntry) => holds(one) && !one.path.some((part) => references.includes(part));
  const first = (matches: Matches, what: Test["what"]): Test => ({
    find: ({ entries, at }) => entries.find((entry) => matches(entry, at)),
    what,
  });
  const alone = (test: Test): Test => ({
    ...test,
    find: (source) => (source.isWhole ? undefined : test.find(source)),
  });
  const tests: Test[] = [
    ...isKey.map((test) => first((one, at) => holds(one) && test(one, at), "value")),
    ...isKey.map(
      (test): Test => ({ find: (source) => findNearestKey(source, test, values, holds), what: "key" }),
    ),
    ...isKey.map((test) => alone(first(test, "key"))),
    ...(values.length > 0 ? [alone(first(isMention, "value"))] : []),
  ];
  for (const { find, what } of tests) {
    for (const source of sources) {
      const found = find(source);
      if (found) return toPlace(source, loaded, what === "key" ? (found.key ?? found.value) : found.value);
    }
  }
  return undefined;
}

type Matches = (entry: YamlEntry, at: Path) => boolean;

interface Test {
  find(source: Source & { readonly entries: readonly YamlEntry[] }): YamlEntry | undefined;
  readonly what: "key" | "value";
}

/**
 * Keys whose values are names of apps. Such a value is never taken for a mention of something else with that name.
 */
const references: readonly (string | number)[] = ["depends_on", "needs"];

/**
 * Returns the key that shares most of its path with a wanted value, or has one in its path; undefined if there is
 * none.
 */
function findNearestKey(
  { entries, at, isWhole }: Source & { readonly entries: readonly YamlEntry[] },
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
    .filter(({ close }) => close > at.length || (isWhole && near.length > 0))
    .toSorted((a, b) => b.close - a.close);
  return ranked[0]?.entry;
}

/**
 * Returns the place where a key path of an app's values was written last; undefined if the user did not write it.
 * @param character position in the value of the scalar there, from 0
 */
export function placeInValues(
  loaded: LoadedConfig,
  app: string,
  path: Path,
  { what = "value", character }: { readonly what?: "key" | "value"; readonly character?: number } = {},
): Place | undefined {
  const read = createReader(loaded);
  const setPlace = placeInSet(loaded, app, path, read);
  if (setPlace) return setPlace;
  for (const source of listSourcesOfValues(loaded, app, read)) {
    const wanted = JSON.stringify([...source.at, ...path]);
    const found = source.yaml.entries().find((entry) => JSON.stringify(entry.path) === wanted);
    if (!found) continue;
    if (what === "key") return toPlace(source, loaded, found.key ?? found.value);
    const within = character !== undefined && found.scalar;
    return toPlace(source, loaded, within ? findOffsetInScalar(within, character, source.text) : found.value);
  }
  return undefined;
}

/** Returns the place where `set` (in an app directory `set_values`), which overrides all files, sets a key path or a key below it. */
function placeInSet(loaded: LoadedConfig, app: string, path: Path, read: Reader): Place | undefined {
  for (const source of listSourcesOfApp(loaded, app, read)) {
    const found = source.yaml.entries().findLast((entry) => {
      const [key, name, ...deeper] = entry.path.slice(source.at.length);
      const isSet = source.at.every((part, index) => entry.path[index] === part);
      if (!isSet || (key !== "set" && key !== "set_values") || name === undefined || deeper.length > 0)
        return false;
      const parsed = parseSet(typeof name === "number" ? String(entry.scalar?.value ?? "") : `${name}=`);
      if ("why" in parsed) return false;
      return parsed.values.some((one) => path.every((part, index) => one.path[index] === part));
    });
    if (found) return toPlace(source, loaded, found.key ?? found.value);
  }
  return undefined;
}

/** Returns the files that hold an app's values, and the key path above them. Values of default apps are in none. */
export function listValuesFiles(
  loaded: LoadedConfig,
  app: string,
): { readonly file: string; readonly at: Path }[] {
  return listSourcesOfValues(loaded, app, createReader(loaded)).map(({ file, at }) => ({ file, at }));
}

/** Returns the place of a key of an app itself, for example `["version"]`: in monstack.yaml, else in the app directory. */
export function placeInApp(
  loaded: Pick<LoadedConfig, "config" | "texts" | "appDirFiles" | "cwd">,
  app: string,
  path: Path,
): Place | undefined {
  for (const source of listSourcesOfApp(loaded, app, createReader(loaded))) {
    const wanted = JSON.stringify([...source.at, ...path]);
    const found = source.yaml.entries().find((entry) => JSON.stringify(entry.path) === wanted);
    if (found) return toPlace(source, loaded, found.value);
  }
  return undefined;
}

/** Returns the place of a setting in the configuration file; undefined if it came from anywhere else. */
export function placeOfSetting(loaded: LoadedConfig, name: SettingName): Place | undefined {
  const { inFile } = settings[name];
  if (loaded.origins[name] !== "file" || inFile === undefined) return undefined;
  return placeInFile(loaded, inFile);
}

/** Returns the place of a key path in the configuration file, for example `["checks", 2, "promql"]`. */
export function placeInFile(
  loaded: LoadedConfig,
  path: Path,
  what: "key" | "value" = "value",
): Place | undefined {
  const source = listSourcesOfApp(loaded, undefined, createReader(loaded)).find(
    ({ file }) => file === loaded.config.file,
  );
  const wanted = JSON.stringify(path);
  const found = source?.yaml.entries().find((entry) => JSON.stringify(entry.path) === wanted);
  if (!source || !found) return undefined;
  return toPlace(source, loaded, what === "key" ? (found.key ?? found.value) : found.value);
}

/** Returns the part of a path below `at` as a key path, without indexes of lists. */
function formatKeyPath(path: Path, at: Path): string {
  return path
    .slice(at.length)
    .filter((part) => typeof part === "string")
    .join(".");
}

/** Returns a key path without escapes: `prometheus\.yml` is written both ways. */
function stripEscapes(key: string): string {
  return key.replaceAll("\\.", ".");
}

/** Returns the place of an offset in a source. */
function toPlace({ file, yaml }: Source, { cwd }: Pick<LoadedConfig, "cwd">, offset: number): Place {
  return { file: showPath(cwd, file), ...yaml.placeOf(offset) };
}
