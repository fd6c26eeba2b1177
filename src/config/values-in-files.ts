import { isMapping } from "../lib/object.ts";
import { findOffsetInScalar, type YamlEntry } from "../yaml/entries.ts";
import { readYaml, type YamlFile } from "../yaml/read.ts";
import type { LoadedConfig } from "./load.ts";

export type Path = readonly (string | number)[];

/** A file, or a part of it, that holds values; paths in it begin below `at`. */
export interface Source {
  readonly file: string;
  readonly yaml: YamlFile;
  readonly text: string;
  readonly at: Path;
  /** True if the part is one object: then a key only counts if the object contains a wanted value too. */
  readonly isWhole?: boolean;
}

export type Reader = (path: string) => { readonly yaml: YamlFile; readonly text: string } | undefined;

/** Returns a function that reads and parses each file once. */
export function createReader({ texts }: Pick<LoadedConfig, "texts">): Reader {
  const filesByPath = new Map<string, ReturnType<Reader>>();
  return (path) => {
    if (!filesByPath.has(path)) {
      const text = texts[path];
      filesByPath.set(
        path,
        text === undefined
          ? undefined
          : { yaml: cacheEntries(readYaml(text, { keysMayRepeat: true })), text },
      );
    }
    return filesByPath.get(path);
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
  const inlineSources = listInlineValues(loaded, app, read);
  const sources: Source[] = [];
  for (const values of [...(config.apps[app]?.values ?? [])].reverse()) {
    if ("inline" in values) {
      if (values.isFromSet) continue;
      const source = inlineSources.pop();
      if (source) sources.push(source);
    } else if ("file" in values) {
      const file = read(values.file);
      if (file) sources.push({ file: values.file, ...file, at: [] });
    }
  }
  return sources;
}

/** Returns the mappings among an app's `values` in the configuration file, in order. */
function listInlineValues({ config }: LoadedConfig, app: string, read: Reader): Source[] {
  const configFile = config.file === undefined ? undefined : read(config.file);
  if (config.file === undefined || configFile === undefined) return [];
  const at = ["apps", app, "values"];
  const values = at.reduce<unknown>(
    (node, key) => (isMapping(node) ? node[key] : undefined),
    configFile.yaml.data,
  );
  const createSource = (path: Path): Source => ({ file: config.file ?? "", ...configFile, at: path });
  if (isMapping(values)) return [createSource(at)];
  if (!Array.isArray(values)) return [];
  return values.flatMap((item, index) => (isMapping(item) ? [createSource([...at, index])] : []));
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
    const parsedFile = file === undefined ? undefined : read(file);
    if (file === undefined || parsedFile === undefined) return [];
    return [{ file, ...parsedFile, at: app === undefined ? [] : ["apps", app] }];
  });
}

/** Returns the entries of a file below the key path `at`. */
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

const separator = "---";

/**
 * Returns each YAML document of a text. The other documents are replaced by spaces, so that offsets in the result are
 * offsets in the file.
 */
function splitDocuments(text: string): string[] {
  const documentStarts = [
    0,
    ...[...text.matchAll(/^---(?=\s|$)/gm)].map(({ index }) => index + separator.length),
  ];
  const replaceBySpaces = (part: string) => part.replace(/[^\n]/g, " ");
  return documentStarts.map((start, index) => {
    const nextStart = documentStarts[index + 1];
    const end = nextStart === undefined ? text.length : nextStart - separator.length;
    return replaceBySpaces(text.slice(0, start)) + text.slice(start, end);
  });
}

/** Returns the entries below `at`, and those in texts that are YAML themselves, such as `extraScrapeConfigs: |`. */
export function listEntries(source: Source): readonly YamlEntry[] {
  const entries = listEntriesBelow(source);
  return [...entries, ...entries.flatMap((entry) => listEmbeddedEntries(entry, source.text))];
}

/**
 * Returns the entries of a block text that is YAML itself, with their offsets in the file; empty for other values. A
 * text counts as YAML if one of its lines begins with a key.
 */
function listEmbeddedEntries({ path, scalar }: YamlEntry, text: string): YamlEntry[] {
  const value = scalar?.type === "BLOCK_LITERAL" ? String(scalar.value) : "";
  if (scalar === undefined || !/^[ \t]*(?:- )?[\w"'.-]+:/m.test(value)) return [];
  const findOffset = (offsetInText: number) => findOffsetInScalar(scalar, offsetInText, text);
  return readYaml(value)
    .entries()
    .map((embedded) => ({
      ...embedded,
      path: [...path, ...embedded.path],
      key: embedded.key === undefined ? undefined : findOffset(embedded.key),
      value: findOffset(embedded.value),
    }));
}
