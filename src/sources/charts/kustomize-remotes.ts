import { dirname, isAbsolute, join } from "node:path";
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Scalar } from "yaml";
import type { Files } from "../../host/host.ts";
import { BodyTooLarge, readBody } from "../../host/read-body.ts";
import { UserError } from "../../lib/errors.ts";
import { parseDocuments } from "../../lib/yaml-text.ts";

/** A place in a kustomization from which kustomize would fetch something. */
interface RemoteReference {
  /** `FILE:LINE:COLUMN` of the text. */
  readonly where: string;
  /** The key whose value it is: `resources`, `path`. */
  readonly key: string;
  /** The reference on one line, without a login. */
  readonly text: string;
}

/** Names of a folder's kustomization, https://github.com/kubernetes-sigs/kustomize/blob/master/api/konfig/general.go */
const kustomizationNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** Keys whose texts name a plugin's configuration: a folder, a file, or the YAML itself. */
const withPlugins = new Set(["generators", "transformers", "validators"]);
/** Keys whose texts can be folders with a kustomization. */
const withFolders = new Set([...withPlugins, "resources", "bases", "components"]);

/**
 * Keys below which kustomize opens nothing: they contain objects, names and patches. Texts below all other keys are
 * examined, so that keys of later versions of kustomize are covered too.
 */
const freeTexts = new Set(
  `commonlabels commonannotations labels annotations metadata literals patch jsonop images imagetags vars replicas
  sourcevalue valuesinline valueslocal nameprefix namesuffix namespace generatoroptions options target targets source
  select reject fieldpath fieldpaths apiversion kind buildmetadata`.split(/\s+/),
);

/** Nobody writes a file with more nodes, but aliases can make billions from a few lines. */
const maxNodes = 100_000;
const maxFiles = 1_000;
const maxBytes = 8 * 1024 ** 2;

/**
 * Returns everything that kustomize would fetch: from the folder's kustomization and from every local folder and file
 * that it refers to. Keys are compared without case, as kustomize does.
 * @throws UserError for a file that can't be read as kustomize reads it
 */
export async function findRemoteReferences(files: Files, folder: string): Promise<RemoteReference[]> {
  const search: Search = { files, references: [], readPaths: new Set(), nodes: 0 };
  await searchFolder(search, folder);
  return search.references;
}

/** The state of a search. */
interface Search {
  readonly files: Files;
  readonly references: RemoteReference[];
  /** Paths of the files that were read. */
  readonly readPaths: Set<string>;
  nodes: number;
}

/** Searches the kustomization of a folder, if it has one. */
async function searchFolder(search: Search, folder: string): Promise<void> {
  for (const name of kustomizationNames) await searchFile(search, join(folder, name));
}

/** Searches a file, once. A missing file is ignored. @throws UserError if too many files are reached */
async function searchFile(search: Search, path: string): Promise<void> {
  const { files, readPaths } = search;
  if (readPaths.has(path)) return;
  readPaths.add(path);
  if (readPaths.size > maxFiles) throw createUnreadableError(path, `it leads to more than ${maxFiles} files`);
  const text = (await files.exists(path)) ? await readBounded(files, path) : undefined;
  if (text !== undefined) await searchText(search, text, { path, folder: dirname(path), line: 0 });
}

/**
 * Returns a file's text; undefined if the path is a folder or can't be read. Limited, since a link in a repository can
 * lead to an endless file.
 */
async function readBounded(files: Files, path: string): Promise<string | undefined> {
  try {
    return await readBody(files.stream(path), maxBytes);
  } catch (error) {
    if (error instanceof BodyTooLarge)
      throw createUnreadableError(path, `it has more than ${maxBytes} bytes`);
    // kustomize will report the problem.
    return undefined;
  }
}

/** The place of a text that is searched. */
interface Origin {
  readonly path: string;
  /** The folder to which the paths in the text are relative. */
  readonly folder: string;
  /** Lines of the file before the text. */
  readonly line: number;
}

/** Searches a YAML text, and the local folders and files that it refers to. */
async function searchText(search: Search, text: string, origin: Origin): Promise<void> {
  for (const { key, value, line, column } of readTexts(search, text, origin)) {
    const where = `${origin.path}:${line}:${column}`;
    if (isRemote(value, key)) search.references.push({ where, key, text: maskReference(value) });
    else if (withFolders.has(foldKey(key)))
      await searchReferenced(search, value, foldKey(key), { ...origin, line });
  }
}

