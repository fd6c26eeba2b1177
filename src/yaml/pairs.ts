import { isCollection, isMap, isNode, isScalar, LineCounter, stringify } from "yaml";
import { parseOneDocument } from "../lib/yaml-text.ts";
import { formatValue } from "./mistakes.ts";
import { addHelmTags, readYaml, type YamlFile } from "./read.ts";

type Path = readonly (string | number)[];

/** A key at the top of a YAML text, and its value. */
export interface YamlPair {
  readonly key: string;
  readonly value: unknown;
  /** Returns `line:column` of the value at a path below the key; of the key if there is no such value. */
  placeOf(path: Path): string;
}

/**
 * Returns the keys at the top of a YAML text with their values. Unlike in `readYaml`, a repeated key is a pair of its
 * own. A text that is not a mapping is an error.
 */
export function readPairs(text: string): {
  readonly pairs: readonly YamlPair[];
  readonly errors: YamlFile["errors"];
} {
  const { data, errors } = readYaml(text, { keysMayRepeat: true });
  if (errors.length > 0) return { pairs: [], errors };
  const lineCounter = new LineCounter();
  const document = parseOneDocument(text, {
    lineCounter,
    merge: true,
    uniqueKeys: false,
    customTags: addHelmTags,
  });
  const { contents } = document;
  if (data === undefined || data === null) return { pairs: [], errors: [] };
  if (!isMap(contents))
    return { pairs: [], errors: [{ position: "1:1", problem: `${formatValue(data)} is not a mapping` }] };
  const formatOffset = (node: unknown, otherwise: number) => {
    const { line, col } = lineCounter.linePos(isNode(node) ? (node.range?.[0] ?? otherwise) : otherwise);
    return `${line}:${col}`;
  };
  const pairs = contents.items.map(({ key, value }): YamlPair => {
    const keyOffset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
    return {
      key: isScalar(key) ? String(key.value) : "",
      value: isNode(value) ? value.toJS(document) : value,
      placeOf: (path) => {
        const inner = path.length > 0 && isCollection(value) ? value.getIn(path, true) : undefined;
        return formatOffset(inner, keyOffset);
      },
    };
  });
  return { pairs, errors: [] };
}

/** Returns a value as YAML on one line: `[a, b]`, `{a: 1}`, `"1.5"`. */
export function formatFlowValue(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0, version: "1.1" }).trim();
}
