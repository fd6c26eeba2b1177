import { readDocuments } from "../../yaml/documents.ts";
import type { ValueContent } from "./value-contents.ts";

type Path = readonly (string | number)[];

/** Where a part of an app's values stands in the user's files; `character` is one of the text there, from 0. */
export type WhereIs = (path: Path, on: "key" | "value", character?: number) => string;

/** A document in an app's values: a mapping or a list as it is, or one of those in a text. */
export interface Spot {
  readonly content: ValueContent;
  readonly data: unknown;
  /** It is not YAML. */
  readonly error: { readonly where: string; readonly problem: string } | undefined;
  /** Of a path in the document. */
  readonly where: WhereIs;
}

/** The documents of a content. Of a text in which helm fills something in only helm knows what it holds: it has none. */
export function spotsIn(content: ValueContent, where: WhereIs): Spot[] {
  const { data, path: at } = content;
  if (typeof data !== "string")
    return [
      {
        content,
        data,
        error: undefined,
        where: (path, on, character) => where([...at, ...path], on, character),
      },
    ];
  if (data.includes("{{")) return [];
  return readDocuments(data).map((document) => {
    const inText: WhereIs = (path, on, character) =>
      where(at, "value", offsetOf(data, document.place(path, on, character)));
    const { error } = document;
    return {
      content,
      data: document.data,
      error: error && { where: where(at, "value", offsetOf(data, error.position)), problem: error.problem },
      where: inText,
    };
  });
}

function offsetOf(
  text: string,
  { line, column }: { readonly line: number; readonly column: number },
): number {
  const before = text.split("\n").slice(0, line - 1);
  return before.reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
}
