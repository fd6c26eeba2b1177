import { dirname, isAbsolute, join, resolve } from "node:path";
import { parse } from "semver";
import type { Config } from "../../config/schema.ts";
import type { Context } from "../../host/host.ts";
import { InstallError, Interrupted, messageOf, UserError } from "../../lib/errors.ts";
import type { Signature, Tool, ToolName } from "../../lockfile/tools.ts";

import { checkSignature } from "../signatures/check.ts";
import type { Signed } from "../signatures/program.ts";
import { notInLock, sha256Of, showDownload } from "../web/download.ts";
import { createWeb, type SourcesOptions, showHosts, showRequest, type Web } from "../web/web.ts";
import { archiveFile, cachedTool, forgetTool, keepTool, packedProgram, type ToolKey } from "./cache.ts";
import {
  lockedDownload,
  publishedDownload,
  releaseOf,
  rememberChecksum,
  rememberedChecksum,
  type ToolDownload,
} from "./releases.ts";
import { resolveVersion } from "./versions.ts";

/** The part of the configuration that says where bytes come from. */
export type SourcesConfig = Pick<Config, ToolName | "mirrors"> & Partial<Pick<Config, "verifySignatures">>;

/** Undefined where signatures aren't asked for. */
type SignatureCheck = ((name: ToolName, signed: Signed) => Promise<Signature>) | undefined;

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
  const checkSigned = signatureCheck(config.verifySignatures);
  if (path !== undefined) return localTool(context, name, path, checkSigned !== undefined);
  const web = createWeb(context, config, options);
  const wish = await wishFor(web, name, asked);
  return (await fromCache(web, wish, checkSigned)) ?? (await fromUpstream(web, wish, checkSigned));
}

function signatureCheck(wanted: SourcesConfig["verifySignatures"]): SignatureCheck {
  if (!wanted) return undefined;
  return (name, signed) => checkSignature(name, signed, { isRequired: wanted === "required" });
}

/** What exactly is wanted. */
interface Wish {
  readonly name: ToolName;
  readonly asked: string;
  readonly version: string;
  /** Its bytes, where they are known without asking anybody. */
  readonly key: ToolKey | undefined;
  readonly find: () => Promise<ToolDownload>;
}

async function wishFor(web: Web, name: ToolName, asked: string): Promise<Wish> {
  const { lock, bundle } = web.supply;
  if (lock !== undefined) {
    const locked = lock.tools[name];
    if (locked === undefined) throw notInLock(web, name);
    const { version } = locked;
    const download = lockedDownload(web, name, locked);
    const bundled = bundle?.programs[name];
    const key =
      bundled === undefined
        ? { name, version, sha256: download.sha256 }
        : { name, version, sha256: bundled, bundle: bundle?.digest };
    return { name, asked, version, key, find: async () => download };
  }
  const { version, from } = await resolveVersion(web, name, asked);
  if (from !== "as asked") web.context.log.info(`${name} ${asked} is ${version}, says ${from}`);
  const sha256 = await rememberedChecksum(web, name, version);
  const key = sha256 === undefined ? undefined : { name, version, sha256 };
  return { name, asked, version, key, find: () => publishedDownload(web, name, version) };
}

