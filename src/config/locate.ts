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
  /** The path for messages: relative to the working folder if the file is below it. */
  readonly file: string;
  /** The line and the column count from 1. */
  readonly line: number;
  readonly column: number;
}

/** The keys and values to look for in the user's configuration. */
export interface Wanted {
  /** The app whose values are searched; undefined: all apps, and the settings of the file too. */
  readonly app: string | undefined;
  /** Key paths, or their ends: `image.tag` finds `server.image.tag`. */
  readonly keys: readonly string[];
  /** Scalars as the user wrote them. */
  readonly values: readonly string[];
  /** Key paths to look for if nothing matches `keys` and `values`, for example the labels of a manifest. */
  readonly otherwise?: readonly string[];
}

/**
 * Returns the place in the configuration that best matches what is wanted; undefined if the user wrote nothing of it.
 * A wanted key with a wanted value comes before a key alone, a whole key path before the end of one, a key before a
 * value elsewhere, and later values of an app, which win, before earlier ones. Of several keys of the same name, the
 * one nearest to a wanted value is returned: that of the job, rule or monitor with this name.
 */
export function locate(loaded: LoadedConfig, { otherwise = [], ...wanted }: Wanted): Place | undefined {
  const place = locateKeys(loaded, wanted);
  if (place !== undefined || otherwise.length === 0) return place;
  return locateKeys(loaded, { ...wanted, keys: otherwise });
}

/**
 * Returns the place that the most specific test finds; undefined if none finds any. The tests are, in this order: a
 * key with a wanted value, the key nearest to a wanted value, a key alone, and a wanted value under another key. The
 * last two skip sources that are one whole object.
 */
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
  const isWholePath = (key: string) => (entry: YamlEntry, at: Path) =>
    formatKeyPath(entry.path, at) === stripEscapes(key);
  const isEndOfPath = (key: string) => (entry: YamlEntry, at: Path) =>
    `.${formatKeyPath(entry.path, at)}`.endsWith(`.${stripEscapes(key)}`);
  const hasWantedValue = ({ scalar }: YamlEntry) =>
    scalar !== undefined && (values.includes(String(scalar.value)) || values.includes(scalar.source ?? ""));
  const keyTests = keys.flatMap((key) => [isWholePath(key), isEndOfPath(key)]);
  const isMention = (entry: YamlEntry) =>
    hasWantedValue(entry) && !entry.path.some((part) => references.includes(part));
  const createTest = (matches: Matches, what: Test["what"]): Test => ({
    find: ({ entries, at }) => entries.find((entry) => matches(entry, at)),
    what,
  });
  const skipWholeSources = (test: Test): Test => ({
    ...test,
    find: (source) => (source.isWhole ? undefined : test.find(source)),
  });
  const tests: Test[] = [
    ...keyTests.map((test) => createTest((entry, at) => hasWantedValue(entry) && test(entry, at), "value")),
    ...keyTests.map(
      (test): Test => ({
        find: (source) => findNearestKey(source, test, values, hasWantedValue),
        what: "key",
      }),
    ),
    ...keyTests.map((test) => skipWholeSources(createTest(test, "key"))),
    ...(values.length > 0 ? [skipWholeSources(createTest(isMention, "value"))] : []),
  ];
  for (const { find, what } of tests) {
    for (const source of sources) {
      const foundEntry = find(source);
      if (foundEntry)
        return createPlace(
          source,
          loaded,
          what === "key" ? (foundEntry.key ?? foundEntry.value) : foundEntry.value,
        );
    }
  }
  return undefined;
}

type Matches = (entry: YamlEntry, at: Path) => boolean;

/** A way to find an entry in a source; the place is the entry's key or its value. */
interface Test {
  find(source: Source & { readonly entries: readonly YamlEntry[] }): YamlEntry | undefined;
  readonly what: "key" | "value";
}

/**
 * Keys whose values are names of apps. Such a value never counts as a wanted value, although another object may have
 * the same name.
 */
const references: readonly (string | number)[] = ["depends_on", "needs"];

/**
 * Returns the matching key whose path is nearest to a wanted value: it shares the most steps with the path of such a
 * value, or has a wanted value as a step. Undefined if there is none.
 */
function findNearestKey(
  { entries, at, isWhole }: Source & { readonly entries: readonly YamlEntry[] },
  matches: Matches,
  values: readonly string[],
  hasWantedValue: (entry: YamlEntry) => boolean,
): YamlEntry | undefined {
  const pathsOfValues = entries.filter(hasWantedValue).map(({ path }) => path);
  const countSharedSteps = ({ path }: YamlEntry) =>
    Math.max(
      path.findLastIndex((part, index) => index >= at.length && values.includes(String(part))) + 1,
      ...pathsOfValues.map((valuePath) => {
        const differentIndex = path.findIndex((part, index) => part !== valuePath[index]);
        return differentIndex === -1 ? path.length : differentIndex;
      }),
    );
  const rankedKeys = entries
    .filter((entry) => matches(entry, at))
    .map((entry) => ({ entry, close: countSharedSteps(entry) }))
    .filter(({ close: sharedSteps }) => sharedSteps > at.length || (isWhole && pathsOfValues.length > 0))
    .toSorted((a, b) => b.close - a.close);
  return rankedKeys[0]?.entry;
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
    const searchedPath = JSON.stringify([...source.at, ...path]);
    const entry = source.yaml.entries().find((entry) => JSON.stringify(entry.path) === searchedPath);
    if (!entry) continue;
    if (what === "key") return createPlace(source, loaded, entry.key ?? entry.value);
    const scalar = character !== undefined && entry.scalar;
    return createPlace(
      source,
      loaded,
      scalar ? findOffsetInScalar(scalar, character, source.text) : entry.value,
    );
  }
  return undefined;
}

/** Returns the place where `set` (in an app directory `set_values`), which overrides all files, sets a key path or a key below it. */
function placeInSet(loaded: LoadedConfig, app: string, path: Path, read: Reader): Place | undefined {
  for (const source of listSourcesOfApp(loaded, app, read)) {
    const entry = source.yaml.entries().findLast((entry) => {
      const [key, name, ...deeperKeys] = entry.path.slice(source.at.length);
      const isBelowApp = source.at.every((part, index) => entry.path[index] === part);
      if (
        !isBelowApp ||
        (key !== "set" && key !== "set_values") ||
        name === undefined ||
        deeperKeys.length > 0
      )
        return false;
      const parsed = parseSet(typeof name === "number" ? String(entry.scalar?.value ?? "") : `${name}=`);
      if ("why" in parsed) return false;
      return parsed.values.some((setValue) => path.every((part, index) => setValue.path[index] === part));
    });
    if (entry) return createPlace(source, loaded, entry.key ?? entry.value);
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
    const searchedPath = JSON.stringify([...source.at, ...path]);
    const foundEntry = source.yaml.entries().find((entry) => JSON.stringify(entry.path) === searchedPath);
    if (foundEntry) return createPlace(source, loaded, foundEntry.value);
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
  const searchedPath = JSON.stringify(path);
  const foundEntry = source?.yaml.entries().find((entry) => JSON.stringify(entry.path) === searchedPath);
  if (!source || !foundEntry) return undefined;
  return createPlace(
    source,
    loaded,
    what === "key" ? (foundEntry.key ?? foundEntry.value) : foundEntry.value,
  );
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
function createPlace({ file, yaml }: Source, { cwd }: Pick<LoadedConfig, "cwd">, offset: number): Place {
  return { file: showPath(cwd, file), ...yaml.placeOf(offset) };
}