/** A text in a kustomization. */
interface Text {
  /** The nearest key above it. */
  readonly key: string;
  readonly value: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Returns every text in a YAML file that kustomize may open.
 * @throws UserError if the YAML is invalid
 */
function readTexts(search: Search, text: string, origin: Origin): Text[] {
  const lines = new LineCounter();
  try {
    // A repeated key is accepted here: kustomize refuses it.
    return parseDocuments(text, { merge: true, lineCounter: lines, uniqueKeys: false }).flatMap(
      (document) => {
        const [error] = document.errors;
        if (error) throw createUnreadableError(origin.path, error.message);
        const scalars = listScalars(search, document, origin);
        return scalars.map(({ key, node }) => {
          const { line, col } = lines.linePos(node.range?.[0] ?? 0);
          return { key, value: String(node.value ?? ""), line: origin.line + line, column: col };
        });
      },
    );
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw createUnreadableError(origin.path, "its lists and maps are nested too deeply");
  }
}

/** Searches the local folder or file that a value names, or the YAML that the value itself contains. */
async function searchReferenced(search: Search, value: string, key: string, origin: Origin): Promise<void> {
  if (withPlugins.has(key) && /[\n{]/.test(value)) return await searchText(search, value, origin);
  const path = isAbsolute(value) ? value : join(origin.folder, value);
  if (withPlugins.has(key)) await searchFile(search, path);
  await searchFolder(search, path);
}

/** Returns the scalars that kustomize may open, each with its key; aliases are resolved. */
function listScalars(
  search: Search,
  document: Document.Parsed | Document,
  { path }: Origin,
): { key: string; node: Scalar }[] {
  const scalars: { key: string; node: Scalar }[] = [];
  const visit = (unresolvedNode: unknown, key: string): void => {
    search.nodes += 1;
    if (search.nodes > maxNodes) throw createUnreadableError(path, `it has more than ${maxNodes} values`);
    const node = isAlias(unresolvedNode) ? unresolvedNode.resolve(document) : unresolvedNode;
    if (!isNode(node) || isAlias(node)) return;
    // Other tags are refused: `!!binary` can hide a text.
    if (node.tag && !/^(tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)|!)$/.test(node.tag))
      throw createUnreadableError(path, `it has the tag ${node.tag}`);
    if (isScalar(node)) scalars.push({ key, node });
    if (isSeq(node)) for (const item of node.items) visit(item, key);
    if (!isMap(node)) return;
    for (const { key: unresolvedKey, value } of node.items) {
      const keyNode = isAlias(unresolvedKey) ? unresolvedKey.resolve(document) : unresolvedKey;
      const innerKey = isScalar(keyNode) ? String(keyNode.value) : "";
      // The keys of a merged map (`<<`) belong to this map.
      if (!freeTexts.has(foldKey(innerKey))) visit(value, innerKey === "<<" ? key : innerKey);
    }
  };
  visit(document.contents, "");
  return scalars;
}

/** Returns a key for a comparison without case, as Go's encoding/json compares: U+017F equals s, U+212A equals k. */
function foldKey(key: string): string {
  return key.toUpperCase().toLowerCase();
}

/**
 * True if kustomize, in this version or an earlier one, fetches a text: a URL, `git::...`, `user@host:path`,
 * `github.com/...`. See git.NewRepoSpecFromURL and loader.IsRemoteFile.
 * @param key below `files` a text may have a name before the address: `NAME=https://...`
 */
export function isRemote(value: string, key = ""): boolean {
  const text = foldKey(key) === "files" ? value.slice(value.indexOf("=") + 1) : value;
  return /^\s*([a-z][a-z0-9+.-]{0,40}:\S|[a-z][a-z0-9-]{0,99}@|(www\.)?(github|gitlab)\.com[/:]|bitbucket\.org[/:])/i.test(
    text,
  );
}

/** Returns the first line of a reference, without a login and at most 200 characters long. */
function maskReference(value: string): string {
  const line = value.trim().split("\n")[0] ?? "";
  return line.replace(/\/\/[^/@]{0,500}@/, "//***@").slice(0, 200);
}

function createUnreadableError(path: string, why: string): UserError {
  return new UserError(`${path} can't be searched for what it fetches: ${why}`, {
    fix: "write it as plain YAML, or run without a lock and without a bundle",
  });
}
