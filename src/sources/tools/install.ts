import { isAbsolute, join, resolve } from "node:path";
import { tarEntry } from "../../archive/tar.ts";
import type { Config } from "../../config/schema.ts";
import { InstallError, Interrupted, messageOf, UserError } from "../../host/errors.ts";
import type { Context, Host } from "../../host/host.ts";
import { notInLock } from "../locked.ts";
import { coreOf } from "../semver.ts";
import { checkSignature } from "../signatures/check.ts";
import type { Tool, ToolName } from "../types.ts";
import { sha256Of } from "../web/download.ts";
import { type Web, whence, where } from "../web/http.ts";
import { createWeb, type SourcesOptions } from "../web/web.ts";
import { archiveFile, cachedTool, downloadIn, forgetTool, keepTool } from "./cache.ts";
import { lockedDownload, publishedDownload, type ToolDownload } from "./releases.ts";
import { askVersion } from "./said-version.ts";
import { releaseOf } from "./upstream.ts";
import { resolveVersion } from "./versions.ts";

/** The part of the configuration that says where bytes come from. */
export type SourcesConfig = Pick<Config, ToolName | "mirrors"> & Partial<Pick<Config, "verifySignatures">>;

/** Undefined where signatures aren't asked for. */
type SignatureCheck = typeof checkSignature | undefined;

/** Bytes. What an unpacked helm archive may weigh; it has 70 MB. */
const archiveLimit = 256 * 1024 ** 2;

/**
 * Installs all of them, side by side; the first failure ends the others.
 * @throws InstallError, UserError, Interrupted: the first one's.
 */
