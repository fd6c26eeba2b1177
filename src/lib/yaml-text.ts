import {
  type Document,
  type DocumentOptions,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  type ParseOptions,
  parseAllDocuments,
  parseDocument,
  type Scalar,
  type SchemaOptions,
  type ToJSOptions,
  YAMLParseError,
} from "yaml";

type YamlOptions = ParseOptions & DocumentOptions & SchemaOptions & ToJSOptions;

/** How deep a document may be nested. Helm's and Kubernetes' own are some ten levels deep. */
const maxDepth = 200;
/** Mappings and lists in a key. The library needs time that doubles with each. */
const maxKeyDepth = 5;
/** Each one is looked for from the document's begin. */
const mostAliases = 2_000;

/** The library's warnings go to stderr as they are, and quote the text: a runner could take them for commands. */
const quietOptions = { logLevel: "error" } as const;

/**
 * The documents of a foreign text. What would take the library too long or too deep is an error of the document as any
 * other, so that `toJS()` of a document without errors always succeeds.
 */
export function parseDocuments(text: string, options: YamlOptions = {}): Document.Parsed[] {
  // The library compares each key with all before it.
  const given = { ...quietOptions, ...options, uniqueKeys: false };
  const documents = parseUnlessTooDeep(
    () => [...parseAllDocuments(text, given)],
    () => [...parseAllDocuments("null")] as Document.Parsed[],
  );
  for (const document of documents) {
    const found = addExcessError(document, options.uniqueKeys !== false);
    if (found !== undefined) found.message = formatMessageWithPlace(found, text);
  }
  return documents;
}

/** The same of a text of one document, with the places of its errors as offsets only. */
export function parseOneDocument(text: string, options: YamlOptions): Document.Parsed {
  const given = { ...quietOptions, ...options, uniqueKeys: false, prettyErrors: false };
  const [document] = parseUnlessTooDeep(
    () => [parseDocument(text, given)],
    () => [parseDocument("null", given)],
  );
  if (document === undefined) throw new Error("a text is one document at least");
  addExcessError(document, options.uniqueKeys !== false);
  return document;
}

/** @param stand makes the document that takes the place of one that the library's calls are too deep for */
function parseUnlessTooDeep(
  parse: () => Document.Parsed[],
  stand: () => Document.Parsed[],
): Document.Parsed[] {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const documents = stand();
    documents[0]?.errors.push(createParseError([0, 1], `nested deeper than ${maxDepth} levels`));
    return documents;
  }
}

/** Adds what is wrong with a document that has no errors to them. */
function addExcessError(document: Document.Parsed, areKeysUnique: boolean): YAMLParseError | undefined {
  if (document.errors.length > 0) return undefined;
  const found = findDocumentError(document, areKeysUnique) ?? findExpansionError(document);
  if (found !== undefined) document.errors.push(found);
  return found;
}

/** As the library adds it to its own errors. */
function formatMessageWithPlace({ message, pos }: YAMLParseError, text: string): string {
  const before = text.slice(0, pos[0]);
  const column = pos[0] - before.lastIndexOf("\n");
  return `${message} at line ${before.split("\n").length}, column ${column}`;
}

/**
 * The data of a foreign text of one document.
 * @throws YAMLParseError
 */
export function parseYaml(text: string, options: YamlOptions = {}): unknown {
  const [document, second] = parseDocuments(text, options);
  const error = document?.errors[0];
  if (error !== undefined) throw error;
  if (second !== undefined) throw createParseError([0, 1], "more than one document");
  return document === undefined ? null : document.toJS();
}

/** Aliases of aliases: the library counts what they come to, and throws. */
function findExpansionError(document: Document.Parsed): YAMLParseError | undefined {
  try {
    document.toJS();
    return undefined;
  } catch (error) {
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    return createParseError([0, 1], error.message);
  }
}

/** Returns an error for a document that is too deep or too costly to read; otherwise undefined. Not recursive: the nesting may be too deep. */
function findDocumentError(document: Document.Parsed, areKeysUnique: boolean): YAMLParseError | undefined {
  const open: { node: unknown; depth: number; keyDepth: number }[] = [
    { node: document.contents, depth: 0, keyDepth: 0 },
  ];
  let aliases = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth, keyDepth } = next;
    if (isAlias(node) && ++aliases > mostAliases)
      return createParseError(getOffsets(node), `more than ${mostAliases} aliases`);
    if (isPair(node)) {
      // An object's own prototype: what is laid over others by its keys would change it.
      if (isScalar(node.key) && node.key.value === "__proto__")
        return createParseError(getOffsets(node.key), "__proto__ can't be a key");
      const key = isCollection(node.key) ? keyDepth + 1 : keyDepth;
      if (key > maxKeyDepth)
        return createParseError(getOffsets(node.key), `keys nested deeper than ${maxKeyDepth} levels`);
      open.push({ node: node.value, depth, keyDepth }, { node: node.key, depth, keyDepth: key });
    }
    if (!isCollection(node)) continue;
    if (depth >= maxDepth) return createParseError(getOffsets(node), `nested deeper than ${maxDepth} levels`);
    const second = areKeysUnique && isMap(node) ? findRepeatedScalarKeys(node.items)[0] : undefined;
    if (second !== undefined)
      return new YAMLParseError(getOffsets(second), "DUPLICATE_KEY", "Map keys must be unique");
    for (const item of node.items) open.push({ node: item, depth: depth + 1, keyDepth });
  }
  return undefined;
}

/** Returns every key that its mapping has already, anywhere in a document that was read with `uniqueKeys: false`. */
export function findRepeatedKeys({ contents }: Document): Scalar[] {
  const found: Scalar[] = [];
  const open: unknown[] = [contents];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isPair(node)) open.push(node.value);
    if (!isCollection(node)) continue;
    open.push(...node.items);
    if (isMap(node)) found.push(...findRepeatedScalarKeys(node.items));
  }
  return found;
}

/** Returns the keys that occur before in the same mapping. Keys that are not scalars are never equal. */
function findRepeatedScalarKeys(items: readonly { readonly key: unknown }[]): Scalar[] {
  const seen = new Set<unknown>();
  return items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    const isRepeated = seen.has(key.value);
    seen.add(key.value);
    return isRepeated ? [key] : [];
  });
}

function getOffsets(node: unknown): [number, number] {
  const range = (node as { range?: readonly number[] | null } | null)?.range;
  return [range?.[0] ?? 0, range?.[1] ?? 1];
}

function createParseError(at: [number, number], message: string): YAMLParseError {
  return new YAMLParseError(at, "RESOURCE_EXHAUSTION", message);
}
