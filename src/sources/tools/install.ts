import { dirname, isAbsolute, join, resolve } from "node:path";
import { parse } from "semver";
import type { Config } from "../../config/schema.ts";
import type { Context } from "../../host/host.ts";
import { describeError, InstallError, Interrupted, UserError } from "../../lib/errors.ts";
import { inSpan } from "../../lib/trace.ts";
import type { Signature, Tool, ToolName } from "../../lockfile/tools.ts";
import { checkSignature } from "../signatures/check.ts";
import type { Signed } from "../signatures/program.ts";
import { createNotLockedError, hashFile, showDownload } from "../web/download.ts";
import { createWeb, type SourcesOptions, showHosts, showRequest, type Web } from "../web/web.ts";
import {
  archiveFile,
  findCachedTool,
  forgetTool,
  keepTool,
  readPackedProgram,
  type ToolKey,
} from "./cache.ts";
import {
  getRelease,
  readRememberedChecksum,
  rememberChecksum,
  resolveLockedDownload,
  resolvePublishedDownload,
  type ToolDownload,
} from "./releases.ts";
import { resolveVersion } from "./versions.ts";

/** The part of the configuration that says where downloads come from. */
export type SourcesConfig = Pick<Config, ToolName | "mirrors"> & Partial<Pick<Config, "verifySignatures">>;

/** Verifies a tool's signature; undefined if signatures are not to be verified. */
type SignatureCheck = ((name: ToolName, signed: Signed) => Promise<Signature>) | undefined;

/**
 * Returns a tool on this machine: from the user's path, the cache or its upstream host (through the mirrors). Verifies
 * its checksum and reads its version.
 * @throws UserError for an invalid path or version, InstallError if it can't be fetched
 */
export async function installTool(
  context: Context,
  config: SourcesConfig,
  name: ToolName,
  options: SourcesOptions = {},
): Promise<Tool> {
  const { path, version: requested } = config[name];
  const checkSigned = createSignatureCheck(config.verifySignatures);
  if (path !== undefined) return useLocalTool(context, name, path, checkSigned !== undefined);
  const web = createWeb(context, config, options);
  const release = await inSpan(context.span, { kind: "tool", name: `resolve ${name}` }, () =>
    resolveRelease(web, name, requested),
  );
  return (
    (await findInCache(web, release, checkSigned)) ?? (await fetchFromUpstream(web, release, checkSigned))
  );
}

function createSignatureCheck(wanted: SourcesConfig["verifySignatures"]): SignatureCheck {
  if (!wanted) return undefined;
  return (name, signed) => checkSignature(name, signed, { isRequired: wanted === "required" });
}

/** The release to install. */
interface Release {
  readonly name: ToolName;
  readonly asked: string;
  readonly version: string;
  /** The release's key in the cache, if its digest is known without a request. */
  readonly key: ToolKey | undefined;
  readonly findDownload: () => Promise<ToolDownload>;
}

/** Returns the release to install: the locked one, or the one that the configuration requests. */
async function resolveRelease(web: Web, name: ToolName, requested: string): Promise<Release> {
  const { lock, bundle } = web.supply;
  if (lock !== undefined) {
    const locked = lock.tools[name];
    if (locked === undefined) throw createNotLockedError(web, name);
    const { version } = locked;
    const download = resolveLockedDownload(web, name, locked);
    const bundledSha256 = bundle?.programs[name];
    const key =
      bundledSha256 === undefined
        ? { name, version, sha256: download.sha256 }
        : { name, version, sha256: bundledSha256, bundle: bundle?.digest };
    return { name, asked: requested, version, key, findDownload: async () => download };
  }
  const { version, from: source } = await resolveVersion(web, name, requested);
  if (source !== "as asked") web.context.log.info(`${name} ${requested} is ${version}, says ${source}`);
  const sha256 = await readRememberedChecksum(web, name, version);
  const key = sha256 === undefined ? undefined : { name, version, sha256 };
  return {
    name,
    asked: requested,
    version,
    key,
    findDownload: () => resolvePublishedDownload(web, name, version),
  };
}

