type Path = readonly (string | number)[];

/** `${NAME}` is an environment variable, `${file:PATH}` the content of a file, `$${` a literal `${`. */
const referencePattern = /\$(\$\{)|\$\{(?:file:([^}]{1,1024})|([A-Za-z_][A-Za-z0-9_]{0,200}))\}/g;

/** A reference in a text to a value outside of it. */
export interface Reference {
  readonly kind: "env" | "file";
  /** The variable's name, or the file's path as written. */
  readonly name: string;
  /** Position in the text, from 0. */
  readonly character: number;
}

/** A reference with the key path of its text. */
export interface PlacedReference extends Reference {
  readonly path: Path;
}

/** Data whose references were replaced. */
export interface Resolved {
  readonly value: unknown;
  /** The references that were replaced, with their content. */
  readonly filled: readonly (PlacedReference & { readonly content: string })[];
  readonly missing: readonly PlacedReference[];
}

/** Returns the paths of the files that a text references. */
export function listReferencedFiles(text: string): string[] {
  return [...text.matchAll(referencePattern)].flatMap(([, , path]) =>
    path === undefined ? [] : [path.trim()],
  );
}

/**
 * Replaces the references in every text of some data. References without a value are left as written.
 * @param lookUp returns the value of a reference; undefined if there is none
 */
export function resolveReferences(
  data: unknown,
  lookUp: (reference: PlacedReference) => string | undefined,
): Resolved {
  const filled: (PlacedReference & { content: string })[] = [];
  const missing: PlacedReference[] = [];
  const visit = (node: unknown, path: Path): unknown => {
    if (typeof node === "string") return fillText(node, path);
    if (Array.isArray(node)) return node.map((child, index) => visit(child, [...path, index]));
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, child]) => [key, visit(child, [...path, key])]),
    );
  };
  const fillText = (text: string, path: Path): string =>
    text.replace(
      referencePattern,
      (
        whole,
        escaped: string | undefined,
        file: string | undefined,
        variable: string | undefined,
        character: number,
      ) => {
        // `$${` is written for a literal `${`.
        if (escaped !== undefined) return escaped;
        const kind = file === undefined ? "env" : "file";
        const placedReference = { kind, name: (file ?? variable ?? "").trim(), character, path } as const;
        const content = lookUp(placedReference);
        if (content === undefined) missing.push(placedReference);
        else filled.push({ ...placedReference, content });
        return content ?? whole;
      },
    );
  return { value: visit(data, []), filled, missing };
}