/** The transport with a configuration's mirrors. */
async function localTool(
  context: Context,
  name: ToolName,
  given: string,
  wantsSignature: boolean,
): Promise<Tool> {
  const path = isAbsolute(given) ? given : resolve(given);
  const fix = `name an executable ${name} in ${name}.path, or leave the key out to have one downloaded`;
  if (!(await context.host.files.exists(path)))
    throw new UserError(`${name}.path: there is no ${path}`, { fix });
  const version = await askVersion(context, name, path).catch((cause: unknown) => {
    throw new UserError(`${name}.path: ${messageOf(cause)}`, { fix, cause });
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
  const { name, asked, version, key } = wish;
  const cached = key && (await cachedTool(context, key));
  if (!cached) return undefined;
  const { path, download } = cached;
  // Before it is run: its sum is that of what was fetched, whether or not its signature was asked for then.
  const signed = { web, version, url: urlOf(web, name, version), path: download };
  const signature = await checkSigned?.(name, signed).catch(async (error: unknown) => {
    if (!(error instanceof Interrupted)) await forgetTool(context, dirname(path));
    throw error;
  });
  const says = await askExactly(context, name, version, path);
  context.log.info(`${name} ${says}: from the cache, sha256 verified`);
  context.log.debug(`${name} ${says}: ${path}`);
  const sha256 = web.supply.lock?.tools[name]?.[context.host.arch].sha256 ?? key.sha256;
  return {
    ...{ name, path, asked, version: says, sha256, origin: "cache" },
    ...(signature && { signature }),
  };
}

/** Where a download comes from, before mirrors. */
function urlOf({ context, supply }: Web, name: ToolName, version: string): string {
  const { arch } = context.host;
  return supply.lock?.tools[name]?.[arch].url ?? releaseOf(name, version, arch).url;
}

async function fromUpstream(web: Web, wish: Wish, checkSigned: SignatureCheck): Promise<Tool> {
  const { context } = web;
  const { host, log } = context;
  const { name, asked, version } = wish;
  const { entry } = releaseOf(name, version, host.arch);
  const { url, sha256, to } = await wish.find();
  const key = { name, version, sha256 };
  const isPublished = web.supply.lock === undefined;
  if (isPublished && sha256 !== wish.key?.sha256) {
    // A run with a lock, say, may have fetched the same bytes.
    const cached = await fromCache(web, { ...wish, key }, checkSigned);
    if (cached) await rememberChecksum(web, name, version, sha256);
    if (cached) return cached;
  }
  return await host.files.withTemp("tool-", async (temp) => {
    const executable = join(temp, "keep", name);
    // Executable from the start: where the download is the program, it isn't copied once more.
    const raw = entry === undefined ? executable : join(temp, "keep", archiveFile);
    const got = await to(raw);
    const signature = await checkSigned?.(name, { web, version, url, path: raw });
    if (entry !== undefined) await host.files.write(executable, packedProgram(host, raw, entry), 0o755);
    const path = await keepTool(context, key, join(temp, "keep"), { arch: host.arch, url });
    const says = await askExactly(context, name, version, path);
    if (isPublished) await rememberChecksum(web, name, version, sha256);
    log.info(`${name} ${says}: ${showDownload(got.bytes, showHosts(web, url), got.tookMs)}, sha256 verified`);
    log.debug(`${name} ${says}: ${showRequest(web, url)}, ${path}`);
    return { ...{ name, path, asked, version: says, sha256, origin: url }, ...(signature && { signature }) };
  });
}

/** A build suffix (`+k3s1`, `-lab`) may differ and is told as it is; another vX.Y.Z is another program. */
async function askExactly(context: Context, name: ToolName, version: string, path: string): Promise<string> {
  const folder = dirname(path);
  const says = await askVersion(context, name, path).catch(async (error: unknown) => {
    await forgetTool(context, folder);
    throw error;
  });
  if (parse(says)?.compareMain(version) === 0) return says;
  await forgetTool(context, folder);
  throw new InstallError(
    `${name} ${version} was asked for, but what came says it is ${says}; it was not kept`,
    {
      fix: "the host or the mirror serves another version under this name",
    },
  );
}

const question: Record<ToolName, readonly string[]> = {
  k3s: ["--version"],
  helm: ["version", "--template", "{{.Version}}"],
  kubectl: ["version", "--client", "--output", "json"],
};

const answer: Record<ToolName, RegExp> = {
  k3s: /^k3s version (v\S+)/m,
  helm: /^(v\S+)/m,
  kubectl: /"gitVersion":\s*"(v[^"]+)"/,
};

/**
 * What a tool says it is, e.g. `v1.36.3+k3s1`.
 * @throws InstallError when it can't be run or answers something else than a version.
 */
export async function askVersion(context: Context, tool: ToolName, path: string): Promise<string> {
  const { stdout } = await runAsking(context, tool, path);
  const version = answer[tool].exec(stdout)?.[1];
  if (version !== undefined) return version;
  const command = `${path} ${question[tool].join(" ")}`;
  throw new InstallError(`${command} answers no version of ${tool}: ${JSON.stringify(stdout.slice(0, 200))}`);
}

async function runAsking(
  { host, signal }: Context,
  tool: ToolName,
  path: string,
): Promise<{ stdout: string }> {
  for (let tried = 1; ; tried++) {
    try {
      return await host.exec([path, ...question[tool]], { timeoutMs: 30_000 });
    } catch (cause) {
      // A process that another install starts at this moment can hold our file open for writing until its own exec
      // (https://github.com/golang/go/issues/22315): "text file busy", for milliseconds.
      if (tried < 5 && /text file busy|ETXTBSY/i.test(messageOf(cause))) await host.sleep(50 * tried, signal);
      else throw new InstallError(`${tool} at ${path} can't be run: ${messageOf(cause)}`, { cause });
    }
  }
}
