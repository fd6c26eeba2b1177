import { join } from "node:path";
import { gt, valid } from "semver";
import { describeError, InstallError } from "../../lib/errors.ts";
import { showUrl } from "../../lib/redact/urls.ts";
import { findLockedChart, type LockedChart, normalizeRepoUrl } from "../../lockfile/lock.ts";
import type { ChartFile } from "../../lockfile/tools.ts";
import type { ChartRef } from "../../model/plan.ts";
import { keepFile } from "../cache-folders.ts";
import {
  createNotLockedError,
  download,
  downloadLocked,
  downloadVerified,
  fetchText,
} from "../web/download.ts";
import { HttpStatusError } from "../web/http-errors.ts";
import { applyMirrors } from "../web/mirrors.ts";
import { showHosts, showRequest, type Web } from "../web/web.ts";
import { chartLimit, inspectChart, readArchive } from "./archive.ts";
import { type ChartKey, findCachedArchive, findCachedChart, getArchivePath, rememberChart } from "./cache.ts";
import {
  chooseVersion,
  findChart,
  type IndexEntry,
  type IndexedChart,
  suggestVersions,
} from "./repo-index.ts";

type RepoRef = Extract<ChartRef, { kind: "repo" }>;

/**
 * Fetches a chart from a repository. An exact version that was fetched before comes from the cache without a request: a
 * published version doesn't change, and its checksum is verified.
 */
export async function fetchRepoChart(web: Web, ref: RepoRef): Promise<ChartFile> {
  return await findOrFetchChart(web, ref).catch((cause: unknown) => {
    throw cause instanceof HttpStatusError ? addCredentialsFix(web, ref, cause) : cause;
  });
}

/** Returns the error for a 401 or 403 with the setting for the repository's credentials; any other error unchanged. */
function addCredentialsFix(
  { credentials }: Web,
  { repo, repoUrl }: RepoRef,
  cause: HttpStatusError,
): InstallError {
  if (cause.status !== 401 && cause.status !== 403) return cause;
  const fix =
    credentials === undefined
      ? `if it requires a login, set repos.${repo} to {url: ${showUrl(repoUrl)}, username: "\${NAME}", password: "\${PASSWORD}"}, both from the environment; else check the proxy settings and \`mirrors\``
      : "check what is in the environment variables that its username and password name";
  return new InstallError(`the chart repository ${repo} refuses: ${cause.message}`, { cause, fix });
}

/** Returns the chart that the lock names; else the exact version from the cache; else fetches it. */
async function findOrFetchChart(web: Web, ref: RepoRef): Promise<ChartFile> {
  const { context } = web;
  const base = normalizeRepoUrl(ref.repoUrl);
  const { lock } = web.supply;
  if (lock !== undefined) {
    const locked = findLockedChart(lock, { from: base, name: ref.name, asked: ref.version });
    return fetchLockedChart(web, `${ref.repo}/${ref.name}`, locked);
  }
  if (ref.version !== undefined) {
    const cached = await findCachedChart(context, createChartKey(web, base, ref.name, ref.version));
    if (cached) {
      context.log.info(`chart ${ref.repo}/${ref.name} ${ref.version}: from the cache, sha256 verified`);
      return { ...cached, ...(await readArchive(context, cached.path)) };
    }
  }
  const { entry, hasDigests } = await fetchIndexEntry(web, base, ref);
  const origin = resolveArchiveUrl(base, entry.urls[0]);
  const { path, sha256, how } = await fetchArchive(web, ref, entry, hasDigests, origin);
  const chart = await readArchive(context, path);
  if (chart.name !== entry.name || stripLeadingV(chart.version) !== stripLeadingV(entry.version)) {
    await context.host.files.remove(path);
    throw new InstallError(
      `${showRequest(web, origin)}: the index calls it ${entry.name} ${entry.version}, its Chart.yaml ${chart.name} ${chart.version}`,
    );
  }
  for (const version of new Set([entry.version, ref.version ?? entry.version]))
    await rememberChart(context, createChartKey(web, base, ref.name, version), { path, sha256, origin });
  const what = `chart ${ref.repo}/${ref.name} ${chart.version}`;
  context.log.info(`${what}: from ${showHosts(web, origin)}, ${how}`);
  context.log.debug(`${what}: ${showRequest(web, origin)}`);
  return { path, ...chart, sha256, origin };
}

