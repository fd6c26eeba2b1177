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
  /** The key that it belongs to: `resources`, `path`. */
  readonly key: string;
  /** Without the login that may be in it, on one line. */
  readonly text: string;
}

/** In a folder, https://github.com/kubernetes-sigs/kustomize/blob/master/api/konfig/general.go */
const kustomizationNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** Keys whose texts kustomize opens as configuration of its own: a folder, a file, or the YAML itself. */
const withPlugins = new Set(["generators", "transformers", "validators"]);
/** Keys whose texts can be folders with a kustomization. */
const withFolders = new Set([...withPlugins, "resources", "bases", "components"]);

/**
 * Keys below which nothing is opened: texts of objects, names and patches as they are. Every other text counts, so that
 * a key that a later kustomize adds is looked at as well.
 */
const freeTexts = new Set(
  `commonlabels commonannotations labels annotations metadata literals patch jsonop images imagetags vars replicas
  sourcevalue valuesinline valueslocal nameprefix namesuffix namespace generatoroptions options target targets source
  select reject fieldpath fieldpaths apiversion kind buildmetadata`.split(/\s+/),
);

/** A file of more nodes is not one that people write: aliases can make billions of a few lines. */
const mostNodes = 100_000;
const mostFiles = 1_000;
const mostBytes = 8 * 1024 ** 2;

/**
 * Finds what kustomize would fetch: in the folder's kustomization and in every folder and file of this machine that it
 * leads to. The keys are compared without case, as kustomize does.
 * @throws UserError for a file that can't be read as kustomize reads it
 */
export async function findRemoteReferences(files: Files, folder: string): Promise<RemoteReference[]> {
  const search: Search = { files, found: [], seen: new Set(), nodes: 0 };
  await searchFolder(search, folder);
  return search.found;
}

interface Search {
  readonly files: Files;
  readonly found: RemoteReference[];
  /** Paths of files that were read. */
  readonly seen: Set<string>;
  nodes: number;
}

async function searchFolder(search: Search, folder: string): Promise<void> {
  for (const name of kustomizationNames) await searchFile(search, join(folder, name));
}

async function searchFile(search: Search, path: string): Promise<void> {
  const { files, seen } = search;
  if (seen.has(path)) return;
  seen.add(path);
  if (seen.size > mostFiles) throw createUnreadableError(path, `it leads to more than ${mostFiles} files`);
  const text = (await files.exists(path)) ? await readBounded(files, path) : undefined;
  if (text !== undefined) await searchText(search, text, { path, folder: dirname(path), line: 0 });
}

/** A link in a repository can lead to what has no end. Undefined for a folder, which can be called so as well. */
async function readBounded(files: Files, path: string): Promise<string | undefined> {
  try {
    return await readBody(files.stream(path), mostBytes);
  } catch (error) {
    if (error instanceof BodyTooLarge)
      throw createUnreadableError(path, `it has more than ${mostBytes} bytes`);
    // kustomize reports what is wrong with it.
    return undefined;
  }
}

interface Origin {
  readonly path: string;
  /** What its paths are relative to. */
  readonly folder: string;
  /** Lines of the file before the text. */
  readonly line: number;
}

async function searchText(search: Search, text: string, origin: Origin): Promise<void> {
  for (const { key, value, line, column } of readTexts(search, text, origin)) {
    const where = `${origin.path}:${line}:${column}`;
    if (isRemote(value, key)) search.found.push({ where, key, text: maskReference(value) });
    else if (withFolders.has(foldKey(key))) await follow(search, value, foldKey(key), { ...origin, line });
  }
}

interface Text {
  /** The key that it is below. */
  readonly key: string;
  readonly value: string;
  readonly line: number;
  readonly column: number;
}

/** Every text that kustomize may open. */
function readTexts(search: Search, text: string, origin: Origin): Text[] {
  const lines = new LineCounter();
  try {
    // A key that is there twice is kustomize's to refuse.
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

/** Into a folder or file of this machine, or into YAML that is written in the text itself. */
async function follow(search: Search, value: string, key: string, origin: Origin): Promise<void> {
  if (withPlugins.has(key) && /[\n{]/.test(value)) return await searchText(search, value, origin);
  const path = isAbsolute(value) ? value : join(origin.folder, value);
  if (withPlugins.has(key)) await searchFile(search, path);
  await searchFolder(search, path);
}

function listScalars(
  search: Search,
  document: Document.Parsed | Document,
  { path }: Origin,
): { key: string; node: Scalar }[] {
  const scalars: { key: string; node: Scalar }[] = [];
  const visit = (unresolved: unknown, key: string): void => {
    search.nodes += 1;
    if (search.nodes > mostNodes) throw createUnreadableError(path, `it has more than ${mostNodes} values`);
    const node = isAlias(unresolved) ? unresolved.resolve(document) : unresolved;
    if (!isNode(node) || isAlias(node)) return;
    // `!!binary` hides a text.
    if (node.tag && !/^(tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)|!)$/.test(node.tag))
      throw createUnreadableError(path, `it has the tag ${node.tag}`);
    if (isScalar(node)) scalars.push({ key, node });
    if (isSeq(node)) for (const item of node.items) visit(item, key);
    if (!isMap(node)) return;
    for (const { key: written, value } of node.items) {
      const name = isAlias(written) ? written.resolve(document) : written;
      const inner = isScalar(name) ? String(name.value) : "";
      // A merged map's keys are this map's own.
      if (!freeTexts.has(foldKey(inner))) visit(value, inner === "<<" ? key : inner);
    }
  };
  visit(document.contents, "");
  return scalars;
}

/** Keys are compared as Go's encoding/json does it: without case, U+017F and U+212A for s and k. */
function foldKey(key: string): string {
  return key.toUpperCase().toLowerCase();
}

/**
 * Whether kustomize, of this version or an earlier one, takes a text for something to be fetched: a URL, `git::...`,
 * `user@host:path`, `github.com/...`. See git.NewRepoSpecFromURL and loader.IsRemoteFile.
 * @param key `files` may have a name before the address: `NAME=https://...`
 */
export function isRemote(value: string, key = ""): boolean {
  const text = foldKey(key) === "files" ? value.slice(value.indexOf("=") + 1) : value;
  return /^\s*([a-z][a-z0-9+.-]{0,40}:\S|[a-z][a-z0-9-]{0,99}@|(www\.)?(github|gitlab)\.com[/:]|bitbucket\.org[/:])/i.test(
    text,
  );
}

function maskReference(value: string): string {
  const line = value.trim().split("\n")[0] ?? "";
  return line.replace(/\/\/[^/@]{0,500}@/, "//***@").slice(0, 200);
}

function createUnreadableError(path: string, why: string): UserError {
  return new UserError(`${path} can't be searched for what it fetches: ${why}`, {
    fix: "write it as plain YAML, or run without a lock and without a bundle",
  });
}
