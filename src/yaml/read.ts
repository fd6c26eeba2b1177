import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ScalarTag,
  type Tags,
} from "yaml";
import { describeError } from "../lib/errors.ts";
import { findRepeatedKeys, parseOneDocument } from "../lib/yaml-text.ts";
import { findOffsetInScalar, listYamlEntries, type YamlEntry } from "./entries.ts";
import { findForeignTemplate } from "./foreign-template.ts";

/** A parsed YAML file, and the positions of its keys and values. */
export interface YamlFile {
  readonly data: unknown;
  /**
   * Returns `line:column` of the value at a path. If the path does not exist, the position is that of the nearest existing
   * node above it.
   * @param offset offset in the value's text, from 0
   */
  valueAt(path: readonly (string | number)[], offset?: number): string;
  /** Returns `line:column` of the key at a path. */
  keyAt(path: readonly (string | number)[]): string;
  readonly errors: readonly { readonly position: string; readonly problem: string }[];
  /** Repeated keys, if they are allowed: the last one counts. */
  readonly repeated: readonly { readonly position: string; readonly key: string }[];
  /** Returns every key and item; empty if there are errors. */
  entries(): readonly YamlEntry[];
  /** Returns the position of an offset in the text; both from 1. */
  placeOf(offset: number): { readonly line: number; readonly column: number };
}

/**
 * Reads YAML as helm does, so that a value has the same meaning in both: `yes` and `on` are true, `0644` is octal and
 * `1_000` a number (helm's library, go.yaml.in/yaml/v2, follows YAML 1.1 in these; https://yaml.org/type/bool.html).
 * @param keysMayRepeat true for files that helm reads: of a repeated key, helm takes the last
 */
export function readYaml(
  text: string,
  { keysMayRepeat = false }: { readonly keysMayRepeat?: boolean } = {},
): YamlFile {
  const lines = new LineCounter();
  const document = parseOneDocument(text, {
    lineCounter: lines,
    merge: true,
    uniqueKeys: !keysMayRepeat,
    customTags: addHelmTags,
  });
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const formatPosition = (offset: number) => {
    const { line, column } = placeOf(offset);
    return `${line}:${column}`;
  };
  const foreignTemplate = findForeignTemplate(document, text);
  const explainedErrors = [...document.errors, ...document.warnings.filter(isComparison)].map((error) => ({
    position: formatPosition(error.pos[0]),
    problem: explainYamlError(error.code, error.message, text, error.pos),
  }));
  // The parser reports two errors for one `>= 1` without quotes.
  const errors = (
    foreignTemplate
      ? [{ ...foreignTemplate, position: formatPosition(foreignTemplate.offset) }]
      : explainedErrors
  ).filter(
    ({ problem }, index, allErrors) =>
      allErrors.findIndex((otherError) => otherError.problem === problem) === index,
  );
  const root = document.contents;
  const findPosition = (path: readonly (string | number)[], what: "key" | "value") =>
    formatPosition(findOffset(root, path, what, document));
  const repeated = keysMayRepeat
    ? findRepeatedKeys(document).map(({ range, value }) => ({
        position: formatPosition(range?.[0] ?? 0),
        key: String(value),
      }))
    : [];
  const accessors = {
    repeated,
    valueAt: (path: readonly (string | number)[], offset?: number) => {
      const node = offset === undefined ? undefined : findNode(root, path, document);
      if (offset === undefined || !isScalar(node)) return findPosition(path, "value");
      return formatPosition(findOffsetInScalar(node, offset, text));
    },
    keyAt: (path: readonly (string | number)[]) => findPosition(path, "key"),
    entries: () => (errors.length > 0 ? [] : listYamlEntries(document)),
    placeOf,
  };
  if (errors.length > 0) return { data: undefined, errors, ...accessors };
  try {
    return { data: document.toJS(), errors, ...accessors };
  } catch (error) {
    return {
      data: undefined,
      errors: [{ position: "1:1", problem: `bad YAML: ${describeError(error)}` }],
      ...accessors,
    };
  }
}