function createChartKey({ mirrors }: Web, from: string, name: string, version: string): ChartKey {
  return { from, name, version, asked: applyMirrors(`${from}/index.yaml`, mirrors) };
}

/**
 * Returns the locked archive from the cache, or downloads it from the URL in the lock. Does not request the
 * repository's index.
 */
async function fetchLockedChart(web: Web, name: string, locked: LockedChart | undefined): Promise<ChartFile> {
  const { context } = web;
  if (locked === undefined) throw createNotLockedError(web, `chart ${name}`);
  const { version, sha256, url } = locked;
  const what = `chart ${name} ${version}`;
  const cached = await findCachedArchive(context, sha256);
  const path = cached ?? getArchivePath(context.host, sha256);
  if (cached === undefined)
    await context.host.files.withTemp("chart-", async (temp) => {
      const file = join(temp, "chart.tgz");
      await downloadLocked(web, { url, sha256, what }, file);
      await keepFile(context.host, path, context.host.files.stream(file));
    });
  const source = cached === undefined ? showHosts(web, url) : "the cache";
  context.log.info(`${what}: from ${source}, sha256 as ${web.supply.lockedBy} says`);
  return { path, ...(await readArchive(context, path)), sha256, origin: url };
}

/** Fetches the repository's index and returns the entry of the requested version. @throws InstallError if it has none */
async function fetchIndexEntry(
  web: Web,
  base: string,
  ref: RepoRef,
): Promise<{ entry: IndexEntry; hasDigests: boolean }> {
  const url = `${base}/index.yaml`;
  const text = await fetchText(web, url).catch((cause: unknown) => {
    if (!(cause instanceof HttpStatusError) || cause.status !== 404) throw cause;
    throw new InstallError(`repos.${ref.repo}: no chart repository found at ${showRequest(web, url)}`, {
      cause,
      fix: "name the folder that holds the repository's index.yaml",
    });
  });
  try {
    const chart = findChart(text, ref.name);
    if (!chart) throw createNoChartError(ref, showRequest(web, url));
    const entry = chart.entry(pickVersion(web, chart, ref, showRequest(web, url)));
    return { entry, hasDigests: chart.hasDigests };
  } catch (cause) {
    if (cause instanceof InstallError && cause.fix !== undefined) throw cause;
    throw new InstallError(`${showRequest(web, url)} can't be used: ${describeError(cause)}`, {
      cause,
      fix: "the host or the mirror serves something else than a chart repository's index",
    });
  }
}

/** Returns the version to install, and logs it if none was requested. @throws NotInIndex */
function pickVersion(web: Web, chart: IndexedChart, ref: RepoRef, url: string): string {
  const version = chooseVersion(chart.versions, ref.version);
  if (version === undefined) throw createNoVersionError(chart, ref, url);
  if (ref.version === undefined)
    web.context.log.info(`chart ${ref.repo}/${ref.name}: the newest release is ${version}, says ${url}`);
  return version;
}

/** A repository's index doesn't list the requested chart or version. */
export class NotInIndex extends InstallError {
  readonly missing: "chart" | "version";

  constructor(missing: NotInIndex["missing"], message: string, fix: string) {
    super(message, { fix });
    this.missing = missing;
  }
}

/** Returns the error for a chart that the index doesn't list. */
function createNoChartError(ref: RepoRef, url: string): InstallError {
  return new NotInIndex(
    "chart",
    `chart ${ref.name} not found in the repository ${ref.repo} (${url})`,
    "look for the chart's name in the repository; or is the repository's name another one?",
  );
}

