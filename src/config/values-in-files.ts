import { isMapping } from "../lib/object.ts";
import { findOffsetInScalar, type YamlEntry } from "../yaml/entries.ts";
import { readYaml, type YamlFile } from "../yaml/read.ts";
import type { LoadedConfig } from "./load.ts";

export type Path = readonly (string | number)[];

/** A part of a file that holds values; paths in it begin below `at`. */
export interface Source {
  readonly file: string;
  readonly yaml: YamlFile;
  readonly text: string;
  readonly at: Path;
  /** Whether the part is one object, in which a key counts only if a wanted value is in it too. */
  readonly isWhole?: boolean;
}

export type Reader = (path: string) => { readonly yaml: YamlFile; readonly text: string } | undefined;

/** Returns a function that reads and parses each file once. */
export function createReader({ texts }: Pick<LoadedConfig, "texts">): Reader {
  const known = new Map<string, ReturnType<Reader>>();
  return (path) => {
    if (!known.has(path)) {
      const text = texts[path];
      known.set(
        path,
        text === undefined
          ? undefined
          : { yaml: cacheEntries(readYaml(text, { keysMayRepeat: true })), text },
      );
    }
    return known.get(path);
  };
}

/** Returns the YAML file with its entries listed only once. */
function cacheEntries(yaml: YamlFile): YamlFile {
  let entries: readonly YamlEntry[] | undefined;
  return {
    ...yaml,
    entries: () => {
      entries ??= yaml.entries();
      return entries;
    },
  };
}

/**
 * Returns the parts of files that hold an app's values, the strongest first. Values of default apps are in no file.
 */
export function listSourcesOfValues(loaded: LoadedConfig, app: string, read: Reader): Source[] {
  const { config } = loaded;
  const inline = listInlineValues(loaded, app, read);
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

/** Returns the mappings among an app's `values` in the configuration file, in order. */
function listInlineValues({ config }: LoadedConfig, app: string, read: Reader): Source[] {
  const own = config.file === undefined ? undefined : read(config.file);
  if (config.file === undefined || own === undefined) return [];
  const at = ["apps", app, "values"];
  const values = at.reduce<unknown>((node, key) => (isMapping(node) ? node[key] : undefined), own.yaml.data);
  const spot = (path: Path): Source => ({ file: config.file ?? "", ...own, at: path });
  if (isMapping(values)) return [spot(at)];
  if (!Array.isArray(values)) return [];
  return values.flatMap((one, index) => (isMapping(one) ? [spot([...at, index])] : []));
}

/**
 * Returns the parts of the configuration's files about an app (its chart, its version), the strongest first. Without
 * an app, returns the whole files.
 */
export function listSourcesOfApp(
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

function listEntriesBelow({ yaml, at }: Source): readonly YamlEntry[] {
  return yaml
    .entries()
    .filter(({ path }) => path.length > at.length && at.every((part, index) => path[index] === part));
}

/**
 * Returns the files of rules, monitors, manifests and Alertmanager's configuration that settings name, with a part
 * for each document.
 */
export function listSourcesOfSettings({ config, texts }: LoadedConfig): Source[] {
  const routes = config.alerting?.config;
  const manifests = Object.values(config.apps).flatMap(({ source }) =>
    source.kind === "manifests" ? source.paths : [],
  );
  const files = [
    ...(config.rules ?? []),
    ...(config.monitors ?? []),
    ...(routes !== undefined && "file" in routes ? [routes.file] : []),
    ...manifests,
  ];
  return files.flatMap((file) =>
    splitDocuments(texts[file] ?? "").map((text) => ({
      file,
      text,
      yaml: readYaml(text),
      at: [],
      isWhole: true,
    })),
  );
}

/** Returns each document with the other ones blanked out, so that offsets are those in the file. */
function splitDocuments(text: string): string[] {
  const starts = [0, ...[...text.matchAll(/^---(?=\s|$)/gm)].map(({ index }) => index + 3)];
  const blank = (part: string) => part.replace(/[^\n]/g, " ");
  return starts.map((start, index) => {
    const next = starts[index + 1];
    const end = next === undefined ? text.length : next - 3;
    return blank(text.slice(0, start)) + text.slice(start, end);
  });
}

/** Returns the entries below `at`, and those in texts that are YAML themselves, such as `extraScrapeConfigs: |`. */
export function listEntries(source: Source): readonly YamlEntry[] {
  const own = listEntriesBelow(source);
  return [...own, ...own.flatMap((entry) => listEmbeddedEntries(entry, source.text))];
}

/**
 * Returns the entries of a block text that is YAML itself, with their offsets in the file; empty for other values.
 */
function listEmbeddedEntries({ path, scalar }: YamlEntry, text: string): YamlEntry[] {
  const value = scalar?.type === "BLOCK_LITERAL" ? String(scalar.value) : "";
  if (scalar === undefined || !/^[ \t]*(?:- )?[\w"'.-]+:/m.test(value)) return [];
  const offset = (inside: number) => findOffsetInScalar(scalar, inside, text);
  return readYaml(value)
    .entries()
    .map((one) => ({
      ...one,
      path: [...path, ...one.path],
      key: one.key === undefined ? undefined : offset(one.key),
      value: offset(one.value),
    }));
}
