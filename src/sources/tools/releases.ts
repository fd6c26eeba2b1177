import { createHash } from "node:crypto";
import { z } from "zod";
import type { Host } from "../../host/host.ts";
import { InstallError } from "../../lib/errors.ts";
import { joinBelow } from "../../lib/path.ts";
import { encodeUrlPart } from "../../lib/text.ts";
import type { LockedTool } from "../../lockfile/lock.ts";
import type { ToolName } from "../../lockfile/tools.ts";
import { getCacheFolder, keepFile, refuseShared } from "../cache-folders.ts";
import { type Downloaded, downloadLocked, downloadVerified, fetchText } from "../web/download.ts";
import { HttpStatusError } from "../web/http-errors.ts";
import { applyMirrors } from "../web/mirrors.ts";
import { request } from "../web/request.ts";
import { showRequest, type Web } from "../web/web.ts";
import { resolveVersion } from "./versions.ts";

/** The maximum size of a checksum file or a list of images, in bytes. */
const maxListBytes = 1024 ** 2;

/** A tool's download and its expected digest. */
export interface ToolDownload {
  readonly url: string;
  /** Hex. */
  readonly sha256: string;
  /** Downloads the tool to a path and verifies its digest. */
  readonly downloadTo: (path: string) => Promise<Downloaded>;
}

/** Returns a tool's download with the checksum that its host publishes. */
export async function resolvePublishedDownload(
  web: Web,
  name: ToolName,
  version: string,
): Promise<ToolDownload> {
  const { url, checksumUrl } = getRelease(name, version, web.context.host.arch);
  const sha256 = await fetchPublishedChecksum(web, name, version);
  return {
    url,
    sha256,
    downloadTo: (path) => downloadVerified(web, url, path, { sha256, from: checksumUrl }, { mode: 0o755 }),
  };
}

/** Returns a tool's download from the lock, without a request for a channel or a checksum file. */
export function resolveLockedDownload(web: Web, name: ToolName, locked: LockedTool): ToolDownload {
  const { url, sha256 } = locked[web.context.host.arch];
  const what = `${name} ${locked.version}`;
  return {
    url,
    sha256,
    downloadTo: (path) => downloadLocked(web, { url, sha256, what }, path, { mode: 0o755 }),
  };
}

/**
 * Fetches the published checksum of a release.
 * @throws InstallError that says whether the version or only its checksum is missing
 */
async function fetchPublishedChecksum(
  web: Web,
  name: ToolName,
  version: string,
  arch: Host["arch"] = web.context.host.arch,
): Promise<string> {
  const release = getRelease(name, version, arch);
  const { checksumUrl: url, checksumForm, file } = release;
  const text = await fetchText(web, url, maxListBytes).catch(async (cause: unknown) => {
    if (!isMissing(cause)) throw cause;
    await request(web, release.url, async () => {}, { method: "HEAD" }).catch((why: unknown) => {
      // Some hosts refuse HEAD. In that case the checksum's 404 is reported.
      if (!isMissing(why)) return;
      throw new InstallError(
        `version not found: ${name} ${version} (404 at ${showRequest(web, release.url)})`,
        {
          cause: why,
          fix: `name a release of ${name} that exists for linux/${arch}`,
        },
      );
    });
    throw new InstallError(
      `no checksum of ${file}: 404 at ${showRequest(web, url)}; without it nothing is installed`,
      { cause, fix: "put the checksum file on the mirror, beside the download, as upstream does" },
    );
  });
  return findChecksum(text, { file, form: checksumForm, url: showRequest(web, url) });
}

function isMissing(error: unknown): boolean {
  return error instanceof HttpStatusError && error.status === 404;
}

type Arch = "amd64" | "arm64";

/** The upstream files of a tool's version. */
export interface Release {
  readonly url: string;
  readonly checksumUrl: string;
  readonly checksumForm: ChecksumForm;
  /** The download's name in the checksum file. */
  readonly file: string;
  /** The path of the executable in the archive; undefined if the download is the executable itself. */
  readonly entry: string | undefined;
}

/** Returns the upstream files of a version as upstream writes it (`v1.36.3+k3s1`, `v4.1.4`). */
export function getRelease(tool: ToolName, version: string, arch: Arch): Release {
  if (tool === "k3s") return createK3sRelease(version, arch);
  if (tool === "helm") return createHelmRelease(version, arch);
  const url = `https://dl.k8s.io/release/${version}/bin/linux/${arch}/kubectl`;
  return {
    url,
    checksumUrl: `${url}.sha256`,
    checksumForm: "sha256-only",
    file: "kubectl",
    entry: undefined,
  };
}

/**
 * Returns the URL of the list of images that a k3s may start. The release has no checksum for this list (release.yml,
 * v1.36).
 */
function getK3sImageListUrl(version: string): string {
  return `${getK3sFolder(version)}/k3s-images.txt`;
}

function getK3sFolder(version: string): string {
  return `https://github.com/k3s-io/k3s/releases/download/${encodeUrlPart(version)}`;
}

function createK3sRelease(version: string, arch: Arch): Release {
  const file = arch === "amd64" ? "k3s" : `k3s-${arch}`;
  const folder = getK3sFolder(version);
  const checksumUrl = `${folder}/sha256sum-${arch}.txt`;
  return { url: `${folder}/${file}`, checksumUrl, checksumForm: "named", file, entry: undefined };
}

function createHelmRelease(version: string, arch: Arch): Release {
  const file = `helm-${version}-linux-${arch}.tar.gz`;
  const url = `https://get.helm.sh/${file}`;
  return { url, checksumUrl: `${url}.sha256sum`, checksumForm: "named", file, entry: `linux-${arch}/helm` };
}

