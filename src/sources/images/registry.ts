import { createHash } from "node:crypto";
import type { RegistryAccess } from "../../config/schema.ts";
import { InstallError } from "../../lib/errors.ts";
import { formatImageRef, type ImageRef } from "../../lib/image.ts";
import { showUrl } from "../../lib/redact/urls.ts";
import { encodeUrlPart } from "../../lib/text.ts";
import { trustOf } from "../registries.ts";
import { bounded } from "../web/download.ts";
import { type Answer, HttpStatusError, type Refusal, request, type Web } from "../web/http.ts";
import { type Part, rangeNotSatisfiable } from "../web/part.ts";
import { type Challenge, parseChallenge } from "./challenge.ts";
import { accessTo, type Endpoint, endpointOf } from "./endpoint.ts";
import { isRateLimit, rateLimited, refused, trustSetting } from "./refusals.ts";
import { authorize } from "./token.ts";

/** An image for several architectures: a list of manifests. */
export const indexTypes: readonly string[] = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];

/** An image for one architecture. */
export const manifestTypes: readonly string[] = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

const accept = [...indexTypes, ...manifestTypes].join(", ");
/** The most that the specification wants registries to take. */
export const mostManifestBytes = 4 * 1024 ** 2;

export interface Manifest {
  readonly bytes: Buffer;
  /** Of these bytes: `sha256:...`. */
  readonly digest: string;
  /** One of `indexTypes` or `manifestTypes`. */
  readonly mediaType: string;
}

/** One repository of a registry, with the login that it wanted. */
export interface Repository {
  readonly endpoint: Endpoint;
  /** A manifest by tag or digest, whole; a digest is not verified here. */
  manifest(reference: string): Promise<Manifest>;
  /** What the registry says that a tag's digest is; undefined when it doesn't say. Costs none of docker.io's pulls. */
  head(tag: string): Promise<string | undefined>;
  /** A blob's bytes as they come, not verified; `read` is started anew when they break off. */
  blob<T>(digest: string, read: (answer: Answer) => Promise<T>): Promise<T>;
  /** The same into a part, which is gone on with when they break off. */
  blobInto(digest: string, part: Part): Promise<void>;
}

/**
 * The digest that its registry gives for an image now: of the index where there is one, so that it holds for every
 * architecture. One that is in the name is returned as it is.
 * @throws InstallError when there is no such image, it can't be had, or what answers is no registry; Interrupted.
 */
export async function digestOf(web: Web, ref: ImageRef): Promise<string> {
  if (ref.digest !== undefined) return ref.digest;
  const tag = ref.tag ?? "latest";
  const repository = openRepository(web, ref);
  try {
    return (await repository.head(tag)) ?? (await repository.manifest(tag)).digest;
  } catch (cause) {
    throw cause instanceof HttpStatusError && cause.status === 404 ? noSuchImage(ref, cause) : cause;
  }
}

/** Asks one repository, through the mirrors; logs in when it is told to. */
export function openRepository(web: Web, ref: Pick<ImageRef, "registry" | "repository">): Repository {
  const endpoint = endpointOf(web.mirrors, ref);
  const ask = asker(web, endpoint);
  const manifestAt = (reference: string) => `/manifests/${reference}`;
  return {
    endpoint,
    manifest: (reference) =>
      ask(manifestAt(reference), { accept }, ({ headers, body }) =>
        readManifest(body, headers, `${endpoint.url}${manifestAt(reference)}`),
      ),
    head: (tag) =>
      ask(manifestAt(tag), { accept, method: "HEAD" }, async ({ headers }) => {
        const digest = headers.get("docker-content-digest") ?? "";
        return isManifest(mediaTypeOf(headers)) && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined;
      }),
    blob: (digest, read) => ask(`/blobs/${digest}`, { accept: "*/*" }, read),
    blobInto: (digest, part) => ask(`/blobs/${digest}`, { accept: "*/*", part }, part.receive),
  };
}

export function noSuchImage(ref: ImageRef, cause: HttpStatusError): InstallError {
  return new InstallError(`there is no image ${formatImageRef(ref)}: ${cause.message}`, {
    cause,
    fix: "look for the image's name and tag in its registry; a mirror may not have it",
  });
}

/** The registry wants to be shown who asks: not an answer yet. */
class Challenged extends Error {
  readonly refusal: Refusal;
  readonly challenge: Challenge;

