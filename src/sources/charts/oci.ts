import { join } from "node:path";
import { normalizeRegistryHost } from "../../config/registries.ts";
import type { RegistryAccess } from "../../config/schema.ts";
import { selectLoginEnvironment } from "../../host/child-environment.ts";
import { execBounded, LimitExceeded } from "../../host/exec-bounded.ts";
import type { Files, Host } from "../../host/host.ts";
import { describeError, InstallError } from "../../lib/errors.ts";
import { findLockedChart, type LockedChart } from "../../lockfile/lock.ts";
import type { ChartFile, Tool } from "../../lockfile/tools.ts";
import type { ChartRef } from "../../model/plan.ts";
import { keepFile } from "../cache-folders.ts";
import { findAccess } from "../images/endpoint.ts";
import { readTrust } from "../registries.ts";
import { createChecksumError, createNotLockedError, hashFile } from "../web/download.ts";
import { applyMirrorsToOci, parseRegistry } from "../web/mirrors.ts";
import { refuseOffline } from "../web/request.ts";
import { computeBackoffMs, type Web } from "../web/web.ts";
import { chartLimit, readArchive } from "./archive.ts";
import { findCachedArchive, findCachedChart, getArchivePath, rememberChart } from "./cache.ts";

type OciRef = Extract<ChartRef, { kind: "oci" }>;

/** Memory limit for helm, in bytes: helm 3 holds everything that a registry sends in memory, and needs 60 MB for itself. */
const helmMemory = 512 * 1024 ** 2;

/**
 * Fetches a chart from an image registry. Helm pulls it and verifies the registry's digests. A version that was fetched
 * before comes from the cache.
 */
export async function fetchOciChart(web: Web, ref: OciRef, helm: Tool): Promise<ChartFile> {
  const { context } = web;
  const { host, log } = context;
  const { lock } = web.supply;
  if (lock !== undefined) {
    const locked = findLockedChart(lock, { from: ref.url, name: "", asked: ref.version });
    return fetchLockedChart(web, ref, helm, locked);
  }
  const key = {
    from: ref.url,
    name: "",
    version: ref.version ?? "",
    asked: describeRegistryAccess(web, ref),
  };
  const cached = ref.version === undefined ? undefined : await findCachedChart(context, key);
  if (cached) {
    log.info(`chart ${ref.url} ${ref.version}: from the cache, sha256 verified`);
    return { ...cached, ...(await readArchive(context, cached.path)) };
  }
  return withPulledArchive(web, ref, helm, async (file, sha256) => {
    const path = getArchivePath(host, sha256);
    const chart = await readArchive(context, file, ref.url);
    await keepFile(host, path, host.files.stream(file));
    const archive = { path, sha256, origin: ref.url };
    if (ref.version !== undefined) await rememberChart(context, key, archive);
    log.info(`chart ${chart.name} ${chart.version}: from ${ref.url}, pulled by helm`);
    return { ...archive, ...chart };
  });
}

/**
 * Returns a key for the registry that helm requests and how it verifies that registry. It is part of the chart's key in
 * the cache.
 */
function describeRegistryAccess({ mirrors, registries }: Web, ref: OciRef): string {
  const { url, plainHttp } = applyMirrorsToOci(ref.url, mirrors);
  const { insecure, ca } = findAccess(registries, normalizeRegistryHost(parseRegistry(url).host)) ?? {};
  return JSON.stringify([url, plainHttp, insecure ?? false, ca ?? ""]);
}

/**
 * Returns the locked archive from the cache, or pulls the locked version.
 * @throws InstallError if the pulled bytes have another digest than the lock
 */
async function fetchLockedChart(
  web: Web,
  ref: OciRef,
  helm: Tool,
  locked: LockedChart | undefined,
): Promise<ChartFile> {
  const { context } = web;
  const { host } = context;
  if (locked === undefined) throw createNotLockedError(web, `chart ${ref.url}`);
  const { version, sha256, url } = locked;
  const what = `chart ${ref.url} ${version}`;
  const path = getArchivePath(host, sha256);
  const cached = await findCachedArchive(context, sha256);
  if (cached === undefined)
    await withPulledArchive(web, { ...ref, version }, helm, async (file, pulledSha256) => {
      if (pulledSha256 !== sha256) throw createChecksumError(web, { what, url, sha256 }, pulledSha256);
      await keepFile(host, path, host.files.stream(file));
    });
  const source = cached === undefined ? "its registry, pulled by helm" : "the cache";
  context.log.info(`${what}: from ${source}, sha256 as ${web.supply.lockedBy} says`);
  return { path, ...(await readArchive(context, path)), sha256, origin: url };
}

/** Pulls a chart with helm and calls `use` with the path of the archive and its sha256. Then removes the archive. */
async function withPulledArchive<T>(
  web: Web,
  ref: OciRef,
  helm: Tool,
  use: (file: string, sha256: string) => Promise<T>,
): Promise<T> {
  const { host } = web.context;
  return host.files.withTemp("monstack-chart-", async (temp) => {
    await pullWithHelm(web, ref, helm, temp);
    const file = (await host.files.list(temp)).find((name) => name.endsWith(".tgz"));
    if (file === undefined) throw new InstallError(`helm pulled ${ref.url}, but no .tgz came`);
    return use(join(temp, file), await hashFile(host, join(temp, file)));
  });
}

/**
 * Returns environment variables that block requests over plain http. A registry chooses the URLs of its redirects and
 * logins, and could lead helm to a cloud's metadata service, which responds with the machine's credentials over plain
 * http.
 */
