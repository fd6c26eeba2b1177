import { isAbsolute, join, resolve } from "node:path";
import { tarEntry } from "../archive/tar.ts";
import type { Config } from "../config/schema.ts";
import { InstallError, messageOf, UserError } from "../host/errors.ts";
import type { Context, Host } from "../host/host.ts";
import type { LockedTool } from "../lock/lock.ts";
import { cachedTool, forgetTool, keepTool } from "./cache.ts";
import { findChecksum } from "./checksums.ts";
import { type Downloaded, downloadVerified, fetchText, sha256Of } from "./download.ts";
import { HttpStatusError, request, type Web, whence, where } from "./http.ts";
import { downloadLocked, notInLock } from "./locked.ts";
import { defaultPatience, type Patience } from "./patience.ts";
import { coreOf } from "./semver.ts";
import { openSupply, type Supply } from "./supply.ts";
import { askVersion } from "./tool-version.ts";
import type { Tool, ToolName } from "./types.ts";
import { releaseOf } from "./upstream.ts";
import { resolveVersion } from "./versions.ts";

/** The part of the configuration that says where bytes come from. */
export type SourcesConfig = Pick<Config, ToolName | "mirrors">;

export interface SourcesOptions {
  readonly patience?: Partial<Patience>;
  /** Default: no lock, and the network. */
  readonly supply?: Supply;
}

/** What an unpacked helm archive may weigh. */
const archiveLimit = 512 * 1024 ** 2;

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
  if (path !== undefined) return localTool(context, name, path);
  const web = createWeb(context, config, options);
  const { lock } = web.supply;
  if (lock !== undefined) return lockedTool(web, name, asked, lock.tools[name]);
  const { version, from } = await resolveVersion(web, name, asked);
  if (from !== "as asked") context.log.info(`${name} ${asked} is ${version}, says ${from}`);
  const cached = await fromCache(context, name, asked, version);
  return cached ?? (await fromUpstream(web, name, asked, version, () => published(web, name, version)));
}

/** Neither a channel nor a checksum file is asked: the lock has both answers. */
async function lockedTool(
  web: Web,
  name: ToolName,
  asked: string,
  locked: LockedTool | undefined,
): Promise<Tool> {
  const { context } = web;
  if (locked === undefined) throw notInLock(web, name);
  const { version } = locked;
  const { url, sha256 } = locked[context.host.arch];
  const cached = await fromCache(context, name, asked, version, sha256);
  const what = `${name} ${version}`;
  return (
    cached ??
    (await fromUpstream(web, name, asked, version, async () => ({
      url,
      sha256,
      to: (path) => downloadLocked(web, { url, sha256, what }, path, { mode: 0o755 }),
    })))
  );
}

/** A tool's release as its host publishes it, with the checksum that it gives for it. */
async function published(web: Web, name: ToolName, version: string): Promise<Wanted> {
  const release = releaseOf(name, version, web.context.host.arch);
  const expected = { sha256: await publishedChecksum(web, name, version), from: release.checksumUrl };
  return {
    url: release.url,
    sha256: expected.sha256,
    to: (path) => downloadVerified(web, release.url, path, expected, 0o755),
  };
}

/** What is to be downloaded. */
interface Wanted {
  readonly url: string;
  /** Hex. */
  readonly sha256: string;
  /** Downloads it, in these very bytes. */
  readonly to: (path: string) => Promise<Downloaded>;
}

/** The transport with a configuration's mirrors. */
export function createWeb(context: Context, config: Pick<Config, "mirrors">, options: SourcesOptions): Web {
  const { patience, supply = openSupply } = options;
  return { context, mirrors: config.mirrors, patience: { ...defaultPatience, ...patience }, supply };
}

