type Path = readonly (string | number)[];

/** `${NAME}`: an environment variable. `${file:PATH}`: what a file holds. `$${` is a `${` itself. */
const reference = /\$(\$\{)|\$\{(?:file:([^}]{1,1024})|([A-Za-z_][A-Za-z0-9_]{0,200}))\}/g;

/** What a text stands for that isn't in it. */
export interface Reference {
  readonly kind: "env" | "file";
  /** Of the variable, or the path as it is written. */
  readonly name: string;
  /** In the text, from 0. */
  readonly character: number;
}

/** Where a reference stands. */
export interface PlacedReference extends Reference {
  readonly path: Path;
}

export interface Resolved {
  readonly value: unknown;
  /** What was put in, each with the place that it went to. */
  readonly filled: readonly (PlacedReference & { readonly content: string })[];
  readonly missing: readonly PlacedReference[];
}

/** Returns the paths of the files that a text refers to. */
export function fileReferences(text: string): string[] {
  return [...text.matchAll(reference)].flatMap(([, , path]) => (path === undefined ? [] : [path.trim()]));
}

/**
 * Puts what is referred to into every text of some data. What is missing stays as it is written.
 * @param lookUp undefined when there is nothing of this name
 */
export function resolveReferences(
  data: unknown,
  lookUp: (wanted: PlacedReference) => string | undefined,
): Resolved {
  const filled: (PlacedReference & { content: string })[] = [];
  const missing: PlacedReference[] = [];
  const visit = (node: unknown, path: Path): unknown => {
    if (typeof node === "string") return fill(node, path);
    if (Array.isArray(node)) return node.map((one, index) => visit(one, [...path, index]));
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, one]) => [key, visit(one, [...path, key])]));
  };
  const fill = (text: string, path: Path): string =>
    text.replace(
      reference,
      (
        whole,
        escaped: string | undefined,
        file: string | undefined,
        variable: string | undefined,
        character: number,
      ) => {
        if (escaped !== undefined) return escaped;
        const kind = file === undefined ? "env" : "file";
        const found = { kind, name: (file ?? variable ?? "").trim(), character, path } as const;
        const content = lookUp(found);
        if (content === undefined) missing.push(found);
        else filled.push({ ...found, content });
        return content ?? whole;
      },
    );
  return { value: visit(data, []), filled, missing };
}
