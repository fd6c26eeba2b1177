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
  /** Where it begins. */
  readonly start: Position;
  /**
   * Of the key that a path ends with, or of its value; of what is nearest to it when it isn't there.
   * @param character of the text there, from 0
   */
  place(path: Path, on: "key" | "value", character?: number): Position;
}

/** Returns the documents of a YAML file that are not empty, with the values that helm and Kubernetes read in them. */
export function readDocuments(text: string): PlacedDocument[] {
  const lineCounter = new LineCounter();
  const documents = [...parseDocuments(text, { lineCounter, merge: true, customTags: addHelmTags })];
  const positionOf = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  return documents.flatMap((document): PlacedDocument[] => {
    const start = positionOf(document.contents?.range?.[0] ?? 0);
    const error = findFirstError(document, text);
    if (error) {
      const position = positionOf(error.offset);
      return [{ data: undefined, error: { position, problem: error.problem }, start, place: () => position }];
    }
    keepKeys(document);
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
            if (length < path.length || on === "key") return positionOf(entry.key ?? entry.value);
            const within = character === undefined ? undefined : entry.scalar;
            return positionOf(within ? findOffsetInScalar(within, character ?? 0, text) : entry.value);
          }
          return start;
        },
      },
    ];
  });
}

/** Keeps keys as texts, for example numbers, and `y` in `gridPos: {x: 0, y: 0}`. */
function keepKeys(document: Document): void {
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && ["boolean", "number"].includes(typeof key.value))
        key.value = key.source ?? key.value;
    },
  });
}

/** Returns the first error of a document with its offset; undefined if it is valid. */
function findFirstError(document: Document, text: string): { offset: number; problem: string } | undefined {
  const foreign = findForeignTemplate(document, text);
  const [error] = document.errors;
  if (foreign !== undefined || error === undefined) return foreign;
  // The library names the place once more, and shows the line.
  const message = (error.message.split("\n", 1)[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
  return { offset: error.pos[0], problem: explainYamlError(error.code, message, text, error.pos) };
}
