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
  place(path: Path, on: "key" | "value", character?: number): Position;
}

/** Returns the documents of a YAML file that are not empty, with the values that helm and Kubernetes read in them. */
export function readDocuments(text: string): PlacedDocument[] {
  const lineCounter = new LineCounter();
  const documents = [...parseDocuments(text, { lineCounter, merge: true, customTags: addHelmTags })];
  const findPosition = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  return documents.flatMap((document): PlacedDocument[] => {
    const start = findPosition(document.contents?.range?.[0] ?? 0);
    const error = findFirstError(document, text);
    if (error) {
      const position = findPosition(error.offset);
      return [{ data: undefined, error: { position, problem: error.problem }, start, place: () => position }];
    }
    keepKeysAsTexts(document);
    const data: unknown = document.toJS();
    if (data === null || data === undefined) return [];
    let entries: ReadonlyMap<string, YamlEntry> | undefined;
    return [
      {
        data,
        error: undefined,
        start,
        place(path, on, character) {
          entries ??= new Map(listYamlEntries(document).map((entry) => [JSON.stringify(entry.path), entry]));
          for (let length = path.length; length > 0; length--) {
            const entry = entries.get(JSON.stringify(path.slice(0, length)));
            if (entry === undefined) continue;
            if (length < path.length || on === "key") return findPosition(entry.key ?? entry.value);
            const scalar = character === undefined ? undefined : entry.scalar;
            return findPosition(scalar ? findOffsetInScalar(scalar, character ?? 0, text) : entry.value);
          }
          return start;
        },
      },
    ];
  });
}

/** Keeps keys as texts, for example numbers, and `y` in `gridPos: {x: 0, y: 0}`. */
function keepKeysAsTexts(document: Document): void {
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && ["boolean", "number"].includes(typeof key.value))
        key.value = key.source ?? key.value;
    },
  });
}

/** Returns the first error of a document with its offset; undefined if it is valid. */
function findFirstError(document: Document, text: string): { offset: number; problem: string } | undefined {
  const foreignTemplate = findForeignTemplate(document, text);
  const [error] = document.errors;
  if (foreignTemplate !== undefined || error === undefined) return foreignTemplate;
  // The library's message ends with the position, and a copy of the line follows: both are reported separately.
  const message = (error.message.split("\n", 1)[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
  return { offset: error.pos[0], problem: explainYamlError(error.code, message, text, error.pos) };
}
