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

/** helm 3 has all in memory that a registry sends it, and takes 60 MB for itself. */
const helmMemory = 512 * 1024 ** 2;

/** A chart from an image registry, pulled by helm, which verifies the registry's own digests. */
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
    const found = { path, sha256, origin: ref.url };
    if (ref.version !== undefined) await rememberChart(context, key, found);
    log.info(`chart ${chart.name} ${chart.version}: from ${ref.url}, pulled by helm`);
    return { ...found, ...chart };
  });
}

/** Which registry helm is sent to, and how it is known that it is the one. */
function describeRegistryAccess({ mirrors, registries }: Web, ref: OciRef): string {
  const { url, plainHttp } = applyMirrorsToOci(ref.url, mirrors);
  const { insecure, ca } = findAccess(registries, normalizeRegistryHost(parseRegistry(url).host)) ?? {};
  return JSON.stringify([url, plainHttp, insecure ?? false, ca ?? ""]);
}

/** From the cache, where its bytes are known; else in the locked version, in the locked bytes. */
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
    await withPulledArchive(web, { ...ref, version }, helm, async (file, got) => {
      if (got !== sha256) throw createChecksumError(web, { what, url, sha256 }, got);
      await keepFile(host, path, host.files.stream(file));
    });
  const from = cached === undefined ? "its registry, pulled by helm" : "the cache";
  context.log.info(`${what}: from ${from}, sha256 as ${web.supply.lockedBy} says`);
  return { path, ...(await readArchive(context, path)), sha256, origin: url };
}

/** The archive that helm pulls and its sha256, for as long as `use` takes. */
async function withPulledArchive<T>(
  web: Web,
  ref: OciRef,
  helm: Tool,
  use: (file: string, sha256: string) => Promise<T>,
): Promise<T> {
  const { host } = web.context;
  return host.files.withTemp("monstack-chart-", async (temp) => {
    await pull(web, ref, helm, temp);
    const file = (await host.files.list(temp)).find((name) => name.endsWith(".tgz"));
    if (file === undefined) throw new InstallError(`helm pulled ${ref.url}, but no .tgz came`);
    return use(join(temp, file), await hashFile(host, join(temp, file)));
  });
}

/**
 * Proxies with which a Go program sends nothing over plain http: a registry chooses where its redirects and its login
 * lead, and a cloud's metadata service, which answers with the machine's credentials, has no TLS.
 */
function withoutPlainHttp({ NO_PROXY, no_proxy }: Host["env"]): Record<string, string> {
  const nowhere = "http://127.0.0.1:1";
  const direct = (NO_PROXY ?? no_proxy ?? "")
    .split(",")
    .map((host) => host.trim())
    .filter(
      (host) => host !== "" && host !== "*" && !/^\[?(?:169\.254\.|fe80:|fd00:|fd20:)|metadata/i.test(host),
    )
    .join(",");
  return { HTTP_PROXY: nowhere, http_proxy: nowhere, NO_PROXY: direct, no_proxy: direct };
}

async function pull(web: Web, ref: OciRef, helm: Tool, folder: string): Promise<void> {
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
  const version = ref.version === undefined ? [] : ["--version", ref.version];
  const plain = plainHttp ? ["--plain-http"] : [];
  const args = [url, ...version, ...plain, ...access.args, "--destination", folder];
  for (let tried = 1; ; tried++) {
    try {
      const env = {
        // A login can come from a program that docker's configuration names (ECR's, gcloud's).
        ...selectLoginEnvironment(context.host.env),
        ...(plainHttp ? {} : withoutPlainHttp(context.host.env)),
        HELM_CACHE_HOME: join(folder, "cache"),
        ...access.env,
      };
      const bounds = { memoryBytes: helmMemory, fileBytes: chartLimit };
      await execBounded(context.host, [helm.path, "pull", ...args], { env }, bounds);
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
      const why = describeError(cause);
      // Only the text of helm's error shows whether it is transient or permanent.
      const isPermanent = /not found|unauthorized|denied|forbidden|invalid|unknown flag|\b40[0134]\b/i.test(
        why,
      );
      if (isPermanent || tried >= retryPolicy.tries)
        throw new InstallError(
          `chart ${ref.url} ${ref.version ?? ""} could not be pulled from ${url}: ${why}`,
          {
            cause,
            fix: `look whether the chart and its version are there, and whether ${registry} wants a login: \`registries\` in monstack.yaml, or \`helm registry login\``,
          },
        );
      context.log.info(`${why}; trying again (${tried + 1} of ${retryPolicy.tries})`);
      await context.host.sleep(computeBackoffMs(retryPolicy, tried), context.signal);
    }
  }
}

/** How helm is run so that it shows a registry what it wants to see. */
interface HelmAccess {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * What `registries` says of a host, for helm. A login stands in a file of its own, in the place of `helm registry
 * login`'s: it is in no command line, and the user's file stays as it is.
 * @param folder where the files that helm reads may lie; it holds the password until it is removed
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

/** As Docker writes it; Docker Hub stands there under a name of its own. */
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
 * Node's NODE_EXTRA_CA_CERTS and a registry's own authority for a Go program. SSL_CERT_FILE stands in the place of the
 * system's file of authorities; the system's folder of them, which has the same ones, Go reads besides (crypto/x509,
 * root_unix.go).
 */
async function writeAuthorities(
  files: Files,
  env: Host["env"],
  folder: string,
  ca: string | undefined,
): Promise<Record<string, string>> {
  const known = env["SSL_CERT_FILE"] || env["NODE_EXTRA_CA_CERTS"];
  if (ca === undefined) return known ? { SSL_CERT_FILE: known } : {};
  const path = join(folder, "authorities.pem");
  const others = known === undefined ? "" : ((await files.read(known)) ?? "");
  await files.write(path, `${others}\n${ca}`);
  return { SSL_CERT_FILE: path };
}
