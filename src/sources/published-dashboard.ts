import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { z } from "zod";
import type { DashboardSource } from "../config/dashboards.ts";
import type { Config } from "../config/schema.ts";
import type { Context, Host } from "../host/host.ts";
import { InstallError } from "../lib/errors.ts";
import { isTooDeep, maxLevels } from "../lib/object.ts";
import { joinBelow } from "../lib/path.ts";
import { showUrl } from "../lib/redact/urls.ts";
import { findLockedDashboard, type Lock } from "../lockfile/lock.ts";
import { getCacheFolder, keepFile, refuseShared } from "./cache-folders.ts";
import { createChecksumError, createNotLockedError, fetchText } from "./web/download.ts";
import { HttpStatusError } from "./web/http-errors.ts";
import { applyMirrors } from "./web/mirrors.ts";
import { createWeb, type SourcesOptions, showHosts, showRequest, type Web } from "./web/web.ts";

/** A published dashboard. */
export interface DashboardFile {
  /** A JSON object, unchanged. */
  readonly text: string;
  /** The revision on grafana.com; undefined for a dashboard from a URL. */
  readonly revision: number | undefined;
  /** Hex digest of the published bytes. */
  readonly sha256: string;
  /** The URL before mirrors. */
  readonly origin: string;
}

type Published = Exclude<DashboardSource, { kind: "file" }>;
type OfGrafana = Extract<DashboardSource, { kind: "id" }>;

/** The largest dashboard, in bytes; a ConfigMap holds less. */
const maxBytes = 16 * 1024 ** 2;
const api = "https://grafana.com/api/dashboards";

/**
 * Fetches a dashboard from grafana.com or from a URL, through the mirrors. A revision, or a URL with a checksum, comes
 * from the cache if it was fetched before: it doesn't change.
 * @throws InstallError if it can't be fetched or is not JSON, Interrupted
 */
export async function fetchDashboard(
  context: Context,
  config: Pick<Config, "mirrors">,
  source: Published,
  options: SourcesOptions = {},
): Promise<DashboardFile> {
  const web = createWeb(context, config, options);
  if (web.supply.lock !== undefined) return await fetchLockedDashboard(web, web.supply.lock, source);
  if (source.kind === "id") return await fetchRevision(web, source);
  const { url, sha256 } = source;
  const cached = sha256 === undefined ? undefined : await readCachedDashboard(context, sha256);
  if (cached !== undefined && sha256 !== undefined) {
    context.log.info(`dashboard ${showUrl(url)}: from the cache, sha256 verified`);
    return { text: cached, revision: undefined, sha256, origin: showUrl(url) };
  }
  const text = await fetchText(web, url, maxBytes, { verified: sha256 !== undefined });
  const downloadedSha256 = hashText(text);
  if (sha256 !== undefined && downloadedSha256 !== sha256)
    throw new InstallError(
      `wrong checksum of the dashboard ${showRequest(web, url)}: expected sha256 ${sha256}, got ${downloadedSha256}`,
      {
        fix: "the host or the mirror serves another dashboard than the one with this checksum: check it again",
      },
    );
  refuseNonObject(web, url, text);
  if (sha256 !== undefined) await keepFile(context.host, getTextPath(context.host, sha256), text);
  context.log.info(`dashboard ${showUrl(url)}: from ${showHosts(web, url)}, sha256 ${downloadedSha256}`);
  return { text, revision: undefined, sha256: downloadedSha256, origin: showUrl(url) };
}

/** Fetches a locked dashboard. The lock contains its revision and digest, so nothing else is requested. */
async function fetchLockedDashboard(web: Web, lock: Lock, source: Published): Promise<DashboardFile> {
  const { context, supply } = web;
  const sourceName = source.kind === "id" ? String(source.id) : showUrl(source.url);
  const locked = findLockedDashboard(lock, {
    from: sourceName,
    asked: source.kind === "id" ? source.revision : undefined,
  });
  if (locked === undefined) throw createNotLockedError(web, `dashboard ${sourceName}`);
  const { revision, sha256 } = locked;
  // The URL from the configuration, since a lock contains no credentials.
  const url = source.kind === "id" ? locked.url : source.url;
  const what = `dashboard ${sourceName}${revision === undefined ? "" : ` revision ${revision}`}`;
  const cached = await readCachedDashboard(context, sha256);
  const text = cached ?? (await fetchText(web, url, maxBytes, { verified: true }));
  if (cached === undefined) {
    refuseNonObject(web, url, text);
    if (hashText(text) !== sha256) throw createChecksumError(web, { what, url, sha256 }, hashText(text));
    await keepFile(context.host, getTextPath(context.host, sha256), text);
  }
  const downloadSource = cached === undefined ? showHosts(web, url) : "the cache";
  context.log.info(`${what}: from ${downloadSource}, sha256 as ${supply.lockedBy} says`);
  return { text, revision, sha256, origin: showUrl(url) };
}