function withoutPlainHttp({ NO_PROXY, no_proxy }: Host["env"]): Record<string, string> {
  const blockedProxy = "http://127.0.0.1:1";
  const unproxiedHosts = (NO_PROXY ?? no_proxy ?? "")
    .split(",")
    .map((host) => host.trim())
    .filter(
      (host) => host !== "" && host !== "*" && !/^\[?(?:169\.254\.|fe80:|fd00:|fd20:)|metadata/i.test(host),
    )
    .join(",");
  return {
    HTTP_PROXY: blockedProxy,
    http_proxy: blockedProxy,
    NO_PROXY: unproxiedHosts,
    no_proxy: unproxiedHosts,
  };
}

/** Pulls a chart into a folder with helm; retries what may be transient. @throws InstallError with helm's message */
async function pullWithHelm(web: Web, ref: OciRef, helm: Tool, folder: string): Promise<void> {
  refuseOffline(web, ref.url);
  const { context, retryPolicy } = web;
  const { url, plainHttp } = applyMirrorsToOci(ref.url, web.mirrors);
  const registry = normalizeRegistryHost(parseRegistry(url).host);
  const access = await configureHelmAccess(
    context.host,
    folder,
    registry,
    findAccess(web.registries, registry),
  );
  const versionFlags = ref.version === undefined ? [] : ["--version", ref.version];
  const plainFlags = plainHttp ? ["--plain-http"] : [];
  const args = [url, ...versionFlags, ...plainFlags, ...access.args, "--destination", folder];
  for (let attempts = 1; ; attempts++) {
    try {
      const env = {
        // A login can come from a program that docker's configuration names (ECR's, gcloud's).
        ...selectLoginEnvironment(context.host.env),
        ...(plainHttp ? {} : withoutPlainHttp(context.host.env)),
        HELM_CACHE_HOME: join(folder, "cache"),
        ...access.env,
      };
      const limits = { memoryBytes: helmMemory, fileBytes: chartLimit };
      await execBounded(context.host, [helm.path, "pull", ...args], { env }, limits);
      return;
    } catch (cause) {
      if (cause instanceof LimitExceeded)
        throw new InstallError(
          `chart ${ref.url} ${ref.version ?? ""} was not pulled from ${url}: it is bigger than any chart (${cause.message})`,
          {
            cause,
            fix: "the registry or the mirror serves something else than a chart: compare it with upstream's",
          },
        );
      const reason = describeError(cause);
      // Only the text of helm's error shows whether it is transient or permanent.
      const isPermanent = /not found|unauthorized|denied|forbidden|invalid|unknown flag|\b40[0134]\b/i.test(
        reason,
      );
      if (isPermanent || attempts >= retryPolicy.tries)
        throw new InstallError(
          `chart ${ref.url} ${ref.version ?? ""} could not be pulled from ${url}: ${reason}`,
          {
            cause,
            fix: `look whether the chart and its version are there, and whether ${registry} wants a login: \`registries\` in monstack.yaml, or \`helm registry login\``,
          },
        );
      context.log.info(`${reason}; trying again (${attempts + 1} of ${retryPolicy.tries})`);
      await context.host.sleep(computeBackoffMs(retryPolicy, attempts), context.signal);
    }
  }
}

/** Helm's arguments and environment for a registry's login and certificates. */
interface HelmAccess {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Returns helm's arguments and environment for the settings of a registry. A login is written to a file of its own, so
 * that no command line contains it and the user's own login file is not changed.
 * @param folder for the files that helm reads; contains the password until it is removed
 */
async function configureHelmAccess(
  { files, env }: Host,
  folder: string,
  host: string,
  access: RegistryAccess | undefined,
): Promise<HelmAccess> {
  const { insecure, ca } = await readTrust(files, host, access);
  const login = access?.credentials;
  return {
    args: insecure ? ["--insecure-skip-tls-verify"] : [],
    env: {
      ...(await writeAuthorities(files, env, folder, ca)),
      ...(login && { HELM_REGISTRY_CONFIG: await writeLoginFile(files, folder, host, login) }),
    },
  };
}

/** Writes a registry's login as Docker does, and returns the file's path. Docker Hub has a special key. */
async function writeLoginFile(
  files: Files,
  folder: string,
  host: string,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<string> {
  const key = host === "docker.io" ? "https://index.docker.io/v1/" : host;
  const auth = Buffer.from(`${username}:${password}`).toString("base64");
  const path = join(folder, "registry-login.json");
  await files.write(path, JSON.stringify({ auths: { [key]: { auth } } }), 0o600);
  return path;
}

/**
 * Writes a file with a registry's certificate authority and those from the environment, and returns SSL_CERT_FILE for a
 * Go program. SSL_CERT_FILE replaces the system's file of authorities. Go also reads the system's folder, which
 * contains the same ones (crypto/x509, root_unix.go).
 */
async function writeAuthorities(
  files: Files,
  env: Host["env"],
  folder: string,
  ca: string | undefined,
): Promise<Record<string, string>> {
  const configuredFile = env["SSL_CERT_FILE"] || env["NODE_EXTRA_CA_CERTS"];
  if (ca === undefined) return configuredFile ? { SSL_CERT_FILE: configuredFile } : {};
  const path = join(folder, "authorities.pem");
  const configuredAuthorities =
    configuredFile === undefined ? "" : ((await files.read(configuredFile)) ?? "");
  await files.write(path, `${configuredAuthorities}\n${ca}`);
  return { SSL_CERT_FILE: path };
}