/** `named`: lines of `<sha256>  <name>`, as sha256sum(1) writes them. `sha256-only`: a sha256 and nothing else. */
type ChecksumForm = "named" | "sha256-only";

/** A published checksum file. */
interface ChecksumFile {
  /** The file whose checksum is wanted. */
  readonly file: string;
  readonly form: ChecksumForm;
  /** Where the text comes from, for the message. */
  readonly url: string;
}

/** The maximum number of names from a checksum file in a message. */
const maxListedNames = 5;
/** A line of a checksum file: the sha256, the mode of sha256sum(1) (a space or `*`), and the file's name. */
const checksumLinePattern = /^([0-9a-fA-F]{64}) [ *](?:\.\/)?(\S+)\s*$/;

/**
 * Returns a file's sha256 from a checksum file, in hex and lower case.
 * @throws InstallError if the text isn't a checksum file, or contains no checksum or two different ones for the file
 */
function findChecksum(text: string, { file, form, url }: ChecksumFile): string {
  const fail = (why: string) =>
    new InstallError(`no checksum of ${file}: ${url} ${why}; without it nothing is installed`, {
      fix: "the host or the mirror serves something else than upstream: compare the URL with upstream's",
    });
  if (/^\s*</.test(text)) throw fail("is an HTML page, not a checksum file");
  if (form === "sha256-only") {
    const checksum = text.trim().toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(checksum)) throw fail(`is not a sha256 but ${formatExcerpt(text)}`);
    return checksum;
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const entries = lines.map((line) => {
    const [, checksum = "", name = ""] = checksumLinePattern.exec(line) ?? [];
    if (checksum === "") throw fail(`is not a checksum file: ${formatExcerpt(line)}`);
    return { name, checksum: checksum.toLowerCase() };
  });
  if (entries.length === 0) throw fail(`is not a checksum file: ${formatExcerpt(text)}`);
  const [checksum, secondChecksum] = new Set(
    entries.filter(({ name }) => name === file).map((entry) => entry.checksum),
  );
  if (checksum === undefined) {
    const listedNames = entries.slice(0, maxListedNames).map(({ name }) => name);
    throw fail(`has only those of ${listedNames.join(", ")}`);
  }
  if (secondChecksum !== undefined) throw fail("gives two different ones");
  return checksum;
}

/** Returns the beginning of a text in quotes for messages; `empty` if it has only white space. */
function formatExcerpt(text: string): string {
  return text.trim() === "" ? "empty" : JSON.stringify(text.slice(0, 80));
}

/**
 * Returns the URLs and checksums that a tool's host publishes for a requested version, for both architectures.
 * Downloads no program.
 */
export async function fetchPublishedTool(
  web: Web,
  name: ToolName,
  requested: string,
): Promise<Omit<LockedTool, "asked">> {
  const { version, from: source } = await resolveVersion(web, name, requested);
  if (source !== "as asked") web.context.log.info(`${name} ${requested} is ${version}, says ${source}`);
  const resolveDownload = async (arch: "amd64" | "arm64") => ({
    url: getRelease(name, version, arch).url,
    sha256: await fetchPublishedChecksum(web, name, version, arch),
  });
  const [amd64, arm64] = await Promise.all([resolveDownload("amd64"), resolveDownload("arm64")]);
  return { version, amd64, arm64 };
}

/**
 * Fetches the names of the images that a release of k3s may start. The list has no digests: the lock takes the digest of
 * each image from its registry.
 * @throws InstallError if the response is not such a list
 */
export async function fetchK3sImageList(web: Web, version: string): Promise<string[]> {
  const url = getK3sImageListUrl(version);
  const text = await fetchText(web, url, maxListBytes);
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0 || lines.some((line) => !/^[a-z0-9][\w.:/@-]*$/i.test(line)))
    throw new InstallError(
      `${showRequest(web, url)} is not a list of images: ${JSON.stringify(text.slice(0, 80))}`,
      {
        fix: "put the list on the mirror as it is in k3s' release",
      },
    );
  return lines;
}

/** A checksum in the cache. */
const RememberedChecksum = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** Returns the folder with the checksums that publishers gave for their tools. */
export function getChecksumsFolder(host: Host): string {
  return joinBelow(getCacheFolder(host), "tools-by-version");
}

/**
 * Returns the checksum that the publisher gave for a version at the last request through the same mirror; undefined if
 * there was no request.
 */
export async function readRememberedChecksum(
  web: Web,
  name: ToolName,
  version: string,
): Promise<string | undefined> {
  const { host } = web.context;
  await refuseShared(host, getChecksumsFolder(host));
  const text = await host.files.read(getChecksumPath(web, name, version));
  try {
    return RememberedChecksum.safeParse(JSON.parse(text ?? "")).data?.sha256;
  } catch {
    return undefined;
  }
}

/**
 * Writes a publisher's checksum to the cache. Not to be used for checksums of a lock or a bundle, which are valid only
 * for runs with that lock or bundle.
 */
export async function rememberChecksum(
  web: Web,
  name: ToolName,
  version: string,
  sha256: string,
): Promise<void> {
  const { host } = web.context;
  const text = `${JSON.stringify({ name, version, arch: host.arch, sha256 })}\n`;
  await keepFile(host, getChecksumPath(web, name, version), text);
}

/**
 * Returns the path of a remembered checksum. It depends on the mirror, since a mirror's checksums are valid only for
 * runs with that mirror.
 */
function getChecksumPath({ context, mirrors }: Web, name: ToolName, version: string): string {
  const { host } = context;
  const { checksumUrl } = getRelease(name, version, host.arch);
  const key = [name, version, host.arch, applyMirrors(checksumUrl, mirrors)].join("\n");
  return joinBelow(getChecksumsFolder(host), `${createHash("sha256").update(key).digest("hex")}.json`);
}