async function localTool(context: Context, name: ToolName, given: string): Promise<Tool> {
  const path = isAbsolute(given) ? given : resolve(given);
  const mend = `name an executable ${name} in ${name}.path, or leave the key out to have one downloaded`;
  if (!(await context.host.files.exists(path)))
    throw new UserError(`${name}.path: there is no ${path}`, { mend });
  const version = await askVersion(context, name, path).catch((cause: unknown) => {
    throw new UserError(`${name}.path: ${messageOf(cause)}`, { mend, cause });
  });
  context.log.info(`${name} ${version}: from ${path}`);
  return { name, path, asked: given, version, sha256: await sha256Of(context.host, path), origin: "path" };
}

async function fromCache(
  context: Context,
  name: ToolName,
  asked: string,
  version: string,
  sha256?: string,
): Promise<Tool | undefined> {
  const cached = await cachedTool(context, name, version);
  if (!cached) return undefined;
  const { path, origin } = cached;
  // Another download of this version: what is wanted comes in its place.
  if (sha256 !== undefined && origin.sha256 !== sha256) return undefined;
  const says = await askExactly(context, name, version, path);
  context.log.info(`${name} ${says}: from the cache, sha256 verified`);
  context.log.debug(`${name} ${says}: ${path}`);
  return { name, path, asked, version: says, sha256: origin.sha256, origin: "cache" };
}

async function fromUpstream(
  web: Web,
  name: ToolName,
  asked: string,
  version: string,
  find: () => Promise<Wanted>,
): Promise<Tool> {
  const { context } = web;
  const { host, log } = context;
  const { entry } = releaseOf(name, version, host.arch);
  const { url, sha256, to } = await find();
  const temp = await host.files.makeTemp("monstack-tool-");
  try {
    const executable = join(temp, "keep", name);
    // Executable from the start: where the download is the program, it isn't copied once more.
    const raw = entry === undefined ? executable : join(temp, "archive");
    const got = await to(raw);
    const executableSha256 = entry === undefined ? sha256 : await unpack(host, raw, entry, executable);
    const origin = { sha256, executableSha256, url };
    const path = await keepTool(context, name, version, join(temp, "keep"), origin);
    const says = await askExactly(context, name, version, path);
    const [size, took] = [(got.bytes / 1e6).toFixed(1), (got.tookMs / 1000).toFixed(1)];
    log.info(`${name} ${says}: ${size} MB from ${whence(web, url)} in ${took} s, sha256 verified`);
    log.debug(`${name} ${says}: ${where(web, url)}, ${path}`);
    return { name, path, asked, version: says, sha256, origin: url };
  } finally {
    await host.files.remove(temp);
  }
}

/** Takes one program out of an archive; returns its sha256. */
async function unpack(host: Host, archive: string, entry: string, path: string): Promise<string> {
  const wish = { matches: (name: string) => name === entry, what: entry, limit: archiveLimit };
  await host.files.write(path, tarEntry(host, archive, wish), 0o755);
  return sha256Of(host, path);
}

/** The published checksum; tells a version that doesn't exist from a checksum that is missing. */
export async function publishedChecksum(
  web: Web,
  name: ToolName,
  version: string,
  arch: Host["arch"] = web.context.host.arch,
): Promise<string> {
  const release = releaseOf(name, version, arch);
  const { checksumUrl: url, checksumForm: form, file } = release;
  const text = await fetchText(web, url, 1024 ** 2).catch(async (cause: unknown) => {
    if (!isMissing(cause)) throw cause;
    await request(web, release.url, async () => {}, { method: "HEAD" }).catch((why: unknown) => {
      // Some hosts refuse HEAD; then it is the checksum's 404 that counts.
      if (!isMissing(why)) return;
      throw new InstallError(
        `there is no such version: ${name} ${version} (404 at ${where(web, release.url)})`,
        {
          cause: why,
          mend: `look at ${name}'s releases for one that exists for linux/${arch}`,
        },
      );
    });
    throw new InstallError(
      `no checksum of ${file}: 404 at ${where(web, url)}; without it nothing is installed`,
      { cause, mend: "put the checksum file on the mirror, beside the download, as upstream does" },
    );
  });
  return findChecksum(text, { file, form, url: where(web, url) });
}

function isMissing(error: unknown): boolean {
  return error instanceof HttpStatusError && error.status === 404;
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
