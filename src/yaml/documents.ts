import { type Document, isScalar, LineCounter, visit } from "yaml";
import { parseDocuments } from "../lib/yaml-text.ts";
import { findOffsetInScalar, listYamlEntries, type YamlEntry } from "./entries.ts";
import { findForeignTemplate } from "./foreign-template.ts";
import { addHelmTags, explainYamlError } from "./read.ts";

type Path = readonly (string | number)[];

/** A position in a file; both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One document of a YAML file, and the positions of its keys and values. */
interface PlacedDocument {
  readonly data: unknown;
  /** Set if the document is invalid YAML; then it has no data. */
  readonly error: { readonly position: Position; readonly problem: string } | undefined;
  /** The position where the document begins. */
  readonly start: Position;
  /**
   * Returns the position of the key at a path, or of its value. If the path does not exist, returns the position of the
   * nearest existing key above it.
   * @param character offset in the value's text, from 0
   */
  findPosition(path: Path, part: "key" | "value", character?: number): Position;
}

/**
 * Returns the documents of a YAML file, without empty ones. A scalar has the value that helm and Kubernetes read: `yes`
 * is true. Keys are always texts. An invalid document has an `error` in place of its data.
 */
export function readDocuments(text: string): PlacedDocument[] {
  const lineCounter = new LineCounter();
  const documents = [...parseDocuments(text, { lineCounter, merge: true, customTags: addHelmTags })];
  const toPosition = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  return documents.flatMap((document): PlacedDocument[] => {
    const start = toPosition(document.contents?.range?.[0] ?? 0);
    const error = findFirstError(document, text);
    if (error) {
      const position = toPosition(error.offset);
      return [
        { data: undefined, error: { position, problem: error.problem }, start, findPosition: () => position },
      ];
    }
    changeKeysToTexts(document);
    const data: unknown = document.toJS();
    if (data === null || data === undefined) return [];
    const findOffset = createOffsetFinder(document, text);
    const findPosition: PlacedDocument["findPosition"] = (...place) => {
      const offset = findOffset(...place);
      return offset === undefined ? start : toPosition(offset);
    };
    return [{ data, error: undefined, start, findPosition }];
  });
}

/**
 * Creates a function that returns the offset of a key or value in the file. If the path does not exist, the function
 * returns the offset of the nearest existing key above it; undefined if there is none. The document's entries are
 * listed at the first call, since most documents need no positions.
 */
function createOffsetFinder(
  document: Document,
  text: string,
): (path: Path, part: "key" | "value", character?: number) => number | undefined {
  let entries: ReadonlyMap<string, YamlEntry> | undefined;
  return (path, part, character) => {
    entries ??= new Map(listYamlEntries(document).map((entry) => [JSON.stringify(entry.path), entry]));
    for (let length = path.length; length > 0; length--) {
      const entry = entries.get(JSON.stringify(path.slice(0, length)));
      if (entry === undefined) continue;
      // An item of a list has no key.
      if (length < path.length || part === "key") return entry.key ?? entry.value;
      if (character === undefined || entry.scalar === undefined) return entry.value;
      return findOffsetInScalar(entry.scalar, character, text);
    }
    return undefined;
  };
}

/**
 * Changes keys that YAML reads as numbers or booleans to their text in the file: `y` in `gridPos: {x: 0, y: 0}` stays
 * `y`, not `true`.
 */
function changeKeysToTexts(document: Document): void {
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && ["boolean", "number"].includes(typeof key.value))
        key.value = key.source ?? key.value;
    },
  });
}

/**
 * Returns a template of another language in the document, else the first error of the YAML library, with its offset;
 * undefined if the document is valid.
 */
function findFirstError(document: Document, text: string): { offset: number; problem: string } | undefined {
  const foreignTemplate = findForeignTemplate(document, text);
  const [error] = document.errors;
  if (foreignTemplate !== undefined || error === undefined) return foreignTemplate;
  // The library's message ends with the position, and a copy of the line follows: both are reported separately.
  const message = (error.message.split("\n", 1)[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
  return { offset: error.pos[0], problem: explainYamlError(error.code, message, text, error.pos) };
}