  constructor(refusal: Refusal, challenge: Challenge) {
    super("a login is wanted");
    this.refusal = refusal;
    this.challenge = challenge;
  }
}

type Ask = <T>(
  path: string,
  how: { accept: string; method?: "HEAD"; part?: Part },
  read: (answer: Answer) => Promise<T>,
) => Promise<T>;

function asker(web: Web, endpoint: Endpoint): Ask {
  const access = accessTo(web.registries, endpoint.host);
  let opened: Promise<Web> | undefined;
  const direct = () => {
    opened ??= directTo(web, endpoint, access);
    return opened;
  };
  const query = endpoint.mirrorOf === undefined ? "" : `?ns=${encodeUrlPart(endpoint.mirrorOf)}`;
  // Of all who ask this repository: one login at a time.
  let login: Promise<string | undefined> | undefined;

  const once: Ask = async (path, { accept, method, part }, read) => {
    const url = `${endpoint.url}${path}${query}`;
    const authorization = await login;
    let limit: Refusal | undefined;
    const explain = (refusal: Refusal) => {
      if (refusal.status === 429) limit = refusal;
      return meaningOf(refusal, url, endpoint, access);
    };
    const headers = {
      accept,
      "accept-encoding": "identity",
      ...(authorization === undefined ? {} : { authorization }),
    };
    try {
      // Registries send whoever asks on to a store or another registry, manifests too (registry.k8s.io); digests decide.
      return await request(await direct(), url, read, {
        headers: () => ({ ...headers, ...part?.headers() }),
        explain,
        verified: true,
        ...(method && { method }),
        ...(part && { accepts: rangeNotSatisfiable, kept: part.bytes }),
      });
    } catch (error) {
      // The tries are used up.
      if (limit === undefined || !(error instanceof InstallError)) throw error;
      throw rateLimited(endpoint, access, limit, error);
    }
  };

  return async (path, how, read) => {
    const before = login;
    try {
      return await once(path, how, read);
    } catch (error) {
      if (!(error instanceof Challenged)) throw error;
      const { challenge } = error;
      // Another one may have logged in meanwhile.
      if (login === before)
        login = direct().then((known) => authorize(known, endpoint, challenge, access?.credentials));
    }
    try {
      return await once(path, how, read);
    } catch (error) {
      throw error instanceof Challenged ? refused(endpoint, access, error.refusal) : error;
    }
  };
}

async function directTo(web: Web, { host }: Endpoint, access: RegistryAccess | undefined): Promise<Web> {
  const known = { by: await trustOf(web.context.host.files, host, access), fix: trustSetting(host) };
  // URL prefixes among the mirrors are for downloads: the cluster's own pulls know nothing of them.
  return { ...web, mirrors: {}, credentials: undefined, known };
}

/** What a registry's refusal means; undefined for what may pass, and for what whoever asked knows better. */
function meaningOf(
  refusal: Refusal,
  url: string,
  endpoint: Endpoint,
  access: RegistryAccess | undefined,
): Error | undefined {
  const { status, headers } = refusal;
  // Who was redirected to has no claim to this registry's login (CVE-2020-15157).
  const isRegistry = new URL(refusal.url).origin === new URL(url).origin;
  const challenge =
    status === 401 && isRegistry ? parseChallenge(headers.get("www-authenticate")) : undefined;
  if (challenge !== undefined) return new Challenged(refusal, challenge);
  if (status === 401 || status === 403) return refused(endpoint, access, refusal);
  return isRateLimit(refusal) ? rateLimited(endpoint, access, refusal) : undefined;
}

async function readManifest(
  body: AsyncIterable<Uint8Array>,
  headers: Headers,
  url: string,
): Promise<Manifest> {
  const parts: Uint8Array[] = [];
  for await (const piece of bounded(body, mostManifestBytes, url)) parts.push(piece);
  const bytes = Buffer.concat(parts);
  const mediaType = mediaTypeOf(headers);
  if (!isManifest(mediaType))
    throw new InstallError(`${showUrl(url)} is no image manifest but ${mediaType || "of no type"}`, {
      fix: "something else than a registry answers there, or one that is too old: look at `mirrors` and the proxy settings",
    });
  return { bytes, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`, mediaType };
}

function isManifest(mediaType: string): boolean {
  return indexTypes.includes(mediaType) || manifestTypes.includes(mediaType);
}

function mediaTypeOf(headers: Headers): string {
  return (headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
}