/**
 * True if an error is about `!= x` or `!~ x`. YAML takes these for tags and would read x, the opposite of what is
 * meant.
 */
function isComparison({ code, message }: { code: string; message: string }): boolean {
  return code === "TAG_RESOLVE_FAILED" && /: ?![=~]/.test(message);
}

/** YAML 1.1's other words for true and false. */
const yesNoTag: ScalarTag = {
  tag: "tag:yaml.org,2002:bool",
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|on)/i.test(text),
};

/** YAML 1.1's octal numbers, which begin with 0. */
const octalTag: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^[-+]?0[0-7]+$/,
  resolve: (text) => Number.parseInt(text, 8),
};

/** YAML 1.1's numbers with underscores between digits. */
const underscoredTag: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^[-+]?[1-9][0-9]*_[0-9_]*$/,
  resolve: (text) => Number(text.replaceAll("_", "")),
};

/** Returns the tags with which plain scalars are read as by helm's and Kubernetes' YAML library. */
export function addHelmTags(tags: Tags): Tags {
  return [yesNoTag, octalTag, underscoredTag, ...tags];
}

/** Returns the offset of the key or value at a path, else of the nearest node above it. */
function findOffset(
  root: unknown,
  path: readonly (string | number)[],
  what: "key" | "value",
  document: Document,
): number {
  let node: unknown = root;
  let offset = getNodeStart(root) ?? 0;
  for (const [index, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => getKeyName(key) === String(part));
      if (!pair) return offset;
      const isKeyWanted = what === "key" && index === path.length - 1;
      node = pair.value;
      offset = (isKeyWanted ? undefined : getNodeStart(pair.value)) ?? getNodeStart(pair.key) ?? offset;
    } else if (isSeq(node) && typeof part === "number") {
      node = node.items[part];
      offset = getNodeStart(node) ?? offset;
    } else return offset;
  }
  return offset;
}

/** Returns the node at a path, with aliases resolved; undefined if there is none. */
function findNode(root: unknown, path: readonly (string | number)[], document: Document): unknown {
  return path.reduce<unknown>((node, part) => {
    const resolvedNode = isAlias(node) ? node.resolve(document) : node;
    return isMap(resolvedNode) || isSeq(resolvedNode) ? resolvedNode.get(part, true) : undefined;
  }, root);
}

function getNodeStart(node: unknown): number | undefined {
  return isNode(node) ? ((node as Node).range?.[0] ?? undefined) : undefined;
}

/** Returns the message of an error of the YAML library for the author of the file. */
export function explainYamlError(
  code: string,
  message: string,
  text: string,
  [start]: [number, number],
): string {
  if (code === "DUPLICATE_KEY") {
    const key = /^["']?([^"':\n]+)/.exec(text.slice(start))?.[1]?.trim() ?? "";
    return `the key ${key} is there twice; keep one of them`;
  }
  if (code === "MULTIPLE_DOCS")
    return "a second document starts here (---); expected one document in the file";
  const bare = findBareComparison(text, start);
  if (bare !== undefined)
    return `${bare} means something else to YAML; expected ${JSON.stringify(bare)}, in quotes`;
  if (code === "TAB_AS_INDENT") return "bad YAML: a tab as indentation; expected spaces";
  return `bad YAML: ${message}`;
}

/**
 * Returns the unquoted comparison in the line of an error; undefined if there is none. For YAML, `> 0` starts a
 * folded text and `!= x` is a tag.
 */
function findBareComparison(text: string, errorOffset: number): string | undefined {
  const [line = ""] = text.slice(text.lastIndexOf("\n", errorOffset - 1) + 1).split("\n", 1);
  return /:\s+((?:>=?\s*[-+]?[\d.]|![=~]\s*[^\s,}])[^,}#]*)/.exec(line)?.[1]?.trim();
}

/** Returns the name of a key; undefined for a mapping or a list as a key, whose text can be endless. */
function getKeyName(key: unknown): string | undefined {
  return isCollection(key) ? undefined : String(isScalar(key) ? key.value : key);
}
