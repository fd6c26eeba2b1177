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

/** The deepest nesting of a document. Documents of Helm and Kubernetes have about ten levels. */
const maxDepth = 200;
/** The deepest nesting of mappings and lists inside a key. The library's time doubles with each level. */
const maxKeyDepth = 5;
/** The maximum number of aliases. The library searches the document from its beginning for each one. */
const maxAliases = 2_000;

/** Turns off the library's warnings. They quote the text on stderr, where a runner could read it as a command. */
const quietOptions = { logLevel: "error" } as const;

/**
 * Returns the documents of a foreign text. A document that is too deep or too costly to read gets an error like any
 * other invalid document, so that `toJS()` of a document without errors always succeeds.
 */
export function parseDocuments(text: string, options: YamlOptions = {}): Document.Parsed[] {
  // The library would compare each key with all keys before it. `addExcessError` finds repeated keys in linear time.
  const libraryOptions = { ...quietOptions, ...options, uniqueKeys: false };
  const documents = parseUnlessTooDeep(
    () => [...parseAllDocuments(text, libraryOptions)],
    () => [...parseAllDocuments("null")] as Document.Parsed[],
  );
  for (const document of documents) {
    const excessError = addExcessError(document, options.uniqueKeys !== false);
    if (excessError !== undefined) excessError.message = formatMessageWithPlace(excessError, text);
  }
  return documents;
}

/**
 * Returns the document of a foreign text that has only one, like `parseDocuments`. Its errors have their places as
 * offsets only.
 */
export function parseOneDocument(text: string, options: YamlOptions): Document.Parsed {
  const libraryOptions = { ...quietOptions, ...options, uniqueKeys: false, prettyErrors: false };
  const [document] = parseUnlessTooDeep(
    () => [parseDocument(text, libraryOptions)],
    () => [parseDocument("null", libraryOptions)],
  );
  if (document === undefined) throw new Error("a text is one document at least");
  addExcessError(document, options.uniqueKeys !== false);
  return document;
}

/**
 * Returns the parsed documents; a placeholder with an error if the nesting is too deep for the library's recursion.
 * @param createPlaceholder returns the documents that replace such a text
 */
function parseUnlessTooDeep(
  parse: () => Document.Parsed[],
  createPlaceholder: () => Document.Parsed[],
): Document.Parsed[] {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const documents = createPlaceholder();
    documents[0]?.errors.push(createParseError([0, 1], `nested deeper than ${maxDepth} levels`));
    return documents;
  }
}

/**
 * Adds an error to a valid document that is too deep, too costly to read, or has repeated keys. Returns that error;
 * undefined if there is none.
 */
function addExcessError(document: Document.Parsed, areKeysUnique: boolean): YAMLParseError | undefined {
  if (document.errors.length > 0) return undefined;
  const error = findDocumentError(document, areKeysUnique) ?? findExpansionError(document);
  if (error !== undefined) document.errors.push(error);
  return error;
}

/** Returns an error's message with its line and column, in the library's own form. */
function formatMessageWithPlace({ message, pos }: YAMLParseError, text: string): string {
  const precedingText = text.slice(0, pos[0]);
  const column = pos[0] - precedingText.lastIndexOf("\n");
  return `${message} at line ${precedingText.split("\n").length}, column ${column}`;
}

/**
 * Returns the data of a foreign text of one document; null for an empty text.
 * @throws YAMLParseError if the text is invalid or has several documents
 */
export function parseYaml(text: string, options: YamlOptions = {}): unknown {
  const [document, secondDocument] = parseDocuments(text, options);
  const error = document?.errors[0];
  if (error !== undefined) throw error;
  if (secondDocument !== undefined) throw createParseError([0, 1], "more than one document");
  return document === undefined ? null : document.toJS();
}

/**
 * Returns an error if aliases of aliases expand to too much data, or if an alias is unknown; undefined otherwise. The
 * library finds both only while it converts the document.
 */
function findExpansionError(document: Document.Parsed): YAMLParseError | undefined {
  try {
    document.toJS();
    return undefined;
  } catch (error) {
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    return createParseError([0, 1], error.message);
  }
}

/**
 * Returns an error for a document that is too deep, has too many aliases, the key `__proto__` or a repeated key;
 * otherwise undefined. Not recursive, since the nesting may be too deep for that.
 */
function findDocumentError(document: Document.Parsed, areKeysUnique: boolean): YAMLParseError | undefined {
  const pendingNodes: { node: unknown; depth: number; keyDepth: number }[] = [
    { node: document.contents, depth: 0, keyDepth: 0 },
  ];
  let aliases = 0;
  for (let pending = pendingNodes.pop(); pending !== undefined; pending = pendingNodes.pop()) {
    const { node, depth, keyDepth } = pending;
    if (isAlias(node) && ++aliases > maxAliases)
      return createParseError(getOffsets(node), `more than ${maxAliases} aliases`);
    if (isPair(node)) {
      // Such a key would change the prototype of an object into which the data is merged.
      if (isScalar(node.key) && node.key.value === "__proto__")
        return createParseError(getOffsets(node.key), "__proto__ can't be a key");
      const innerKeyDepth = isCollection(node.key) ? keyDepth + 1 : keyDepth;
      if (innerKeyDepth > maxKeyDepth)
        return createParseError(getOffsets(node.key), `keys nested deeper than ${maxKeyDepth} levels`);
      pendingNodes.push(
        { node: node.value, depth, keyDepth },
        { node: node.key, depth, keyDepth: innerKeyDepth },
      );
    }
    if (!isCollection(node)) continue;
    if (depth >= maxDepth) return createParseError(getOffsets(node), `nested deeper than ${maxDepth} levels`);
    const repeatedKey = areKeysUnique && isMap(node) ? findRepeatedScalarKeys(node.items)[0] : undefined;
    if (repeatedKey !== undefined)
      return new YAMLParseError(getOffsets(repeatedKey), "DUPLICATE_KEY", "Map keys must be unique");
    for (const item of node.items) pendingNodes.push({ node: item, depth: depth + 1, keyDepth });
  }
  return undefined;
}

/**
 * Returns the keys that occur earlier in their mapping, anywhere in a document that was read with `uniqueKeys: false`.
 */
export function findRepeatedKeys({ contents }: Document): Scalar[] {
  const repeatedKeys: Scalar[] = [];
  const pendingNodes: unknown[] = [contents];
  for (let node = pendingNodes.pop(); node !== undefined; node = pendingNodes.pop()) {
    if (isPair(node)) pendingNodes.push(node.value);
    if (!isCollection(node)) continue;
    pendingNodes.push(...node.items);
    if (isMap(node)) repeatedKeys.push(...findRepeatedScalarKeys(node.items));
  }
  return repeatedKeys;
}

/** Returns the keys of a mapping that occur earlier in it. Keys that are not scalars are never equal. */
function findRepeatedScalarKeys(items: readonly { readonly key: unknown }[]): Scalar[] {
  const earlierKeys = new Set<unknown>();
  return items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    const isRepeated = earlierKeys.has(key.value);
    earlierKeys.add(key.value);
    return isRepeated ? [key] : [];
  });
}

/** Returns the offsets of a node's beginning and end in the text. */
function getOffsets(node: unknown): [number, number] {
  const range = (node as { range?: readonly number[] | null } | null)?.range;
  return [range?.[0] ?? 0, range?.[1] ?? 1];
}

/** Returns an error for a document that uses too many resources. */
function createParseError(offsets: [number, number], message: string): YAMLParseError {
  return new YAMLParseError(offsets, "RESOURCE_EXHAUSTION", message);
}