/** Fetches a revision from grafana.com or the cache. Without a requested revision, the newest one. */
async function fetchRevision(
  web: Web,
  { id, revision: requestedRevision }: OfGrafana,
): Promise<DashboardFile> {
  const { context } = web;
  const revision = requestedRevision ?? (await findNewestRevision(web, id));
  const origin = `${api}/${id}/revisions/${revision}/download`;
  const cached = await findCachedRevision(context, {
    id,
    revision,
    asked: applyMirrors(origin, web.mirrors),
  });
  if (cached) {
    context.log.info(`dashboard ${id} revision ${revision}: from the cache, sha256 verified`);
    return { ...cached, revision, origin };
  }
  const text = await fetchText(web, origin, maxBytes).catch((cause: unknown) => {
    if (!isHttpStatus(cause, 404)) throw cause;
    throw new InstallError(`dashboard ${id} has no revision ${revision} on grafana.com: ${cause.message}`, {
      cause,
      fix: `name one of the revisions on https://grafana.com/grafana/dashboards/${id}, or leave the revision out`,
    });
  });
  refuseNonObject(web, origin, text);
  const sha256 = hashText(text);
  await keepFile(context.host, getTextPath(context.host, sha256), text);
  await rememberRevision(context, { id, revision, sha256, asked: applyMirrors(origin, web.mirrors) });
  context.log.info(`dashboard ${id} revision ${revision}: from ${showHosts(web, origin)}, sha256 ${sha256}`);
  return { text, revision, sha256, origin };
}

/** Returns a dashboard's newest revision on grafana.com. @throws InstallError if there is no such dashboard */
async function findNewestRevision(web: Web, id: number): Promise<number> {
  const url = `${api}/${id}`;
  const text = await fetchText(web, url, maxBytes).catch((cause: unknown) => {
    if (!isHttpStatus(cause, 404)) throw cause;
    throw new InstallError(`grafana.com has no dashboard ${id}: ${cause.message}`, {
      cause,
      fix: "find its ID on https://grafana.com/grafana/dashboards",
    });
  });
  refuseNonObject(web, url, text);
  const dashboard = z.object({ revision: z.int().positive() }).safeParse(JSON.parse(text));
  if (!dashboard.success)
    throw new InstallError(`${showRequest(web, url)} does not say which revision is the newest`, {
      fix: `name one: ${id}@1`,
    });
  const { revision } = dashboard.data;
  web.context.log.info(`dashboard ${id}: the newest revision is ${revision}, says ${showRequest(web, url)}`);
  return revision;
}

function isHttpStatus(error: unknown, status: number): error is HttpStatusError {
  return error instanceof HttpStatusError && error.status === status;
}

/**
 * Throws if a response with the status 200 is not a JSON object: empty, or a login page.
 * @throws InstallError
 */
function refuseNonObject(web: Web, url: string, text: string): void {
  const problem = describeNonObject(text);
  if (problem === undefined) return;
  throw new InstallError(`${showRequest(web, url)} is not a dashboard: ${problem}`, {
    fix: "the host, the mirror or a proxy before it answers with something else: open the URL, and check `mirrors`",
  });
}

/** Describes a text that is not a JSON object; undefined if it is one. */
export function describeNonObject(text: string): string | undefined {
  const start = text.trimStart().replace(/^\uFEFF/, "");
  if (start === "") return "it is empty";
  if (/^<(!doctype|html|\?xml|head|body)/i.test(start)) {
    const title = /<title[^<>]{0,200}>([^<]{1,100})/i.exec(start)?.[1]?.trim();
    return `it is a web page${title === undefined ? "" : ` (${JSON.stringify(title)})`}`;
  }
  try {
    const value: unknown = JSON.parse(start);
    if (isTooDeep(value)) return `it is JSON, but nested deeper than ${maxLevels} levels`;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return undefined;
    return "it is JSON, but not an object";
  } catch (error) {
    return `it is not JSON (${error instanceof Error ? error.message : String(error)})`;
  }
}

function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A dashboard's revision, as a key of the cache. */
interface Revision {
  readonly id: number;
  readonly revision: number;
  /** The requested URL, after mirrors: the revision of a mirror is valid only for runs with that mirror. */
  readonly asked: string;
}

/** Writes to the cache which text a revision has. */
async function rememberRevision(
  { host }: Context,
  { sha256, ...key }: Revision & { readonly sha256: string },
): Promise<void> {
  const { id, revision } = key;
  await keepFile(host, getPointerPath(host, key), `${JSON.stringify({ id, revision, sha256 })}\n`);
}

/** Returns the path of a cached dashboard, which is named by its sha256. */
export function getTextPath(host: Host, sha256: string): string {
  return joinBelow(getCacheFolder(host), "dashboards", `${sha256}.json`);
}

/** Returns the path of the file with a revision's checksum. */
function getPointerPath(host: Host, { id, revision, asked }: Revision): string {
  const key = createHash("sha256").update(asked).digest("hex").slice(0, 32);
  return joinBelow(getCacheFolder(host), "dashboards", "by-revision", `${id}-${revision}-${key}.json`);
}

/** Returns a cached revision; undefined if it was not fetched before, or its text was changed. */
async function findCachedRevision(
  context: Context,
  key: Revision,
): Promise<{ text: string; sha256: string } | undefined> {
  const pointerPath = getPointerPath(context.host, key);
  await refuseShared(context.host, dirname(pointerPath));
  const pointer = await context.host.files.read(pointerPath);
  const sha256 = /"sha256":"([0-9a-f]{64})"/.exec(pointer ?? "")?.[1];
  const text = sha256 === undefined ? undefined : await readCachedDashboard(context, sha256);
  return text === undefined || sha256 === undefined ? undefined : { text, sha256 };
}

/** Returns the text of a cached dashboard; undefined if there is none. Removes it if its content was changed. */
export async function readCachedDashboard(
  { host, log }: Context,
  sha256: string,
): Promise<string | undefined> {
  const path = getTextPath(host, sha256);
  await refuseShared(host, dirname(path));
  const text = await host.files.read(path);
  if (text === undefined) return undefined;
  if (hashText(text) === sha256) {
    await host.files.touch(path);
    return text;
  }
  log.warn(`the cached dashboard ${path} was changed since it was verified; it is fetched again`);
  await host.files.remove(path);
  return undefined;
}
