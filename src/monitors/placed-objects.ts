import { UserError } from "../lib/errors.ts";
import { isMapping } from "../lib/object.ts";
import { readDocuments } from "../yaml/documents.ts";

type Path = readonly (string | number)[];

/** An object as one of the user's files has it. */
export interface PlacedObject {
  readonly object: Readonly<Record<string, unknown>>;
  /** Where it begins: `m.yaml:3:1`. */
  readonly start: string;
  /** Of the key that a path ends with or of its value; `character` is one of the text there, from 0. */
  where(path: Path, on: "key" | "value", character?: number): string;
}

/** The objects in a file of manifests, those of lists too. @throws UserError for what is not YAML, or not an object */
export function objectsInFile(text: string, shownAs: string): PlacedObject[] {
  return readDocuments(text).flatMap(({ data, error, start, place }) => {
    const at = ({ line, column }: { readonly line: number; readonly column: number }) =>
      `${shownAs}:${line}:${column}`;
    if (error) throw new UserError(`${at(error.position)}: ${error.problem}`);
    const where: PlacedObject["where"] = (path, on, character) => at(place(path, on, character));
    return flatten(data, [], { start: at(start), where });
  });
}

function flatten(data: unknown, at: Path, document: Pick<PlacedObject, "start" | "where">): PlacedObject[] {
  const start = at.length === 0 ? document.start : document.where(at, "value");
  if (!isMapping(data))
    throw new UserError(
      `${start}: this is not a Kubernetes object: expected a mapping with kind and apiVersion`,
    );
  const { kind, items } = data;
  if (String(kind).endsWith("List") && Array.isArray(items))
    return items.flatMap((item: unknown, index) => flatten(item, [...at, "items", index], document));
  return [
    { object: data, start, where: (path, on, character) => document.where([...at, ...path], on, character) },
  ];
}