/**
 * Returns the tool at the path that the user's configuration names.
 * @throws UserError if there is no such program
 */
async function useLocalTool(
  context: Context,
  name: ToolName,
  configuredPath: string,
  wantsSignature: boolean,
): Promise<Tool> {
  const path = isAbsolute(configuredPath) ? configuredPath : resolve(configuredPath);
  const fix = `name an executable ${name} in ${name}.path, or leave the key out to have one downloaded`;
  if (!(await context.host.files.exists(path)))
    throw new UserError(`${name}.path: file not found: ${path}`, { fix });
  const version = await readVersion(context, name, path).catch((cause: unknown) => {
    throw new UserError(`${name}.path: ${describeError(cause)}`, { fix, cause });
  });
  context.log.info(`${name} ${version}: from ${path}`);
  const sha256 = await hashFile(context.host, path);
  const signature = { status: "unchecked", why: `it is the file that ${name}.path names` } as const;
  return {
    ...{ name, path, asked: configuredPath, version, sha256, origin: "path" },
    ...(wantsSignature && { signature }),
  };
}

/** Returns a tool from the cache; undefined if it is missing. A tool whose signature is wrong is removed from the cache. */
async function findInCache(
  web: Web,
  release: Release,
  checkSigned: SignatureCheck,
): Promise<Tool | undefined> {
  const { context } = web;
  const { name, asked: requested, version, key } = release;
  const cached =
    key &&
    (await inSpan(context.span, { kind: "tool", name: `verify ${name} in the cache` }, () =>
      findCachedTool(context, key),
    ));
  if (!cached) return undefined;
  const { path, download } = cached;
  // Verified before the program is run: the run that fetched it may not have verified its signature.
  const signedDownload = { web, version, url: getDownloadUrl(web, name, version), path: download };
  const signature = await checkSigned?.(name, signedDownload).catch(async (error: unknown) => {
    if (!(error instanceof Interrupted)) await forgetTool(context, dirname(path));
    throw error;
  });
  const reportedVersion = await checkVersion(context, name, version, path);
  context.log.info(`${name} ${reportedVersion}: from the cache, sha256 verified`);
  context.log.debug(`${name} ${reportedVersion}: ${path}`);
  const sha256 = web.supply.lock?.tools[name]?.[context.host.arch].sha256 ?? key.sha256;
  return {
    ...{ name, path, asked: requested, version: reportedVersion, sha256, origin: "cache" },
    ...(signature && { signature }),
  };
}

/** Returns a download's URL before mirrors. */
function getDownloadUrl({ context, supply }: Web, name: ToolName, version: string): string {
  const { arch } = context.host;
  return supply.lock?.tools[name]?.[arch].url ?? getRelease(name, version, arch).url;
}