export async function installTools<N extends ToolName>(
  context: Context,
  config: SourcesConfig,
  wanted: readonly N[],
  options: SourcesOptions = {},
): Promise<Record<N, Tool>> {
  const stop = new AbortController();
  const linked = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  const failures: unknown[] = [];
  const installed = await Promise.all(
    wanted.map(async (name) => {
      try {
        return [[name, await installTool(linked, config, name, options)]] as const;
      } catch (error) {
        failures.push(error);
        stop.abort();
        return [];
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
  return Object.fromEntries(installed.flat()) as Record<N, Tool>;
}

/**
 * One tool, from the user's path, the cache or its upstream host (through the mirrors), its checksum verified and
 * its version asked.
 * @throws UserError when the path or the version can't be right, InstallError when it can't be had.
 */
export async function installTool(
  context: Context,
  config: SourcesConfig,
  name: ToolName,
  options: SourcesOptions = {},
): Promise<Tool> {
  const { path, version: asked } = config[name];
  const checkSigned = config.verifySignatures ? checkSignature : undefined;
  if (path !== undefined) return localTool(context, name, path, checkSigned !== undefined);
  const web = createWeb(context, config, options);
  const wish = await wishFor(web, name, asked);
  return (await fromCache(web, wish, checkSigned)) ?? (await fromUpstream(web, wish, checkSigned));
}

/** What exactly is wanted. */
interface Wish {
  readonly name: ToolName;
  readonly asked: string;
  readonly version: string;
  /** Of the download, hex, where it is known without asking anybody. */
  readonly sha256: string | undefined;
  readonly find: () => Promise<ToolDownload>;
}

async function wishFor(web: Web, name: ToolName, asked: string): Promise<Wish> {
  const { lock } = web.supply;
  if (lock !== undefined) {
    const locked = lock.tools[name];
    if (locked === undefined) throw notInLock(web, name);
    const download = lockedDownload(web, name, locked);
    return { name, asked, version: locked.version, sha256: download.sha256, find: async () => download };
  }
  const { version, from } = await resolveVersion(web, name, asked);
  if (from !== "as asked") web.context.log.info(`${name} ${asked} is ${version}, says ${from}`);
  return { name, asked, version, sha256: undefined, find: () => publishedDownload(web, name, version) };
}

/** The transport with a configuration's mirrors. */
async function localTool(
  context: Context,
  name: ToolName,
  given: string,
  wantsSignature: boolean,
): Promise<Tool> {
  const path = isAbsolute(given) ? given : resolve(given);
  const mend = `name an executable ${name} in ${name}.path, or leave the key out to have one downloaded`;
  if (!(await context.host.files.exists(path)))
    throw new UserError(`${name}.path: there is no ${path}`, { mend });
  const version = await askVersion(context, name, path).catch((cause: unknown) => {
    throw new UserError(`${name}.path: ${messageOf(cause)}`, { mend, cause });
  });
  context.log.info(`${name} ${version}: from ${path}`);
  const sha256 = await sha256Of(context.host, path);
  const signature = { status: "unchecked", why: `it is the file that ${name}.path names` } as const;
  return {
    ...{ name, path, asked: given, version, sha256, origin: "path" },
    ...(wantsSignature && { signature }),
  };
}

async function fromCache(web: Web, wish: Wish, checkSigned: SignatureCheck): Promise<Tool | undefined> {
  const { context } = web;
  const { name, asked, version, sha256 } = wish;
  const cached = await cachedTool(context, name, version);
  if (!cached) return undefined;
  const { path, origin } = cached;
  // Another download of this version: what is wanted comes in its place.
  if (sha256 !== undefined && origin.sha256 !== sha256) return undefined;
  const says = await askExactly(context, name, version, path);
  const signed = { web, version, url: origin.url, path: downloadIn(cached) };
  // Its sum is that of what was fetched, whether or not its signature was asked for then.
  const signature = await checkSigned?.(name, signed).catch(async (error: unknown) => {
    if (!(error instanceof Interrupted)) await forgetTool(context, join(path, ".."));
    throw error;
  });
  context.log.info(`${name} ${says}: from the cache, sha256 verified`);
  context.log.debug(`${name} ${says}: ${path}`);
  return {
    ...{ name, path, asked, version: says, sha256: origin.sha256, origin: "cache" },
    ...(signature && { signature }),
  };
}

async function fromUpstream(web: Web, wish: Wish, checkSigned: SignatureCheck): Promise<Tool> {
  const { context } = web;
  const { host, log } = context;
  const { name, asked, version } = wish;
  const { entry } = releaseOf(name, version, host.arch);
  const { url, sha256, to } = await wish.find();
  return await host.files.withTemp("tool-", async (temp) => {
    const executable = join(temp, "keep", name);
    // Executable from the start: where the download is the program, it isn't copied once more.
    const raw = entry === undefined ? executable : join(temp, "keep", archiveFile);
    const got = await to(raw);
    const signature = await checkSigned?.(name, { web, version, url, path: raw });
    const executableSha256 = entry === undefined ? sha256 : await unpack(host, raw, entry, executable);
    const origin = { sha256, executableSha256, url };
    const path = await keepTool(context, name, version, join(temp, "keep"), origin);
    const says = await askExactly(context, name, version, path);
    const [size, took] = [(got.bytes / 1e6).toFixed(1), (got.tookMs / 1000).toFixed(1)];
    log.info(`${name} ${says}: ${size} MB from ${whence(web, url)} in ${took} s, sha256 verified`);
    log.debug(`${name} ${says}: ${where(web, url)}, ${path}`);
    return { ...{ name, path, asked, version: says, sha256, origin: url }, ...(signature && { signature }) };
  });
}

/** Takes one program out of an archive; returns its sha256. */
export async function unpack(host: Host, archive: string, entry: string, path: string): Promise<string> {
  const wish = { matches: (name: string) => name === entry, what: entry, limit: archiveLimit };
  await host.files.write(path, tarEntry(host, archive, wish), 0o755);
  return sha256Of(host, path);
}

/** A build suffix (`+k3s1`, `-lab`) may differ and is told as it is; another vX.Y.Z is another program. */
async function askExactly(context: Context, name: ToolName, version: string, path: string): Promise<string> {
  const folder = join(path, "..");
  const says = await askVersion(context, name, path).catch(async (error: unknown) => {
    await forgetTool(context, folder);
    throw error;
  });
  if (coreOf(says) === coreOf(version)) return says;
  await forgetTool(context, folder);
  throw new InstallError(
    `${name} ${version} was asked for, but what came says it is ${says}; it was not kept`,
    {
      mend: "the host or the mirror serves another version under this name",
    },
  );
}