/** Returns the error for a version that the index doesn't list, with the nearest ones. */
function createNoVersionError(chart: IndexedChart, ref: RepoRef, url: string): InstallError {
  const requested = ref.version ?? "";
  const what =
    ref.version === undefined
      ? `chart ${ref.repo}/${ref.name} has no release, only ${chart.versions.slice(0, 3).join(", ")}`
      : `chart ${ref.repo}/${ref.name} has no version ${requested}; ${suggestVersions(chart.versions, requested)}`;
  const missing = ref.version === undefined ? "chart" : "version";
  return new NotInIndex(missing, `${what} (${url})`, describeMovedChart(ref) ?? "name one of these versions");
}

/**
 * Returns the fix for a version of the Grafana chart that only its new repository has; undefined for any other. The
 * chart moved to another organisation on 2026-01-30; the old repository ends at 10.5.15.
 */
function describeMovedChart(ref: RepoRef): string | undefined {
  if (ref.name !== "grafana" || !/^https:\/\/grafana\.github\.io\/helm-charts\/?$/.test(ref.repoUrl)) return;
  const requested = valid(ref.version);
  if (requested === null || !gt(requested, "10.5.15")) return;
  return (
    "after 10.5.15 the Grafana chart is at https://grafana-community.github.io/helm-charts: " +
    "put that under `repos` as grafana-community, and take the chart grafana-community/grafana"
  );
}

/** Returns the absolute URL of an archive. @throws InstallError if the index contains an invalid one */
function resolveArchiveUrl(base: string, url: string): string {
  if (!URL.canParse(url, `${base}/`))
    throw new InstallError(`${base}: its index names ${JSON.stringify(url)}, which is not an address`, {
      fix: "report it to whoever runs the repository, or take the chart from elsewhere",
    });
  return new URL(url, `${base}/`).href;
}

/**
 * Returns a version's archive from the cache, or downloads and inspects it. `how` says in the log how it was verified.
 * If the repository publishes no checksums for the chart, warns and reports the sha256. If only this version lacks a
 * checksum, throws.
 * @throws InstallError
 */
async function fetchArchive(
  web: Web,
  ref: RepoRef,
  entry: IndexEntry,
  hasDigests: boolean,
  origin: string,
): Promise<{ path: string; sha256: string; how: string }> {
  const { context } = web;
  const expected = entry.digest?.replace(/^sha256:/, "").toLowerCase();
  const digestPlace = `the digest in ${showRequest(web, `${ref.repoUrl.replace(/(?<!\/)\/+$/, "")}/index.yaml`)}`;
  if (expected === undefined && hasDigests)
    throw new InstallError(
      `no checksum of ${ref.name} ${entry.version}: ${digestPlace} is missing, though other versions have theirs`,
      { fix: "take another version, or download the chart yourself and name its .tgz" },
    );
  if (expected !== undefined && !/^[0-9a-f]{64}$/.test(expected))
    throw new InstallError(
      `${digestPlace} for ${ref.name} ${entry.version} is not a sha256 digest: ${entry.digest}`,
    );
  const cached = expected === undefined ? undefined : await findCachedArchive(context, expected);
  if (cached !== undefined && expected !== undefined)
    return { path: cached, sha256: expected, how: "already in the cache, sha256 verified" };
  return await context.host.files.withTemp("chart-", async (temp) => {
    const file = join(temp, "chart.tgz");
    const { sha256 } =
      expected === undefined
        ? await download(web, origin, file, { limit: chartLimit })
        : await downloadVerified(
            web,
            origin,
            file,
            { sha256: expected, from: digestPlace },
            { limit: chartLimit },
          );
    await inspectChart(context.host.files.stream(file), showRequest(web, origin));
    const path = getArchivePath(context.host, sha256);
    await keepFile(context.host, path, context.host.files.stream(file));
    if (expected !== undefined) return { path, sha256, how: "sha256 verified" };
    context.log.warn(
      `${showUrl(ref.repoUrl)} gives no checksums for ${ref.name}: it could not be verified (sha256 ${sha256})`,
    );
    return { path, sha256, how: "not verified" };
  });
}

function stripLeadingV(version: string): string {
  return version.replace(/^v/, "");
}