/** Downloads a tool, verifies it and puts it into the cache. */
async function fetchFromUpstream(web: Web, release: Release, checkSigned: SignatureCheck): Promise<Tool> {
  const { context } = web;
  const { host, log } = context;
  const { name, asked: requested, version } = release;
  const { entry } = getRelease(name, version, host.arch);
  const { url, sha256, downloadTo } = await release.findDownload();
  const key = { name, version, sha256 };
  const isPublished = web.supply.lock === undefined;
  if (isPublished && sha256 !== release.key?.sha256) {
    // The cache may contain these bytes from a run with a lock.
    const cached = await findInCache(web, { ...release, key }, checkSigned);
    if (cached) await rememberChecksum(web, name, version, sha256);
    if (cached) return cached;
  }
  return await host.files.withTemp("tool-", async (folder) => {
    const executable = join(folder, "keep", name);
    // If the download is the program itself, it is not copied.
    const downloadPath = entry === undefined ? executable : join(folder, "keep", archiveFile);
    const downloaded = await inSpan(
      context.span,
      { kind: "tool", name: `download ${name}` },
      async (span) => {
        const done = await downloadTo(downloadPath);
        span?.note({ bytes: done.bytes });
        return done;
      },
    );
    const signature =
      checkSigned &&
      (await inSpan(context.span, { kind: "tool", name: `verify the signature of ${name}` }, () =>
        checkSigned(name, { web, version, url, path: downloadPath }),
      ));
    const path = await inSpan(context.span, { kind: "tool", name: `unpack and keep ${name}` }, async () => {
      if (entry !== undefined)
        await host.files.write(executable, readPackedProgram(host, downloadPath, entry), 0o755);
      return await keepTool(context, key, join(folder, "keep"), { arch: host.arch, url });
    });
    const reportedVersion = await checkVersion(context, name, version, path);
    if (isPublished) await rememberChecksum(web, name, version, sha256);
    log.info(
      `${name} ${reportedVersion}: ${showDownload(downloaded.bytes, showHosts(web, url), downloaded.tookMs)}, sha256 verified`,
    );
    log.debug(`${name} ${reportedVersion}: ${showRequest(web, url)}, ${path}`);
    return {
      ...{ name, path, asked: requested, version: reportedVersion, sha256, origin: url },
      ...(signature && { signature }),
    };
  });
}

/**
 * Returns the version that a tool reports. A suffix (`+k3s1`, `-lab`) may differ. If major, minor or patch differ, the
 * tool is removed from the cache.
 * @throws InstallError
 */
async function checkVersion(
  context: Context,
  name: ToolName,
  version: string,
  path: string,
): Promise<string> {
  const folder = dirname(path);
  const reportedVersion = await inSpan(
    context.span,
    { kind: "tool", name: `run ${name} for its version` },
    () => readVersion(context, name, path),
  ).catch(async (error: unknown) => {
    await forgetTool(context, folder);
    throw error;
  });
  if (parse(reportedVersion)?.compareMain(version) === 0) return reportedVersion;
  await forgetTool(context, folder);
  throw new InstallError(
    `${name} ${version} was requested, but the download reports ${reportedVersion}; it was discarded`,
    {
      fix: "the host or the mirror serves another version under this name",
    },
  );
}

const versionArgs: Record<ToolName, readonly string[]> = {
  k3s: ["--version"],
  helm: ["version", "--template", "{{.Version}}"],
  kubectl: ["version", "--client", "--output", "json"],
};

const versionPattern: Record<ToolName, RegExp> = {
  k3s: /^k3s version (v\S+)/m,
  helm: /^(v\S+)/m,
  kubectl: /"gitVersion":\s*"(v[^"]+)"/,
};

/**
 * Runs a tool and returns the version that it reports, e.g. `v1.36.3+k3s1`.
 * @throws InstallError if it can't be run or reports something else
 */
async function readVersion(context: Context, tool: ToolName, path: string): Promise<string> {
  const { stdout } = await runForVersion(context, tool, path);
  const version = versionPattern[tool].exec(stdout)?.[1];
  if (version !== undefined) return version;
  const command = `${path} ${versionArgs[tool].join(" ")}`;
  throw new InstallError(`${command} reports no version of ${tool}: ${JSON.stringify(stdout.slice(0, 200))}`);
}

/** Runs a tool's command for its version. @throws InstallError if the tool can't be run */
async function runForVersion(
  { host, signal }: Context,
  tool: ToolName,
  path: string,
): Promise<{ stdout: string }> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await host.exec([path, ...versionArgs[tool]], { timeoutMs: 30_000 });
    } catch (cause) {
      // "text file busy" lasts for milliseconds: a process that another installation starts inherits the open file, and
      // closes it at its own exec (https://github.com/golang/go/issues/22315).
      if (attempts < 5 && /text file busy|ETXTBSY/i.test(describeError(cause)))
        await host.sleep(50 * attempts, signal);
      else throw new InstallError(`${tool} at ${path} can't be run: ${describeError(cause)}`, { cause });
    }
  }
}
